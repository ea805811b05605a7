"""Processes that run one backtest each: how they are started and ended, whoever makes them."""

import contextlib
import os
import signal
import subprocess
import sys
from typing import Protocol

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.wire import frame
from clearedge_tui.runs.job import Job


class NotStarted(ClearEdgeError):
    """No worker was made: nothing of the run was begun, so it may be tried again."""


class Worker(Protocol):
    """A process that has been given a job."""

    @property
    def pid(self) -> int: ...
    def wait(self, limit_s: float) -> int | None:
        """Return its exit code (minus the signal's number), or None when it still runs."""
        ...

    def kill(self) -> None:
        """End it and what it has started, at once. May be called from another thread, and again."""
        ...


class Workers(Protocol):
    """Makes worker processes."""

    def start(self, job: Job, answers: int, log: int) -> Worker:
        """Start one on a job: it writes frames to `answers` and what it prints to `log`.

        Raises NotStarted.
        """
        ...


def steady() -> dict[str, str]:
    """Return an environment in which sets of texts have the same order in every process."""
    return {**os.environ, "PYTHONHASHSEED": "0"}


class Spawned:
    """A fresh interpreter."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    def wait(self, limit_s: float) -> int | None:
        try:
            code = self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        end_group(self.pid)
        return code

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            end_group(self.pid)


class Spawn:
    """Starts a fresh interpreter for each job: for a single run nothing is quicker."""

    def start(self, job: Job, answers: int, log: int) -> Worker:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "clearedge_tui.engine.worker", str(answers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=(answers,),
            start_new_session=True,
            env=steady(),
        )
        try:
            if process.stdin is not None:
                process.stdin.write(frame(job))
                process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; its exit code says so
        return Spawned(process)


def end_group(leader: int) -> None:
    """Kill what a worker has started and left behind: all of it is in the worker's own group.

    The number is not given to another process while one of the group lives.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def ended_by(code: int) -> str:
    """Return how a worker without a result ended, in words."""
    if code < 0:
        named = -code in set(signal.Signals)  # those in between have no name
        how = signal.Signals(-code).name if named else f"signal {-code}"
        return f"the worker was ended by {how}; see its log"
    return f"the worker ended with code {code} and no result; see its log"


def close(*descriptors: int) -> None:
    for one in descriptors:
        os.close(one)
