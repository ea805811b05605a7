"""The layers, seen from a fresh interpreter: a late import shows here, where a static graph is blind."""

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "pyarrow",
    "pandas",
    "pydantic",
    "textual",
    "rich",
    "nautilus_trader",
    "pysqlite3",
    "asyncio",
)


def loaded_by(code: str, *names: str) -> set[str]:
    asked = f"{code}\nimport sys\nprint(*[n for n in {names!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=25
    )
    return set(done.stdout.split("\n")[-2].split())


def test_help_imports_nothing_heavy() -> None:
    code = "from clearedge_tui.cli.main import run\nrun(['--help'])"
    assert loaded_by(code, *HEAVY) == set()


@pytest.mark.parametrize(
    "module",
    [
        "clearedge_tui.contract",
        "clearedge_tui.contract.schema",
        "clearedge_tui.core.model",
        "clearedge_tui.core.messages",
        "clearedge_tui.core.gate",
        "clearedge_tui.core.errors",
        "clearedge_tui.core.text",
        "clearedge_tui.settings",
    ],
)
def test_contract_and_core_are_pure(module: str) -> None:
    heavy = [name for name in HEAVY if name != "asyncio"]
    ours = ("store", "market", "engine", "supervisor", "runs", "ui", "cli")
    assert loaded_by(f"import {module}", *heavy, *(f"clearedge_tui.{one}" for one in ours)) == set()


@pytest.mark.slow
def test_the_console_never_imports_the_engine_or_the_store() -> None:
    code = (
        "import pkgutil, importlib, clearedge_tui.ui as ui\n"
        "for m in pkgutil.walk_packages(ui.__path__, 'clearedge_tui.ui.'): importlib.import_module(m.name)"
    )
    banned = (
        "nautilus_trader",
        "pysqlite3",
        "pyarrow",
        "pandas",
        "clearedge_tui.engine",
        "clearedge_tui.store",
    )
    assert loaded_by(code, *banned) == set()


@pytest.mark.parametrize(
    "module", ["clearedge_tui.supervisor.supervisor", "clearedge_tui.engine.inspect"]
)
def test_supervision_never_imports_the_engine(module: str) -> None:
    assert loaded_by(f"import {module}", "nautilus_trader", "textual") == set()


def test_the_store_opens_without_pandas() -> None:
    assert loaded_by("import clearedge_tui.store.db", "sqlite_utils", "pandas", "numpy") == set()
