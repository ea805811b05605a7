"""Against the printed figures of the papers."""

from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.research.stats import sharpe
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.moments import (
    Moments,
    annualised,
    moments,
    per_period,
    sharpe_over,
)
from clearedge_tui.research.stats.series import Floats


def paper_case(skew: float = -3.0, kurtosis: float = 10.0) -> Moments:
    return Moments(1250, 0.0, 1.0, 2.5 / sqrt(250), skew, kurtosis)


def test_the_deflated_sharpe_of_the_paper() -> None:
    found = sharpe.deflated(paper_case(), 100, 0.5 / 250)
    assert round(found.sr0, 6) == 0.113172
    assert round(found.dsr, 6) == 0.900397
    assert round(sharpe.deflated(paper_case(), 46, 0.5 / 250).dsr, 6) == 0.950502
    assert round(sharpe.deflated(paper_case(0.0, 3.0), 88, 0.5 / 250).dsr, 4) == 0.9505


@pytest.mark.parametrize(("skew", "kurtosis", "wanted"), [(0, 3, 0.9817), (-2.448, 10.164, 0.9134)])
def test_the_probabilistic_sharpe_of_the_paper(skew: float, kurtosis: float, wanted: float) -> None:
    assert round(sharpe.psr(0.458, 24, skew, kurtosis), 4) == wanted


@pytest.mark.parametrize(
    ("year", "skew", "kurtosis", "wanted"),
    [
        (252, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24),
        (252, -0.72, 5.78, 3.01), (12, -0.72, 5.78, 4.99),
    ],
)  # fmt: skip
def test_the_shortest_track_record_of_the_paper_in_years(
    year: int, skew: float, kurtosis: float, wanted: float
) -> None:
    periods = sharpe.minimum_track_record(2 / sqrt(year), 1 / sqrt(year), skew, kurtosis)
    assert periods is not None
    assert round(periods / year, 2) == wanted


def test_the_best_of_many_useless_trials() -> None:
    assert round(sharpe.expected_maximum(10), 4) == 1.5746
    assert round(sharpe.expected_maximum(45), 4) == 2.2356
    assert round(sharpe.minimum_backtest_years(45), 3) == 4.998
    assert sharpe.expected_maximum(1) == 0.0
    drawn = np.random.default_rng(1).standard_normal((20_000, 45)).max(axis=1).mean()
    assert isclose(sharpe.expected_maximum(45), drawn, rel_tol=0.03)


def test_one_trial_deflates_nothing_and_equal_trials_say_nothing() -> None:
    alone = sharpe.deflated(paper_case(), 1, 0.0)
    assert alone.dsr == alone.psr
    with pytest.raises(Insufficient):
        sharpe.deflated(paper_case(), 10, 0.0)


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0.0, 0.3), st.floats(1e-5, 1e-2))
def test_more_trials_never_raise_the_deflated_sharpe(
    few: int, more: int, ratio: float, variance: float
) -> None:
    low, high = sorted((few, more))
    found = Moments(500, 0.0, 1.0, ratio, -0.5, 6.0)
    assert sharpe.deflated(found, low, variance).dsr >= sharpe.deflated(found, high, variance).dsr


def test_a_track_record_of_the_shortest_length_has_the_confidence_asked_for() -> None:
    periods = sharpe.minimum_track_record(0.1, 0.02, -1.0, 7.0, 0.95)
    assert periods is not None
    at = (sharpe.psr(0.1, n, -1.0, 7.0, 0.02) for n in (int(periods), int(periods) + 1))
    below, above = at
    assert below < 0.95 <= above
    assert sharpe.minimum_track_record(0.1, 0.1) is None


def test_moments_are_those_of_scipy() -> None:
    from scipy import stats

    values = np.random.default_rng(3).standard_t(5, 400) * 0.01
    found = moments(values)
    assert isclose(found.skew, stats.skew(values))
    assert isclose(found.kurtosis, stats.kurtosis(values, fisher=False))
    assert isclose(found.sharpe, values.mean() / values.std(ddof=1))
    assert isclose(per_period(annualised(found.sharpe, 252), 252), found.sharpe)


@pytest.mark.parametrize(
    "values", [[0.01, 0.02], [0.01] * 50, [0.01, float("nan"), 0.02, 0.0], [0.0, float("inf"), 1.0]]
)
def test_too_little_never_becomes_a_number(values: list[float]) -> None:
    with pytest.raises(Insufficient) as said:
        moments(values)
    assert said.value.found < said.value.wanted


def autoregressive(rho: float, count: int = 20_000) -> Floats:
    random = np.random.default_rng(5)
    shocks, made = random.standard_normal(count), np.empty(count)
    last = 0.0
    for n, shock in enumerate(shocks):
        made[n] = last = rho * last + shock
    return made


def test_autocorrelation_changes_what_a_year_is_worth() -> None:
    """Lo (2002): for AR(1), eta(q) = sqrt(q) / sqrt(1 + 2 rho/(1-rho) (1 - (1-rho^q)/(q(1-rho))))."""
    for rho in (-0.3, 0.0, 0.3):
        theory = sqrt(12 / (1 + 2 * rho / (1 - rho) * (1 - (1 - rho**12) / (12 * (1 - rho)))))
        assert isclose(sharpe.autocorrelation_factor(autoregressive(rho), 12), theory, rel_tol=0.05)


def test_the_sharpe_over_a_benchmark_needs_the_same_periods() -> None:
    random = np.random.default_rng(8)
    own, other = random.normal(0.001, 0.01, (2, 300))
    wanted = (own.mean() / own.std(ddof=1) - other.mean() / other.std(ddof=1)) * sqrt(252)
    assert isclose(sharpe_over(own, other, 252), wanted)
    assert sharpe_over(own, own, 252) == 0.0
    with pytest.raises(Insufficient):
        sharpe_over(own, other[1:], 252)
