"""Jobs in line: how many run at once, and that a cancel always ends the work."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearedge_tui.store.db import open_store
from clearedge_tui.supervisor.jobs import Jobs
from clearedge_tui.supervisor.schedule import Schedule
from clearedge_tui.supervisor.work import DataWork, JobEnd, JobStep
from tests.backtest.box import make_home

HOUR = 3_600_000_000_000


class Held:
    """Work that goes on until it is let go."""

    def __init__(self, free: threading.Event) -> None:
        self._free = free

    def steps(self) -> Iterator[JobStep]:
        yield JobStep(0.1)
        assert self._free.wait(20)

    def cancel(self) -> None:
        self._free.set()

    def end(self) -> JobEnd:
        return JobEnd("done")


async def test_two_jobs_run_at_once_and_the_third_waits() -> None:
    jobs, free = Jobs(at_once=2), threading.Event()
    rows = [jobs.start(Held(free), "check", f"work {n}") for n in range(3)]
    await asyncio.sleep(0)  # each that may run has begun
    assert [row.state for row in jobs.rows()] == ["running", "running", "queued"]
    free.set()
    async with asyncio.timeout(20):
        ends = [await jobs.finished(row.id) for row in rows]
    assert [end.state for end in ends] == ["done"] * 3
    await jobs.drain()


def test_work_that_is_cancelled_before_it_began_starts_no_process(tmp_path: Path) -> None:
    work = DataWork(make_home(tmp_path / "home"), "check", {})
    work.cancel()
    assert list(work.steps()) == []
    assert work.end().state == "cancelled"


@pytest.mark.parametrize("said", [b"\xff\xff\xff\xff", b"\x02\x00\x00\x00\xc1\xc1"])
async def test_garbage_from_the_process_of_a_job_fails_that_job_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    raving = tmp_path / "raving"
    raving.write_text(f"#!{sys.executable}\nimport os, sys\nos.write(int(sys.argv[3]), {said!r})\n")
    raving.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(raving))
    jobs = Jobs()
    row = jobs.start(DataWork(make_home(tmp_path / "home"), "check", {}), "check", "raving")
    async with asyncio.timeout(20):
        end = await jobs.finished(row.id)
    assert end.state == "failed"


async def test_a_clock_that_was_set_back_does_not_stop_the_schedule(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (home.config / "clearedge.toml").write_text('[sync]\nevery = "1h"\n')
    jobs = Jobs()
    with open_store(tmp_path / "clearedge.db") as kept:
        schedule = Schedule(home, kept, jobs, lambda *_: None)
        for now, due in ((100_000, True), (100_000.5, False), (50_000, True)):
            assert schedule.look(int(now * HOUR)) is due
            for row in jobs.rows():
                if row.state in ("queued", "running"):
                    jobs.cancel(row.id)
                async with asyncio.timeout(20):
                    await jobs.finished(row.id)
    await jobs.drain()
