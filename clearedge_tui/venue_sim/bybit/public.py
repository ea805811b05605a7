"""Bybit's public topics: books, trades, tickers and candles, as they are now."""

from collections.abc import Iterable
from typing import Any

import msgspec

from clearedge_tui.venue_sim.bybit import reads
from clearedge_tui.venue_sim.candles import Candle
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Market
from clearedge_tui.venue_sim.sockets import Socket
from clearedge_tui.venue_sim.words import plain, stepped


def publish(floor: Floor, socket: Socket, topics: Iterable[str]) -> None:
    """Say to one public socket what its topics are now."""
    for topic in topics:
        for message in spoken(floor, socket.about, topic):
            socket.put(message)


def spoken(floor: Floor, product: str, topic: str) -> list[bytes]:
    """Return what there is to say of a topic. Raises ValueError for one that makes no sense."""
    markets = {m.symbol: m for m in floor.exchange.markets.values() if m.product == product}
    name, _, rest = topic.partition(".")
    market = markets.get(rest.rpartition(".")[2])
    words = {"topic": topic, "type": "snapshot", "ts": floor.time_ms()}
    found = [] if market is None else _said(floor, market, name, rest.partition(".")[0])
    return [msgspec.json.encode(words | said) for said in found]


def _said(floor: Floor, market: Market, name: str, word: str) -> list[dict[str, Any]]:
    if name == "orderbook":
        number = floor.beats + 1
        book = reads.book_words(floor, market, int(word)) | {"u": number, "seq": number}
        return [{"cts": floor.time_ms(), "data": book}]
    if name == "publicTrade":
        return [{"data": [_trade(floor, market)]}]
    if name == "tickers":
        return [{"cs": floor.beats, "data": reads.ticker(floor, market)}]
    if name == "kline":
        return _candles(floor, market, word)
    return []


def _trade(floor: Floor, market: Market) -> dict[str, Any]:
    price = stepped(floor.exchange.price(market.id), market.price_step)
    return {
        "T": floor.time_ms(), "s": market.symbol, "S": "Buy" if floor.beats % 2 else "Sell",
        "v": plain(market.min_size), "p": price, "L": "ZeroPlusTick", "BT": False,
        "i": f"{market.symbol}-{floor.started_ns}-{floor.beats}", "seq": floor.beats,
    }  # fmt: skip


def _candles(floor: Floor, market: Market, word: str) -> list[dict[str, Any]]:
    length = reads.minutes(word)
    return [
        {"data": [_candle(floor, market, candle, whole) | {
            "interval": word, "end": (candle.minute + length) * 60_000 - 1,
        }]}
        for candle, whole in floor.candles.now(market.id, length)
    ]  # fmt: skip


def _candle(floor: Floor, market: Market, candle: Candle, whole: bool) -> dict[str, Any]:
    prices = {
        name: stepped(getattr(candle, name), market.price_step)
        for name in ("open", "high", "low", "close")
    }
    return prices | {
        "start": candle.minute * 60_000, "volume": plain(candle.volume), "confirm": whole,
        "turnover": plain(candle.volume * candle.close), "timestamp": floor.time_ms(),
    }  # fmt: skip
