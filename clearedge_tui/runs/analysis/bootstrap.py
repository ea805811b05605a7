"""What the account could have become: the stationary bootstrap of Politis & Romano (1994).

Daily returns are drawn in blocks that begin anywhere and have lengths of a geometric distribution,
and are compounded from the starting balance. Blocks keep what one day has to do with the next
(clustered volatility, open positions), which shuffling trades would lose; daily returns hold open
positions and every overlap of trades, which single trades do not. The mean block is n ** (1/3) days.
It says how much luck was in this order of these days, not what other markets would do.
"""

import numpy as np

from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.research.stats.resample import simple_block, stationary
from clearedge_tui.runs.analysis.model import Simulation
from clearedge_tui.runs.analysis.tables import histogram

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
    block = simple_block(days)
    drawn = stationary(np.random.default_rng(seed), paths, days, block)
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
