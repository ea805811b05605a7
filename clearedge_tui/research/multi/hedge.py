"""How much of B hedges A: beta of log A on log B, from what is known at each bar."""

from enum import StrEnum

import numpy as np

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.stats.series import Floats


class Hedge(StrEnum):
    """Where beta comes from."""

    FIXED = "fixed"
    ROLLING_OLS = "rolling_ols"
    KALMAN = "kalman"


_DRIFT = 1e-4  # of the hidden beta and alpha a bar, as a share of their variance (Chan 2013, ch. 3)
_NOISE = 1e-3  # variance of the measurement


def beta(log_a: Floats, log_b: Floats, hedge: Hedge, window: int, fixed: float = 1.0) -> Floats:
    """Return beta bar by bar; NaN where it is not known yet."""
    if hedge is Hedge.FIXED:
        return np.full(len(log_a), fixed)
    if hedge is Hedge.KALMAN:
        return _kalman(log_a, log_b)
    if window < 3:
        msg = f"a rolling regression over {window} bars: take a window of 3 or more"
        raise UsageError(msg)
    return _rolling(log_a, log_b, window)


def _rolling(log_a: Floats, log_b: Floats, window: int) -> Floats:
    made = np.full(len(log_a), np.nan)
    if len(log_a) < window:
        return made
    a, b = (np.lib.stride_tricks.sliding_window_view(x, window) for x in (log_a, log_b))
    off = b - b.mean(axis=1, keepdims=True)
    power = (off**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        made[window - 1 :] = np.where(power > 1e-18, (off * a).sum(axis=1) / power, np.nan)
    return made


def _kalman(log_a: Floats, log_b: Floats) -> Floats:
    made = np.full(len(log_a), np.nan)
    state, spread = np.array([1.0, 0.0]), np.eye(2)
    step = _DRIFT / (1.0 - _DRIFT) * np.eye(2)
    for bar, (a, b) in enumerate(zip(log_a.tolist(), log_b.tolist(), strict=True)):
        if not (np.isfinite(a) and np.isfinite(b)):
            continue
        seen = np.array([b, 1.0])
        spread = spread + step
        gain = spread @ seen / (seen @ spread @ seen + _NOISE)
        state = state + gain * (a - seen @ state)
        spread = spread - np.outer(gain, seen @ spread)
        made[bar] = state[0]
    return made
