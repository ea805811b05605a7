"""The life of a run and its journal: guarded, in order, and bound line to line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData, Bug
from clearedge_tui.runs import events, journal
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import FINAL, Status, may

ABOUT = About("20260101-000000-x-0001", "trace", "config", "state/runs/x")
_EVENT = {
    Status.QUEUED: events.RUN_INITIALIZED,
    Status.RUNNING: events.RUN_STARTED,
    Status.DONE: events.RUN_COMPLETED,
    Status.FAILED: events.RUN_FAILED,
    Status.CANCELLED: events.RUN_CANCELLED,
    Status.INTERRUPTED: events.RUN_INTERRUPTED,
}


@given(st.lists(st.sampled_from(Status), max_size=12))
def test_whatever_is_asked_a_finished_run_never_changes(wanted: list[Status]) -> None:
    now: Status | None = None
    for one in wanted:
        if may(now, one):
            assert now not in FINAL or one is now
            now = one
    seen_final = False
    for one in wanted:  # the same, told by its rules and not by its table
        if one is Status.QUEUED or now is not None:
            seen_final = seen_final or one in FINAL
    assert now is None or seen_final or now not in FINAL


@pytest.mark.parametrize("end", sorted(FINAL))
@pytest.mark.parametrize("late", sorted(Status))
def test_an_update_that_comes_late_is_not_taken(end: Status, late: Status) -> None:
    assert may(end, late) is (late is end)


def test_a_run_begins_in_the_queue_and_is_done_only_from_running() -> None:
    assert [one for one in Status if may(None, one)] == [Status.QUEUED]
    assert [one for one in Status if may(one, Status.DONE)] == [Status.RUNNING, Status.DONE]


def test_the_17_names_of_ops_lab_are_known() -> None:
    assert set(events.OPS_LAB) == {
        "run_initialized", "run_started", "backtest_started", "backtest_completed",
        "paper_safety_checked", "paper_safety_blocked", "paper_started", "paper_heartbeat",
        "paper_completed", "run_completed", "run_failed", "connectivity_readiness_evaluated",
        "connectivity_probe_evaluated", "reconciliation_checked", "failure_drill_executed",
        "kill_activated", "kill_cleared",
    }  # fmt: skip
    assert len(events.OPS_LAB) == 17
    assert not set(events.OPS_LAB) & set(events.OURS)


@given(st.lists(st.sampled_from(Status), max_size=8))
def test_the_journal_takes_what_the_rule_takes(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[Status]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    now: Status | None = None
    taken = 0
    for one in wanted:
        took = journal.append(folder, ABOUT, _EVENT[one], one, why="x")
        assert took is may(now, one)
        now, taken = (one, taken + 1) if took else (now, taken)
    assert journal.status(folder) == now
    told = journal.read(folder)
    assert [entry.seq for entry in told] == list(range(1, taken + 1))
    assert all(entry.trace_id == "trace" and entry.artifacts_dir for entry in told)


def test_a_line_that_was_changed_is_found(tmp_path: Path) -> None:
    for one in (Status.QUEUED, Status.RUNNING, Status.FAILED):
        journal.append(tmp_path, ABOUT, _EVENT[one], one, error="was 1")
    path = tmp_path / journal.JOURNAL
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1].replace("was 1", "was 2"), lines[2]]) + "\n")
    with pytest.raises(BadData, match=":2: this line was changed"):
        journal.read(tmp_path)
    path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    with pytest.raises(BadData, match=":2: this line was changed, or one before it"):
        journal.read(tmp_path)


def test_half_a_line_of_a_killed_writer_is_no_event_and_spoils_none(tmp_path: Path) -> None:
    journal.append(tmp_path, ABOUT, events.RUN_INITIALIZED, Status.QUEUED)
    with (tmp_path / journal.JOURNAL).open("a") as file:
        file.write('{"seq": 2, "even')
    assert journal.status(tmp_path) is Status.QUEUED
    assert len(journal.read(tmp_path)) == 1
    assert journal.append(tmp_path, ABOUT, events.RUN_STARTED, Status.RUNNING)
    assert [entry.event for entry in journal.read(tmp_path)] == ["run_initialized", "run_started"]


def test_an_event_nobody_knows_is_a_bug_and_long_errors_are_cut(tmp_path: Path) -> None:
    with pytest.raises(Bug):
        journal.append(tmp_path, ABOUT, "run_strated", Status.QUEUED)
    journal.append(tmp_path, ABOUT, events.RUN_INITIALIZED, Status.QUEUED, error="x" * 9_000)
    (entry,) = journal.read(tmp_path)
    assert len(str(entry.payload["error"])) == 2_000


def test_two_writers_at_once_keep_one_chain(tmp_path: Path) -> None:
    journal.append(tmp_path, ABOUT, events.RUN_INITIALIZED, Status.QUEUED)
    journal.append(tmp_path, ABOUT, events.RUN_STARTED, Status.RUNNING)
    source = (
        "from pathlib import Path; from clearedge_tui.runs import events, journal\n"
        f"about = journal.About({ABOUT.run_id!r}, 'trace', 'config', 'x')\n"
        f"for n in range(40): journal.append(Path({str(tmp_path)!r}), about, events.DATA_READY, n=n)"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", source], env={**os.environ}) for _ in range(2)
    ]
    assert [one.wait(60) for one in writers] == [0, 0]
    told = journal.read(tmp_path)
    assert len(told) == 82
    numbers = [entry.payload["n"] for entry in told if entry.event == events.DATA_READY]
    assert sorted(map(json.dumps, numbers)) == sorted(map(json.dumps, [*range(40), *range(40)]))
