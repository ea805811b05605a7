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

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import (
    ClearEdgeError,
    NotFound,
    Refused,
    RetryLater,
    StrategyFault,
    UsageError,
)
from clearedge_tui.core.wire import Deframer, FrameError
from clearedge_tui.runs import artifacts, drafts, events, journal
from clearedge_tui.runs.drafts import Asked
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.job import Failed, Job, decode_answer
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import LOG, draft_folder, run_folder
from clearedge_tui.runs.model import BacktestSpec, Progress, RunReport, check_numbers
from clearedge_tui.runs.recover import recover
from clearedge_tui.runs.workers import NotStarted, Spawn, Worker, Workers, close, ended_by
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
    _how: str = ""  # the last worker ended without a report
    _once_more: bool = False  # and another one may do better

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
        try:
            asked = self._begin()
            yield from self._attempts(asked)
            if self.report is None:
                self.report = self._unfinished(asked)
        except OSError as error:
            raise artifacts.no_room(self.home, error) from None

    def _attempts(self, asked: Asked) -> Iterator[Progress]:
        try:
            for attempt in range(1, _TRIES + 1):
                if self._cancelled:
                    break
                yield from self._attempt(Job(str(self.home.root), asked, attempt))
                self._look()
                if self.report is not None or self._cancelled or not self._once_more:
                    break
                self._lost(asked, attempt)
        except (GeneratorExit, KeyboardInterrupt):
            self.report = artifacts.record_end(self.home, asked, _CANCELLED, Status.CANCELLED)
            raise

    def _begin(self) -> Asked:
        if self.taken_up is not None:
            return self.taken_up
        from clearedge_tui.runs.spec import text, v2

        check_numbers(self.spec)
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

    def _attempt(self, job: Job) -> Iterator[Progress]:
        """Yield what one worker says; say how it ended when it leaves no report."""
        try:
            yield from self._listen(job)
        except NotStarted as error:
            self._how, self._once_more = str(error), True
        except (FrameError, msgspec.MsgspecError):
            self._how = "the worker's answers made no sense; see its log"
            self._once_more = False
        else:
            code = self._code or 0
            self._how, self._once_more = ended_by(code), code < 0

    def _listen(self, job: Job) -> Iterator[Progress]:
        with self._started(job) as answers:
            try:
                for message in self._answers(answers):
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
        # where the worker's words go before it has its log: the same file
        path = draft_folder(self.home, self.run_id) / LOG
        early = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        read, write = os.pipe()
        try:
            self._worker = self.workers.start(job, write, early)
        except BaseException:
            os.close(read)
            raise
        finally:
            close(write, early)
        if self._cancelled:  # while it was being started
            self._worker.kill()
        try:
            yield read
        except (FrameError, msgspec.MsgspecError):
            self._worker.kill()
            raise
        finally:
            os.close(read)
            self._code = self._worker.wait(_GRACE_S if self.report is not None else 1.0)
            if self._code is None:
                self._worker.kill()
                self._code = self._worker.wait(_GRACE_S)

    def _answers(self, descriptor: int) -> Iterator[Progress | RunReport | Failed]:
        """Yield what the worker says, until it has ended.

        Its end of the pipe may live on in a process that a strategy has started.
        """
        deframer, over = Deframer(), False
        while True:
            ready, _, _ = select([descriptor], [], [], 0 if over else _WAIT_S)
            if not ready:
                if over:
                    return
                over = self._worker is None or self._worker.wait(0) is not None
                continue
            data = os.read(descriptor, 1 << 16)
            if not data:
                return
            for body in deframer.feed(data):
                yield decode_answer(body)

    def _look(self) -> None:
        """Take the report of a worker that finished its run and died before it could say so."""
        if self.report is None:
            self.report = artifacts.ended_report(self.home, self.run_id)

    def _lost(self, asked: Asked, attempt: int) -> None:
        folder = draft_folder(self.home, self.run_id)
        if attempt < _TRIES and folder.is_dir():
            drafts.start(self.home, self.run_id)
            journal.reopen(folder)
            journal.append(folder, asked.about, events.WORKER_LOST, attempt=attempt, how=self._how)

    def _unfinished(self, asked: Asked) -> RunReport:
        if self._cancelled:
            return artifacts.record_end(self.home, asked, _CANCELLED, Status.CANCELLED)
        return artifacts.record_end(self.home, asked, self._how)


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
