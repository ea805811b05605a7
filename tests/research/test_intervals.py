from math import isclose, sqrt
from time import perf_counter

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.research.stats import bootstrap, curve_figures
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.resample import best_block, stationary
from clearedge_tui.research.stats.series import Floats


def returns(count: int = 500, mean: float = 0.0005, seed: int = 0) -> Floats:
    return mean + 0.01 * np.random.default_rng(seed).standard_normal(count)


def test_headline_figures_are_those_of_empyrical() -> None:
    values = returns()
    found = {
        name: float(figure(values[None, :])[0])
        for name, figure in curve_figures.headline(252).items()
    }
    assert isclose(found["sharpe"], empyrical.sharpe_ratio(values))
    assert isclose(found["sortino"], empyrical.sortino_ratio(values))
    assert isclose(found["volatility"], empyrical.annual_volatility(values))
    assert isclose(found["total_return"], empyrical.cum_returns_final(values))
    assert isclose(found["cagr"], empyrical.annual_return(values))
    assert isclose(found["max_drawdown"], -empyrical.max_drawdown(values))
    assert isclose(found["calmar"], empyrical.calmar_ratio(values))


def test_headline_intervals_of_500_periods_and_1000_paths_take_under_a_second() -> None:
    values = returns()
    best_block(values)  # the import of arch is paid once a process
    began = perf_counter()
    found = bootstrap.intervals(values, 252, seed=1)
    assert perf_counter() - began < 1.0
    for interval in found.values():
        assert interval is not None
        assert interval.low < interval.high
    assert found == bootstrap.intervals(values, 252, seed=1)
    assert found != bootstrap.intervals(values, 252, seed=2)


def test_the_spread_of_a_resampled_sharpe_is_that_of_theory_and_of_arch() -> None:
    from arch.bootstrap import StationaryBootstrap

    values = returns(1000)
    found = bootstrap.resampled(
        values, {"sharpe": curve_figures.sharpe}, seed=3, paths=2000, block=5.0
    )["sharpe"]
    assert found is not None
    other = StationaryBootstrap(5, values, seed=3).apply(lambda x: x.mean() / x.std(ddof=1), 1000)
    low, high = np.percentile(other, (5, 95))
    assert abs(found.low - low) < 0.01
    assert abs(found.high - high) < 0.01
    assert isclose(found.high - found.low, 2 * 1.645 / sqrt(1000), rel_tol=0.15)


@pytest.mark.slow
def test_ninety_in_a_hundred_intervals_hold_the_truth() -> None:
    held = 0
    for seed in range(300):
        found = bootstrap.resampled(
            returns(250, 0.0005, seed), {"s": curve_figures.sharpe}, seed=seed, paths=300, block=1.0
        )["s"]
        assert found is not None
        held += found.low <= 0.05 <= found.high
    assert 0.84 < held / 300 < 0.95


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.floats(1.0, 20.0), st.integers(0, 99))
def test_resampled_places_are_those_of_the_series(periods: int, block: float, seed: int) -> None:
    places = stationary(np.random.default_rng(seed), 5, periods, block)
    assert places.shape == (5, periods)
    assert places.min() >= 0
    assert places.max() < periods


def test_blocks_have_the_length_asked_for() -> None:
    places = stationary(np.random.default_rng(1), 200, 1000, 10.0)
    follow = (np.diff(places, axis=1) % 1000 == 1).mean()
    assert abs(follow - 0.9) < 0.01


def test_a_figure_that_paths_lack_is_none() -> None:
    wins = np.append(np.full(40, 0.01), [-0.02])
    found = bootstrap.trade_intervals(wins, seed=1)
    assert found["profit_factor"] is None  # a third of the paths never draws the loss
    assert found["win_rate"] is not None


def test_too_little_or_holes_are_insufficient() -> None:
    for values in (returns(19), np.append(returns(), np.nan)):
        with pytest.raises(Insufficient):
            bootstrap.intervals(values, 252, seed=1, block=2.0)
