"""When a market trades: always, the week of foreign exchange, or an exchange's sessions and holidays.

Sessions are made by `market.exchange_hours`, which loads pandas when a market that has some is asked
about and they are not at hand.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.resample import Grid
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import exchange_hours, spans, timeframes
from clearedge_tui.market.exchange_hours import Session
from clearedge_tui.market.spans import Spans
from clearedge_tui.market.timeframes import NS

ALWAYS = "24/7"
FX = "fx"
_DAY_NS = 86_400 * NS
_NEW_YORK = ZoneInfo("America/New_York")
_FX_HOUR = 17  # New York: the week ends on Friday and begins on Sunday at this hour


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * NS


def _day(ts_ns: int) -> date:
    return datetime.fromtimestamp(ts_ns // NS, UTC).date()


def _midnight(day: date) -> int:
    return _ns(datetime(day.year, day.month, day.day, tzinfo=UTC))


def check_name(name: str) -> str:
    """Return a calendar's name as it is kept. Raises UsageError for one that nobody knows."""
    text = clean_text(name).strip()
    for known in (ALWAYS, FX):
        if text.lower() == known:
            return known
    import exchange_calendars

    if text.upper() in exchange_calendars.get_calendar_names(include_aliases=False):
        return text.upper()
    raise UsageError(
        f"calendar `{text}`; wanted 24/7, fx, or an exchange's code such as XNYS, XLON, XTKS"
    )


def unknown(name: str, start_ns: int, end_ns: int) -> Spans:
    """Return the parts of [start_ns, end_ns) that a calendar is not written for."""
    if name in (ALWAYS, FX) or end_ns <= start_ns:
        return ()
    written = (exchange_hours.decade(name, at) for at in exchange_hours.firsts(start_ns, end_ns))
    return spans.without([(start_ns, end_ns)], [part for one in written for part in one.written])


def sessions(name: str, start_ns: int, end_ns: int) -> tuple[Session, ...]:
    """Return an exchange's sessions that touch [start_ns, end_ns), ascending."""
    found: list[Session] = []
    for first in exchange_hours.firsts(start_ns, end_ns):
        block = exchange_hours.decade(name, first).sessions
        low = bisect_right(block, start_ns, key=lambda one: one.parts[-1][1])
        high = bisect_left(block, end_ns, key=lambda one: one.parts[0][0])
        found += block[low:high]
    return tuple(found)


def days(name: str, start_ns: int, end_ns: int) -> Spans:
    """Return the UTC days that have a daily bar and touch [start_ns, end_ns), one span each."""
    if name == FX:
        every = range(start_ns // _DAY_NS, -(-end_ns // _DAY_NS))
        return tuple(
            (d * _DAY_NS, (d + 1) * _DAY_NS) for d in every if _day(d * _DAY_NS).weekday() < 5
        )
    found = (
        (one.day_ns, one.day_ns + _DAY_NS)
        for one in sessions(name, start_ns - _DAY_NS, end_ns + _DAY_NS)
    )
    return tuple((low, high) for low, high in found if low < end_ns and high > start_ns)


def _fx_weeks(start_ns: int, end_ns: int) -> Spans:
    """Return the hours of foreign exchange: Sunday to Friday, 17:00 in New York."""
    day = _day(start_ns) - timedelta(days=8)
    day -= timedelta(days=(day.weekday() + 1) % 7)  # back to a Sunday
    found = []
    while _midnight(day) < end_ns:
        opens = datetime(day.year, day.month, day.day, _FX_HOUR, tzinfo=_NEW_YORK)
        friday = day + timedelta(days=5)
        closes = datetime(friday.year, friday.month, friday.day, _FX_HOUR, tzinfo=_NEW_YORK)
        found.append((_ns(opens), _ns(closes)))
        day += timedelta(days=7)
    return spans.without(found, _fx_holidays(start_ns, end_ns))


def _fx_holidays(start_ns: int, end_ns: int) -> Spans:
    """Christmas and New Year's Day, from 17:00 of the day before to 17:00, New York."""
    found = []
    for year in range(_day(start_ns).year, _day(end_ns).year + 2):
        for month, day in ((12, 25), (1, 1)):
            ends = datetime(year, month, day, _FX_HOUR, tzinfo=_NEW_YORK)
            found.append((_ns(ends - timedelta(days=1)), _ns(ends)))
    return spans.merged(found)


def trading(name: str, start_ns: int, end_ns: int) -> Spans:
    """Return when a calendar trades within [start_ns, end_ns)."""
    if name == ALWAYS:
        return ((start_ns, end_ns),)
    if name == FX:
        return spans.clipped(_fx_weeks(start_ns, end_ns), start_ns, end_ns)
    hours = [part for one in sessions(name, start_ns, end_ns) for part in one.parts]
    return spans.clipped(hours, start_ns, end_ns)


def closed(name: str, timeframe: str, start_ns: int, end_ns: int) -> Spans:
    """Return the parts of [start_ns, end_ns) in which no bar of this length is to be expected."""
    if name == ALWAYS or end_ns <= start_ns:
        return ()
    if timeframe and timeframes.seconds(timeframe) >= 86_400:
        hours = spans.merged(days(name, start_ns, end_ns))
    else:
        hours = trading(name, start_ns, end_ns)
    return spans.without([(start_ns, end_ns)], hours)


def kept_to(name: str, base_ns: int, grid: Grid, first_ns: int, last_ns: int) -> Spans:
    """Return the sessions that longer bars keep to between two closes of base bars; see the catalog."""
    if name == ALWAYS:
        return ()
    # the last bar's sessions all, for it ends with them, and a session may begin the day before
    start, end = grid.around(first_ns - base_ns - _DAY_NS)[0], grid.around(last_ns + _DAY_NS)[1]
    daily = base_ns >= _DAY_NS
    if name == FX and not daily:
        week = 7 * _DAY_NS
        weekly = not grid.months and grid.seconds * NS % week == 0
        return trading(FX, start - week, end + week) if weekly else ()
    found = (
        days(name, start, end)
        if daily
        else tuple((one.parts[0][0], one.parts[-1][1]) for one in sessions(name, start, end))
    )
    nobody_knows = unknown(name, start, end)  # there each day is one, whole
    return tuple(sorted((*found, *spans.by_days(nobody_knows)))) if nobody_knows else found
