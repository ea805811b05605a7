"""A gateway's line to its auditor: it may come late, die and come back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.audit_messages import CancelRaw, CloseRaw, Hello, Look, Pulse
from clearedge_tui.core.venue_state import VenueState
from clearedge_tui.core.wire import FrameError, frames
from clearedge_tui.engine.peer import send

_decode = msgspec.msgpack.Decoder(VenueState).decode
_AGAIN_S = 0.2


class AuditLink:
    def __init__(self, path: Path, account: str, heard: Callable[[VenueState], None]) -> None:
        self._path = path
        self._account = account
        self._heard = heard
        self._writer: asyncio.StreamWriter | None = None
        self.look: Look | None = None  # what to ask for as soon as there is a line

    @property
    def up(self) -> bool:
        return self._writer is not None

    def send(self, message: Pulse | Look | CancelRaw | CloseRaw) -> bool:
        if isinstance(message, Look):
            self.look = message
        return self._writer is not None and send(self._writer, message)

    async def run(self) -> None:
        """Keep the line up for ever."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 24)
            except OSError:
                await asyncio.sleep(_AGAIN_S)
                continue
            self._writer = writer
            send(writer, Hello(self._account))
            if self.look is not None:
                send(writer, self.look)
            try:
                async for body in frames(reader):
                    self._heard(_decode(body))
            except (msgspec.DecodeError, FrameError):
                pass  # another version's auditor: hung up on, and tried again
            self._writer = None
            writer.close()
            await asyncio.sleep(_AGAIN_S)
