"""What waits on the way to listeners, and why.

To those that read too slowly only the newest quote of a market is kept. What is no quote always
goes out. A line that is far behind all the same is cut by `peer.send`. What a listener does not
think on rides with what comes next: a hundred processes do not wake up to put it away.
"""

import asyncio
from collections.abc import Mapping

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.wire import frame
from clearedge_tui.engine.peer import send_frame

_SLOW = 256 << 10  # bytes that a listener has not taken yet


class Valve:
    def __init__(self) -> None:
        self._held: dict[tuple[str, str], TickMsg] = {}
        self._riding: dict[str, TickMsg] = {}
        self._last: TickMsg | None = None  # goes to a hundred listeners, and is framed once
        self._framed = b""
        self.conflated = 0

    def ride(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> None:
        """Keep a bar, or the newest quote, for the next message; `flush` sends it when none comes."""
        if tick.kind != "quote":
            self.before(to, line)
        self._riding[to] = tick

    def before(self, to: str, line: asyncio.StreamWriter) -> None:
        """Send what rides ahead of a message to a listener: nothing overtakes."""
        if self._riding and (tick := self._riding.pop(to, None)) is not None:
            self._send(to, line, tick)

    def send(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> bool:
        """Send a tick to a listener, or hold it; False when its line is gone."""
        self.before(to, line)
        return self._send(to, line, tick)

    def _send(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> bool:
        key = (to, tick.market)
        held = self._held.pop(key, None) if self._held else None
        if tick.kind != "quote":
            return (held is None or self._write(line, held)) and self._write(line, tick)
        self.conflated += held is not None
        if line.transport.get_write_buffer_size() <= _SLOW:
            return self._write(line, tick)
        self._held[key] = tick
        return not line.is_closing()

    def _write(self, line: asyncio.StreamWriter, tick: TickMsg) -> bool:
        if tick is not self._last:
            self._last, self._framed = tick, frame(tick)
        return send_frame(line, self._framed)

    def forget(self, to: str) -> None:
        """A listener joins anew, and is told of everything up to now."""
        self._riding.pop(to, None)

    def flush(self, lines: Mapping[str, asyncio.StreamWriter]) -> None:
        """Send what is held to those who have caught up; forget what was for those who left."""
        for to in list(self._riding):
            if to in lines:
                self.before(to, lines[to])
            else:
                del self._riding[to]
        for key, tick in list(self._held.items()):
            line = lines.get(key[0])
            if line is None:
                del self._held[key]
            elif line.transport.get_write_buffer_size() <= _SLOW:
                del self._held[key]
                self._write(line, tick)
