"""A table of prices, bars x markets; NaN where a market is not listed or did not trade."""

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import BadData
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Bools, Floats


def checked(prices: npt.ArrayLike, least_bars: int, least_markets: int) -> Floats:
    """Return the table as float64. Insufficient when small, BadData with a price at or below 0."""
    found = np.asarray(prices, dtype=np.float64)
    if found.ndim != 2:
        raise Insufficient("dimensions of bars x markets", found.ndim, 2)
    if len(found) < least_bars:
        raise Insufficient("bars", len(found), least_bars)
    if found.shape[1] < least_markets:
        raise Insufficient("markets", found.shape[1], least_markets)
    wrong = np.argwhere(np.isinf(found) | (found <= 0))
    if len(wrong):
        bar, market = wrong[0].tolist()
        msg = f"bar {bar} of market {market}: a price must be above 0, or NaN where there is none"
        raise BadData(msg)
    return found


def filled(prices: Floats) -> Floats:
    """Carry the last known price over holes; NaN stays before the first. Bars come first."""
    bars = np.arange(len(prices)).reshape(-1, *[1] * (prices.ndim - 1))
    last = np.maximum.accumulate(np.where(np.isfinite(prices), bars, 0), axis=0)
    return np.take_along_axis(prices, last, axis=0)


def changes(prices: Floats) -> Floats:
    """Return the return over each bar after the first; 0 where there was no price to move from."""
    known = filled(prices)
    with np.errstate(invalid="ignore"):
        moved = known[1:] / known[:-1] - 1.0
    return np.nan_to_num(moved, nan=0.0)


def eligible(prices: Floats, lookback: int) -> Bools:
    """Return bars x markets: a price on this bar and on every one of the `lookback` before."""
    known = np.isfinite(prices).astype(np.int64)
    counted = np.vstack([np.zeros((1, prices.shape[1]), np.int64), np.cumsum(known, axis=0)])
    result = np.zeros(prices.shape, np.bool_)
    if len(prices) > lookback:
        result[lookback:] = counted[lookback + 1 :] - counted[: -lookback - 1] == lookback + 1
    return result
