"""From values to rows: ranges, round ticks, time labels."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clearedge_tui.core.clock import to_datetime

DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Scale:
    """A value range laid over `rows` rows, highest value at row 0."""

    low: float
    high: float
    rows: int

    def at(self, value: float, parts: int = 1) -> int:
        """Return the row of a value when each row is cut in `parts`, held inside the range."""
        share = (self.high - value) / (self.high - self.low)
        return max(0, min(self.rows * parts - 1, int(share * self.rows * parts)))

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def scale_for(values: Iterable[float], rows: int, pad: float = 0.04) -> Scale | None:
    """Return a scale with some air above and below; None when there is nothing to show."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite or rows < 1:
        return None
    low, high = min(finite), max(finite)
    air = (high - low) * pad or abs(high) * 0.001 or 1.0
    return Scale(low - air, high + air, rows)


def ticks(scale: Scale, most: int) -> tuple[list[float], float]:
    """Return at most about `most` round values inside the scale, and their step (1, 2, 2.5 or 5)."""
    raw = (scale.high - scale.low) / max(1, most)
    power = 10 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if raw <= m * power), 10 * power)
    first = math.ceil(scale.low / step)
    last = math.floor(scale.high / step)
    return [i * step for i in range(first, last + 1)], step


def time_label(ts_ns: int, span_ns: int) -> str:
    """Return a time as short as the span on the screen allows."""
    when = to_datetime(ts_ns)
    if span_ns > 500 * DAY_NS:
        return when.strftime("%b %Y")
    if span_ns > 3 * DAY_NS:
        return when.strftime("%d %b")
    return when.strftime("%H:%M") if span_ns <= DAY_NS else when.strftime("%d %H:%M")


def decimate(values: Sequence[float | None], buckets: int) -> list[tuple[float, float] | None]:
    """Return the lowest and highest value of each bucket, so that no extreme is lost."""
    n = len(values)
    if n <= buckets:
        return [None if not _finite(v) else (float(v), float(v)) for v in values]  # type: ignore[arg-type]
    out: list[tuple[float, float] | None] = []
    for i in range(buckets):
        part = [
            float(v)
            for v in values[i * n // buckets : (i + 1) * n // buckets]
            if v is not None and _finite(v)
        ]
        out.append((min(part), max(part)) if part else None)
    return out


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
