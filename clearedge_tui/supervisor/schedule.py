"""Sync on a schedule: `[sync] every = "1h"` in `config/clearedge.toml` starts the job when it is due.

When it ran last is written down, so that a restart neither forgets nor repeats it. A setting that
is not understood is said once in the journal and stops nothing.
"""

import asyncio
from collections.abc import Callable

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.every import interval_s
from clearedge_tui.settings import Home, load_options
from clearedge_tui.store.db import Store
from clearedge_tui.supervisor.jobs import Jobs
from clearedge_tui.supervisor.work import DataWork

_LOOK_S = 2.0
_LAST = "synced_ns"


class Schedule:
    """Starts what is due; one sync at a time, however long it takes."""

    def __init__(
        self, home: Home, store: Store, jobs: Jobs, event: Callable[[str, str, str, str], None]
    ) -> None:
        self._home, self._store, self._jobs, self._event = home, store, jobs, event
        self._said = ""

    async def run(self) -> None:
        while True:
            self.look(now_ns())
            await asyncio.sleep(_LOOK_S)

    def look(self, now: int) -> bool:
        """Start the sync when it is due and none is under way; say whether it was started."""
        try:
            every = interval_s(load_options(self._home).sync.every, "[sync] every")
        except ClearEdgeError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._event("data.schedule", "", str(error), "supervisor")
            return False
        last = int(self._store.meta(_LAST) or 0)
        waits = 0 <= now - last < every * 1_000_000_000  # a clock set back makes it due
        if not every or waits or self._under_way():
            return False
        self._store.set_meta(_LAST, str(now))
        self._jobs.start(DataWork(self._home, "sync", {}), "sync", "sync all series, as scheduled")
        self._event("data.sync", "", "started by the schedule", "supervisor")
        return True

    def _under_way(self) -> bool:
        return any(r.kind == "sync" and r.state in ("queued", "running") for r in self._jobs.rows())
