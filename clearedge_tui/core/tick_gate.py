"""What live data must pass before a strategy or a book sees it. Pure; one gate a market.

Dropped: numbers that are none, prices that are not above zero, crossed quotes, the same tick again,
ticks earlier than what was seen, times before the year 2000 or ahead of the clock. Put in order:
what is late by less than a window. Flagged and passed on: a price far away from the last ones,
until the next one stands beside it.
"""

import math
from collections import Counter
from collections.abc import Iterator

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import TickCounts
from clearedge_tui.core.tick_order import Window

_YEAR_2000_NS = 946_684_800_000_000_000
_AHEAD_NS = 60_000_000_000  # how far ahead of the clock a tick may be
_WEIGHT = 0.02  # of a new move in the usual one: about the last hundred count
_LEAST_SEEN = 50  # moves before any is called far
_FAR = 20.0  # times the usual move
_LEAST_MOVE = 0.002  # of the price: less is never far
_CONFIRM = 0.5  # a second print this near to the first (of the distance) makes it the price


class TickGate:
    """Judges one market's ticks. What `take`, `due` and `flush` yield has passed, in order."""

    def __init__(self, window: Window | None = None) -> None:
        self.window = Window(0) if window is None else window  # an empty one is false
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

    def take(self, tick: TickMsg, now_ns: int = 0, at_s: float = 0.0) -> Iterator[TickMsg]:
        """Yield what may pass now. `now_ns` 0: data time, no clock; `at_s`: when the tick came."""
        wrong = self._unsound(tick, now_ns)
        if wrong is not None:
            self._drop(*wrong)
            return
        yield from self._in_order(self.window.put(tick, at_s))

    def due(self, at_s: float) -> Iterator[TickMsg]:
        """Yield what has waited its time though nothing came after it."""
        yield from self._in_order(self.window.due(at_s))

    def flush(self) -> Iterator[TickMsg]:
        """Yield what still waits."""
        yield from self._in_order(self.window.flush())

    def told(self, tick: TickMsg) -> None:
        """Note a tick that reached the listeners by another way: the feed's own is one too many."""
        self._last_ns[tick.kind] = max(tick.ts_ns, self._last_ns.get(tick.kind, 0))
        self._last[tick.kind] = tick

    def _drop(self, why: str, shown: object) -> None:
        self._drops[why] += 1
        self._said = f"{why}: {shown}"

    def _in_order(self, ticks: list[TickMsg]) -> Iterator[TickMsg]:
        for tick in ticks:
            wrong = self._misplaced(tick)
            if wrong is not None:
                self._drop(*wrong)
                continue
            self._passed += 1
            self._last_ns[tick.kind] = tick.ts_ns
            self._last[tick.kind] = tick
            if tick.kind == "quote" or "quote" not in self._last:
                self._judge(tick.close)  # a closed bar only repeats what was quoted
            yield tick

    def _unsound(self, tick: TickMsg, now_ns: int) -> tuple[str, object] | None:
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
        return None

    def _misplaced(self, tick: TickMsg) -> tuple[str, object] | None:
        last = self._last_ns.get(tick.kind, 0)
        if tick.ts_ns < last:
            return "late", f"{(last - tick.ts_ns) / 1e9:g} s"
        if tick.ts_ns == last and (tick.kind == "bar" or tick == self._last[tick.kind]):
            return "again", tick.ts_ns
        return None

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

    def counts(self) -> TickCounts:
        return TickCounts(
            passed=self._passed,
            odd=self._odd,
            reordered=self.window.reordered,
            last=self._said,
            reasons=dict(self._drops),
        )
