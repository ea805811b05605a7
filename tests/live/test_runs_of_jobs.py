"""Backtests as jobs of a real supervisor: from files, told apart, followed, cancelled."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from clearedge_tui.core.clock import monotonic
from clearedge_tui.market import catalog, simulated
from clearedge_tui.runs import journal, labels, listing
from clearedge_tui.supervisor.protocol import JobRow, Result
from tests.backtest.box import SLOW
from tests.live.box import Box

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("box") / "home")
    with catalog.locked(made.home):
        bars = simulated.bars(7, 28_000_000, 3_000)
        catalog.write_bars(made.home, simulated.market(), "1m", [bars])
    (made.home.strategies / "slow.py").write_text(SLOW)
    yield made.start()
    made.close()


def job(box: Box, answer: Result) -> JobRow:
    """Wait for the end of the job an answer names."""
    assert answer.status == "done", answer.message
    assert isinstance(answer.data, dict)
    name, found = answer.data["job"], list[JobRow]()

    def ended() -> bool:
        rows = [row for row in box.snapshot().jobs if row.id == name]
        found[:] = rows
        return bool(rows) and rows[0].state in ("done", "failed", "cancelled")

    box.until(ended, "the job has ended", 30)
    return found[0]


def spec(folder: Path, *lines: str) -> str:
    path = folder / "spec.yaml"
    path.write_text("\n".join(("strategy: ema_cross", "market: SIM/USDT", *lines)) + "\n")
    return str(path)


def test_a_file_is_run_and_its_twin_is_the_same_run(box: Box, tmp_path: Path) -> None:
    file = spec(tmp_path, "config: {fast: 4, slow: 9}", "tags: [tried]", "note: from a file")
    first = job(box, box.do("run.start", file=file))
    assert first.state == "done"
    run = listing.load_report(box.home, first.run_id)
    assert run.spec.config["fast"] == 4
    written = labels.load(listing.run_folder(box.home, first.run_id))
    assert (written.tags, written.note) == (("tried",), "from a file")
    twin = job(box, box.do("run.start", file=file))
    assert twin.run_id == first.run_id and "the same as run" in twin.message
    anew = job(box, box.do("run.again", run_id=first.run_id))
    assert anew.run_id != first.run_id
    assert listing.load_report(box.home, anew.run_id).summary.metrics == run.summary.metrics


def test_one_trace_goes_through_job_run_and_journal(box: Box, tmp_path: Path) -> None:
    answer = box.do("run.start", file=spec(tmp_path, "config: {fast: 5, slow: 9}"))
    ended = job(box, answer)
    trace = ended.trace_id
    assert isinstance(answer.data, dict) and answer.data["trace_id"] == trace
    assert listing.load_report(box.home, ended.run_id).summary.trace_id == trace
    lines = box.do("journal.tail", trace=trace[:12]).data
    assert isinstance(lines, list)
    events = [line["event"] for line in reversed(lines)]
    assert events[0] == "backtest.run" and "job.done" in events
    assert {"run_initialized", "data_ready", "order", "fill", "run_completed"} <= set(events)
    assert {line["payload"]["trace_id"] for line in lines} == {trace}
    assert box.do("journal.tail", trace="ffff").data == []


def test_a_saved_specification_asks_for_the_run_that_is_there(box: Box, tmp_path: Path) -> None:
    first = job(box, box.do("run.start", file=spec(tmp_path, "config: {fast: 6, slow: 9}")))
    target = tmp_path / "saved.yaml"
    assert box.do("spec.save", run_id=first.run_id, file=str(target)).status == "done"
    assert job(box, box.do("run.start", file=str(target))).run_id == first.run_id
    again = box.do("spec.save", run_id=first.run_id, file=str(target))
    assert (again.status, "is there already" in again.message) == ("refused", True)
    made = box.do("spec.save", strategy="ema_cross", market="SIM/USDT", config={"fast": 7})
    assert isinstance(made.data, dict)
    assert Path(made.data["file"]).parent == box.home.specs


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("strategi: x",), "no key here; nearest: strategy"),
        (("config: {fats: 3}",), "fast"),
        (("from: 2030-01-01",), "has no"),
        (("data: {sha256: abc}",), "wanted sha256 abc"),
    ],
)
def test_a_file_that_cannot_be_run_says_why(
    box: Box, tmp_path: Path, lines: tuple[str, ...], words: str
) -> None:
    answer = box.do("run.start", file=spec(tmp_path, *lines))
    told = answer.message if answer.status == "refused" else job(box, answer).message
    assert words in told and "Traceback" not in told


def test_a_cancel_ends_the_work_within_a_second(box: Box) -> None:
    answer = box.do("backtest.run", strategy="slow", market="SIM/USDT", again=True)
    assert isinstance(answer.data, dict)
    name = answer.data["job"]
    box.until(
        lambda: any(r.id == name and r.progress > 0 for r in box.snapshot().jobs), "it runs", 30
    )
    began = monotonic()
    assert box.do("job.cancel", id=name).status == "done"
    ended = job(box, answer)
    assert monotonic() - began < 1.0
    assert ended.state == "cancelled"
    told = journal.read(listing.run_folder(box.home, ended.run_id))
    assert told[-1].event == "run_cancelled"
    assert not list(box.home.runs.glob(".[0-9]*"))


def test_a_supervisor_that_is_killed_leaves_a_run_that_ends_or_can_be_resumed(box: Box) -> None:
    answer = box.do("backtest.run", strategy="slow", market="SIM/USDT", again=True)
    assert isinstance(answer.data, dict) and box.process is not None
    run_id, name = answer.data["run_id"], answer.data["job"]
    box.until(
        lambda: any(r.id == name and r.progress > 0 for r in box.snapshot().jobs), "it runs", 30
    )
    entry = journal.read(box.home.runs / f".{run_id}")[-1]
    worker = next(e for e in journal.read(box.home.runs / f".{run_id}") if "pid" in e.payload)
    os.kill(int(str(worker.payload["pid"])), signal.SIGSTOP)  # it cannot say its own end any more
    assert entry.status == "running"
    box.kill()
    os.kill(int(str(worker.payload["pid"])), signal.SIGKILL)
    box.until(lambda: not psutil.pid_exists(int(str(worker.payload["pid"]))), "the worker is gone")
    box.start()
    box.until(lambda: listing.run_folder(box.home, run_id).is_dir(), "it was found")
    assert listing.load_report(box.home, run_id).summary.status == "interrupted"
    assert job(box, box.do("run.resume", run_id=run_id)).state == "done"
    assert box.do("run.resume", run_id=run_id).status == "refused"
