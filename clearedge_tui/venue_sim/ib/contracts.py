"""What a TWS says of the markets of ours, and which market a client means."""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from clearedge_tui.venue_sim.model import Denial, Denied, Market
from clearedge_tui.venue_sim.words import plain

Words = dict[str, Any]
_PAIR = 7  # EUR.USD
_ALWAYS = "20260101:0000-20991231:2359"


def contract(market: Market) -> Words:
    """Return a contract: a share that is routed, or a pair of currencies."""
    words: Words = {
        "con_id": crc32(market.id.encode()) & 0x7FFF_FFFF,
        "symbol": market.base,
        "currency": market.quote,
        "local_symbol": market.symbol,
        "trading_class": market.symbol,
    }
    if is_pair(market):
        return {**words, "sec_type": "CASH", "exchange": "IDEALPRO"}
    return {**words, "sec_type": "STK", "exchange": "SMART", "primary_exch": "NASDAQ"}


def is_pair(market: Market) -> bool:
    return len(market.symbol) == _PAIR and market.symbol[3] == "."


def details(market: Market) -> Words:
    return {
        "market_name": market.symbol, "min_tick": plain(market.price_step),
        "order_types": "LMT,MKT,STP", "price_magnifier": 1, "long_name": market.symbol,
        "valid_exchanges": "IDEALPRO" if is_pair(market) else "SMART,NASDAQ",
        "time_zone_id": "UTC", "trading_hours": _ALWAYS, "liquid_hours": _ALWAYS,
        "market_rule_ids": "", "stock_type": "" if is_pair(market) else "COMMON",
        "min_size": plain(market.min_size), "size_increment": plain(market.size_step),
        "suggested_size_increment": plain(market.size_step),
    }  # fmt: skip


def found(markets: Iterable[Market], asked: Words) -> Market:
    """Return the market that a client's contract speaks of. Raises Denied when there is none."""
    for market in markets:
        known = contract(market)
        if asked.get("con_id"):
            if asked["con_id"] == known["con_id"]:
                return market
            continue
        if asked.get("sec_type") != known["sec_type"]:
            continue
        pair = (asked.get("symbol"), asked.get("currency")) == (market.base, market.quote)
        if market.symbol == asked.get("local_symbol") or (
            pair if is_pair(market) else asked.get("symbol") == market.symbol
        ):
            return market
    raise Denied(Denial.MARKET)
