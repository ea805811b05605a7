"""How the value of each limit is written, and what it means. Pure."""

import re
from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.rounding import to_decimal
from clearedge_tui.core.text import clean_text

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_DAY_MINUTES = 24 * 60


class Amount(msgspec.Struct, frozen=True):
    """A number of the kind's unit. `share` counts it in parts of 1; `zone` says when days begin."""

    number: Decimal
    share: bool = False
    zone: str = ""


class Rate(msgspec.Struct, frozen=True):
    """A share of the answers within a window, asked only from a least number of them on."""

    share: Decimal
    window_s: int
    least: int


class Markets(msgspec.Struct, frozen=True):
    """Market ids; `*` stands for any letters: `*.BYBIT`."""

    names: tuple[str, ...]

    def hold(self, market: str) -> bool:
        return any(fnmatchcase(market, name) for name in self.names)


class Hours(msgspec.Struct, frozen=True):
    """When orders may enlarge risk: minutes of the day on some weekdays of a zone.

    A span that ends before it begins goes on after midnight, as part of the day it began on.
    Holidays are not known here.
    """

    days: tuple[int, ...]  # 0 is Monday
    spans: tuple[tuple[int, int], ...]
    zone: str

    def open_at(self, at_ns: int) -> bool:
        local = to_datetime(at_ns).astimezone(ZoneInfo(self.zone))
        minute, today = local.hour * 60 + local.minute, local.weekday()
        return any(
            (today in self.days and start <= minute < (end if end > start else _DAY_MINUTES))
            or (end <= start and (today - 1) % 7 in self.days and minute < end)
            for start, end in self.spans
        )


Value = Amount | Rate | Markets | Hours


class Kind(msgspec.Struct, frozen=True):
    """One sort of limit."""

    name: str
    unit: str  # money | share | count | seconds | times | bps | markets | hours
    about: str
    written: str  # how a value is written
    read: Callable[[str], Value]
    reached: bool = False  # broken when the figure gets there, not only when it is past it
    watched: bool = True  # it has a figure of its own, also while no order is asked about


@lru_cache(maxsize=4096)
def parse(name: str, text: str) -> Value:
    """Return what a value means. UsageError says how it is written, or which limits there are."""
    return kind(name).read(text)


def canonical(name: str, text: str) -> str:
    """Return a value as it is stored: one text for one meaning. Raises as `parse` does."""
    value = parse(name, text.strip())
    match value:
        case Amount(number, share, zone):
            shown = f"{plain(number * 100)}%" if share else plain(number)
            return f"{shown} {zone}".strip()
        case Rate(share, window_s, least):
            return f"{plain(share * 100)}%/{window_s}s/{least}"
        case Markets(names):
            return ",".join(names)
        case Hours(days, spans, zone):
            return f"{_listed(days)} {','.join(_clock(*span) for span in spans)} {zone}"


def kind(name: str) -> Kind:
    """Return a kind of limit; UsageError names the nearest ones."""
    found = KINDS.get(name)
    if found is None:
        import difflib

        near = difflib.get_close_matches(name, KINDS, 3, 0.4) or list(KINDS)
        raise UsageError(f"no limit `{clean_text(name, 40)}`; known: {', '.join(near)}")
    return found


def plain(number: Decimal) -> str:
    """Return a number without needless zeros and without an exponent."""
    return f"{number.normalize():f}" if number else "0"


def _listed(days: tuple[int, ...]) -> str:
    """Return `mon-fri`, or the days one by one where there is a gap."""
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return ",".join(_DAYS[day] for day in days)


def _clock(start: int, end: int) -> str:
    return "-".join(f"{at // 60:02d}:{at % 60:02d}" for at in (start, end))


# ---- reading ----------------------------------------------------------------------------------
def _number(text: str, least: Decimal, wanted: str) -> Decimal:
    try:
        found = to_decimal(text.strip(), "the value")
    except ValueError:
        raise UsageError(f"`{clean_text(text, 60)}`; wanted {wanted}") from None
    if found < least or abs(found.adjusted()) > 18:
        raise UsageError(f"`{clean_text(text, 60)}`; wanted {wanted}")
    return found


_LEAST = Decimal("1e-12")


def _money(text: str) -> Amount:
    return Amount(_number(text, Decimal(0), "an amount of money, 0 or more, for example 10000"))


def _count(most: int, least: int = 0) -> Callable[[str], Amount]:
    def read(text: str) -> Amount:
        wanted = f"a whole number from {least} to {most}"
        found = _number(text, Decimal(least), wanted)
        if found != found.to_integral_value() or found > most:
            raise UsageError(f"`{clean_text(text, 60)}`; wanted {wanted}")
        return Amount(found)

    return read


def _more_than_nothing(unit: str) -> Callable[[str], Amount]:
    return lambda text: Amount(_number(text, _LEAST, f"more than 0 {unit}"))


def _share(text: str) -> Amount:
    """Read `5%` or `0.05`."""
    wanted = "a share above 0, at most all of it, for example 5%"
    found = _number(text.strip().removesuffix("%"), _LEAST, wanted)
    found = found / 100 if text.strip().endswith("%") else found
    if found > 1:
        raise UsageError(f"`{clean_text(text, 60)}`; wanted {wanted}")
    return Amount(found, share=True)


def _loss(text: str) -> Amount:
    """Read `500` or `5%`."""
    if text.strip().endswith("%"):
        return _share(text)
    return Amount(_number(text, _LEAST, "an amount above 0 or a share, for example 500 or 5%"))


def _daily(text: str) -> Amount:
    """Read `5%` or `500 America/New_York`."""
    number, _, zone = text.strip().partition(" ")
    found = _loss(number)
    return Amount(found.number, found.share, _zone(zone.strip()) if zone.strip() else "UTC")


def _rate(text: str) -> Rate:
    """Read `20%/300s/10`: of the answers of 300 seconds, once there are 10 of them."""
    parts = text.split("/")
    if len(parts) != 3:
        raise UsageError(
            f"`{clean_text(text, 60)}`; wanted SHARE/SECONDS/LEAST, such as 20%/300s/10"
        )
    window = _count(3600, 1)(parts[1].strip().removesuffix("s"))
    return Rate(_share(parts[0]).number, int(window.number), int(_count(500, 1)(parts[2]).number))


def _markets(text: str) -> Markets:
    names = {one.strip().upper() for one in text.split(",") if one.strip()}
    if not names or any(not re.fullmatch(r"[A-Z0-9*./:_=-]{1,60}", one) for one in names):
        raise UsageError(f"`{clean_text(text, 60)}`; wanted market ids: BTCUSDT.BYBIT,*.LOCAL")
    return Markets(tuple(sorted(names)))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"no time zone `{clean_text(name, 40)}`; wanted a name such as America/New_York or UTC"
        ) from None
    return name


def _hours(text: str) -> Hours:
    """Read `mon-fri 09:30-16:00 America/New_York`; days (all) and zone (UTC) may be left out."""
    words = text.split()
    days = _weekdays(words.pop(0)) if words and words[0][:1].isalpha() else tuple(range(7))
    spans = [_span(one) for one in words.pop(0).split(",")] if words else []
    zone = _zone(words.pop(0)) if words else "UTC"
    if words or not spans:
        raise UsageError(
            f"`{clean_text(text, 80)}`; wanted hours such as mon-fri 09:30-16:00 America/New_York"
        )
    return Hours(days, tuple(sorted(set(spans))), zone)


def _weekdays(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.lower().split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if first not in _DAYS or last not in _DAYS:
            raise UsageError(f"`{clean_text(part, 20)}`; wanted days such as mon-fri or mon,wed")
        start, end = _DAYS.index(first), _DAYS.index(last)
        found |= {day % 7 for day in range(start, end + 1 if end >= start else end + 8)}
    return tuple(sorted(found))


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"`{clean_text(text, 20)}`; wanted hours such as 09:30-16:00")
    hour, minute, until_hour, until_minute = map(int, found.groups())
    start, end = hour * 60 + minute, until_hour * 60 + until_minute
    if (
        start >= _DAY_MINUTES
        or end > _DAY_MINUTES
        or max(minute, until_minute) > 59
        or start == end
    ):
        raise UsageError(f"`{text}`; wanted two moments from 00:00 to 24:00")
    return start, end


_MONEY, _LOSS = "10000", "500 or 5%"
KINDS: Final = {
    one.name: one
    for one in (
        Kind("order_notional", "money", "the most one order is worth", _MONEY, _money, watched=False),
        Kind("position_notional", "money", "the most one market's position is worth, open orders filled", _MONEY, _money),
        Kind("gross_exposure", "money", "all positions and open orders, long and short added", _MONEY, _money),
        Kind("net_exposure", "money", "all positions, short taken from long, at the worst of open orders", _MONEY, _money),
        Kind("leverage", "times", "gross exposure over equity", "2", _more_than_nothing("times")),
        Kind("orders_per_minute", "count", "orders sent in a minute", "60", _count(6000)),
        Kind("open_positions", "count", "positions, and orders that would open one", "5", _count(10_000)),
        Kind("price_collar", "share", "how far an order's price may be from the last one", "5%", _share, watched=False),
        Kind("daily_loss", "money", "lost since the day began, of the equity then", "500 or 5% [ZONE]", _daily, reached=True),
        Kind("drawdown", "money", "lost since the highest equity", _LOSS, _loss, reached=True),
        Kind("consecutive_losses", "count", "trades lost one after the other", "5", _count(1000, 1), reached=True),
        Kind("reject_rate", "share", "share of orders that were rejected", "20%/300s/10", _rate, reached=True),
        Kind("data_age_s", "seconds", "age of the newest price", "120", _more_than_nothing("seconds")),
        Kind("allowed_markets", "markets", "the only markets to trade", "BTCUSDT.BYBIT,*.LOCAL", _markets),
        Kind("blocked_markets", "markets", "markets not to trade", "*.LOCAL", _markets),
        Kind("trading_hours", "hours", "when risk may be enlarged", "mon-fri 09:30-16:00 America/New_York", _hours),
        Kind("duplicate_order", "seconds", "the same side, size and price again within this time", "5", _count(60, 1), watched=False),
        Kind("slippage_bps", "bps", "the worst order of the day, filled price against the price seen", "20", _more_than_nothing("bps"), reached=True),
    )
}  # fmt: skip
