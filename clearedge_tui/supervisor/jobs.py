"""Work with an end: backtests under way, each in its own process, told of on the board."""

import asyncio
import threading
from collections import deque

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError, NotFound
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import BacktestSpec, Progress
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import JobRow

_AT_ONCE = 2
_KEEP = 20


class Jobs:
    """At most two run at a time; the others wait in line. Ended ones stay visible for a while."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._rows: dict[str, JobRow] = {}
        self._launches: dict[str, Launch] = {}
        self._line: deque[tuple[str, Launch]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self.seq = 0

    def rows(self) -> tuple[JobRow, ...]:
        return tuple(self._rows.values())

    def start(self, spec: BacktestSpec, title: str, market_name: str) -> JobRow:
        """Queue a backtest; returns its row with the run id it will have."""
        launch = Launch(self._home, spec, market_name)
        key = f"job-{launch.run_id}"
        self._put(
            JobRow(key, "backtest", title, "queued", run_id=launch.run_id, started_ns=now_ns())
        )
        self._launches[key] = launch
        self._line.append((key, launch))
        self._next()
        return self._rows[key]

    def cancel(self, key: str) -> str:
        """Cancel a job that runs or waits; returns what happened."""
        launch = self._launches.get(key)
        if launch is None:
            raise NotFound(f"no running job `{key}`")
        waiting = [entry for entry in self._line if entry[0] == key]
        if waiting:
            self._line.remove(waiting[0])
            self._launches.pop(key)
            self._change(key, state="cancelled", message="cancelled before it began")
        else:
            launch.cancel()
        return f"{self._rows[key].title} cancelled"

    def cancel_all(self) -> None:
        for key in list(self._launches):
            self.cancel(key)

    async def drain(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks)

    def _next(self) -> None:
        while self._line and len(self._launches) - len(self._line) <= _AT_ONCE:
            key, launch = self._line.popleft()
            task = asyncio.create_task(self._run(key, launch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, key: str, launch: Launch) -> None:
        loop = asyncio.get_running_loop()
        self._change(key, state="running")

        def work() -> None:
            for progress in launch.progress():
                loop.call_soon_threadsafe(self._progress, key, progress)

        try:
            await _in_thread(work)
            summary = launch.report.summary if launch.report else None
            state = summary.status if summary else "failed"
            self._change(
                key,
                state=state,
                progress=1.0 if state == "done" else self._rows[key].progress,
                eta_s=None,
                message=summary.error if summary else "no report",
            )
        except ClearEdgeError as error:
            self._change(key, state="failed", eta_s=None, message=clean_text(error))
        finally:
            self._launches.pop(key, None)
            self._next()

    def _progress(self, key: str, progress: Progress) -> None:
        self._change(key, progress=progress.done, eta_s=progress.eta_s, equity=progress.equity)

    def _change(self, key: str, **fields: object) -> None:
        import msgspec

        self._put(msgspec.structs.replace(self._rows[key], **fields))

    def _put(self, row: JobRow) -> None:
        self.seq += 1
        self._rows[row.id] = row
        ended = [k for k in self._rows if k not in self._launches and k != row.id]
        for key in ended[: max(0, len(ended) - _KEEP)]:
            del self._rows[key]


async def _in_thread(work: object) -> None:
    """Run blocking work in a daemon thread: a stop never waits for a backtest."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001  # worker border: handed to the awaiting task
            loop.call_soon_threadsafe(_settle, done, error)
        else:
            loop.call_soon_threadsafe(_settle, done, None)

    threading.Thread(target=run, name="backtest", daemon=True).start()
    await done


def _settle(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
