"""Work with an end: backtests, pulls, checks; each in its own process, told of on the board."""

import asyncio
import os
import threading
import uuid
from collections import deque
from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError, NotFound, of_machine
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.supervisor.work import JobEnd, JobStep, Work

_KEEP = 20
_ENDED = ("done", "failed", "cancelled")


class Jobs:
    """As many run at a time as there are cores; the others wait. Ended ones stay for a while."""

    def __init__(
        self, ended: Callable[[JobRow], None] = lambda row: None, at_once: int = 0
    ) -> None:
        self._tell = ended
        self._at_once = at_once or os.process_cpu_count() or 1
        self._rows: dict[str, JobRow] = {}
        self._works: dict[str, Work] = {}
        self._line: deque[tuple[str, Work]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: dict[str, JobEnd] = {}
        self._over: dict[str, asyncio.Event] = {}
        self._count = 0
        self.seq = 0

    def rows(self) -> tuple[JobRow, ...]:
        return tuple(self._rows.values())

    def start(
        self, work: Work, kind: str, title: str, run_id: str = "", trace_id: str = ""
    ) -> JobRow:
        """Queue a piece of work; returns its row."""
        trace_id = trace_id or uuid.uuid4().hex
        self._count += 1
        key = f"job-{run_id}" if run_id else f"job-{kind}-{now_ns() // 1_000_000}-{self._count}"
        row = JobRow(key, kind, title, "queued", run_id=run_id, trace_id=trace_id)
        self._put(msgspec.structs.replace(row, started_ns=now_ns()))
        self._works[key] = work
        self._over[key] = asyncio.Event()
        self._line.append((key, work))
        self._next()
        return self._rows[key]

    async def finished(self, key: str) -> JobEnd:
        """Wait for a job to end. A job nobody knows has ended."""
        over = self._over.get(key)
        if over is not None:
            await over.wait()
        return self._ends.get(key) or JobEnd("failed", "nothing is known of it")

    def cancel(self, key: str) -> str:
        """Cancel a job that runs or waits; returns what happened."""
        work = self._works.get(key)
        if work is None:
            raise NotFound(f"no running job `{key}`")
        waiting = [entry for entry in self._line if entry[0] == key]
        if waiting:
            self._line.remove(waiting[0])
            self._works.pop(key)
            self._ends[key] = JobEnd("cancelled", "cancelled before it began")
            self._change(key, state="cancelled", message="cancelled before it began")
        else:
            work.cancel()
        return f"{self._rows[key].title} cancelled"

    def cancel_all(self) -> None:
        for key in list(self._works):
            self.cancel(key)

    async def drain(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks)

    def _next(self) -> None:
        while self._line and len(self._works) - len(self._line) < self._at_once:
            key, work = self._line.popleft()
            task = asyncio.create_task(self._run(key, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, key: str, work: Work) -> None:
        loop = asyncio.get_running_loop()
        self._change(key, state="running")

        def through() -> None:
            for step in work.steps():
                loop.call_soon_threadsafe(self._step, key, step)

        try:
            await _in_thread(through)
            end = work.end()
        except ClearEdgeError as error:
            end = JobEnd("failed", clean_text(error))
        except Exception as error:  # noqa: BLE001  # worker border: a job that dies says so on its row
            why = of_machine(error) or f"a bug of ours: {type(error).__name__}: {error}"
            end = JobEnd("failed", clean_text(why))
        done = 1.0 if end.state == "done" else self._rows[key].progress
        self._ends[key] = end
        asks = "pay" if isinstance(end.data, dict) and "usd" in end.data else ""
        run_id = end.run_id or self._rows[key].run_id
        self._change(
            key,
            state=end.state,
            progress=done,
            eta_s=None,
            message=end.message,
            asks=asks,
            run_id=run_id,
            leaders=(),
        )
        self._works.pop(key, None)
        self._next()

    def _step(self, key: str, step: JobStep) -> None:
        row = self._rows[key]
        done = step.done if step.done >= 0 else row.progress
        self._change(
            key,
            progress=done,
            eta_s=step.eta_s,
            equity=step.equity,
            message=step.message,
            rows=step.rows,
            rate=step.rate,
            leaders=row.leaders if step.leaders is None else step.leaders,
        )

    def _change(self, key: str, **fields: object) -> None:
        self._put(msgspec.structs.replace(self._rows[key], **fields))

    def _put(self, row: JobRow) -> None:
        self.seq += 1
        self._rows[row.id] = row
        if row.state in _ENDED and row.id in self._over and not self._over[row.id].is_set():
            self._over[row.id].set()
            self._tell(row)
        ended = [k for k in self._rows if k not in self._works and k != row.id]
        for key in ended[: max(0, len(ended) - _KEEP)]:
            del self._rows[key]
            self._ends.pop(key, None)
            self._over.pop(key, None)


async def _in_thread(work: object) -> None:
    """Run blocking work in a daemon thread: a stop never waits for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001  # worker border: handed to the awaiting task
            loop.call_soon_threadsafe(_settle, done, error)
        else:
            loop.call_soon_threadsafe(_settle, done, None)

    threading.Thread(target=run, name="job", daemon=True).start()
    await done


def _settle(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
