"""Run a backtest in a process of its own and hear from it: progress, then the report.

A worker that is killed, crashes or is cancelled leaves a run on disk that says so.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from select import select

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import (
    ClearEdgeError,
    NotFound,
    Refused,
    RetryLater,
    StrategyFault,
    UsageError,
)
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.runs import artifacts, drafts
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.job import Failed, Job, decode_answer
from clearedge_tui.runs.listing import LOG
from clearedge_tui.runs.model import BacktestSpec, Progress, RunReport
from clearedge_tui.settings import Home

_WAIT_S = 0.2
_GRACE_S = 5.0
_ERRORS: dict[int, type[ClearEdgeError]] = {
    error.exit_code: error for error in (UsageError, Refused, RetryLater)
}


@dataclass
class Launch:
    """One backtest under way. Iterate `progress()`, then read `report`."""

    home: Home
    spec: BacktestSpec
    market_name: str = ""
    run_id: str = ""
    report: RunReport | None = None
    pid: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _cancelled: bool = False

    def __post_init__(self) -> None:
        self.run_id = self.run_id or new_run_id(self.spec.strategy)
        self.market_name = self.market_name or self.spec.market

    def cancel(self) -> None:
        """End the worker at once. May be called from another thread or a signal handler."""
        self._cancelled = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def progress(self) -> Generator[Progress]:
        """Start the worker and yield what it says; raises what a person can act on.

        When the iterator is exhausted `report` is set; closing it early cancels the run.
        """
        created = now_ns()
        drafts.sweep(self.home)
        try:
            yield from self._listen()
        except (GeneratorExit, KeyboardInterrupt):
            self.report = self._record("cancelled", "cancelled by its owner", created)
            raise
        if self.report is None:
            self.report = self._unfinished(created)

    def _listen(self) -> Iterator[Progress]:
        with self._worker() as answers:
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
    def _worker(self) -> Iterator[int]:
        read, write = os.pipe()
        job = Job(self.run_id, str(self.home.root), self.spec, self.market_name)
        early = self._early_log()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", "clearedge_tui.engine.worker", str(write)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=early,
                pass_fds=(write,),
                start_new_session=True,
            )
        finally:
            os.close(write)
            os.close(early)
        self.pid = self._process.pid
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(frame(job))
                self._process.stdin.close()
            yield read
        finally:
            os.close(read)
            self._end()

    def _early_log(self) -> int:
        """Where the worker's words go before it has its log: the same file."""
        path = drafts.start(self.home, self.run_id) / LOG
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        limit = monotonic() + (_GRACE_S if self.report is not None else 1.0)
        while process.poll() is None and monotonic() < limit:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        if process.poll() is None:
            process.kill()
            process.wait()

    def _unfinished(self, created: int) -> RunReport:
        code = self._process.returncode if self._process else 0
        if self._cancelled:
            return self._record("cancelled", "cancelled by its owner", created)
        if code < 0:
            name = signal.Signals(-code).name
            return self._record("failed", f"the worker was ended by {name}; see its log", created)
        return self._record(
            "failed", f"the worker ended with code {code} and no result; see its log", created
        )

    def _record(self, status: str, reason: str, created: int) -> RunReport:
        return artifacts.record_failure(
            self.home, self.run_id, self.spec, self.market_name, reason, created, status
        )


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


def run_backtest(home: Home, spec: BacktestSpec) -> RunReport:
    """Run to the end and return the report; raises what a person can act on."""
    launch = Launch(home, spec)
    for _ in launch.progress():
        pass
    if launch.report is None:
        raise NotFound(f"run {launch.run_id} left no report")
    return launch.report
