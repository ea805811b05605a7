"""Weights, costs and drift against an account kept in units and money."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData
from clearedge_tui.research.multi import selection
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.prices import changes, checked, eligible, filled
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Floats, Ints
from tests.research.markets import listed_late, walks


def in_money(prices: Floats, at: Ints, targets: Floats, cost: float) -> list[float]:
    """Equity at each close before its trades, in units held and cash."""
    units, cash, equity = np.zeros(prices.shape[1]), 1.0, []
    rows = dict(zip(at.tolist(), targets, strict=True))
    for bar, close in enumerate(prices):
        worth = cash + float(units @ close)
        equity.append(worth)
        if bar in rows:
            wanted = rows[bar] * worth / close
            fee = cost * float(np.abs(wanted - units) @ close)
            cash = worth - float(wanted @ close) - fee
            units = wanted
    return equity


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(5, 60), st.integers(1, 5), st.sampled_from([0.0, 0.001]))
def test_weights_earn_what_units_and_money_earn(
    seed: int, bars: int, markets: int, cost: float
) -> None:
    random = np.random.default_rng(seed)
    prices = walks(bars, markets, seed)
    at = np.flatnonzero(random.random(bars) < 0.3)
    targets = random.uniform(-0.6, 0.6, (len(at), 1, markets))
    found = account(prices, at, targets, cost)
    wanted = np.array(in_money(prices, at, targets[:, 0], cost))
    assert np.allclose(found.returns[0], wanted[1:] / wanted[:-1] - 1.0, atol=1e-12)


def test_paths_side_by_side_are_those_one_by_one_and_nan_leaves_a_path_alone() -> None:
    prices, at = walks(50, 3), np.array([5, 20, 35])
    targets = np.random.default_rng(1).random((3, 4, 3)) / 3
    targets[1, 2] = np.nan
    together = account(prices, at, targets, 0.001)
    for path in range(3):
        alone = account(prices, at, targets[:, path : path + 1], 0.001)
        assert np.allclose(alone.returns[0], together.returns[path], atol=1e-15)
    assert together.turnover[2, 20] == 0.0
    assert together.turnover[1, 20] > 0.0


def test_what_is_lost_stays_lost() -> None:
    prices = np.array([[1.0], [1.0], [0.1], [10.0], [20.0]])
    found = account(prices, np.array([0, 3]), np.full((2, 1, 1), 2.0), 0.0)
    assert found.returns[0].tolist() == [0.0, -1.0, 0.0, 0.0]
    assert found.turnover[0].tolist() == [2.0, 0.0, 0.0, 0.0]


def test_holes_stand_still_and_unlisted_markets_are_not_eligible() -> None:
    nan = np.nan
    prices = np.array([[nan, 1.0], [2.0, nan], [4.0, 3.0], [nan, 3.0]])
    assert np.allclose(changes(prices), [[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    assert np.array_equal(filled(prices)[3], [4.0, 3.0])
    assert eligible(prices, 1).tolist() == [
        [False, False],
        [False, False],
        [True, False],
        [False, True],
    ]
    with pytest.raises(BadData):
        checked([[1.0, 0.0]], 1, 1)
    with pytest.raises(Insufficient):
        checked([[1.0, 2.0]], 2, 1)


@given(st.integers(0, 999), st.integers(1, 4))
def test_random_twins_hold_and_replace_as_many_as_the_real_one(seed: int, top: int) -> None:
    random = np.random.default_rng(seed)
    prices = listed_late(walks(60, 7, seed), seed)
    at = np.arange(6, 60, 5)
    allowed = eligible(prices, 3)[at]
    chosen = selection.best(random.random((len(at), 7)), allowed, top)
    drawn = selection.random_like(random, chosen, allowed, 20)
    assert np.array_equal(drawn.sum(axis=2), np.repeat(chosen.sum(axis=1)[:, None], 20, axis=1))
    assert not (drawn & ~allowed[:, None]).any()
    entered = [(row[1:] & ~row[:-1]).sum() for row in drawn.transpose(1, 0, 2)]
    real = (chosen[1:] & ~chosen[:-1]).sum()
    assert abs(np.mean(entered) - real) <= 2.0  # but for markets that go away
