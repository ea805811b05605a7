"""A short wait in which ticks that come late find their place. Pure; one window a market.

A tick is held until another is a window's width ahead of it, or until it has waited that long
itself. So whatever comes less than a width late is put in order, and nothing waits longer.
"""

import heapq
from collections import deque

from clearedge_tui.core.messages import TickMsg


class Window:
    """Sorts one market's ticks by their time; ticks of one moment keep the order they came in."""

    def __init__(self, width_ns: int, pace: float = 1.0) -> None:
        """`pace` is how much data time passes in a second: the wait is the width divided by it."""
        self._width_ns = width_ns
        self.set_pace(pace)
        self._held: list[tuple[int, int, TickMsg]] = []
        self._waits: deque[tuple[float, int, int]] = deque()  # in order of arrival
        self._seq = 0
        self._newest_ns = 0
        self._left_ns = 0  # the time of what came out last
        self.reordered = 0

    def set_pace(self, pace: float) -> None:
        """Wait as long as a feed of this pace asks for; at 0 nothing waits. Flush it before."""
        self._wait_s = self._width_ns / 1e9 / pace if pace else 0.0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def due_s(self) -> float | None:
        """Return when something has to come out though nothing follows it; None: nothing is held."""
        return self._waits[0][0] if self._held else None

    def put(self, tick: TickMsg, at_s: float) -> list[TickMsg]:
        """Take a tick that came at `at_s`; return those whose wait it ends, in order.

        One that is too late to find its place comes straight out: whoever judges the order sees it.
        """
        if not self._wait_s or tick.ts_ns < self._left_ns:
            return [tick]
        if tick.ts_ns < self._newest_ns:
            self.reordered += 1
        self._newest_ns = max(self._newest_ns, tick.ts_ns)
        self._seq += 1
        heapq.heappush(self._held, (tick.ts_ns, self._seq, tick))
        self._waits.append((at_s + self._wait_s, tick.ts_ns, self._seq))
        return self._out(self._newest_ns - self._width_ns, 0) + self.due(at_s)

    def due(self, at_s: float) -> list[TickMsg]:
        """Return what has waited its time, with all that is earlier, in order."""
        last = (0, 0)
        while self._waits and self._waits[0][0] <= at_s:
            _until, *place = self._waits.popleft()
            last = max(last, (place[0], place[1]))
        return self._out(*last)

    def flush(self) -> list[TickMsg]:
        """Return all that is held, in order."""
        return self._out(self._newest_ns, self._seq)

    def _out(self, ts_ns: int, seq: int) -> list[TickMsg]:
        out = []
        while self._held and self._held[0][:2] <= (ts_ns, seq):
            out.append(heapq.heappop(self._held)[2])
        if out:
            self._left_ns = out[-1].ts_ns
        if not self._held:
            self._waits.clear()
        return out
