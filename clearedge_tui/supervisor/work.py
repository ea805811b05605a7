"""What a job is to the supervisor: something that tells its steps, can be cancelled, and ends."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from select import select
from typing import Protocol

import msgspec

from clearedge_tui.core.leader import Leader
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.market.task import Ended, Step, Task, decode_answer
from clearedge_tui.runs import labels
from clearedge_tui.runs.launch import Launch
from clearedge_tui.settings import Home

_WAIT_S = 0.2
_END_S = 5.0


class JobStep(msgspec.Struct, frozen=True):
    """How far a job is. `done` below 0 leaves the bar where it was: only the words are new."""

    done: float
    eta_s: float | None = None
    message: str = ""
    rows: int = 0
    rate: float = 0.0  # rows a second
    equity: tuple[float, ...] = ()
    leaders: tuple[Leader, ...] | None = None  # None: as before


class JobEnd(msgspec.Struct, frozen=True):
    state: str  # done | failed | cancelled
    message: str = ""
    data: object = None
    run_id: str = ""  # of the run that it ended with, when that is not the one it began


class Work(Protocol):
    def steps(self) -> Iterator[JobStep]:
        """Do it, telling how far it is. Blocks; raises what keeps it from starting."""
        ...

    def cancel(self) -> None:
        """End it at once. May be called from another thread."""
        ...

    def end(self) -> JobEnd:
        """Return how it ended, once `steps` is exhausted."""
        ...


class BacktestWork:
    """A backtest in its worker process."""

    def __init__(self, launch: Launch, written: labels.Labels | None = None) -> None:
        self._launch = launch
        self._written = written

    def steps(self) -> Iterator[JobStep]:
        for one in self._launch.progress():
            yield JobStep(one.done, one.eta_s, rows=one.bars, equity=one.equity)

    def cancel(self) -> None:
        self._launch.cancel()

    def end(self) -> JobEnd:
        report = self._launch.report
        if report is None:
            return JobEnd("failed", "no report")
        summary = report.summary
        if self._written is not None and (self._written.tags or self._written.note):
            labels.add(self._launch.home, summary.run_id, self._written.tags, self._written.note)
        said = f"the same as run {summary.run_id}" if self._launch.cached else summary.error
        return JobEnd(summary.status, said, run_id=summary.run_id)


class ProcessWork:
    """Work in a process of its own, which reads one frame and answers with steps and its end."""

    def __init__(self, home: Home, module: str, task: msgspec.Struct, log: str) -> None:
        self._home = home
        self._module = module
        self._task = task
        self._log = home.logs / log
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: Ended | None = None
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def steps(self) -> Iterator[JobStep]:
        if self._cancelled.is_set():
            return
        read, write = os.pipe()
        self._home.logs.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                    [sys.executable, "-m", self._module, str(write)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(write,),
                    start_new_session=True,
                )
            finally:
                os.close(write)
        try:
            if self._cancelled.is_set():  # while it was being started
                self.cancel()
            if self._process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):  # it died at once; its end says so
                    self._process.stdin.write(frame(self._task))
                    self._process.stdin.close()
            yield from self._heard(read)
        finally:
            os.close(read)
            self._reap()

    def _heard(self, descriptor: int) -> Iterator[JobStep]:
        deframer = Deframer()
        while True:
            if not select([descriptor], [], [], _WAIT_S)[0]:
                continue
            data = os.read(descriptor, 1 << 16)
            if not data:
                return
            for body in deframer.feed(data):
                match decode_answer(body):
                    case Step() as one:
                        yield JobStep(
                            one.done, one.eta_s, one.text, one.rows, one.rate, leaders=one.leaders
                        )
                    case Ended() as ended:
                        self._ended = ended

    def _reap(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def end(self) -> JobEnd:
        if self._ended is not None:
            done = self._ended
            words = f"{done.message}; {done.error}" if done.message and done.error else ""
            return JobEnd(
                "failed" if done.error else "done", words or done.error or done.message, done.data
            )
        if self._cancelled.is_set():
            return JobEnd("cancelled", "cancelled by its owner; what it had written stays")
        code = self._process.returncode if self._process else 0
        return JobEnd("failed", f"its process ended with {code}; see {self._log}")


class DataWork(ProcessWork):
    """Work on the catalog: its libraries are heavy and may hang."""

    def __init__(self, home: Home, what: str, args: dict[str, object]) -> None:
        task = Task(str(home.root), what, args)
        super().__init__(home, "clearedge_tui.market.task", task, "data.log")
