"""Where ticks wait for books that are still busy: bounded, and plain about what it leaves out.

When more than a number of quotes wait, only the newest one of each market stays. Bars and what is
said about gaps are never left out. Pure.
"""

from collections import deque
from typing import Protocol


class Waits(Protocol):
    @property
    def market(self) -> str: ...
    @property
    def kind(self) -> str: ...


class TickQueue[T: Waits]:
    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[T] = deque()
        self._quotes = 0
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, tick: T) -> None:
        self._waiting.append(tick)
        if tick.kind == "quote":
            self._quotes += 1
            if self._quotes > self._most:
                self._conflate()

    def take(self) -> T:
        tick = self._waiting.popleft()
        self._quotes -= tick.kind == "quote"
        return tick

    def _conflate(self) -> None:
        """Keep what is no quote, and the newest quote of each market, in their order."""
        seen: set[str] = set()
        kept: list[T] = []
        for tick in reversed(self._waiting):
            if tick.kind == "quote":
                if tick.market in seen:
                    continue
                seen.add(tick.market)
            kept.append(tick)
        self.conflated += len(self._waiting) - len(kept)
        self._quotes = len(seen)
        self._waiting = deque(reversed(kept))
