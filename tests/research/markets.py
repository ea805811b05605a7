"""Prices of several markets with a known truth."""

import numpy as np

from clearedge_tui.research.stats.series import Floats


def walks(bars: int, markets: int, seed: int = 0, drifts: Floats | float = 0.0) -> Floats:
    """Independent random walks of 1 % a bar; `drifts` a bar, one a market or for all."""
    random = np.random.default_rng(seed)
    return 100 * np.exp(np.cumsum(random.normal(0, 0.01, (bars, markets)) + drifts, axis=0))


def leading(bars: int, markets: int, seed: int = 0, size: float = 0.002) -> Floats:
    """Markets whose drift goes up or down for long stretches: past winners go on winning."""
    random = np.random.default_rng(seed)
    stretches = np.repeat(random.choice([-1.0, 1.0], (bars // 250 + 1, markets)), 250, axis=0)
    drifts: Floats = np.asarray(size * stretches[:bars], dtype=np.float64)
    return walks(bars, markets, seed + 1, drifts)


def tied(bars: int, seed: int = 0, beta: float = 1.0, back: float = 0.1) -> Floats:
    """Two markets whose spread comes back by `back` of its distance each bar."""
    random = np.random.default_rng(seed)
    log_b = np.cumsum(random.normal(0, 0.01, bars)) + 4.0
    spread, made = 0.0, np.empty(bars)
    for n, shock in enumerate(random.normal(0, 0.01, bars)):
        spread = (1.0 - back) * spread + shock
        made[n] = spread
    return np.exp(np.column_stack([beta * log_b + made, log_b]))


def listed_late(prices: Floats, seed: int = 0) -> Floats:
    """Some markets begin late, one ends early, and some bars are missing."""
    random = np.random.default_rng(seed)
    made = prices.copy()
    made[: len(made) // 3, 0] = np.nan
    made[len(made) * 2 // 3 :, 1] = np.nan
    made[random.random(made.shape) < 0.002] = np.nan
    return made
