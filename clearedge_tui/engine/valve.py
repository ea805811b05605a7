"""What waits on the way to listeners, and why.

To those that read too slowly only the newest quote of a market is kept. What is no quote always
goes out. A line that is far behind all the same is cut by `peer.send`. What a listener does not
think on rides with what comes next: a hundred processes do not wake up to put it away. That an
order left waits some milliseconds for the venue's word, that a market order was taken for its fill:
whom it would wake up takes the core from the order itself.
"""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from clearedge_tui.core.messages import OrderUpdate, TickMsg
from clearedge_tui.core.model import OrderStatus
from clearedge_tui.core.wire import frame
from clearedge_tui.engine.peer import SOON_S, send_frame, send_now

_SLOW = 256 << 10  # bytes that a listener has not taken yet

Soon = Callable[[float, Callable[[], None]], object]  # a loop's `call_later`


def may_wait(message: object) -> bool:
    """Whether a message is mostly followed at once by one that says more: that an order left is by
    the venue's word, that a market order was taken by its fill.
    """
    if not isinstance(message, OrderUpdate):
        return False
    order = message.order
    taken = order.status is OrderStatus.OPEN and order.kind == "market"
    return taken or order.status is OrderStatus.SENT


class Valve:
    def __init__(self, soon: Soon | None = None) -> None:
        """`soon` calls back; without it nothing waits."""
        self._soon = soon
        self._said: dict[str, tuple[asyncio.StreamWriter, bytes]] = {}  # what may wait
        self._held: dict[tuple[str, str], TickMsg] = {}
        self._riding: dict[str, TickMsg] = {}
        self._long: set[str] = set()  # listeners for whom it rode already at the last flush
        self._last: TickMsg | None = None  # goes to a hundred listeners, and is framed once
        self._framed = b""
        self.conflated = 0

    def ride(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> None:
        """Keep a bar, or the newest quote, for the next message; `flush` sends it when none comes."""
        if tick.kind != "quote":
            self._write(line, self._waiting(to, line))
        self._riding[to] = tick

    def say(self, to: str, line: asyncio.StreamWriter, *messages: msgspec.Struct) -> bool:
        """Send messages to a listener in one piece, behind what rides: nothing overtakes."""
        said = self._waiting(to, line) + b"".join([frame(one) for one in messages])
        if self._soon is not None and all(may_wait(one) for one in messages):
            if not self._said:
                self._soon(SOON_S, self._flush_said)
            self._said[to] = line, said
            return not line.is_closing()
        return send_now(line, said)

    def send(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> bool:
        """Send a tick to a listener, or hold it; False when its line is gone."""
        waits = self._riding or self._said
        if tick is self._last and not waits and not self._held:  # one of a hundred like it
            transport = line.transport
            if transport.get_write_buffer_size() <= _SLOW and not transport.is_closing():
                transport.write(self._framed)
                return True
        waiting = self._waiting(to, line) if waits else b""
        return self._write(line, waiting + self._due(to, line, tick))

    def _waiting(self, to: str, line: asyncio.StreamWriter) -> bytes:
        said_to, said = self._said.pop(to, (line, b""))
        if said_to is not line:
            said = b""  # it has joined anew since, and was told of everything
        tick = self._riding.pop(to, None)
        self._long.discard(to)
        return said if tick is None else said + self._due(to, line, tick)

    def _flush_said(self) -> None:
        for to, (line, _) in list(self._said.items()):
            self._write(line, self._waiting(to, line))

    def _due(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> bytes:
        """Return what a tick lets go to a listener now; nothing when it is held."""
        key = (to, tick.market)
        held = self._held.pop(key, None) if self._held else None
        if tick.kind != "quote":
            return (b"" if held is None else frame(held)) + self._frame(tick)
        self.conflated += held is not None
        if line.transport.get_write_buffer_size() <= _SLOW:
            return self._frame(tick)
        self._held[key] = tick
        return b""

    def _frame(self, tick: TickMsg) -> bytes:
        if tick is not self._last:
            self._last, self._framed = tick, frame(tick)
        return self._framed

    def _write(self, line: asyncio.StreamWriter, framed: bytes) -> bool:
        return send_frame(line, framed) if framed else not line.is_closing()

    def forget(self, to: str) -> None:
        """A listener joins anew, and is told of everything up to now."""
        self._said.pop(to, None)
        self._riding.pop(to, None)

    def flush(self, lines: Mapping[str, asyncio.StreamWriter]) -> None:
        """Send what is held to those who have caught up, and what rides since the last flush.

        What began to ride a moment ago mostly finds its next message before the next flush.
        """
        for to in self._riding.keys() - lines.keys():
            del self._riding[to]
        for to in self._long & self._riding.keys():
            self._write(lines[to], self._waiting(to, lines[to]))
        self._long = set(self._riding)
        for key, tick in list(self._held.items()):
            line = lines.get(key[0])
            if line is None:
                del self._held[key]
            elif line.transport.get_write_buffer_size() <= _SLOW:
                del self._held[key]
                self._write(line, self._frame(tick))
