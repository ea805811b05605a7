"""Tables: the deepest falls, trades by hour, weekday and tag, and histograms by a fixed rule."""

from collections.abc import Sequence
from math import ceil, floor, log10

import numpy as np

from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.analysis.model import Fall, Histogram, Slot
from clearedge_tui.runs.equity import DAY_NS, episodes
from clearedge_tui.runs.metrics import Sheet

_DEEPEST = 10
_MOST_BINS = 60
_HOUR_NS = DAY_NS // 24
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def falls(sheet: Sheet) -> tuple[Fall, ...]:
    """Return the deepest stays below a peak of bar-by-bar equity, the deepest first."""
    peaks, lasts = episodes(sheet.falls)
    if not len(peaks):
        return ()
    depths = np.minimum.reduceat(sheet.falls, peaks + 1)  # the next peaks in between are 0
    deepest = np.argsort(depths, kind="stable")[:_DEEPEST]
    return tuple(_fall(sheet, int(peaks[n]), int(lasts[n])) for n in deepest)


def _fall(sheet: Sheet, peak: int, last: int) -> Fall:
    times = sheet.account.ts_ns
    trough = peak + 1 + int(sheet.falls[peak + 1 : last + 1].argmin())
    start = int(times[peak]) if peak >= 0 else sheet.start_ns
    end = int(times[last + 1]) if last + 1 < len(times) else None
    return Fall(
        start,
        int(times[trough]),
        end,
        -float(sheet.falls[trough]),
        ((end or int(times[-1])) - start) / DAY_NS,
        None if end is None else (end - int(times[trough])) / DAY_NS,
    )


def hours(entry_ns: Ints, pnls: Floats) -> tuple[Slot, ...]:
    """Return the trades by the UTC hour of their entry."""
    names = [f"{n:02}" for n in range(24)]
    return _slots(names, entry_ns // _HOUR_NS % 24, pnls)


def weekdays(entry_ns: Ints, pnls: Floats) -> tuple[Slot, ...]:
    """Return the trades by the UTC weekday of their entry."""
    return _slots(_DAYS, (entry_ns // DAY_NS + 3) % 7, pnls)  # 1970 began on a Thursday


def exits(tags: Sequence[str], pnls: Floats) -> tuple[Slot, ...]:
    """Return the trades by the tag of the order that closed them, most trades first."""
    names = sorted(set(tags))
    at = {name: n for n, name in enumerate(names)}
    found = _slots(names, np.fromiter((at[one] for one in tags), np.int64, len(tags)), pnls)
    return tuple(sorted(found, key=lambda slot: -slot.trades))


def _slots(names: Sequence[str], at: Ints, pnls: Floats) -> tuple[Slot, ...]:
    count = np.bincount(at, minlength=len(names)).tolist()
    earned = np.bincount(at, pnls, len(names)).tolist()
    won = np.bincount(at, pnls > 0, len(names)).tolist()
    return tuple(
        Slot(name, n, pnl, w / n if n else None)
        for name, n, pnl, w in zip(names, count, earned, won, strict=True)
    )


def histogram(values: Floats) -> Histogram:
    """Count values in bins of one width that has an edge at 0.

    The width is 2 * interquartile range * n ** (-1/3) (Freedman & Diaconis 1981) rounded up to 1, 2
    or 5 times a power of ten, and further up until at most 60 bins hold all values.
    """
    if not len(values):
        return Histogram()
    low, high = float(values.min()), float(values.max())
    quarter, three = np.percentile(values, (25.0, 75.0))
    wanted = 2.0 * float(three - quarter) * len(values) ** (-1 / 3) or (high - low) / 10
    width = _round_up(wanted or abs(high) or 1.0)
    while ceil(high / width) - floor(low / width) >= _MOST_BINS:
        width = _round_up(width * 1.1)
    at = np.floor(values / width).astype(np.int64)
    first = int(at.min())
    return Histogram(first * width, width, tuple(np.bincount(at - first).tolist()))


def _round_up(width: float) -> float:
    power = floor(log10(width))
    return next(
        made
        for made in (float(f"{step}e{power}") for step in (1, 2, 5, 10))
        if made >= width * (1 - 1e-9)
    )
