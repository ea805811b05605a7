"""Ladders as a job: a process that judges one strategy after the other, with its own workers."""

import contextlib
import os
import signal
import threading

import msgspec

from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.work import JobEnd, ProcessWork

KIND = "research"
PATIENCE_S = 0.7  # that a study has to end in good order; a trial under way is then cut off


class StudyTask(msgspec.Struct, frozen=True):
    """What is to be judged: options are those of `research.gauntlet.Options`, by name."""

    root: str
    specs: tuple[BacktestSpec, ...]
    options: dict[str, object] = {}
    held_out: float = 0.25
    only: str = ""  # one step instead of the whole ladder
    executor: str = ""  # who runs trials; empty: as config/research.toml says
    address: str = ""


class StudyWork(ProcessWork):
    """Cancelled within a second: asked to stop, then killed with its workers. What is done is kept."""

    def __init__(self, home: Home, task: StudyTask) -> None:
        super().__init__(home, "clearedge_tui.supervisor.study_task", task, "research.log")

    def cancel(self) -> None:
        self._cancelled.set()
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGTERM)
            killer = threading.Timer(PATIENCE_S, self._signal, (signal.SIGKILL,))
            killer.daemon = True
            killer.start()

    def _signal(self, number: int) -> None:
        """Reach the process and the workers it forked: they share its session."""
        process = self._process
        if process is None or process.returncode is not None:
            return  # reaped: the number may be another's by now
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)

    def end(self) -> JobEnd:
        if self._cancelled.is_set() and (self._ended is None or self._ended.error):
            return JobEnd("cancelled", "what was done is kept; running it again goes on from there")
        return super().end()
