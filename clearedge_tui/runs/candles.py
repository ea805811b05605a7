"""The candles of a whole run, joined when it ends: a chart of a million bars reads two thousand.

They are a file of the run, so they show what it saw, whatever has become of the catalog since.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clearedge_tui.market.arrays import ints, reals
from clearedge_tui.market.columns import Bars, Ints
from clearedge_tui.runs.listing import CANDLES
from clearedge_tui.runs.read_table import read_table

MOST = 2_000
_NAMES = ("ts_ns", "open", "high", "low", "close", "volume")
_EVERY = b"bars_a_candle"


class Kept(NamedTuple):
    """Candles of `every` bars each, cut by the clock."""

    bars: Bars
    every: int


def keep(folder: Path, bars: Bars, step_ns: int) -> None:
    """Write the candles of a run, about two thousand of them; nothing where its bars are as few."""
    if len(bars) <= MOST:
        return
    every = -(-len(bars) // MOST)
    made = joined(bars, every, step_ns)
    table = pa.table(dict(zip(_NAMES, made.columns(), strict=True)))
    table = table.replace_schema_metadata({_EVERY: str(every).encode()})
    pq.write_table(
        table, folder / CANDLES, compression="zstd", use_dictionary=False, write_statistics=False
    )


def kept(folder: Path) -> Kept | None:
    """Return the candles of a run; None when it has none, or none that can be read."""
    try:
        table = read_table(folder / CANDLES)
        every = int((table.schema.metadata or {})[_EVERY])
        times, *values = (table[name] for name in _NAMES)
        bars = Bars.of([ints(times), *map(reals, values)])
    except (OSError, KeyError, ValueError, pa.ArrowInvalid):
        return None
    return Kept(bars, every)


def joined(bars: Bars, every: int, step_ns: int) -> Bars:
    """Return bars of `every` bars each, cut by the clock so that the same ones join after panning.

    Joined twice is joined once, but for the last digit of a volume: by 3 and then by 6 is by 6.
    """
    if every <= 1 or not len(bars):
        return bars
    first = _first(bars.ts_ns - step_ns, every * step_ns)
    last = np.append(first[1:], len(bars)) - 1
    return Bars(
        bars.ts_ns[last],
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )


def _first(opened_ns: Ints, width_ns: int) -> Ints:
    """Return the first bar of each slot of the clock that has bars."""
    begin, end = (int(opened_ns[n]) // width_ns for n in (0, -1))
    if end - begin >= len(opened_ns):  # few bars, far apart
        slots = opened_ns // width_ns
        found: Ints = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
        return found
    edges = np.arange(begin, end + 1, dtype=np.int64) * width_ns
    return np.unique(np.searchsorted(opened_ns, edges))
