"""An instance's line to its gateway: joins, reads, and joins again when the gateway comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.messages import Ack, Cancel, Join, Joined, Submit, ToInstance
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.engine.peer import send

_decode = msgspec.msgpack.Decoder(ToInstance).decode
_RETRY_S = 0.05


class GatewayLine:
    def __init__(
        self,
        path: Path,
        instance: str,
        joined: Callable[[Joined], Awaitable[None]],
        heard: Callable[[msgspec.Struct], None],
    ) -> None:
        self._path = path
        self._instance = instance
        self._joined = joined
        self._heard = heard
        self._writer: asyncio.StreamWriter | None = None
        self.refused = ""

    @property
    def up(self) -> bool:
        return self._writer is not None

    def send(self, message: Submit | Cancel | Ack) -> None:
        """Send, or lose the message with the line: the gateway's truth comes with the next join."""
        if self._writer is not None:
            send(self._writer, message)

    async def run(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 22)
            except OSError:
                await asyncio.sleep(_RETRY_S)
                continue
            writer.write(frame(Join(self._instance)))
            try:
                async for body in frames(reader):
                    message = _decode(body)
                    if not isinstance(message, Joined):
                        self._heard(message)
                    elif message.error:
                        self.refused = message.error
                    else:
                        self.refused = ""
                        self._writer = writer
                        await self._joined(message)
            finally:
                self._writer = None
                writer.close()
            await asyncio.sleep(_RETRY_S)
