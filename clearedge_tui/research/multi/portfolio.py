"""Several markets, or several strategies, as one account with weights that are put right again.

A strategy goes in as its equity curve. Every `every` bars weights are made from the last `lookback`
returns (`weighting`) and traded to; the benchmark is equal weights on the same bars at the same cost.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.prices import changes, checked, eligible
from clearedge_tui.research.multi.result import Result, figures
from clearedge_tui.research.multi.weighting import Weighting, weights
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Floats


@dataclass(frozen=True, slots=True)
class Settings:
    """How to weigh. Cost is a share of what is traded, each way; `cap` the most of one market."""

    how: Weighting = Weighting.INVERSE_VOL
    lookback: int = 60
    every: int = 20
    cap: float = 1.0
    cost: float = 0.0005
    bars_a_year: float = 252.0


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The joint account and what its parts have to do with each other."""

    result: Result
    correlation: Floats  # markets x markets over bars that both moved on; NaN where too few
    diversification: float | None  # mean of the parts' deviations, weighted, over that of the whole


def run(prices: npt.ArrayLike, settings: Settings) -> Portfolio:
    """Run over prices (bars x markets or strategies)."""
    if settings.lookback < 3 or settings.every < 1 or not 0 < settings.cap <= 1:
        msg = f"wanted lookback 3 or more, every 1 or more and cap in 0 … 1: change {settings}"
        raise UsageError(msg)
    found = checked(prices, settings.lookback + settings.every + 2, 2)
    at = np.arange(settings.lookback, len(found), settings.every)
    allowed = eligible(found, settings.lookback)[at]
    if not allowed.any():
        raise Insufficient("markets with a price over a whole lookback", 0, 1)
    moved = changes(found)
    targets, equal = np.zeros((2, len(at), found.shape[1]))
    for row, bar in enumerate(at.tolist()):
        some = np.flatnonzero(allowed[row])
        if len(some):
            window = moved[bar - settings.lookback : bar, some]
            targets[row, some] = weights(window, settings.how, settings.cap)
            equal[row, some] = 1.0 / len(some)
    real = account(found, at, targets[:, None], settings.cost)
    whole = account(found, at, equal[:, None], settings.cost)
    start, returns, base = int(at[0]), real.returns[0], whole.returns[0]
    opened = int((np.diff((targets > 0).astype(np.int8), axis=0, prepend=0) > 0).sum())
    stats = figures(returns, base, real.turnover[0], start, settings.bars_a_year)
    made = Result(returns, base, real.turnover[0], real.weights, start, opened, stats, None)
    return Portfolio(made, correlation(found), diversification(made, moved))


def correlation(prices: Floats, least: int = 20) -> Floats:
    """Return the correlation of returns, pair by pair, over bars on which both have a price and had
    one before; NaN under `least` of them or where one does not move."""
    known = eligible(prices, 1)[1:]
    moved = changes(prices)
    count = prices.shape[1]
    made = np.full((count, count), np.nan)
    for a in range(count):
        for b in range(a, count):
            both = known[:, a] & known[:, b]
            x, y = moved[both, a], moved[both, b]
            if len(x) >= least and min(x.std(), y.std()) > 1e-12:
                made[a, b] = made[b, a] = 1.0 if a == b else float(np.corrcoef(x, y)[0, 1])
    return made


def diversification(made: Result, moved: Floats) -> float | None:
    """Return how much calmer the whole was than its parts, from the first weights on."""
    whole = float(made.returns[made.start :].std(ddof=1))
    if whole < 1e-12:
        return None
    parts = moved[made.start :].std(axis=0, ddof=1)
    return float(made.weights[made.start :].mean(axis=0) @ parts) / whole
