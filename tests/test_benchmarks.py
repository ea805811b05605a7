"""The benchmarks run; what they measure on a shared machine proves nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        "help",
        "frame",
        "keys",
        "load",
        "data",
        "list",
        "report",
        "runs",
        "backtest",
        "grid",
    ],
)
def test_a_small_benchmark_prints_its_rows(part: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--small", "--only", part],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=REPO,
    )
    assert done.returncode == 0, done.stderr
    assert "measured" in done.stdout
