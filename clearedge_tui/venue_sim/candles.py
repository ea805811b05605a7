"""Candles: those of now from the prices that were, older ones made up and always the same."""

import math
from decimal import Decimal

import msgspec

from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.model import ZERO, Market

MINUTE_NS = 60_000_000_000


class Candle(msgspec.Struct, frozen=True):
    """One minute or more. `minute` is minutes since 1970."""

    minute: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Candles:
    """The minutes of every market since the venue began, and a made-up past before."""

    def __init__(self, exchange: Exchange, began_ns: int) -> None:
        self._exchange = exchange
        self._began = self._minute = began_ns // MINUTE_NS
        self._ended: int | None = None  # the minute that ended just now
        self._seen: dict[str, dict[int, Candle]] = {market: {} for market in exchange.markets}

    def note(self, market: str, at_ns: int, volume: Decimal = ZERO) -> Candle:
        """Add the price of now to the minute of now."""
        price, minute = self._exchange.price(market), at_ns // MINUTE_NS
        minutes = self._seen[market]
        last = minutes.get(minute)
        if last is None:
            first = minutes[max(minutes)].close if minutes else price
            last = Candle(minute, first, max(first, price), min(first, price), price, ZERO)
        minutes[minute] = Candle(
            minute, last.open, max(last.high, price), min(last.low, price), price,
            last.volume + volume,
        )  # fmt: skip
        return minutes[minute]

    def turn(self, at_ns: int) -> None:
        """Note the time: when a minute is over, its candles are whole until `told`."""
        minute = at_ns // MINUTE_NS
        self._ended = minute - 1 if minute > self._minute else None
        self._minute = minute

    def told(self) -> None:
        self._ended = None

    def now(self, market: str, length: int) -> list[tuple[Candle, bool]]:
        """Return the candle that ended just now, if one did, and the one that grows; and which is whole."""
        begins = self._minute // length * length
        found = [(self._joined(market, begins, length), False)]
        if self._ended is not None and self._minute == begins:
            before = begins - length
            found.insert(0, (self._joined(market, before, length), True))
        return found

    def of(self, market: str, length: int, first: int, last: int) -> list[Candle]:
        """Return candles of `length` minutes that begin from minute `first` to `last`, oldest first."""
        start = -(-first // length) * length
        return [self._joined(market, at, length) for at in range(start, last + 1, length)]

    def _joined(self, market: str, minute: int, length: int) -> Candle:
        looked = [*range(0, length, max(1, length // 60)), length - 1]  # a day: an hour's worth
        parts = [self._one(market, minute + at) for at in looked]
        return Candle(
            minute, parts[0].open, max(p.high for p in parts), min(p.low for p in parts),
            parts[-1].close, sum((p.volume for p in parts), ZERO),
        )  # fmt: skip

    def _one(self, market: str, minute: int) -> Candle:
        seen = self._seen[market]
        if minute in seen:
            return seen[minute]
        if minute >= self._began and seen:
            before = [at for at in seen if at < minute]
            price = seen[max(before)].close if before else seen[min(seen)].open
            return Candle(minute, price, price, price, price, ZERO)
        return _made_up(self._exchange.markets[market], self._began - minute)


def _made_up(market: Market, ago: int) -> Candle:
    """Return a minute of the past: waves that end at the price the venue began with."""
    first, last = _wave(market, ago), _wave(market, ago - 1)
    wick = market.price_step * (1 + ago * 7919 % 13)
    volume = market.size_step * (100 + ago * 104_729 % 900)
    return Candle(0, first, max(first, last) + wick, min(first, last) - wick, last, volume)


def _wave(market: Market, ago: int) -> Decimal:
    share = sum(
        math.sin(ago / period) / (30 + place * 20) for place, period in enumerate((37, 211, 1447))
    )
    steps = round(float(market.price / market.price_step) * (1 + share * 0.2))
    return steps * market.price_step
