"""What a day, a month or a year of a series is: there, partly there, missing or closed. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

MOST: Final = 0.9  # of its rows: such a day is nearly full
_EPOCH: Final = date(1970, 1, 1).toordinal()
Runs = Iterable[tuple[int, int, int]]  # (first day since 1970, days, rows a day)


class Days(NamedTuple):
    """Rows of each day since 1970 that has some, and how many it should have (empty: unknown)."""

    rows: dict[int, int]
    wanted: dict[int, int]
    usual: int  # rows of a full day where nobody knows what is to be expected
    first: int = 0
    last: int = -1  # before the first: there are no rows
    unknown: frozenset[int] = frozenset()  # days of which no calendar says whether they traded

    def state(self, day: int) -> str:
        """Return full, most, part, missing, closed or unknown; outside of the series it is empty."""
        if not self.first <= day <= self.last:
            return ""
        have = self.rows.get(day, 0)
        guessed = not self.wanted or day in self.unknown
        due = self.usual if guessed else self.wanted.get(day, 0)
        if not have:
            return "unknown" if guessed else "missing" if due else "closed"
        return "full" if have >= due else "most" if have >= due * MOST else "part"

    def month(self, year: int, month: int) -> str:
        """Return what a month is: full when every day is that should be, missing when none is."""
        first = date(year, month, 1).toordinal() - _EPOCH
        after = date(year + month // 12, month % 12 + 1, 1).toordinal() - _EPOCH
        states = {self.state(day) for day in range(first, after)} - {""}
        told = states - {"closed", "unknown"}
        if not told:
            return min(states, default="")  # closed before unknown
        if told == {"full"}:
            return "full"
        if told <= {"full", "most"}:
            return "most"
        return "missing" if told == {"missing"} else "part"

    @property
    def years(self) -> list[int]:
        """Return every year of the series, oldest first."""
        if not self.rows:
            return []
        first, last = (date.fromordinal(_EPOCH + day).year for day in (self.first, self.last))
        return list(range(first, last + 1))


def laid_out(rows: Runs, wanted: Runs, unknown: Iterable[tuple[int, int]], ticks: bool) -> Days:
    """Lay runs of days out; several files may speak of one day. No number of ticks is a full day."""
    have = _flat(rows)
    counts = sorted(have.values())
    usual = 1 if ticks or not counts else max(1, counts[len(counts) // 2] * 9 // 10)
    low, high = min(have, default=0), max(have, default=-1)
    nobody = frozenset(day for first, days in unknown for day in range(first, first + days))
    return Days(have, _flat(wanted), usual, low, high, nobody)


def _flat(runs: Runs) -> dict[int, int]:
    out: dict[int, int] = {}
    for first, days, rows in runs:
        for day in range(first, first + min(days, 60_000)):
            out[day] = out.get(day, 0) + rows
    return out
