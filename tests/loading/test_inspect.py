"""Looking into files happens in a child: whatever a file does, the answer is a line about it."""

import json
import subprocess
import sys
from pathlib import Path

from clearedge_tui.contract.info import LoadError, StrategyInfo
from clearedge_tui.engine.inspect import inspect_files

GOOD = "def on_tick(context, tick): ...\n"


def made(folder: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return [folder / f"{name}.py" for name in files]


def test_good_and_bad_files_are_told_apart(tmp_path: Path) -> None:
    good, bad = inspect_files(made(tmp_path, good=GOOD, bad="x = 1 +\n"), 20)
    assert isinstance(good, StrategyInfo)
    assert isinstance(bad, LoadError)
    assert bad.error.startswith(f"{tmp_path / 'bad.py'}:1: SyntaxError")


def test_a_file_that_ends_its_process_is_named_and_the_others_are_seen(tmp_path: Path) -> None:
    paths = made(tmp_path, first=GOOD, killer="import os\nos._exit(9)\n", last=GOOD)
    first, killer, last = inspect_files(paths, 20)
    assert isinstance(killer, LoadError)
    assert "exit code 9" in killer.error
    assert first.ok
    assert last.ok


def test_a_file_that_never_ends_is_named_and_the_others_are_seen(tmp_path: Path) -> None:
    paths = made(tmp_path, first=GOOD, endless="while True: pass\n", last=GOOD)
    first, endless, last = inspect_files(paths, 8)
    assert isinstance(endless, LoadError)
    assert "does not finish loading" in endless.error
    assert first.ok
    assert last.ok


def test_what_a_file_prints_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    (noisy,) = inspect_files(made(tmp_path, noisy=f"print('[]', flush=True)\n{GOOD}"), 20)
    assert noisy.ok


def test_the_command_writes_one_json_array(tmp_path: Path) -> None:
    paths = made(tmp_path, good=GOOD, bad="import nothing_such\n")
    command = [sys.executable, "-m", "clearedge_tui.engine.inspect", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=90)
    good, bad = json.loads(done.stdout)
    assert good["kind"] == "module"
    assert "ModuleNotFoundError" in bad["error"]


def test_nothing_to_look_at_starts_nothing() -> None:
    assert inspect_files([], 1) == []
