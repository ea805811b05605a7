"""OKX's public channels: prices, trades and candles, as they are now."""

from collections.abc import Iterable
from typing import Any

import msgspec

from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Market, Side
from clearedge_tui.venue_sim.okx import rows
from clearedge_tui.venue_sim.okx.asked import market_of
from clearedge_tui.venue_sim.okx.calls import minutes
from clearedge_tui.venue_sim.sockets import Socket
from clearedge_tui.venue_sim.words import plain

_DEPTHS = {"bbo-tbt": 1, "books5": 5, "books": 400, "books-l2-tbt": 400, "books50-l2-tbt": 50}


def topic_of(arg: dict[str, Any]) -> str:
    """Return a channel as one word: `candle1m:BTC-USDT`."""
    return f"{arg['channel']}:{arg.get('instId', '')}"


def publish(floor: Floor, socket: Socket, topics: Iterable[str]) -> None:
    for topic in topics:
        for message in spoken(floor, topic):
            socket.put(message)


def spoken(floor: Floor, topic: str) -> list[bytes]:
    """Return what there is to say of a topic now."""
    channel, _, symbol = topic.partition(":")
    if not symbol:
        return []
    market = market_of(floor.exchange, {"instId": symbol})
    arg = {"channel": channel, "instId": symbol}
    return [msgspec.json.encode({"arg": arg, **words}) for words in _said(floor, market, channel)]


def _said(floor: Floor, market: Market, channel: str) -> list[dict[str, Any]]:
    if channel in _DEPTHS:
        return [_book(floor, market, channel)]
    if channel == "trades":
        return [{"data": [_trade(floor, market)]}]
    if channel == "tickers":
        return [{"data": [_ticker(floor, market)]}]
    if channel.startswith("candle"):
        length = minutes(channel.removeprefix("candle"))
        found = floor.candles.now(market.id, length)
        return [{"data": [rows.candle_row(candle, whole)]} for candle, whole in found]
    return []


def _book(floor: Floor, market: Market, channel: str) -> dict[str, Any]:
    book, depth = floor.exchange.books[market.id], _DEPTHS[channel]
    sides = {
        name: [[plain(price), plain(size), "0", "1"] for price, size in book.shown(side)[:depth]]
        for name, side in (("asks", Side.SELL), ("bids", Side.BUY))
    }
    words = {**sides, "ts": str(floor.time_ms()), "seqId": floor.beats + 1, "prevSeqId": -1}
    whole = {} if channel in ("bbo-tbt", "books5") else {"action": "snapshot"}
    return {**whole, "data": [words | ({"checksum": 0} if whole else {})]}


def _trade(floor: Floor, market: Market) -> dict[str, Any]:
    price = plain(floor.exchange.price(market.id))
    return {
        "instId": market.symbol, "tradeId": str(floor.started_ns // 1_000_000 + floor.beats),
        "px": price, "sz": plain(market.min_size), "side": "buy" if floor.beats % 2 else "sell",
        "ts": str(floor.time_ms()), "count": "1",
    }  # fmt: skip


def _ticker(floor: Floor, market: Market) -> dict[str, Any]:
    book, price = floor.exchange.books[market.id], plain(floor.exchange.price(market.id))
    (bid, bid_size), (ask, ask_size) = book.shown(Side.BUY)[0], book.shown(Side.SELL)[0]
    same = dict.fromkeys(("last", "open24h", "high24h", "low24h", "sodUtc0", "sodUtc8"), price)
    return {
        **same, "instType": "SPOT", "instId": market.symbol, "lastSz": plain(market.min_size),
        "askPx": plain(ask), "askSz": plain(ask_size), "bidPx": plain(bid),
        "bidSz": plain(bid_size), "volCcy24h": "0", "vol24h": "0", "ts": str(floor.time_ms()),
    }  # fmt: skip
