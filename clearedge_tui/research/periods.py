"""Returns over equal periods of the clock: the material of every test on returns."""

import math

import numpy as np

from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.equity import DAY_NS, changes

_MINUTE_NS = 60_000_000_000
# coarsest first: a coarse period has less of the autocorrelation that makes a Sharpe ratio lie
PERIODS = tuple(_MINUTE_NS * n for n in (1440, 240, 60, 15, 5, 1))
ENOUGH = 250  # periods, for skew and kurtosis to mean something


def fitting(start_ns: int, end_ns: int, bar_ns: int) -> int:
    """Return the coarsest period of which a span has enough, but none finer than its bars."""
    span = end_ns - start_ns
    for period in PERIODS:
        if span >= ENOUGH * period or period <= bar_ns:
            return max(period, bar_ns if bar_ns <= DAY_NS else period)
    return PERIODS[-1]


def ends(ts_ns: Ints, period_ns: int) -> Ints:
    """Return the last bar of each period that has bars; a bar closing on an edge ends its period."""
    if not len(ts_ns):
        return np.empty(0, np.int64)
    which = (ts_ns - 1) // period_ns
    return np.append(np.flatnonzero(np.diff(which)), len(ts_ns) - 1)


def returns(ts_ns: Ints, equity: Floats, balance: float, period_ns: int) -> Floats:
    """Return each period's return; the first is against the balance."""
    return changes(equity[ends(ts_ns, period_ns)], balance)


def a_year(asset_class: str, period_ns: int, ts_ns: Ints) -> float:
    """Return how many periods a year has: trading days, times the periods seen on such a day."""
    days = ASSET_CLASSES[asset_class].days_a_year
    if period_ns >= DAY_NS or not len(ts_ns):
        return float(days)
    seen = len(ends(ts_ns, DAY_NS))
    return days * max(1.0, len(ends(ts_ns, period_ns)) / seen)


def sharpe(values: Floats, periods_a_year: float) -> float | None:
    """Mean / standard deviation (n - 1) * sqrt(periods a year); None where it is not defined."""
    if len(values) < 2:
        return None
    spread = float(values.std(ddof=1))
    if not spread > 1e-12:
        return None
    found = float(values.mean()) / spread * math.sqrt(periods_a_year)
    return found if math.isfinite(found) else None
