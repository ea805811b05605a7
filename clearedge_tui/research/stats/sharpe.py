"""What a Sharpe ratio is worth given its length, its tails and how many were tried.

PSR and MinTRL: Bailey & Lopez de Prado (2012), "The Sharpe Ratio Efficient Frontier", eq. 11 and 13.
SR0 and DSR: Bailey & Lopez de Prado (2014), "The Deflated Sharpe Ratio", eq. 1 and 2.
MinBTL: Bailey, Borwein, Lopez de Prado & Zhu (2014), "Pseudo-Mathematics and Financial
Charlatanism", eq. 6. Sharpe ratios are per period, kurtosis is not the excess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import e, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.moments import Moments
from clearedge_tui.research.stats.series import usable

EULER = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Deflated:
    """A Sharpe ratio against the best that so many useless trials would have shown."""

    dsr: float  # probability that the true Sharpe ratio is above `sr0`
    psr: float  # the same against 0: no search taken off
    sharpe: float  # per period
    sr0: float  # expected best of the trials if none had an edge, per period
    trials: int
    variance: float  # of the trials' Sharpe ratios, per period
    periods: int


def error(sharpe: float, periods: int, skew: float = 0.0, kurtosis: float = 3.0) -> float:
    """Return the standard error of a Sharpe ratio per period; Insufficient when it has none."""
    if periods < 2:
        raise Insufficient("periods", periods, 2)
    inside = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not inside > 0:
        raise Insufficient("periods that carry so large a skew", periods, periods + 1)
    return sqrt(inside / (periods - 1))


def psr(
    sharpe: float, periods: int, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float:
    """Return the probability that the true Sharpe ratio is above `benchmark` (all per period)."""
    return _NORMAL.cdf((sharpe - benchmark) / error(sharpe, periods, skew, kurtosis))


def minimum_track_record(
    sharpe: float,
    benchmark: float = 0.0,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    confidence: float = 0.95,
) -> float | None:
    """Return how many periods show Sharpe > benchmark; None when it is not above at any length."""
    if sharpe <= benchmark:
        return None
    inside = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not inside > 0:
        return None
    return 1.0 + inside * (_NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def expected_maximum(trials: int) -> float:
    """Return E[max] of so many standard normals (approximation of eq. 1); 0 for one trial."""
    if trials < 1:
        raise Insufficient("trials", trials, 1)
    if trials == 1:
        return 0.0
    inverse = _NORMAL.inv_cdf
    return (1.0 - EULER) * inverse(1.0 - 1.0 / trials) + EULER * inverse(1.0 - 1.0 / (trials * e))


def expected_best(trials: int, variance: float) -> float:
    """Return SR0: the best Sharpe ratio per period that trials without an edge show on average."""
    return sqrt(variance) * expected_maximum(trials)


def minimum_backtest_years(trials: int, sharpe_a_year: float = 1.0) -> float:
    """Return the years under which trials without an edge show such an annual Sharpe by luck."""
    return (expected_maximum(trials) / sharpe_a_year) ** 2


def trial_variance(sharpes: Sequence[float] | npt.ArrayLike) -> float:
    """Return the variance (n - 1) of the trials' Sharpe ratios; Insufficient under two trials."""
    return float(usable(sharpes, 2, "trials with a Sharpe ratio").var(ddof=1))


def deflated(found: Moments, trials: int, variance: float) -> Deflated:
    """Deflate a Sharpe ratio by ALL trials ever made on the idea, not only the last study's.

    `variance` is that of the trials' Sharpe ratios per period (`trial_variance`). With one trial
    nothing was searched: SR0 is 0 and DSR equals PSR.
    """
    if not (np.isfinite(variance) and variance >= 0):
        raise Insufficient("trials whose Sharpe ratios have a variance", 0, 2)
    if trials > 1 and variance == 0.0:
        raise Insufficient("trials that differ", 1, 2)
    sr0 = expected_best(trials, variance)
    shape = (found.sharpe, found.periods, found.skew, found.kurtosis)
    return Deflated(
        psr(*shape, sr0), psr(*shape), found.sharpe, sr0, trials, variance, found.periods
    )


def autocorrelation_factor(returns: npt.ArrayLike, periods: int) -> float:
    """Return eta(q) that takes the place of sqrt(q) when a Sharpe ratio is annualised.

    Lo (2002), "The Statistics of Sharpe Ratios", eq. 20, for q = `periods` (a year's, say).
    Lags beyond a fourth of the series are taken as 0: they cannot be measured.
    """
    found = usable(returns, 8)
    off = found - found.mean()
    power = float(off @ off)
    if power < 1e-24:
        raise Insufficient("periods with a return unlike the others", 0, 1)
    lags = np.arange(1, min(periods, len(found) // 4))
    rho = np.array([float(off[k:] @ off[:-k]) / power for k in lags])
    inside = periods + 2.0 * float(((periods - lags) * rho).sum())
    if not inside > 0:
        raise Insufficient("periods for so strong an autocorrelation", len(found), 4 * periods)
    return periods / sqrt(inside)
