"""The one entry: every error is one line with its exit code, and help costs nothing."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clearedge_tui.cli import main, verbs
from clearedge_tui.core.errors import Refused, StrategyFault
from clearedge_tui.settings import Home

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*args: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "clearedge_tui", *args],
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
            cwd=cwd or tmp_path,
        )

    return call


def test_help_names_every_verb_and_the_exit_codes(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in verbs.VERBS:
        assert f"  {name} " in done.stdout
    assert "5 the strategy failed" in done.stdout


def test_every_verb_is_where_the_list_says_and_describes_itself() -> None:
    group = verbs.LazyGroup("clearedge")
    for name in verbs.VERBS:
        command = group.get_command(None, name)  # type: ignore[arg-type]  # not looked at
        assert command is not None
        assert command.help
        assert command.name == name


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Refused("not now"), 3, "clearedge: not now"),
        (StrategyFault("boom", "/a/b.py", 7), 5, "clearedge: /a/b.py:7: boom"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
        (SystemExit(5), 5, ""),
        (
            RuntimeError("odd"),
            70,
            "clearedge: unexpected RuntimeError: odd. This is a bug; details: ",
        ),
    ],
)
def test_an_error_ends_as_one_line_with_its_code(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(main.cli, "main", fail)
    monkeypatch.setattr(main, "_mute_stdout", lambda: None)
    assert main.run([]) == code
    said = capsys.readouterr().err
    assert said.startswith(words)
    assert said.count("\n") == bool(words)
    if code == 70:
        log = Path(said.rsplit(": ", 1)[1].strip())
        assert "Traceback" in log.read_text()
        log.unlink()


def test_an_unexpected_error_is_logged_in_the_chosen_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen, other = tmp_path / "chosen", tmp_path / "other"
    assert main.run(["init", str(chosen)]) == main.run(["init", str(other)]) == 0
    monkeypatch.chdir(other)

    def fail(home: Home) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr("clearedge_tui.market.catalog.series", fail)
    capsys.readouterr()
    assert main.run(["--home", str(chosen), "data", "list"]) == 70
    log = chosen / "state" / "logs" / "clearedge.log"
    assert str(log) in capsys.readouterr().err
    assert "RuntimeError: odd" in log.read_text()
    assert not (other / "state" / "logs" / "clearedge.log").exists()


def test_an_unknown_verb_names_the_nearest(run: Run) -> None:
    done = run("instanse")
    assert done.returncode == 2
    assert "no verb `instanse`; nearest: instance" in done.stderr


def test_no_home_says_how_to_make_one(run: Run) -> None:
    done = run("instance", "list")
    assert done.returncode == 2
    assert "Make one with: clearedge init" in done.stderr


def test_the_console_without_a_terminal_says_what_to_do(run: Run, tmp_path: Path) -> None:
    assert run("init").returncode == 0
    done = run()
    assert done.returncode == 2
    assert "clearedge --run" in done.stderr


def test_run_and_a_verb_do_not_go_together(run: Run) -> None:
    assert run("--run", "journal").returncode == 2


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m clearedge_tui --help | true",
        shell=True,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.stderr == ""
