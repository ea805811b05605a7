"""A gateway's line to its shadow node: it may come late, die and come back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.messages import (
    BookCancel,
    BookEvent,
    BookIdle,
    BookOpen,
    BookShrink,
    BookSubmit,
    BookSync,
    FromShadow,
    TickMsg,
)
from clearedge_tui.core.wire import frames
from clearedge_tui.engine.peer import send
from clearedge_tui.engine.valve import Valve

_decode = msgspec.msgpack.Decoder(FromShadow).decode


class ShadowLink:
    def __init__(
        self, path: Path, heard: Callable[[BookEvent], None], back: Callable[[], None]
    ) -> None:
        self._path = path
        self._heard = heard
        self._back = back
        self._writer: asyncio.StreamWriter | None = None
        self._opened: dict[str, BookOpen] = {}
        self._last: dict[str, TickMsg] = {}
        self._unsent: set[str] = set()  # markets whose newest price the node has not heard
        self._busy: dict[str, str] = {}  # working orders, and their markets
        self.valve = Valve()
        self._seq = 0
        self._idle: dict[int, asyncio.Future[None]] = {}

    @property
    def up(self) -> bool:
        return self._writer is not None

    def open(self, ask: BookOpen) -> None:
        self._opened[ask.instance] = ask
        self._send(ask)

    def publish(self, tick: TickMsg) -> None:
        if tick.kind == "quote":
            self._last[tick.market] = tick
            if self._writer is not None and tick.market in self._busy.values():
                self.valve.send("shadow", self._writer, tick)
            else:  # with nothing to fill a price only costs: the newest goes ahead of the next order
                self._unsent.add(tick.market)

    def flush(self) -> None:
        """Send what was held back while the node was slow."""
        self.valve.flush({"shadow": self._writer} if self._writer is not None else {})

    def submit(self, ask: BookSubmit) -> None:
        self.flush()
        if ask.market in self._unsent and self._writer is not None:
            self._unsent.discard(ask.market)
            self.valve.send("shadow", self._writer, self._last[ask.market])
        self._busy[ask.id] = ask.market
        if not self._send(ask):
            self._event(
                BookEvent(ask.instance, ask.id, "rejected", reason="the shadow book is away")
            )

    def cancel(self, ask: BookCancel | BookShrink) -> None:
        if not self._send(ask) and isinstance(ask, BookCancel):
            self._event(
                BookEvent(ask.instance, ask.id, "cancelled", reason="the shadow book is away")
            )

    def _event(self, event: BookEvent) -> None:
        if event.kind in ("cancelled", "rejected", "filled"):
            self._busy.pop(event.id, None)
        self._heard(event)

    def _send(self, message: msgspec.Struct) -> bool:
        return self._writer is not None and send(self._writer, message)

    async def settled(self, limit_s: float = 1.0) -> bool:
        """Wait until the shadow node has worked through what it was sent, if it has orders."""
        if not self._busy or self._writer is None:
            return True
        self._seq += 1
        waiter = self._idle[self._seq] = asyncio.get_running_loop().create_future()
        self._send(BookSync(self._seq))
        try:
            await asyncio.wait_for(waiter, limit_s)
        except TimeoutError:
            return False
        finally:
            self._idle.pop(self._seq, None)
        return True

    async def run(self) -> None:
        """Keep the line up for ever."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 22)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            self._writer = writer
            for ask in self._opened.values():
                send(writer, ask)
            for tick in self._last.values():
                send(writer, tick)
            self._unsent.clear()
            self._busy.clear()  # a new node knows none of the orders before it
            self._back()
            async for body in frames(reader):
                message = _decode(body)
                if isinstance(message, BookEvent):
                    self._event(message)
                elif isinstance(message, BookIdle) and message.seq in self._idle:
                    waiter = self._idle[message.seq]
                    if not waiter.done():
                        waiter.set_result(None)
            self._writer = None
            writer.close()
