"""Binance's public data: over REST, and the streams of its sockets."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from clearedge_tui.venue_sim.binance import rows
from clearedge_tui.venue_sim.binance.asked import Params, market_of
from clearedge_tui.venue_sim.candles import Candle
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Denial, Denied, Market, Side
from clearedge_tui.venue_sim.sockets import Socket
from clearedge_tui.venue_sim.words import plain, stepped

_UNITS = {"m": 1, "h": 60, "d": 1440, "w": 10_080, "M": 43_200}


def minutes(word: str) -> int:
    """Return the length of a candle from Binance's word for it."""
    if not word[:-1].isdigit() or word[-1] not in _UNITS:
        raise Denied(Denial.PARAMS, "Invalid interval.", -1120)
    return int(word[:-1]) * _UNITS[word[-1]]


def exchange_info(floor: Floor, query: Params) -> Any:
    return {
        "timezone": "UTC", "serverTime": floor.time_ms(), "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
        ],
        "exchangeFilters": [], "assets": [{"asset": "USDT", "marginAvailable": True}],
        "symbols": [rows.market_row(market) for market in floor.exchange.markets.values()],
    }  # fmt: skip


def _asked_about(floor: Floor, query: Params, row: Callable[[Floor, Market], Any]) -> Any:
    if query.get("symbol"):
        return row(floor, market_of(floor.exchange, query))
    return [row(floor, market) for market in floor.exchange.markets.values()]


def book_ticker(floor: Floor, market: Market) -> Any:
    book = floor.exchange.books[market.id]
    bid, ask = book.shown(Side.BUY)[0], book.shown(Side.SELL)[0]
    return {
        "symbol": market.symbol, "bidPrice": stepped(bid[0], market.price_step),
        "bidQty": plain(bid[1]), "askPrice": stepped(ask[0], market.price_step),
        "askQty": plain(ask[1]), "time": floor.time_ms(), "lastUpdateId": floor.beats,
    }  # fmt: skip


def price(floor: Floor, market: Market) -> Any:
    now = stepped(floor.exchange.price(market.id), market.price_step)
    return {"symbol": market.symbol, "price": now, "time": floor.time_ms()}


def day(floor: Floor, market: Market) -> Any:
    now = stepped(floor.exchange.price(market.id), market.price_step)
    return {
        "symbol": market.symbol, "priceChange": "0", "priceChangePercent": "0", "lastPrice": now,
        "weightedAvgPrice": now, "lastQty": plain(market.min_size), "openPrice": now,
        "highPrice": now, "lowPrice": now, "volume": "1000", "quoteVolume": "1000", "count": 1,
        "openTime": floor.time_ms() - 86_400_000, "closeTime": floor.time_ms(), "firstId": 1,
        "lastId": 1,
    }  # fmt: skip


def premium(floor: Floor, market: Market) -> Any:
    now = stepped(floor.exchange.price(market.id), market.price_step)
    return {
        "symbol": market.symbol, "markPrice": now, "indexPrice": now, "estimatedSettlePrice": now,
        "lastFundingRate": "0.00010000", "interestRate": "0.00010000",
        "nextFundingTime": _next_funding(floor), "time": floor.time_ms(),
    }  # fmt: skip


def _next_funding(floor: Floor) -> int:
    return (floor.time_ms() // 28_800_000 + 1) * 28_800_000


def depth(floor: Floor, query: Params) -> Any:
    market = market_of(floor.exchange, query)
    limit = int(query.get("limit") or 500)
    words = {"lastUpdateId": floor.beats, "E": floor.time_ms(), "T": floor.time_ms()}
    return words | {
        "bids": _side(floor, market, Side.BUY)[:limit],
        "asks": _side(floor, market, Side.SELL)[:limit],
    }


def _side(floor: Floor, market: Market, side: Side) -> list[list[str]]:
    levels = floor.exchange.books[market.id].shown(side)
    return [[stepped(at, market.price_step), plain(size)] for at, size in levels]


def klines(floor: Floor, query: Params) -> Any:
    market, length = market_of(floor.exchange, query), minutes(str(query.get("interval", "1m")))
    limit, now = min(int(query.get("limit") or 500), 1500), floor.time_ms() // 60_000
    last = min(now, int(query.get("endTime") or floor.time_ms()) // 60_000)
    first = last - length * limit + 1
    if query.get("startTime"):
        first = -(-int(query["startTime"]) // 60_000)
        last = min(last, first + length * limit - 1)
    return [
        [
            candle.minute * 60_000, *_prices(market, candle), plain(candle.volume),
            (candle.minute + length) * 60_000 - 1, plain(candle.volume * candle.close), 1, "0",
            "0", "0",
        ]
        for candle in floor.candles.of(market.id, length, first, last)
    ]  # fmt: skip


def _prices(market: Market, candle: Candle) -> list[str]:
    four = (candle.open, candle.high, candle.low, candle.close)
    return [stepped(one, market.price_step) for one in four]


def last_trades(floor: Floor, query: Params) -> Any:
    market = market_of(floor.exchange, query)
    return [
        {
            "id": floor.beats, "price": price(floor, market)["price"], "quoteQty": "1",
            "qty": plain(market.min_size), "time": floor.time_ms(), "isBuyerMaker": True,
        }
    ]  # fmt: skip


PUBLIC: dict[str, tuple[str, Callable[[Floor, Params], Any]]] = {
    "/fapi/v1/ping": ("ping", lambda floor, query: {}),
    "/fapi/v1/time": ("time", lambda floor, query: {"serverTime": floor.time_ms()}),
    "/fapi/v1/exchangeInfo": ("markets", exchange_info),
    "/fapi/v1/ticker/bookTicker": ("tickers", lambda f, q: _asked_about(f, q, book_ticker)),
    "/fapi/v1/ticker/price": ("tickers", lambda f, q: _asked_about(f, q, price)),
    "/fapi/v1/ticker/24hr": ("tickers", lambda f, q: _asked_about(f, q, day)),
    "/fapi/v1/premiumIndex": ("tickers", lambda f, q: _asked_about(f, q, premium)),
    "/fapi/v1/depth": ("book", depth),
    "/fapi/v1/klines": ("candles", klines),
    "/fapi/v1/trades": ("trades", last_trades),
    "/fapi/v1/fundingRate": ("funding", lambda floor, query: []),
}


def publish(floor: Floor, socket: Socket, streams: Iterable[str]) -> None:
    """Say to one public socket what its streams are now."""
    for stream in streams:
        for message in spoken(floor, socket.about, stream):
            socket.put(message)


def spoken(floor: Floor, wrapped: str, stream: str) -> list[bytes]:
    """Return what there is to say of a stream. Raises Denied for one that makes no sense."""
    markets = {market.symbol.lower(): market for market in floor.exchange.markets.values()}
    symbol, _, name = stream.partition("@")
    market = markets.get(symbol)
    found = [] if market is None else _said(floor, market, name)
    said = [words | {"E": floor.time_ms()} for words in found]
    return [msgspec.json.encode({"stream": stream, "data": s} if wrapped else s) for s in said]


def _said(floor: Floor, market: Market, name: str) -> list[dict[str, Any]]:
    now, symbol = floor.time_ms(), market.symbol
    word = name.partition("@")[0]
    if word == "bookTicker":
        row = book_ticker(floor, market)
        return [{
            "e": "bookTicker", "u": floor.beats, "T": now, "s": symbol, "b": row["bidPrice"],
            "B": row["bidQty"], "a": row["askPrice"], "A": row["askQty"],
        }]  # fmt: skip
    if word in ("aggTrade", "trade"):
        ids = (
            {"a": floor.beats, "f": floor.beats, "l": floor.beats}
            if word == "aggTrade"
            else {"t": floor.beats}
        )
        traded = {"p": price(floor, market)["price"], "q": plain(market.min_size), "T": now}
        return [{"e": word, "s": symbol, "m": floor.beats % 2 == 0, **ids, **traded}]
    if word == "markPrice":
        at = price(floor, market)["price"]
        following = {"r": "0.00010000", "T": _next_funding(floor)}
        return [{"e": "markPriceUpdate", "s": symbol, "p": at, "i": at, "P": at, **following}]
    if word.startswith("kline_"):
        return _candles(floor, market, word.removeprefix("kline_"))
    if word.startswith("depth"):
        sides = {"b": _side(floor, market, Side.BUY), "a": _side(floor, market, Side.SELL)}
        ids = {"U": floor.beats, "u": floor.beats, "pu": floor.beats - 1}
        return [{"e": "depthUpdate", "T": now, "s": symbol, **ids, **sides}]
    return []


def _candles(floor: Floor, market: Market, word: str) -> list[dict[str, Any]]:
    length = minutes(word)
    return [
        {"e": "kline", "s": market.symbol, "k": _candle(market, candle, length) | {
            "i": word, "x": whole,
        }}
        for candle, whole in floor.candles.now(market.id, length)
    ]  # fmt: skip


def _candle(market: Market, candle: Candle, length: int) -> dict[str, Any]:
    first, high, low, last = _prices(market, candle)
    return {
        "t": candle.minute * 60_000, "T": (candle.minute + length) * 60_000 - 1, "f": 1, "L": 1,
        "s": market.symbol, "o": first, "c": last, "h": high, "l": low, "n": 1, "V": "0", "Q": "0",
        "v": plain(candle.volume), "q": plain(candle.volume * candle.close), "B": "0",
    }  # fmt: skip
