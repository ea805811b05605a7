"""Longer bars from base bars, one at a time. Pure; the live twin of the catalog's resampling."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import BarRow

Sessions = Sequence[tuple[int, int]]  # (open, close) of trading days in UTC ns, ascending

_NS = 1_000_000_000
DAY_NS = 86_400 * _NS
MONDAY_NS = 4 * DAY_NS  # 5 January 1970: days and weeks are counted from it
_EPOCH = date(1970, 1, 1).toordinal()


class Grid(msgspec.Struct, frozen=True):
    """Where bars of one length begin and end in UTC. One of `seconds` and `months` is 0.

    Shorter than a day, they are counted from midnight, and the last one of a day ends with it.
    Days and weeks are counted from a Monday, months from January 1970.
    """

    seconds: int = 0
    months: int = 0

    @property
    def by_days(self) -> bool:
        """Whether a bar is made of whole days."""
        return self.months > 0 or self.seconds >= 86_400

    def around(self, ts_ns: int) -> tuple[int, int]:
        """Return (begin, end) of the bar in which something that opens at `ts_ns` lies."""
        if self.months:
            at = datetime.fromtimestamp(ts_ns // _NS, UTC)
            first = (at.year * 12 + at.month - 1 - 1970 * 12) // self.months * self.months
            return _month_ns(first), _month_ns(first + self.months)
        period = self.seconds * _NS
        if self.by_days:
            begin = (ts_ns - MONDAY_NS) // period * period + MONDAY_NS
            return begin, begin + period
        midnight = ts_ns // DAY_NS * DAY_NS
        begin = midnight + (ts_ns - midnight) // period * period
        return begin, min(begin + period, midnight + DAY_NS)


def _month_ns(months: int) -> int:
    """Return when a month begins, counted from January 1970."""
    year, month = divmod(months, 12)
    return (date(1970 + year, month + 1, 1).toordinal() - _EPOCH) * DAY_NS


def bucket(open_ns: int, grid: Grid, sessions: Sessions) -> tuple[int, int] | None:
    """Return (begin, end) of the longer bar that a bar opening at `open_ns` belongs to.

    With sessions, bars shorter than a day are counted from each session's open and the last one
    ends with it; longer ones hold the sessions whose dates lie in them. What opens outside of all
    sessions belongs to none. The date of a session is that of its last moment, in UTC.
    """
    if not sessions:
        return grid.around(open_ns)
    at = bisect_right(sessions, open_ns, key=lambda one: one[0]) - 1
    if at < 0 or open_ns >= sessions[at][1]:
        return None
    start, close = sessions[at]
    if not grid.by_days:
        period = grid.seconds * _NS
        begin = start + (open_ns - start) // period * period
        return begin, min(begin + period, close)
    days = grid.around(close - 1)
    first = last = at
    while first > 0 and grid.around(sessions[first - 1][1] - 1) == days:
        first -= 1
    while last + 1 < len(sessions) and grid.around(sessions[last + 1][1] - 1) == days:
        last += 1
    return sessions[first][0], sessions[last][1]


class BarBuilder:
    """Feed it closed base bars; it gives back closed longer bars when they are complete.

    A first bar that began before the data is left out, as the catalog leaves it out.
    """

    def __init__(self, base_s: int, wanted: Grid, sessions: Sessions = ()) -> None:
        if not fits(base_s, wanted):
            raise UsageError(f"bars of {wanted.seconds} s cannot be made from bars of {base_s} s")
        self._base_ns = base_s * _NS
        self._same = wanted == Grid(base_s)
        self._grid = wanted
        self._sessions = sessions
        self._edges: tuple[int, int] | None = None
        self._cut_ns = 0  # the end of a first bar that began before the data
        self.forming: BarRow | None = None

    def feed(self, bar: BarRow) -> list[BarRow]:
        """Return the bars this one completes: two when it ends a bar after a gap."""
        if self._same:
            return [bar]
        edges = self._around(bar.ts_ns)
        if edges is None:
            return []
        done, old = [], self.forming
        if old is not None and old.ts_ns != edges[1]:
            done.append(old)
            old = None
        self.forming = _with(old, bar, edges[1])
        if bar.ts_ns == edges[1]:
            done.append(self.forming)
            self.forming = None
        return [one for one in done if one.ts_ns != self._cut_ns]

    def _around(self, close_ns: int) -> tuple[int, int] | None:
        open_ns = close_ns - reach_ns(self._base_ns)
        if self._edges is not None and self._edges[0] <= open_ns < self._edges[1]:
            inside = not (self._sessions and self._grid.by_days)  # between sessions is outside
            if inside:
                return self._edges
        edges = bucket(open_ns, self._grid, self._sessions)
        if edges is not None:
            if self._edges is None and edges[0] < close_ns - self._base_ns:
                self._cut_ns = edges[1]
            self._edges = edges
        return edges


def reach_ns(base_ns: int) -> int:
    """Return how far before its close a base bar is looked up: at its open.

    A day bar is of the day in which it ends: one of Monday may open on Sunday, UTC.
    """
    return 1 if base_ns >= DAY_NS else base_ns


def fits(base_s: int, wanted: Grid) -> bool:
    """Return whether longer bars can be made from bars of `base_s` seconds."""
    return (86_400 if wanted.months else wanted.seconds) % base_s == 0


def _with(old: BarRow | None, bar: BarRow, end_ns: int) -> BarRow:
    if old is None:
        return BarRow(end_ns, bar.open, bar.high, bar.low, bar.close, bar.volume)
    return BarRow(
        end_ns,
        old.open,
        max(old.high, bar.high),
        min(old.low, bar.low),
        bar.close,
        old.volume + bar.volume,
    )
