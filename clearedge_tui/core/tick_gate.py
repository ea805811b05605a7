"""What live data must pass before a strategy or a book sees it. Pure; one gate a market.

Dropped: numbers that are none, prices that are not above zero, crossed quotes, the same tick again,
ticks earlier than what was seen, times before the year 2000 or ahead of the clock. Flagged and
passed on: a price far away from the last ones, until the next one stands beside it.
"""

import math
from collections import Counter

import msgspec

from clearedge_tui.core.messages import TickMsg

_YEAR_2000_NS = 946_684_800_000_000_000
_AHEAD_NS = 60_000_000_000  # how far ahead of the clock a tick may be
_WEIGHT = 0.02  # of a new move in the usual one: about the last hundred count
_LEAST_SEEN = 50  # moves before any is called far
_FAR = 20.0  # times the usual move
_LEAST_MOVE = 0.002  # of the price: less is never far
_CONFIRM = 0.5  # a second print this near to the first (of the distance) makes it the price


class Counts(msgspec.Struct, frozen=True):
    """What one market's gate has done since it was opened."""

    passed: int = 0
    dropped: int = 0
    odd: int = 0
    last: str = ""  # the newest reason, with its number
    by_reason: dict[str, int] = {}


class TickGate:
    """Judges one market's ticks in the order in which they come."""

    def __init__(self) -> None:
        self._last_ns: dict[str, int] = {}
        self._last: dict[str, TickMsg] = {}
        self._price = 0.0
        self._odd_price = 0.0
        self._usual = 0.0
        self._seen = 0
        self._drops: Counter[str] = Counter()
        self._passed = 0
        self._odd = 0
        self._said = ""

    @property
    def odd(self) -> bool:
        """Whether the newest price stands far away and alone."""
        return self._odd_price != 0.0

    def drop(self, tick: TickMsg, now_ns: int = 0) -> str:
        """Return why a tick must not be passed on, "" when it may. `now_ns` 0: data time, no clock."""
        why, shown = self._wrong(tick, now_ns)
        if why:
            self._drops[why] += 1
            self._said = f"{why}: {shown}"
            return why
        self._passed += 1
        self._last_ns[tick.kind] = tick.ts_ns
        self._last[tick.kind] = tick
        if tick.kind == "quote" or "quote" not in self._last:
            self._judge(tick.close)  # a closed bar only repeats what was quoted
        return ""

    def _wrong(self, tick: TickMsg, now_ns: int) -> tuple[str, object]:
        values = (tick.open, tick.high, tick.low, tick.close, tick.volume, tick.bid, tick.ask)
        for value in values:
            if not math.isfinite(value):
                return "no number", value
        prices = values[:4] if tick.kind == "bar" else (tick.close, tick.bid, tick.ask)
        for value in prices:
            if value <= 0:
                return "price", value
        if tick.kind == "quote" and tick.bid > tick.ask:
            return "crossed", f"{tick.bid:g} > {tick.ask:g}"
        if tick.ts_ns < _YEAR_2000_NS:
            return "too old", tick.ts_ns
        if now_ns and tick.ts_ns > now_ns + _AHEAD_NS:
            return "ahead", f"{(tick.ts_ns - now_ns) / 1e9:.0f} s"
        last = self._last_ns.get(tick.kind, 0)
        if tick.ts_ns < last:
            return "late", f"{(last - tick.ts_ns) / 1e9:g} s"
        if tick.ts_ns == last and (tick.kind == "bar" or tick == self._last[tick.kind]):
            return "again", tick.ts_ns
        return "", ""

    def _judge(self, price: float) -> None:
        """Remember usual moves; a far print is odd until the next one stands beside it."""
        if not self._price:
            self._price = price
            return
        move = abs(price / self._price - 1)
        far = self._seen >= _LEAST_SEEN and move > max(_FAR * self._usual, _LEAST_MOVE)
        if far and self._odd_price:
            apart = abs(price - self._odd_price) / abs(self._odd_price - self._price)
            far = apart > _CONFIRM
        if far:
            self._odd_price = price
            self._odd += 1
            self._said = f"far away: {price:g} after {self._price:g}"
            return
        if not self._odd_price:
            self._usual += (move - self._usual) * _WEIGHT
            self._seen += 1
        self._odd_price = 0.0
        self._price = price

    def counts(self) -> Counts:
        return Counts(self._passed, self._drops.total(), self._odd, self._said, dict(self._drops))
