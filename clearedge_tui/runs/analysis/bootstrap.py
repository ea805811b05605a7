"""What the account could have become: the stationary bootstrap of Politis & Romano (1994).

Daily returns are drawn in blocks that begin anywhere and have lengths of a geometric distribution,
and are compounded from the starting balance. Blocks keep what one day has to do with the next
(clustered volatility, open positions), which shuffling trades would lose; daily returns hold open
positions and every overlap of trades, which single trades do not. The mean block is n ** (1/3) days.
It says how much luck was in this order of these days, not what other markets would do.
"""

import numpy as np
import numpy.typing as npt

from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.analysis.model import Simulation
from clearedge_tui.runs.analysis.tables import histogram

Places = npt.NDArray[np.int32]  # half the memory of the usual ones

_LEAST_DAYS = 10
_DRAWS = 200_000  # about; more days mean fewer paths
_LEAST, _MOST = 250, 1000  # paths
_POINTS = 200
_LEVELS = (5, 25, 50, 75, 95)


def simulate(returns: Floats, ends_ns: Ints, balance: float, seed: int) -> Simulation | None:
    """Return bands, final equity and falls of resampled days; None under ten days."""
    days = len(returns)
    if days < _LEAST_DAYS:
        return None
    paths = min(_MOST, max(_LEAST, _DRAWS // days))
    block = max(1.0, float(np.rint(days ** (1 / 3))))
    drawn = _days(np.random.default_rng(seed), paths, days, 1.0 / block)
    worth = np.cumprod(1.0 + returns[drawn], axis=1)
    peak = np.maximum(np.maximum.accumulate(worth, axis=1), 1.0)
    deepest = 1.0 - (worth / peak).min(axis=1)
    shown = np.unique(np.linspace(0, days - 1, min(days, _POINTS)).astype(np.int64))
    bands = np.percentile(np.ascontiguousarray(worth[:, shown].T) * balance, _LEVELS, axis=1)
    final = worth[:, -1] * balance
    half, most = np.percentile(deepest, (50, 95))
    return Simulation(
        paths=paths,
        block_days=block,
        seed=seed,
        ts_ns=tuple(ends_ns[shown].tolist()),
        bands={
            f"p{p}": tuple(np.round(b, 6).tolist()) for p, b in zip(_LEVELS, bands, strict=True)
        },
        final={
            f"p{p}": float(v) for p, v in zip(_LEVELS, np.percentile(final, _LEVELS), strict=True)
        },
        final_bins=histogram(final),
        probability_of_loss=float(np.mean(final < balance)),
        drawdown_p50=float(half),
        drawdown_p95=float(most),
    )


def _days(random: np.random.Generator, paths: int, days: int, ends: float) -> Places:
    """Return which day each day of each path is: the one after the last, or now and then any."""
    jumps = random.random((paths, days)) < ends
    jumps[:, 0] = True
    anywhere = random.integers(0, days, (paths, days), dtype=np.int32)
    steps = np.arange(days, dtype=np.int32)
    since = np.maximum.accumulate(np.where(jumps, steps, np.int32(0)), axis=1)
    result: Places = np.take_along_axis(anywhere, since, axis=1) + steps - since
    result[result >= days] -= days  # the day after the last is the first
    return result
