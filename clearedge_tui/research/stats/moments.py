"""Sharpe ratio per period, skew and kurtosis of one series of returns."""

from dataclasses import dataclass
from math import sqrt

import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import FLAT, usable

LEAST = 3


@dataclass(frozen=True, slots=True)
class Moments:
    """Of returns per period, risk-free rate 0."""

    periods: int
    mean: float
    deviation: float  # n - 1
    sharpe: float  # mean / deviation, per period, not annualised
    skew: float  # third standardised moment, dividing by n
    kurtosis: float  # fourth standardised moment, dividing by n; 3 for a normal, not the excess


def moments(returns: npt.ArrayLike) -> Moments:
    """Return the moments; Insufficient under 3 periods, with a NaN, or when nothing moves."""
    found = usable(returns, LEAST)
    off = found - found.mean()
    square = off * off
    variance = float(square.mean())
    deviation = float(found.std(ddof=1))
    if deviation < FLAT:
        raise Insufficient("periods with a return unlike the others", 0, 1)
    return Moments(
        periods=len(found),
        mean=float(found.mean()),
        deviation=deviation,
        sharpe=float(found.mean()) / deviation,
        skew=float((square * off).mean()) / variance**1.5,
        kurtosis=float((square * square).mean()) / variance**2,
    )


def annualised(sharpe: float, periods_a_year: float) -> float:
    """Sharpe per period * sqrt(periods a year): right when returns are not autocorrelated."""
    return sharpe * sqrt(periods_a_year)


def per_period(sharpe_a_year: float, periods_a_year: float) -> float:
    """The other way."""
    return sharpe_a_year / sqrt(periods_a_year)


def sharpe_over(returns: npt.ArrayLike, benchmark: npt.ArrayLike, periods_a_year: float) -> float:
    """Return the annual Sharpe of the returns less that of the benchmark over the same periods."""
    own, other = usable(returns, LEAST), usable(benchmark, LEAST)
    if len(own) != len(other):
        raise Insufficient("periods of the benchmark, one for each return", len(other), len(own))
    return annualised(moments(own).sharpe - moments(other).sharpe, periods_a_year)
