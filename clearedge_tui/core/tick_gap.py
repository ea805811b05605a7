"""Ticks that are missing: when a market was silent too long, and when it may be traded again. Pure."""

from collections.abc import Callable, Sequence

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.resample import Grid, Sessions, bucket, reach_ns

Span = tuple[int, int]
OpenTime = Callable[[int, int], int]  # ns of a span in which the market was open


def always_open(start_ns: int, end_ns: int) -> int:
    return end_ns - start_ns


class Silence:
    """Says whether ticks of one market are missing before the one that comes."""

    def __init__(self, limit_ns: int, base_ns: int, from_ns: int = 0) -> None:
        """`limit_ns` 0: only the feed's own word counts (a `gap` tick). `from_ns`: known until then."""
        self._limit_ns = max(limit_ns, 2 * base_ns) if limit_ns else 0
        self._base_ns = base_ns
        self._last_ns = from_ns

    def before(self, tick: TickMsg, open_ns: OpenTime = always_open) -> Span | None:
        """Return the span without ticks that this one ends. A bar speaks for the time it covers."""
        last = self._last_ns
        start = tick.ts_ns - self._base_ns if tick.kind == "bar" else tick.ts_ns
        self._last_ns = max(last, tick.ts_ns)
        if not last or start <= last:
            return None
        if tick.kind == "gap":
            return last, start
        if not self._limit_ns or start - last <= self._limit_ns:
            return None
        return (last, start) if open_ns(last, start) > self._limit_ns else None


def spans(gaps: Sequence[Span], start_ns: int, end_ns: int) -> bool:
    """Whether a bar from `start_ns` to `end_ns` has one of the gaps in it."""
    return any(first < end_ns and until > start_ns for first, until in gaps)


class Recovery:
    """What one instance waits for after a gap: a number of its own bars that began after it."""

    def __init__(
        self, until_ns: int, base_s: int, wanted: Grid, sessions: Sessions, bars: int
    ) -> None:
        self._until_ns = until_ns
        self._reach_ns = reach_ns(base_s * 1_000_000_000)
        self._wanted = wanted
        self._sessions = sessions
        self.left = bars

    def over(self, close_ns: int) -> bool:
        """Take the close of a base bar; say whether the wait is over."""
        edges = bucket(close_ns - self._reach_ns, self._wanted, self._sessions)
        if edges is not None and edges[0] >= self._until_ns and edges[1] == close_ns:
            self.left -= 1
        return self.left <= 0
