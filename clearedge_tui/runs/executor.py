"""Many runs: handed in, told of as they go, ended once each. One protocol, whoever does the work."""

import queue
import threading
from collections.abc import Iterator
from typing import Protocol

import msgspec

from clearedge_tui.core.errors import Bug, ClearEdgeError, of_machine
from clearedge_tui.runs.farm import Farm
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import Progress, RunReport
from clearedge_tui.runs.workers import Workers

_A_WORKER_MB = 350  # of a run over a year of minutes; a worker beside others waits for so much
_PATIENCE_S = 0.2


class Told(msgspec.Struct, frozen=True):
    """How far a run is."""

    run_id: str
    step: Progress


class Ended(msgspec.Struct, frozen=True):
    """How a run ended: with a report (of whatever status), or with the reason why there is none."""

    run_id: str
    report: RunReport | None
    error: str = ""


class Executor(Protocol):
    """Takes runs and does them, some at a time, in an order of its own."""

    def submit(self, launch: Launch) -> None: ...
    def events(self) -> Iterator[Told | Ended]:
        """Yield what happens until every submitted run has ended; each ends exactly once."""
        ...

    def cancel(self, run_id: str) -> None: ...
    def close(self) -> None:
        """Cancel what runs or waits, and let go of every process."""
        ...


def capacity() -> int:
    """Return how many backtests at once this machine has cores and memory for."""
    import os

    import psutil

    room = int(psutil.virtual_memory().available / 2**20 // _A_WORKER_MB)
    return max(1, min(os.process_cpu_count() or 1, room))


class Local:
    """Runs on this machine: a few at a time, each in a worker that is gone with its run.

    A worker that would grow takes its memory with it. When memory is short a worker waits until it
    is alone or there is room.
    """

    def __init__(self, workers: Workers | None = None, at_once: int = 0) -> None:
        self._own = Farm() if workers is None else None
        self._workers: Workers = self._own or workers or Farm()
        self._at_once = at_once or capacity()
        self._waiting: queue.SimpleQueue[Launch | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Told | Ended] = queue.SimpleQueue()
        self._open: dict[str, Launch] = {}
        self._lock = threading.Condition()
        self._busy = 0
        self._threads: list[threading.Thread] = []

    def submit(self, launch: Launch) -> None:
        launch.workers = self._workers
        with self._lock:
            if launch.run_id in self._open:
                raise Bug(f"run {launch.run_id} was handed in already")
            self._open[launch.run_id] = launch
        self._waiting.put(launch)
        if len(self._threads) < self._at_once:
            thread = threading.Thread(target=self._work, name="executor", daemon=True)
            self._threads.append(thread)
            thread.start()

    def events(self) -> Iterator[Told | Ended]:
        while True:
            with self._lock:
                if not self._open and self._events.empty():
                    return
            try:
                event = self._events.get(timeout=_PATIENCE_S)
            except queue.Empty:
                continue
            yield event

    def cancel(self, run_id: str) -> None:
        with self._lock:
            launch = self._open.get(run_id)
        if launch is not None:
            launch.cancel()

    def close(self) -> None:
        with self._lock:
            left = list(self._open.values())
        for launch in left:
            launch.cancel()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(10)
        if self._own is not None:
            self._own.close()

    def _work(self) -> None:
        while (launch := self._waiting.get()) is not None:
            self._room()
            try:
                error = ""
                for step in launch.progress():
                    self._events.put(Told(launch.run_id, step))
            except ClearEdgeError as why:
                error = str(why)
            except Exception as bug:  # noqa: BLE001  # worker border: the run's end says so
                error = str(of_machine(bug) or f"a bug of ours: {type(bug).__name__}: {bug}")
            with self._lock:
                self._busy -= 1
                self._lock.notify_all()
                self._events.put(Ended(launch.run_id, launch.report, error))
                del self._open[launch.run_id]

    def _room(self) -> None:
        """Wait until there is memory for one more, or nobody else has a worker."""
        import psutil

        def room() -> bool:
            return not self._busy or psutil.virtual_memory().available / 2**20 > _A_WORKER_MB

        with self._lock:
            while not self._lock.wait_for(room, _PATIENCE_S):
                pass
            self._busy += 1
