"""How far a figure might have been from what was seen: intervals by the stationary bootstrap.

Percentile intervals (Efron 1979) of resampled paths (see `resample`). They say how much luck was in
these periods, not what another market would do, and know nothing of how many variants were tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.curve_figures import Figure, headline, of_trades
from clearedge_tui.research.stats.resample import best_block, stationary
from clearedge_tui.research.stats.series import Floats, usable

LEAST = 20
_UNDEFINED = 0.05  # of the paths may lack the figure
_CELLS = 2_000_000  # of paths x periods in memory at once


@dataclass(frozen=True, slots=True)
class Interval:
    """One figure and where it might have been."""

    value: float
    low: float
    high: float
    level: float  # 0.9: one in twenty paths is below `low`, one in twenty above `high`
    paths: int  # that have the figure
    block: float  # mean length in periods


def intervals(
    returns: npt.ArrayLike,
    periods_a_year: float,
    *,
    seed: int,
    paths: int = 1000,
    level: float = 0.9,
    block: float | None = None,
) -> dict[str, Interval | None]:
    """Return the interval of each headline figure of returns per period.

    `block` None asks arch for the best mean block. Insufficient under 20 periods.
    """
    found = usable(returns, LEAST)
    return resampled(
        found, headline(periods_a_year), seed=seed, paths=paths, level=level, block=block
    )


def trade_intervals(
    trades: npt.ArrayLike, *, seed: int, paths: int = 1000, level: float = 0.9
) -> dict[str, Interval | None]:
    """Return the intervals of profit factor, win rate and mean of single trades, drawn one by one."""
    found = usable(trades, LEAST, "trades")
    return resampled(found, of_trades(), seed=seed, paths=paths, level=level, block=1.0)


def resampled(
    values: npt.ArrayLike,
    figures: Mapping[str, Figure],
    *,
    seed: int,
    paths: int = 1000,
    level: float = 0.9,
    block: float | None = None,
) -> dict[str, Interval | None]:
    """Return the interval of any figures; a figure takes paths x periods and gives one a path.

    All figures see the same paths. None where the values themselves, or more than one path in
    twenty, do not have the figure.
    """
    found = usable(values, 2)
    mean_block = best_block(found) if block is None else block
    random = np.random.default_rng(seed)
    at_once = max(1, _CELLS // len(found))
    drawn: dict[str, list[Floats]] = {name: [] for name in figures}
    for first in range(0, paths, at_once):
        count = min(at_once, paths - first)
        made = found[stationary(random, count, len(found), mean_block)]
        for name, figure in figures.items():
            drawn[name].append(figure(made))
    return {
        name: _interval(
            float(figure(found[None, :])[0]), np.concatenate(drawn[name]), level, mean_block
        )
        for name, figure in figures.items()
    }


def _interval(value: float, draws: Floats, level: float, block: float) -> Interval | None:
    fine = draws[np.isfinite(draws)]
    if not np.isfinite(value) or len(fine) < (1.0 - _UNDEFINED) * len(draws):
        return None
    tail = 100.0 * (1.0 - level) / 2.0
    low, high = np.percentile(fine, (tail, 100.0 - tail))
    return Interval(value, float(low), float(high), level, len(fine), block)
