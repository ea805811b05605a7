"""How far each trade ran against and for its owner while it was open (Sweeney's MAE and MFE).

MAE is the lowest and MFE the highest running PnL of a trade: what it had realised, plus its
position at that price, minus the fees paid so far; in the quote currency. Both start at 0 before
the trade and end at its PnL, so MAE <= min(0, PnL) and MFE >= max(0, PnL).

The prices it is marked at are those of its own fills, and highs, lows and closes of bars while a
position was held. Bars do not tell the order of their extremes, so a bar that was only partly held
counts only as far as it is certain:
 - entered at a bar's open: the whole bar; entered within it or at its close: the close alone;
 - left at a bar's open: nothing of it; left at its close: the whole bar; left within: nothing else.
"""

import numpy as np

from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.runs.fill_columns import FillColumns
from clearedge_tui.runs.trades import Trips


def excursions(bars: Bars, fills: FillColumns, trips: Trips, pnls: Floats) -> tuple[Floats, Floats]:
    """Return MAE and MFE of each trade."""
    if not len(trips) or not len(bars):
        return np.minimum(pnls, 0.0), np.maximum(pnls, 0.0)
    cash = _cash(fills, trips)
    low, high = _prices(bars, fills)
    held = fills.held[:-1]
    some, other = cash[:-1] + held * low, cash[:-1] + held * high
    ends = np.stack([trips.first, trips.last], axis=1).ravel()
    # the last fill of a trade ends its last stretch; a sentinel keeps the index inside
    worst = np.minimum.reduceat(np.append(np.minimum(some, other), 0.0), ends)[::2]
    best = np.maximum.reduceat(np.append(np.maximum(some, other), 0.0), ends)[::2]
    return np.minimum(worst, np.minimum(pnls, 0.0)), np.maximum(best, np.maximum(pnls, 0.0))


def _cash(fills: FillColumns, trips: Trips) -> Floats:
    """Return what the trade that is open after each fill has paid and got, fees included."""
    signed = np.where(fills.buys, fills.size, -fills.size)
    flow = -signed * fills.price - fills.fee
    # a flip's fill belongs to the new trade by the size that it opens
    first = trips.first
    share = np.abs(fills.held[first]) / fills.size[first]
    total = np.cumsum(flow)
    base = total[first] - flow[first] * share
    spread = np.zeros(len(fills))
    spread[first] = np.diff(base, prepend=0.0)
    cash: Floats = total - np.cumsum(spread)
    return cash


def _prices(bars: Bars, fills: FillColumns) -> tuple[Floats, Floats]:
    """Return the lowest and highest certain price from each fill to the next."""
    at = np.minimum(np.searchsorted(bars.ts_ns, fills.ts_ns), len(bars) - 1)
    stamped = fills.ts_ns >= bars.ts_ns[at]  # within the bar or at its close
    closing = stamped & np.isclose(fills.price, bars.close[at], rtol=1e-12, atol=0.0)
    here, there = fills.price[:-1], fills.price[1:]
    low, high = np.minimum(here, there), np.maximum(here, there)
    own = bars.close[at[:-1]]
    later = at[1:] > at[:-1]
    low = np.where(later, np.minimum(low, own), low)
    high = np.where(later, np.maximum(high, own), high)
    start, stop = at[:-1] + stamped[:-1], at[1:] + closing[1:]
    some = np.flatnonzero(start < stop)
    if len(some):
        low[some] = np.minimum(low[some], _over(np.minimum, bars.low, start[some], stop[some]))
        high[some] = np.maximum(high[some], _over(np.maximum, bars.high, start[some], stop[some]))
    return low, high


def _over(least: np.ufunc, values: Floats, start: Ints, stop: Ints) -> Floats:
    """Reduce values[start:stop] of each pair; the pairs are in order and do not overlap."""
    ends = np.stack([start, stop], axis=1).ravel()
    if ends[-1] == len(values):
        ends = ends[:-1]
    result: Floats = least.reduceat(values, ends)[::2]
    return result
