"""An exchange's sessions, ten years at a time: made once, then at hand.

They come from the `exchange-calendars` package; it imports pandas and is loaded only when ten years
are asked for that nobody has given yet (`market.hours_kept` gives them from a file).
"""

import warnings
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from clearedge_tui.market.spans import Spans
from clearedge_tui.market.timeframes import NS

YEARS = 10
_DAY_NS = 86_400 * NS


class Session(msgspec.Struct, frozen=True, array_like=True):
    """One trading day of an exchange, by its local date; `parts` are its hours in UTC ns."""

    day_ns: int  # midnight UTC of its date
    parts: Spans


class Decade(msgspec.Struct, frozen=True, array_like=True):
    """The sessions of ten years. Outside of `written` nobody knows whether the exchange trades."""

    written: Spans
    sessions: tuple[Session, ...]


_AT_HAND: dict[tuple[str, int], Decade] = {}


def firsts(start_ns: int, end_ns: int) -> range:
    """Return the first years of all ten years that touch two moments and the days around them."""
    low, high = _year(start_ns - 5 * _DAY_NS), _year(end_ns + 5 * _DAY_NS)
    return range(low // YEARS * YEARS, high + 1, YEARS)


def _year(ts_ns: int) -> int:
    return datetime.fromtimestamp(ts_ns // NS, UTC).year


def at_hand(name: str, first: int) -> bool:
    return (name, first) in _AT_HAND


def give(name: str, first: int, decade: Decade) -> None:
    """Put ten years at hand, so that nothing has to be loaded for them."""
    _AT_HAND[name, first] = decade


def decade(name: str, first: int) -> Decade:
    """Return the ten years from `first` on; makes them when they are not at hand."""
    if (name, first) not in _AT_HAND:
        _AT_HAND[name, first] = _made(name, first)
    return _AT_HAND[name, first]


def _made(name: str, first: int) -> Decade:
    import pandas as pd

    kind = type(_calendar(name))
    low, high = pd.Timestamp(first, 1, 1), pd.Timestamp(first + YEARS - 1, 12, 31)
    low, high = max(low, kind.bound_min() or low), min(high, kind.bound_max() or high)
    if low >= high:
        return Decade((), ())
    plan = _calendar(name, start=low, end=high).schedule
    found = []
    for at, row in zip(plan.index, plan.itertuples(index=False), strict=True):
        halves: list[tuple[int, int]] = [(row.open.value, row.close.value)]
        if row.break_start == row.break_start:  # no break is NaT, which equals nothing
            halves = [
                (row.open.value, row.break_start.value),
                (row.break_end.value, row.close.value),
            ]
        found.append(Session(at.value, tuple(halves)))
    return Decade(((_midnight(low.date()), _midnight(high.date()) + _DAY_NS),), tuple(found))


def _calendar(name: str, **between: Any) -> Any:
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own use of pandas
        return exchange_calendars.get_calendar(name, **between)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NS
