"""Baskets on their schedule: `every` in `config/baskets.toml` starts the job when it is due."""

import asyncio
from collections.abc import Callable

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.every import interval_s
from clearedge_tui.research import baskets
from clearedge_tui.settings import Home
from clearedge_tui.store.db import Store
from clearedge_tui.supervisor.jobs import Jobs
from clearedge_tui.supervisor.rebalance import KIND, RebalanceTask
from clearedge_tui.supervisor.work import ProcessWork

_LOOK_S = 2.0


class BasketsDue:
    """One job a basket at a time. When it ran last is written down: a restart repeats nothing."""

    def __init__(
        self, home: Home, store: Store, jobs: Jobs, event: Callable[[str, str, str, str], None]
    ) -> None:
        self._home, self._store, self._jobs, self._event = home, store, jobs, event
        self._file: tuple[int, dict[str, baskets.Basket]] = (-1, {})

    async def run(self) -> None:
        while True:
            self.look(now_ns())
            await asyncio.sleep(_LOOK_S)

    def look(self, now: int) -> list[str]:
        """Start what is due and not under way; return the names of what was started."""
        started = []
        for name, basket in self._read().items():
            every_ns = interval_s(basket.every, name) * 1_000_000_000
            key = f"rebalanced_{name}_ns"
            last = int(self._store.meta(key) or 0)
            # a clock set back makes it due
            if not every_ns or 0 <= now - last < every_ns or self._under_way(name):
                continue
            self._store.set_meta(key, str(now))
            task = RebalanceTask(str(self._home.root), name)
            work = ProcessWork(
                self._home, "clearedge_tui.supervisor.rebalance", task, "research.log"
            )
            self._jobs.start(work, KIND, _title(name))
            self._event("research.rebalance", name, "started by the schedule", "supervisor")
            started.append(name)
        return started

    def _read(self) -> dict[str, baskets.Basket]:
        """Read the file when it changed; one that is not understood is said once and stops nothing."""
        file = self._home.config / baskets.FILE
        try:
            changed = file.stat().st_mtime_ns
        except OSError:
            return {}
        if changed != self._file[0]:
            try:
                self._file = (changed, baskets.read(self._home))
            except ClearEdgeError as error:
                self._file = (changed, {})
                self._event("research.baskets", "", str(error), "supervisor")
        return self._file[1]

    def _under_way(self, name: str) -> bool:
        return any(
            row.kind == KIND and row.title == _title(name) and row.state in ("queued", "running")
            for row in self._jobs.rows()
        )


def _title(name: str) -> str:
    return f"rebalance {name}"
