"""How much of each: equal, by risk, of least variance, or of most diversification.

Weights are 0 or more, at most `cap`, and add up to 1 (less when there are too few to fill it: the
rest is cash). Covariances are shrunk by a tenth towards their diagonal, so that few periods of many
markets still have an inverse.
"""

from enum import StrEnum

import numpy as np

from clearedge_tui.research.stats.series import Floats

_SHRINK = 0.1


class Weighting(StrEnum):
    """How weights are made."""

    EQUAL = "equal"
    INVERSE_VOL = "inverse_vol"
    MIN_VARIANCE = "min_variance"
    MAX_DIVERSIFICATION = "max_diversification"


def weights(returns: Floats, how: Weighting, cap: float = 1.0) -> Floats:
    """Return one weight a column of `returns` (periods x markets); what never moved gets none
    unless weights are equal."""
    count = returns.shape[1]
    if how is Weighting.EQUAL:
        return np.full(count, min(cap, 1.0 / count))
    deviation = returns.std(axis=0, ddof=1)
    alive = np.flatnonzero(deviation > 1e-12)
    made = np.zeros(count)
    if not len(alive):
        return made
    some = deviation[alive]
    if len(alive) * cap <= 1.0:
        made[alive] = cap
    elif how is Weighting.INVERSE_VOL:
        made[alive] = capped(1.0 / some, cap)
    else:
        made[alive] = _optimal(covariance(returns[:, alive]), some, how, cap)
    return made


def covariance(returns: Floats) -> Floats:
    """Return the shrunk covariance per period."""
    raw = np.atleast_2d(np.cov(returns.T))
    result: Floats = (1.0 - _SHRINK) * raw + _SHRINK * np.diag(np.diag(raw))
    return result


def capped(raw: Floats, cap: float) -> Floats:
    """Return raw weights that add up to 1 with none above `cap`; what is cut goes to the others."""
    made = raw / raw.sum()
    full = np.zeros(len(made), np.bool_)
    while (made > cap + 1e-12).any():
        full |= made >= cap - 1e-12
        made[full] = cap
        rest = ~full
        if not rest.any():
            break
        made[rest] = raw[rest] / raw[rest].sum() * (1.0 - cap * full.sum())
    return made


def _optimal(matrix: Floats, deviation: Floats, how: Weighting, cap: float) -> Floats:
    from scipy.optimize import minimize

    scaled = matrix / np.mean(np.diag(matrix))  # numbers near 1 for the solver
    risk = deviation / np.sqrt(np.mean(np.diag(matrix)))

    def variance(w: Floats) -> tuple[float, Floats]:
        return float(w @ scaled @ w), 2.0 * scaled @ w

    def concentration(w: Floats) -> tuple[float, Floats]:
        spread, mean = float(np.sqrt(w @ scaled @ w)), float(w @ risk)
        slope: Floats = (scaled @ w) / spread / mean - spread * risk / mean**2
        return spread / mean, slope

    goal = variance if how is Weighting.MIN_VARIANCE else concentration
    start = capped(1.0 / deviation, cap)
    found = minimize(
        goal, start, jac=True, method="SLSQP", bounds=[(0.0, cap)] * len(start),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": np.ones_like},
        options={"maxiter": 200, "ftol": 1e-10},
    )  # fmt: skip
    if not found.success:
        return start
    cut: Floats = np.clip(found.x, 0.0, cap)
    return capped(np.where(cut < 1e-9, 0.0, cut), cap)
