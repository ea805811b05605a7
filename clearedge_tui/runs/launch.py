"""Run a backtest in a process of its own and hear from it: progress, then the report.

A worker that is killed is replaced once. One that is killed again, crashes or is cancelled leaves a
run on disk that says so.
"""

import os
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from select import select

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import (
    ClearEdgeError,
    NotFound,
    Refused,
    RetryLater,
    StrategyFault,
    UsageError,
)
from clearedge_tui.core.wire import Deframer
from clearedge_tui.runs import artifacts, drafts, events, journal
from clearedge_tui.runs.drafts import Asked
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.job import Failed, Job, decode_answer
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import LOG, draft_folder, run_folder
from clearedge_tui.runs.model import BacktestSpec, Progress, RunReport
from clearedge_tui.runs.recover import recover
from clearedge_tui.runs.workers import Spawn, Worker, Workers, close, ended_by
from clearedge_tui.settings import Home

_WAIT_S = 0.2
_GRACE_S = 5.0
_TRIES = 2
_CANCELLED = "cancelled by its owner"
_ERRORS: dict[int, type[ClearEdgeError]] = {
    error.exit_code: error for error in (UsageError, Refused, RetryLater)
}


@dataclass
class Launch:
    """One backtest under way. Iterate `progress()`, then read `report`.

    The report is of an older run when one with the same inputs is there, unless `again` is set.
    """

    home: Home
    spec: BacktestSpec
    market_name: str = ""
    run_id: str = ""
    again: bool = False
    config_sha256: str = ""  # of the file it came from; "" is that of the specification itself
    taken_up: Asked | None = None  # an interrupted run that goes on
    workers: Workers = field(default_factory=Spawn, repr=False)
    report: RunReport | None = None
    trace_id: str = ""
    _worker: Worker | None = field(default=None, repr=False)
    _cancelled: bool = False
    _code: int | None = None

    def __post_init__(self) -> None:
        if self.taken_up is not None:
            about = self.taken_up.about
            self.run_id, self.trace_id = about.run_id, about.trace_id
            self.spec, self.market_name = self.taken_up.spec, self.taken_up.market_name
        self.run_id = self.run_id or new_run_id(self.spec.strategy)
        self.trace_id = self.trace_id or uuid.uuid4().hex
        self.market_name = self.market_name or self.spec.market

    @property
    def pid(self) -> int:
        return self._worker.pid if self._worker else 0

    @property
    def cached(self) -> bool:
        """Say whether the report is one that was there already."""
        return self.report is not None and self.report.summary.run_id != self.run_id

    def cancel(self) -> None:
        """End the worker at once. May be called from another thread or a signal handler."""
        self._cancelled = True
        if self._worker is not None:
            self._worker.kill()

    def progress(self) -> Generator[Progress]:
        """Start the worker and yield what it says; raises what a person can act on.

        When the iterator is exhausted `report` is set; closing it early cancels the run.
        """
        recover(self.home)
        asked = self._begin()
        try:
            for attempt in range(1, _TRIES + 1):
                yield from self._listen(Job(str(self.home.root), asked, attempt))
                self._look()
                if self.report is not None or self._cancelled or not _killed(self._code):
                    break
                self._lost(asked, attempt)
        except (GeneratorExit, KeyboardInterrupt):
            self.report = artifacts.record_end(self.home, asked, _CANCELLED, Status.CANCELLED)
            raise
        if self.report is None:
            self.report = self._unfinished(asked)

    def _begin(self) -> Asked:
        if self.taken_up is not None:
            return self.taken_up
        from clearedge_tui.runs.spec import text, v2

        plain = v2.plain(v2.of_backtest(self.spec))
        if not self.config_sha256:
            from clearedge_tui.runs.manifest import canonical_sha256

            self.config_sha256 = canonical_sha256(plain)
        about = About(
            self.run_id,
            self.trace_id,
            self.config_sha256,
            str(run_folder(self.home, self.run_id).relative_to(self.home.root)),
        )
        asked = Asked(about, self.spec, self.market_name, now_ns(), self.again)
        drafts.begin(self.home, asked, text.write(plain))
        return asked

    def _listen(self, job: Job) -> Iterator[Progress]:
        with self._started(job) as answers:
            try:
                for message in _answers(answers):
                    match message:
                        case Progress():
                            yield message
                        case RunReport():
                            self.report = message
                        case Failed():
                            raise _error(message)
            except (GeneratorExit, KeyboardInterrupt):
                self.cancel()
                raise

    @contextmanager
    def _started(self, job: Job) -> Iterator[int]:
        read, write = os.pipe()
        # where the worker's words go before it has its log: the same file
        path = draft_folder(self.home, self.run_id) / LOG
        early = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._worker = self.workers.start(job, write, early)
        finally:
            close(write, early)
        if self._cancelled:  # while it was being started
            self._worker.kill()
        try:
            yield read
        finally:
            os.close(read)
            self._code = self._worker.wait(_GRACE_S if self.report is not None else 1.0)
            if self._code is None:
                self._worker.kill()
                self._code = self._worker.wait(_GRACE_S)

    def _look(self) -> None:
        """Take the report of a worker that finished its run and died before it could say so."""
        if self.report is None:
            self.report = artifacts.ended_report(self.home, self.run_id)

    def _lost(self, asked: Asked, attempt: int) -> None:
        folder = draft_folder(self.home, self.run_id)
        if attempt < _TRIES and folder.is_dir():
            drafts.start(self.home, self.run_id)
            journal.reopen(folder)
            how = ended_by(self._code or 0)
            journal.append(folder, asked.about, events.WORKER_LOST, attempt=attempt, how=how)

    def _unfinished(self, asked: Asked) -> RunReport:
        if self._cancelled:
            return artifacts.record_end(self.home, asked, _CANCELLED, Status.CANCELLED)
        return artifacts.record_end(self.home, asked, ended_by(self._code or 0))


def _killed(code: int | None) -> bool:
    return code is not None and code < 0


def _answers(descriptor: int) -> Iterator[Progress | RunReport | Failed]:
    deframer = Deframer()
    while True:
        ready, _, _ = select([descriptor], [], [], _WAIT_S)
        if not ready:
            continue
        data = os.read(descriptor, 1 << 16)
        if not data:
            return
        for body in deframer.feed(data):
            yield decode_answer(body)


def _error(failed: Failed) -> ClearEdgeError:
    if failed.code == StrategyFault.exit_code:
        return StrategyFault(failed.error)
    return _ERRORS.get(failed.code, ClearEdgeError)(failed.error)


def run_backtest(home: Home, spec: BacktestSpec, *, again: bool = False) -> RunReport:
    """Run to the end and return the report; raises what a person can act on."""
    launch = Launch(home, spec, again=again)
    for _ in launch.progress():
        pass
    if launch.report is None:
        raise NotFound(f"run {launch.run_id} left no report")
    return launch.report
