"""What is heavy is imported where it is used: gates and readiness are read by every screen."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "pandas", "arch", "statsmodels", "optuna")


@pytest.mark.parametrize(
    ("modules", "allowed"),
    [
        ("gates thresholds readiness evidence", ()),
        ("stats.bootstrap stats.reality stats.pbo multi.pair_screen multi.portfolio", ("numpy",)),
    ],
)
def test_nothing_heavy_comes_with_them(modules: str, allowed: tuple[str, ...]) -> None:
    names = ", ".join(f"clearedge_tui.research.{name}" for name in modules.split())
    code = f"import sys, {names}; print(*(name for name in {HEAVY} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert tuple(found.stdout.split()) == allowed
