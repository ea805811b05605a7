"""The supervisor's line to one engine: it knocks until the engine opens, and says who it is."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.audit_messages import FromAuditor
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import FromEngine, Lease, Leased
from clearedge_tui.core.wire import FrameError, frame, frames

_decode = msgspec.msgpack.Decoder(FromEngine | FromAuditor).decode
_OPEN_S = 15.0


class EngineLink:
    def __init__(
        self,
        path: Path,
        epoch: int,
        heard: Callable[[msgspec.Struct], None],
        lost: Callable[["EngineLink"], None],
    ) -> None:
        self._path = path
        self._epoch = epoch
        self._heard = heard
        self._lost = lost
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self.leased: Leased | None = None

    @property
    def up(self) -> bool:
        return self._writer is not None and self.leased is not None

    async def open(self, limit_s: float = _OPEN_S) -> Leased | None:
        """Connect and take the lease; None when nobody opens within the limit."""
        end = monotonic() + limit_s
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 22)
                break
            except OSError:
                if monotonic() >= end:
                    return None
                await asyncio.sleep(0.01)
        answered = asyncio.Event()
        self._writer = writer
        writer.write(frame(Lease(self._epoch)))
        self._reader = asyncio.create_task(self._read(reader, answered))
        try:
            await asyncio.wait_for(answered.wait(), max(0.1, end - monotonic()))
        except TimeoutError:
            self.close()
        return self.leased

    async def _read(self, reader: asyncio.StreamReader, answered: asyncio.Event) -> None:
        try:
            async for body in frames(reader):
                message = _decode(body)
                if isinstance(message, Leased):
                    self.leased = message
                    answered.set()
                self._heard(message)
        except (msgspec.DecodeError, FrameError):
            pass  # an engine that speaks nonsense is lost like one that hung up
        answered.set()
        self.close()
        self._lost(self)

    def send(self, message: msgspec.Struct) -> bool:
        if self._writer is None or self._writer.is_closing():
            return False
        self._writer.write(frame(message))
        return True

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
