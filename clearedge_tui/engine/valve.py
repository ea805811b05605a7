"""Quotes to listeners that read too slowly: only the newest one of a market is kept for them.

What is no quote always goes out. A line that is far behind all the same is cut by `peer.send`.
"""

import asyncio
from collections.abc import Mapping

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.engine.peer import send

_SLOW = 256 << 10  # bytes that a listener has not taken yet


class Valve:
    def __init__(self) -> None:
        self._held: dict[tuple[str, str], TickMsg] = {}
        self.conflated = 0

    def send(self, to: str, line: asyncio.StreamWriter, tick: TickMsg) -> bool:
        """Send a tick to a listener, or hold it; False when its line is gone."""
        key = (to, tick.market)
        held = self._held.pop(key, None) if self._held else None
        if tick.kind != "quote":
            return (held is None or send(line, held)) and send(line, tick)
        self.conflated += held is not None
        if line.transport.get_write_buffer_size() <= _SLOW:
            return send(line, tick)
        self._held[key] = tick
        return not line.is_closing()

    def flush(self, lines: Mapping[str, asyncio.StreamWriter]) -> None:
        """Send what is held to those who have caught up; forget what was for those who left."""
        for key, tick in list(self._held.items()):
            line = lines.get(key[0])
            if line is None:
                del self._held[key]
            elif line.transport.get_write_buffer_size() <= _SLOW:
                del self._held[key]
                send(line, tick)
