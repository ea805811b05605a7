"""The supervisor's line to one engine: it knocks until the engine opens, and says who it is."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.audit_messages import FromAuditor
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import FromEngine, Lease, Leased
from clearedge_tui.core.wire import Deframer, FrameError, frame

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
        self._writer: asyncio.Transport | None = None
        self.leased: Leased | None = None

    @property
    def up(self) -> bool:
        return self._writer is not None and self.leased is not None

    async def open(self, limit_s: float = _OPEN_S) -> Leased | None:
        """Connect and take the lease; None when nobody opens within the limit."""
        end = monotonic() + limit_s
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()
        while True:
            try:
                writer, _ = await loop.create_unix_connection(
                    lambda: _Ends(self._take, self._gone, answered), str(self._path)
                )
                break
            except OSError:
                if monotonic() >= end:
                    return None
                await asyncio.sleep(0.01)
        self._writer = writer
        writer.write(frame(Lease(self._epoch)))
        try:
            await asyncio.wait_for(answered.wait(), max(0.1, end - monotonic()))
        except TimeoutError:
            self.close()
        return self.leased

    def _take(self, message: msgspec.Struct) -> None:
        if isinstance(message, Leased):
            self.leased = message
        self._heard(message)

    def _gone(self) -> None:
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


class _Ends(asyncio.Protocol):
    """Hears messages as they come in: a hundred engines that beat would feel a task between."""

    def __init__(
        self,
        take: Callable[[msgspec.Struct], None],
        gone: Callable[[], None],
        answered: asyncio.Event,
    ) -> None:
        self._take = take
        self._gone = gone
        self._answered = answered
        self._deframer = Deframer()
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._deframer.feed(data):
                message = _decode(body)
                if isinstance(message, Leased):
                    self._answered.set()
                self._take(message)
        except (msgspec.DecodeError, FrameError):
            if self._transport is not None:  # who speaks nonsense is lost like one that hung up
                self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._answered.set()
        self._gone()
