"""A gateway's market data: bars of the catalog or of the simulated market, played as quotes.

Each market has its own clock, because the catalog's series may be years apart. Played faster than
the listeners think (`speed = 0`) it goes in step with them: the next tick leaves when every
instance has answered for the last bar and every order it sent has met its fate.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import BarRow

KEEP = 3000  # base bars a joining instance may look back on
_LONGEST_GAP = 5  # periods without data that a paced replay waits through before it skips
Load = Callable[[int], Iterator[TickMsg]]  # ticks later than this ns, oldest first


class Player:
    """Plays one market from a moment on, until its data end or it is cancelled."""

    def __init__(
        self,
        market: str,
        period_s: int,
        span: tuple[int, int],
        load: Load,
        send: Callable[[TickMsg], None],
        settled: Callable[[], Awaitable[None]],
        speed: float,
    ) -> None:
        self.market = market
        self.period_ns = period_s * 1_000_000_000
        self.span = span
        self.bars: deque[BarRow] = deque(maxlen=KEEP)
        self.clock_ns = 0
        self.finished = False
        self._load = load
        self._send = send
        self._settled = settled
        self._speed = speed
        self._anchor = (0.0, 0)

    @property
    def done(self) -> float | None:
        """Return the share played; None for a market without an end."""
        first, last = self.span
        if last <= first:
            return None
        return min(1.0, max(0.0, (self.clock_ns - first) / (last - first)))

    def set_speed(self, speed: float) -> None:
        self._speed = speed
        self._anchor = (0.0, 0)

    async def play(self, from_ns: int) -> None:
        unpaced = 0
        if not self._speed:
            await self._settled()
        for tick in self._load(from_ns):
            if self._speed:
                unpaced = 0 if await self._due(tick.ts_ns) else unpaced + 1
                if unpaced >= 50:  # behind its pace: let the sockets breathe
                    unpaced = 0
                    await asyncio.sleep(0)
            self.clock_ns = max(self.clock_ns, tick.ts_ns)
            if tick.kind == "bar":
                self.bars.append(
                    BarRow(tick.ts_ns, tick.open, tick.high, tick.low, tick.close, tick.volume)
                )
            self._send(tick)
            if not self._speed:
                await self._settled()
        self.finished = True

    async def _due(self, ts_ns: int) -> bool:
        """Wait for the moment of this tick; say whether there was anything to wait for."""
        wall, data = self._anchor
        ahead = ts_ns - max(self.clock_ns, data)
        if not wall or (data and ahead > _LONGEST_GAP * self.period_ns):
            self._anchor = (monotonic(), ts_ns)
            return False
        wait = wall + (ts_ns - data) / 1e9 / self._speed - monotonic()
        if wait <= 0:
            return False
        while wait > 0 and self._speed:
            await asyncio.sleep(min(wait, 0.25))
            wall, data = self._anchor
            if not wall:  # the speed changed meanwhile
                self._anchor = (monotonic(), ts_ns)
                return True
            wait = wall + (ts_ns - data) / 1e9 / self._speed - monotonic()
        return True
