"""After a gap: for whom nothing is entered, and until when. Exits pass, the gate sees to that."""

from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import iso
from clearedge_tui.core.resample import Grid, Sessions
from clearedge_tui.core.tick_gap import Recovery
from clearedge_tui.engine.seat import Seat
from clearedge_tui.market import timeframes


class _Wait(msgspec.Struct):
    span: str
    timeframe: str
    fills: int = 0  # stored bars that fill the gap and have not been told yet
    seq: int = 0  # the acknowledgement that says they were thought about
    recovery: Recovery | None = None


class Missing:
    """Each waiting instance ends its wait by itself: with whole bars, or having heard the filling."""

    def __init__(
        self, base_s: Callable[[str], int], sessions: Callable[[str, str], Sessions]
    ) -> None:
        self._base_s = base_s
        self._sessions = sessions
        self._waits: dict[str, _Wait] = {}

    def begin(self, seat: Seat, span: tuple[int, int], fills: int, bars: int) -> None:
        """Make an instance wait; `fills` stored bars follow at once, else `bars` new ones count."""
        market, timeframe = seat.market.id, seat.instance.timeframe
        words = f"{iso(span[0])} to {iso(span[1])}"
        if fills and timeframe != "quote":
            self._waits[seat.instance.id] = _Wait(words, timeframe, fills)
        elif bars:
            base_s = self._base_s(market)
            quotes = timeframe == "quote"
            wanted = Grid(base_s) if quotes else timeframes.grid(timeframe)
            sessions = () if quotes else self._sessions(market, timeframe)
            recovery = Recovery(span[1], base_s, wanted, sessions, bars)
            name = timeframes.spelled(base_s) if quotes else timeframe
            self._waits[seat.instance.id] = _Wait(words, name, recovery=recovery)

    def bar(self, instance: str, close_ns: int, seq: Callable[[], int]) -> int:
        """Take a base bar on its way to an instance; return what it has to acknowledge, or 0."""
        wait = self._waits.get(instance)
        if wait is None:
            return 0
        if wait.recovery is not None:
            if wait.recovery.over(close_ns):
                del self._waits[instance]
            return 0
        wait.fills -= 1
        if wait.fills == 0:
            wait.seq = seq()
        return wait.seq

    def thought(self, instance: str, seq: int) -> None:
        """An instance has answered, and its orders of before were judged."""
        wait = self._waits.get(instance)
        if wait is not None and wait.seq == seq:
            del self._waits[instance]

    def left(self, instance: str) -> None:
        """An instance has gone: it comes back with all that is known by then."""
        wait = self._waits.get(instance)
        if wait is not None and wait.recovery is None:
            del self._waits[instance]

    def text(self, instance: str) -> str:
        """Return why nothing is entered for an instance; empty when it may be."""
        wait = self._waits.get(instance)
        if wait is None:
            return ""
        said = f"ticks are missing from {wait.span}: nothing is entered before "
        if wait.recovery is None:
            return f"{said}the stored bars of that time were thought about"
        left = wait.recovery.left
        return f"{said}{left} whole {wait.timeframe} bar{'s' * (left > 1)} closed after it"

    def texts(self) -> dict[str, str]:
        return {instance: self.text(instance) for instance in self._waits}
