"""What runs leave behind when their processes die, and that it does not stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearedge_tui.runs import drafts
from clearedge_tui.settings import Home
from tests.backtest.box import make_home

RUN = "20260101-000000-slow-0001"
DAY_S = 86_400


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def dead() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def draft(home: Home, pids: str, age_s: float = 0.0) -> Path:
    folder = drafts.start(home, RUN)
    (folder / drafts.PIDS).write_text(pids)
    stamp = folder.stat().st_mtime - age_s
    os.utime(folder, (stamp, stamp))
    return folder


def test_the_draft_of_two_dead_processes_goes(home: Home, dead: int) -> None:
    folder = draft(home, f"{dead} {dead}")
    assert drafts.sweep(home) == [folder.name]
    assert list(home.runs.iterdir()) == []


def test_the_draft_of_a_living_worker_stays_however_old(home: Home, dead: int) -> None:
    folder = draft(home, f"{os.getpid()} {dead}", age_s=9 * DAY_S)
    assert drafts.sweep(home) == []
    assert folder.is_dir()


def test_a_living_owner_has_a_day_to_record_the_end(home: Home, dead: int) -> None:
    draft(home, f"{dead} {os.getpid()}", age_s=DAY_S - 60)
    assert drafts.sweep(home) == []
    draft(home, f"{dead} {os.getpid()}", age_s=DAY_S + 60)
    assert drafts.sweep(home) == [f".{RUN}"]


@pytest.mark.parametrize("text", ["", "x y", "1"])
def test_a_draft_without_an_owner_goes_after_a_day(text: str, home: Home) -> None:
    draft(home, text)
    assert drafts.sweep(home) == []
    draft(home, text, age_s=DAY_S + 60)
    assert drafts.sweep(home) == [f".{RUN}"]


def test_finished_runs_are_never_swept_and_half_removed_ones_are(home: Home) -> None:
    done = home.runs / RUN
    done.mkdir(parents=True)
    os.utime(done, (0, 0))
    (home.runs / f".gone-{RUN}").mkdir()
    assert drafts.sweep(home) == [f".gone-{RUN}"]
    assert done.is_dir()


def test_a_home_without_runs_is_no_error(home: Home) -> None:
    assert drafts.sweep(home) == []
