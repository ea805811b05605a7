"""Bybit's public topics: books, trades, tickers and candles, as they are now."""

from collections.abc import Iterable
from typing import Any

import msgspec

from clearedge_tui.venue_sim.bybit import reads
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Market
from clearedge_tui.venue_sim.sockets import Socket
from clearedge_tui.venue_sim.words import plain, stepped


def publish(floor: Floor, socket: Socket, topics: Iterable[str]) -> None:
    """Say to one public socket what its topics are now."""
    markets = {m.symbol: m for m in floor.exchange.markets.values() if m.product == socket.about}
    for topic in topics:
        name, _, rest = topic.partition(".")
        market = markets.get(rest.rpartition(".")[2])
        said = None if market is None else _said(floor, market, name, rest.partition(".")[0])
        if said is not None:
            socket.put(msgspec.json.encode({"topic": topic, "ts": floor.time_ms(), **said}))


def _said(floor: Floor, market: Market, name: str, word: str) -> dict[str, Any] | None:
    if name == "orderbook":
        number = floor.beats + 1
        book = reads.book_words(floor, market, int(word)) | {"u": number, "seq": number}
        return {"type": "snapshot", "cts": floor.time_ms(), "data": book}
    if name == "publicTrade":
        return {"type": "snapshot", "data": [_trade(floor, market)]}
    if name == "tickers":
        return {"type": "snapshot", "cs": floor.beats, "data": reads.ticker(floor, market)}
    if name == "kline":
        return {"type": "snapshot", "data": [_candle(floor, market, word)]}
    return None


def _trade(floor: Floor, market: Market) -> dict[str, Any]:
    price = stepped(floor.exchange.price(market.id), market.price_step)
    return {
        "T": floor.time_ms(), "s": market.symbol, "S": "Buy" if floor.beats % 2 else "Sell",
        "v": plain(market.min_size), "p": price, "L": "ZeroPlusTick", "BT": False,
        "i": f"{market.symbol}-{floor.started_ns}-{floor.beats}", "seq": floor.beats,
    }  # fmt: skip


def _candle(floor: Floor, market: Market, word: str) -> dict[str, Any]:
    length = reads.minutes(word)
    begins = floor.time_ms() // 60_000 // length * length
    (candle,) = floor.candles.of(market.id, length, begins, begins)
    prices = {
        name: stepped(getattr(candle, name), market.price_step)
        for name in ("open", "high", "low", "close")
    }
    return prices | {
        "start": begins * 60_000, "end": (begins + length) * 60_000 - 1, "interval": word,
        "volume": plain(candle.volume), "turnover": plain(candle.volume * candle.close),
        "confirm": False, "timestamp": floor.time_ms(),
    }  # fmt: skip
