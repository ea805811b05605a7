"""Longer bars from base bars, one at a time. Pure; the live twin of the catalog's resampling."""

from bisect import bisect_right
from collections.abc import Sequence

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import BarRow

Sessions = Sequence[tuple[int, int]]  # (open, close) of trading days in UTC ns, ascending


def bucket_end(open_ns: int, period_ns: int, sessions: Sessions) -> int | None:
    """Return when the longer bar ends that a bar opening at `open_ns` belongs to.

    Without sessions bars lie on the UTC grid. With them they are counted from each session's open,
    the last one ends with the session, and what opens outside of all sessions belongs to none.
    """
    if not sessions:
        return (open_ns // period_ns + 1) * period_ns
    at = bisect_right(sessions, open_ns, key=lambda one: one[0]) - 1
    if at < 0 or open_ns >= sessions[at][1]:
        return None
    start, close = sessions[at]
    return min(start + ((open_ns - start) // period_ns + 1) * period_ns, close)


class BarBuilder:
    """Feed it closed base bars; it gives back a closed longer bar when one is complete."""

    def __init__(self, base_s: int, wanted_s: int, sessions: Sessions = ()) -> None:
        if wanted_s % base_s:
            raise UsageError(f"bars of {wanted_s} s cannot be made from bars of {base_s} s")
        self._base_ns = base_s * 1_000_000_000
        self._period_ns = wanted_s * 1_000_000_000
        self._sessions = sessions
        self.forming: BarRow | None = None

    def feed(self, bar: BarRow) -> BarRow | None:
        """Return the bar this one completes. A gap in the base closes what it interrupts."""
        if self._period_ns == self._base_ns:
            return bar
        end = bucket_end(bar.ts_ns - self._base_ns, self._period_ns, self._sessions)
        if end is None:
            return None
        done = None
        old = self.forming
        if old is not None and old.ts_ns != end:
            done, old = old, None
        self.forming = (
            BarRow(end, bar.open, bar.high, bar.low, bar.close, bar.volume)
            if old is None
            else BarRow(
                end,
                old.open,
                max(old.high, bar.high),
                min(old.low, bar.low),
                bar.close,
                old.volume + bar.volume,
            )
        )
        if done is None and bar.ts_ns == end:
            done, self.forming = self.forming, None
        return done
