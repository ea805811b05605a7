"""An instance's line to its gateway: joins, reads, and joins again when the gateway comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.messages import Ack, Cancel, Join, Joined, Submit, TickMsg, ToInstance
from clearedge_tui.core.wire import Deframer, FrameError, frame
from clearedge_tui.engine.peer import at_once

_decode = msgspec.msgpack.Decoder(ToInstance).decode
_RETRY_S = 0.05


class GatewayLine:
    def __init__(
        self,
        path: Path,
        instance: str,
        joined: Callable[[Joined], Awaitable[None]],
        ticked: Callable[[TickMsg], None],
        heard: Callable[[msgspec.Struct], None],
    ) -> None:
        self._path = path
        self._instance = instance
        self._joined = joined
        self._ticked = ticked
        self._heard = heard
        self._transport: asyncio.Transport | None = None
        self.refused = ""

    @property
    def up(self) -> bool:
        return self._transport is not None

    def send(self, message: Submit | Cancel | Ack) -> None:
        """Send, or lose the message with the line: the gateway's truth comes with the next join."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame(message))

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                transport, ends = await loop.create_unix_connection(
                    lambda: _Ends(self._ticked, self._heard), str(self._path)
                )
            except OSError:
                await asyncio.sleep(_RETRY_S)
                continue
            transport.write(frame(Join(self._instance)))
            try:
                while (told := await ends.joins.get()) is not None:
                    self.refused = told.error
                    if not told.error:
                        at_once(transport)
                        self._transport = transport
                        await self._joined(told)
                        ends.go_on()
            finally:
                self._transport = None
                transport.abort()
            await asyncio.sleep(_RETRY_S)


class _Ends(asyncio.Protocol):
    """Hears ticks as they come in, without a turn of the loop between: there are many of them.

    From a join's answer on everything waits until it was taken.
    """

    def __init__(
        self, ticked: Callable[[TickMsg], None], heard: Callable[[msgspec.Struct], None]
    ) -> None:
        self._ticked = ticked
        self._heard = heard
        self._deframer = Deframer()
        self._waiting: list[msgspec.Struct] | None = None
        self._transport: asyncio.BaseTransport | None = None
        self.joins: asyncio.Queue[Joined | None] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._deframer.feed(data):
                message = _decode(body)
                if type(message) is TickMsg and self._waiting is None:
                    self._ticked(message)
                else:
                    self._take(message)
        except (FrameError, msgspec.DecodeError):  # not our gateway: begin anew
            if self._transport is not None:
                self._transport.close()

    def _take(self, message: msgspec.Struct) -> None:
        if self._waiting is None and type(message) is not Joined:
            self._heard(message)
        elif isinstance(message, Joined):
            self._waiting = self._waiting or []
            self.joins.put_nowait(message)
        elif self._waiting is not None:
            self._waiting.append(message)

    def go_on(self) -> None:
        """The join was taken: hear what came meanwhile."""
        waiting, self._waiting = self._waiting or [], None
        for message in waiting:
            if isinstance(message, TickMsg):
                self._ticked(message)
            else:
                self._heard(message)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.joins.put_nowait(None)
