"""An engine's tie to its supervisor. When it breaks, the engine is an orphan and acts like one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import Lease
from clearedge_tui.engine.peer import SOON_S, lock_holder, peer_pid, send

_AWAKE_S = 5.0


class LeaseKeeper:
    """Obeys only the process that holds the supervisor's lock, and only a rising epoch."""

    def __init__(self, lock: Path, changed: Callable[[bool], None]) -> None:
        self._lock = lock
        self._changed = changed
        self._writer: asyncio.StreamWriter | None = None
        self._lost_at = monotonic()
        self._heard_at = 0.0
        self._orphan = asyncio.Event()
        self._orphan.set()
        self.epoch = 0
        self._waiting: list[msgspec.Struct] = []

    @property
    def held(self) -> bool:
        return self._writer is not None

    @property
    def awake(self) -> bool:
        """Whether there is a supervisor and it has spoken lately: a frozen one keeps its line."""
        return self.held and monotonic() - self._heard_at < _AWAKE_S

    def heard(self) -> None:
        """The supervisor has said something."""
        self._heard_at = monotonic()

    def take(self, ask: Lease, writer: asyncio.StreamWriter) -> str:
        """Accept a supervisor, or return why not."""
        pid = peer_pid(writer)
        holder = lock_holder(self._lock)
        if not pid or pid != holder:
            return f"process {pid} does not hold the supervisor lock (process {holder} does)"
        if ask.epoch < self.epoch:
            return f"epoch {ask.epoch} is over; epoch {self.epoch} has spoken"
        self.epoch = ask.epoch
        old, self._writer = self._writer, writer
        if old is not None and old is not writer:
            old.close()
        self._orphan.clear()
        self.heard()
        self._changed(True)
        return ""

    def lost(self, writer: asyncio.StreamWriter) -> None:
        if self._writer is writer:
            self._writer = None
            self._lost_at = monotonic()
            self._orphan.set()
            self._changed(False)

    def tell(self, message: msgspec.Struct) -> bool:
        """Send to the supervisor; False when there is none."""
        if self._waiting:
            self._flush()
        return self._send(message)

    def tell_soon(self, message: msgspec.Struct) -> None:
        """Do the same, with what is told next or some milliseconds from now."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(SOON_S, self._flush)
        self._waiting.append(message)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._send(message)

    def _send(self, message: msgspec.Struct) -> bool:
        return self._writer is not None and send(self._writer, message)

    async def outlive(self, grace_s: float, leave: Callable[[], Awaitable[None]]) -> None:
        """Call `leave` once when no supervisor has come back within the grace time."""
        while True:
            await self._orphan.wait()
            await asyncio.sleep(0.25)
            if self._writer is None and monotonic() - self._lost_at > grace_s:
                await leave()
                return
