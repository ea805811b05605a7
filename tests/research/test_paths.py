"""Trades and bars in another order."""

from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.research.stats import monte_carlo
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.monte_carlo import Way
from clearedge_tui.research.stats.permutation import Columns, permuted
from clearedge_tui.research.stats.series import Floats

PNLS = np.random.default_rng(1).normal(10.0, 100.0, 80)


def test_another_order_ends_where_it_ended_and_falls_elsewhere() -> None:
    found = monte_carlo.of_trades(PNLS, 10_000.0, way=Way.REORDER, seed=1)
    end = 10_000 + PNLS.sum()
    assert isclose(found.final.p5, end)
    assert isclose(found.final.p95, end)
    assert found.drawdown.p5 < found.drawdown.p50 < found.drawdown.p95
    assert found.at[0] == 0
    assert found.at[-1] == 80
    assert found.bands["p50"][0] == 10_000.0


def test_drawn_again_the_end_spreads_as_theory_says() -> None:
    found = monte_carlo.of_trades(PNLS, 10_000.0, way=Way.RESAMPLE, seed=1, paths=4000)
    spread = 1.645 * PNLS.std() * 80**0.5
    assert abs(found.final.p50 - (10_000 + PNLS.sum())) < 0.1 * spread
    assert isclose(found.final.p95 - found.final.p5, 2 * spread, rel_tol=0.08)


def test_skipping_a_tenth_loses_a_tenth() -> None:
    found = monte_carlo.of_trades(PNLS, 10_000.0, way=Way.SKIP, seed=1, paths=2000, skip=0.1)
    assert abs(found.final.p50 - (10_000 + 0.9 * PNLS.sum())) < 60
    assert found.final.p5 < found.final.p50 < found.final.p95
    none = monte_carlo.of_trades(PNLS, 10_000.0, way=Way.SKIP, seed=1, skip=0.0)
    assert isclose(none.final.p5, 10_000 + PNLS.sum())


def test_ruin_is_counted_on_the_way_and_not_at_the_end() -> None:
    pnls = np.array([-600.0, *([100.0] * 11)])
    found = monte_carlo.of_trades(pnls, 1000.0, way=Way.REORDER, seed=1, paths=6000, ruin=0.5)
    assert abs(found.ruin - 2 / 12) < 0.02  # when the loss comes first or second
    assert found.loss == 0.0


def test_periods_keep_the_balance_and_the_seed() -> None:
    returns = np.random.default_rng(2).normal(0.001, 0.01, 300)
    found = monte_carlo.of_periods(returns, 500.0, seed=4, block=5.0)
    assert found == monte_carlo.of_periods(returns, 500.0, seed=4, block=5.0)
    assert found.final.p5 < 500.0 * np.prod(1 + returns) < found.final.p95
    with pytest.raises(Insufficient):
        monte_carlo.of_periods(returns[:19], 500.0, seed=4)
    with pytest.raises(UsageError):
        monte_carlo.of_trades(PNLS, 0.0, way=Way.SKIP, seed=1)


def bars(count: int, seed: int = 0) -> Columns:
    random = np.random.default_rng(seed)
    opens = np.exp(np.cumsum(random.normal(0, 0.01, count))) * 100
    closes = opens * np.exp(random.normal(0, 0.01, count))
    highs = np.maximum(opens, closes) * np.exp(random.random(count) * 0.01)
    lows = np.minimum(opens, closes) * np.exp(-random.random(count) * 0.01)
    return Columns(opens, highs, lows, closes, random.random(count) * 1000)


def shuffled(of: Columns, seed: int, first: int = 0) -> Columns:
    return permuted(of.open, of.high, of.low, of.close, of.volume, seed=seed, first=first)


def moves(of: Columns) -> Floats:
    return np.sort(np.log(of.close / of.open))


@settings(max_examples=40, deadline=None)
@given(st.integers(10, 200), st.integers(0, 9), st.integers(0, 2**62), st.integers(0, 100))
def test_shuffled_bars_are_bars_of_the_same_moves(
    count: int, world: int, seed: int, first: int
) -> None:
    real = bars(count, world)
    first = min(first, count - 10)
    made = shuffled(real, seed, first)
    assert isclose(made.open[first], real.open[first])
    assert isclose(made.close[-1], real.close[-1], rel_tol=1e-9)
    assert (made.high >= np.maximum(made.open, made.close)).all()
    assert (made.low <= np.minimum(made.open, made.close)).all()
    assert (made.low > 0).all()
    assert np.allclose(moves(made), moves(real), atol=1e-9)
    gaps = [np.sort(np.log(one.open[1:] / one.close[:-1])) for one in (made, real)]
    assert np.allclose(gaps[0], gaps[1], atol=1e-9)
    assert np.array_equal(np.sort(made.volume), np.sort(real.volume))
    assert np.array_equal(made.close[:first], real.close[:first])
    assert np.array_equal(made.close, shuffled(real, seed, first).close)


def test_what_follows_from_the_bar_before_is_gone() -> None:
    random = np.random.default_rng(3)
    drive = np.convolve(random.normal(0, 0.01, 2009), np.ones(10) / 10, "valid")
    closes = 100 * np.exp(np.cumsum(drive))
    opens = np.concatenate([[100.0], closes[:-1]])
    real = Columns(opens, np.maximum(opens, closes), np.minimum(opens, closes), closes, closes)

    def memory(of: Columns) -> float:
        moved = np.diff(np.log(of.close))
        return float(np.corrcoef(moved[1:], moved[:-1])[0, 1])

    assert memory(real) > 0.8
    assert abs(memory(shuffled(real, 1))) < 0.08


def test_gaps_are_shuffled_apart_from_what_happens_inside_bars() -> None:
    real = bars(200)
    made = shuffled(real, 5)
    gaps = [np.log(one.open[1:] / one.close[:-1]) for one in (made, real)]
    assert not np.allclose(gaps[0], gaps[1])
    inside = np.log(made.close / made.open)
    before = {round(float(move), 9): n for n, move in enumerate(np.log(real.close / real.open))}
    came_from = np.array([before[round(float(move), 9)] for move in inside])
    volumes = real.volume[came_from]
    assert np.array_equal(volumes, made.volume)  # a bar keeps its volume
    kept = np.isclose(gaps[0], gaps[1][came_from[1:] - 1], atol=1e-9)
    assert kept.mean() < 0.1  # and not the gap before it


def test_markets_shuffled_with_one_seed_keep_what_they_share() -> None:
    one = bars(300)
    other = Columns(one.open * 2, one.high * 2, one.low * 2, one.close * 2, one.volume)
    assert np.allclose(shuffled(one, 9).close * 2, shuffled(other, 9).close)


def test_what_cannot_be_shuffled_is_said() -> None:
    few, real = bars(9), bars(50)
    with pytest.raises(Insufficient):
        shuffled(few, 1)
    with pytest.raises(Insufficient):
        shuffled(real, 1, first=41)
    with pytest.raises(BadData):
        permuted(real.open, real.high, real.low - 1000, real.close, real.volume, seed=1)
    with pytest.raises(UsageError):
        permuted(real.open[1:], real.high, real.low, real.close, real.volume, seed=1)
