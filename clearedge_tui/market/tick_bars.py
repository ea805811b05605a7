"""The newest ticks of a series joined to bars, so that a chart can show them. Nothing is stored."""

from typing import Final

import numpy as np
import pyarrow as pa

from clearedge_tui.market import catalog, columns
from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.series_file import times_of
from clearedge_tui.settings import Home

_NS: Final = {"ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9, "d": 86_400 * 10**9}
_ROUND: Final = {
    "ms": (1, 2, 5, 10, 20, 50, 100, 200, 500), "s": (1, 2, 5, 10, 15, 30),
    "m": (1, 2, 5, 10, 15, 30), "h": (1, 2, 4, 12), "d": (1,),
}  # fmt: skip
_STEPS: Final = {
    f"{count}{unit}": count * _NS[unit] for unit, counts in _ROUND.items() for count in counts
}
_TICKS_A_BAR: Final = 50  # read for each bar that is wanted
_PARTS: Final = 4096  # of the whole time: the first stretch that is read, then four times as much
KINDS: Final = (Kind.TRADES, Kind.QUOTES)


def newest(home: Home, key: Key, count: int, end_ns: int = 0) -> tuple[Bars, str]:
    """Return at most `count` bars of the newest trades or quotes (until `end_ns`), and their length.

    Trades give their prices and sizes, quotes their middles. Only the end of the series is read.
    """
    rows = _tail(home, key, count * _TICKS_A_BAR, end_ns)
    if rows is None or not rows.num_rows:
        return columns.empty(), ""
    times = times_of(rows)
    step = _step(times, max(1, count * 2 // 3))
    bars = joined(times, *_values(rows, key.kind), _STEPS[step])
    return bars.slice(max(0, len(bars) - count), len(bars)), step


def _tail(home: Home, key: Key, wanted: int, end_ns: int) -> pa.Table | None:
    """Return the newest rows: a short stretch is read first, for the end may be the densest part."""
    covered = catalog.covered(home, key)
    if not covered:
        return None
    first, last = covered[0][0], covered[-1][1]
    last = min(last, end_ns) if end_ns else last
    back = max(_STEPS["1s"], (last - first) // _PARTS)
    while True:
        rows = catalog.table(home, key, max(first, last - back), last)
        if last - back <= first or (rows is not None and rows.num_rows >= wanted):
            break
        back *= 4
    return None if rows is None else rows.slice(max(0, rows.num_rows - wanted))


def _step(times: Ints, wanted: int) -> str:
    """Return the longest step that gives as many bars as wanted, or as there are moments."""
    counts = {name: _count(times, step) for name, step in _STEPS.items()}
    least = min(wanted, counts["1ms"])
    return next(name for name in reversed(_STEPS) if counts[name] >= least)


def _count(times: Ints, step: int) -> int:
    return int((np.diff(times // step) != 0).sum()) + 1


def _values(rows: pa.Table, kind: Kind) -> tuple[Floats, Floats]:
    digits = int((rows.schema.metadata or {}).get(b"price_precision", b"9"))

    def floats(name: str) -> Floats:
        found: Floats = rows.column(name).cast(pa.float64()).to_numpy()
        return found

    if kind is Kind.TRADES:
        return np.round(floats("price"), digits), floats("size")
    middles = np.round((floats("bid_price") + floats("ask_price")) / 2, digits + 1)
    return middles, np.zeros(len(middles))


def joined(times: Ints, prices: Floats, sizes: Floats, step: int) -> Bars:
    """Return the bars of sorted ticks; a stretch without a tick has none. Times are closes."""
    places = times // step
    first = np.flatnonzero(np.diff(places, prepend=places[:1] - 1))
    last = np.append(first[1:], len(places)) - 1
    return Bars(
        (places[first] + 1) * step,
        prices[first],
        np.maximum.reduceat(prices, first),
        np.minimum.reduceat(prices, first),
        prices[last],
        np.add.reduceat(sizes, first),
    )
