"""A backtest in this very process, on a thread: for tests that look inside. No wall around it."""

import os
import threading

from clearedge_tui.engine.worker import Answers, run_job
from clearedge_tui.runs.job import Job
from clearedge_tui.runs.workers import Worker


class _Here:
    def __init__(self, job: Job, answers: int) -> None:
        self.pid = os.getpid()
        self._stop = threading.Event()
        self._code = 0
        self._job, self._way = job, os.dup(answers)
        self._thread = threading.Thread(target=self._run, name="inline", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        way = Answers(self._way)
        try:
            self._code = run_job(self._job, way.send, self._stop.is_set, own_process=False)
        finally:
            os.close(self._way)

    def wait(self, limit_s: float) -> int | None:
        self._thread.join(limit_s)
        return None if self._thread.is_alive() else self._code

    def kill(self) -> None:
        """Ask it to stop: a thread cannot be ended."""
        self._stop.set()


class Inline:
    """Makes no process at all."""

    def start(self, job: Job, answers: int, log: int) -> Worker:
        del log
        return _Here(job, answers)
