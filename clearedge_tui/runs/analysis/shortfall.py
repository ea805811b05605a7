"""Slippage: each fill against the price its order was decided at (Perold 1988).

The price at decision is the close of the last bar that had closed when the order was made. Positive
is a cost: bought above that close or sold below it. Fills of resting orders (makers) are left out:
they name their own price. Fees are not part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.runs.fill_columns import FillColumns


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Of the fills that have a price at decision."""

    cost: Floats  # quote currency, positive is paid
    worth: Floats  # size * price at decision


def shortfall(
    bars: Bars, fills: FillColumns, ids: Sequence[str], decided_ns: Sequence[int] | Ints
) -> Shortfall:
    """Return what the fills cost against their decisions; `ids` and `decided_ns` are the orders'."""
    known = dict(zip(ids, decided_ns, strict=True))
    times = np.fromiter(map(known.get, fills.order, repeat(-1)), np.int64, len(fills))
    at = np.searchsorted(bars.ts_ns, times, "right") - 1
    taken = np.flatnonzero((at >= 0) & ~fills.maker)
    close, size = bars.close[at[taken]], fills.size[taken]
    worse = np.where(fills.buys[taken], 1.0, -1.0) * (fills.price[taken] - close)
    return Shortfall(worse * size, close * size)
