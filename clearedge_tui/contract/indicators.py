"""Incremental indicators with fixed definitions: the engine's own changed value between versions.

Feed each one a closed bar at a time with `update`; it returns its value, or None while it has
seen too little. Every class keeps its latest values for charts (`points`). Values are pinned by
tests against independent calculations, so a result from today can be repeated in a year.
"""

from collections import deque
from math import sqrt

_KEEP = 600  # points a chart can show


class _Line:
    """A value per bar, and the last ones of it."""

    def __init__(self, length: int) -> None:
        if length < 1:
            raise ValueError(f"length {length}; wanted 1 or more")
        self.length = length
        self.value: float | None = None
        self._kept: deque[float | None] = deque(maxlen=_KEEP)

    def _say(self, value: float | None) -> float | None:
        self.value = value
        self._kept.append(value)
        return value

    def points(self) -> list[float | None]:
        """Return the latest values, oldest first; None where there was none yet."""
        return list(self._kept)


class Sma(_Line):
    """Simple average of the last `length` values."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._window: deque[float] = deque(maxlen=length)

    def update(self, price: float) -> float | None:
        self._window.append(price)
        full = len(self._window) == self.length
        return self._say(sum(self._window) / self.length if full else None)


class Ema(_Line):
    """Exponential average: `value += 2 / (length + 1) * (price - value)`.

    The first value is the simple average of the first `length` prices, at bar number `length`.
    """

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._weight = 2.0 / (length + 1)
        self._seen = 0
        self._sum = 0.0

    def update(self, price: float) -> float | None:
        value = self.value
        if value is None:
            self._seen += 1
            self._sum += price
            value = self._sum / self.length if self._seen == self.length else None
        else:
            value += self._weight * (price - value)
        self.value = value
        self._kept.append(value)
        return value


class Wilder(_Line):
    """Wilder's smoothing: the mean of the first `length` values, then `value += (new - value) / length`."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._seen = 0
        self._sum = 0.0

    def update(self, number: float) -> float | None:
        if self.value is not None:
            return self._say(self.value + (number - self.value) / self.length)
        self._seen += 1
        self._sum += number
        return self._say(self._sum / self.length if self._seen == self.length else None)


class Rsi(_Line):
    """Wilder's relative strength index, 0 to 100; 50 where there was neither gain nor loss."""

    def __init__(self, length: int = 14) -> None:
        super().__init__(length)
        self._gain, self._loss = Wilder(length), Wilder(length)
        self._last: float | None = None

    def update(self, price: float) -> float | None:
        last, self._last = self._last, price
        if last is None:
            return self._say(None)
        gain = self._gain.update(max(price - last, 0.0))
        loss = self._loss.update(max(last - price, 0.0))
        if gain is None or loss is None:
            return self._say(None)
        return self._say(100.0 * gain / (gain + loss) if gain + loss else 50.0)


class Atr(_Line):
    """Wilder's average true range, in price. The first bar's range is its high minus its low."""

    def __init__(self, length: int = 14) -> None:
        super().__init__(length)
        self._mean = Wilder(length)
        self._close: float | None = None

    def update(self, high: float, low: float, close: float) -> float | None:
        before, self._close = self._close, close
        true_range = high - low
        if before is not None:
            true_range = max(true_range, abs(high - before), abs(low - before))
        return self._say(self._mean.update(true_range))


class Donchian(_Line):
    """Highest high and lowest low of the last `length` bars; `value` is the middle."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._highs = _Extreme(length, 1)
        self._lows = _Extreme(length, -1)
        self.upper: float | None = None
        self.lower: float | None = None
        self._channel: deque[tuple[float | None, float | None]] = deque(maxlen=_KEEP)

    def update(self, high: float, low: float) -> float | None:
        top, bottom = self._highs.push(high), self._lows.push(low)
        full = self._highs.count >= self.length
        self.upper, self.lower = (top, bottom) if full else (None, None)
        self._channel.append((self.upper, self.lower))
        return self._say((top + bottom) / 2 if full else None)

    def upper_points(self) -> list[float | None]:
        return [upper for upper, _ in self._channel]

    def lower_points(self) -> list[float | None]:
        return [lower for _, lower in self._channel]


class _Extreme:
    """Rolling maximum (`sign` 1) or minimum (-1), constant time a bar."""

    def __init__(self, length: int, sign: int) -> None:
        self._length = length
        self._sign = sign
        self._best: deque[tuple[int, float]] = deque()
        self.count = 0

    def push(self, value: float) -> float:
        while self._best and (self._best[-1][1] - value) * self._sign <= 0:
            self._best.pop()
        self._best.append((self.count, value))
        if self._best[0][0] <= self.count - self._length:
            self._best.popleft()
        self.count += 1
        return self._best[0][1]


class StdDev(_Line):
    """Population standard deviation of the last `length` values."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._window: deque[float] = deque(maxlen=length)

    def update(self, price: float) -> float | None:
        self._window.append(price)
        if len(self._window) < self.length:
            return self._say(None)
        mean = sum(self._window) / self.length
        return self._say(sqrt(sum((x - mean) ** 2 for x in self._window) / self.length))
