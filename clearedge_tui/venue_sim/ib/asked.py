"""Orders and stretches of time as clients of a TWS ask for them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.ib.contracts import found
from clearedge_tui.venue_sim.model import Denial, Denied, Kind, NewOrder, Side, Tif

Words = dict[str, Any]
_SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
_TIFS = {"DAY": Tif.GTC, "GTC": Tif.GTC, "IOC": Tif.IOC, "FOK": Tif.FOK}
_KINDS = {
    "MKT": (Kind.MARKET, False),
    "LMT": (Kind.LIMIT, False),
    "STP": (Kind.MARKET, True),
    "STP LMT": (Kind.LIMIT, True),
}
_UNITS_S = {"S": 1, "D": 86_400, "W": 604_800, "M": 2_592_000, "Y": 31_536_000}
_SIZES = {"min": 1, "mins": 1, "hour": 60, "hours": 60, "day": 1440}
_MOST_BARS = 2000


def new_order(exchange: Exchange, words: Words) -> NewOrder:
    asked = words["order"]
    market = found(exchange.markets.values(), words["contract"])
    if asked.get("order_type") not in _KINDS or asked.get("action") not in _SIDES:
        raise Denied(Denial.PARAMS)
    kind, stop = _KINDS[asked["order_type"]]
    side = _SIDES[asked["action"]]
    return NewOrder(
        market=market.id, side=side, kind=kind, size=Decimal(asked["total_quantity"]),
        price=_price(asked, "lmt_price") if kind is Kind.LIMIT else None,
        trigger=_price(asked, "aux_price") if stop else None,
        rising=side is Side.BUY if stop else None, link=asked.get("order_ref", ""),
        tif=_TIFS.get(asked.get("tif", "DAY"), Tif.GTC),
    )  # fmt: skip


def _price(asked: Words, name: str) -> Decimal:
    """Return a price as its digits say it; the wire carries a double."""
    return Decimal(repr(asked[name])).normalize()


def stretch(words: Words, now_s: int) -> tuple[int, int, int]:
    """Return minutes of a bar, and the first and the last minute of what is asked for."""
    count, unit = words["duration"].split(" ")
    size, name = words["bar_size"].split(" ")
    if unit not in _UNITS_S or name not in _SIZES:
        raise Denied(Denial.PARAMS)
    length = int(size) * _SIZES[name]
    last = _moment(words.get("end", ""), now_s) // 60
    minutes = int(count) * _UNITS_S[unit] // 60
    return length, last - min(minutes, _MOST_BARS * length), last


def _moment(text: str, now_s: int) -> int:
    if not text:
        return now_s
    plain = text.removesuffix(" UTC").replace("-", " ")
    return int(datetime.strptime(plain, "%Y%m%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
