"""How far an edge on several markets reaches: worlds in which it is known."""

from dataclasses import replace

import numpy as np
import pytest

from clearedge_tui.research.multi import (
    contribution,
    cross_sectional,
    intraday_relval,
    time_shuffle,
)
from clearedge_tui.research.multi.cross_sectional import Signal
from clearedge_tui.research.multi.prices import changes
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.multi.selection import Choice
from clearedge_tui.research.reach import regimes_with_a_gain
from clearedge_tui.research.stats import breadth
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Floats
from tests.research.markets import leading, listed_late, walks

MOMENTUM = cross_sectional.Settings(Signal.MOMENTUM, top=2, lookback=40, every=10)


def p_of(prices: Floats, made: cross_sectional.Settings, count: int = 60) -> float:
    return time_shuffle.p_of(
        prices, lambda walk: cross_sectional.choice(walk, made), made.top, made.cost,
        cross_sectional.run(prices, made), count=count,
    )[0]  # fmt: skip


def test_winners_that_go_on_winning_are_more_than_their_shuffles_and_walks_are_not() -> None:
    assert p_of(leading(1300, 6), MOMENTUM) < 0.03
    assert p_of(leading(1300, 6, seed=9, size=0.004), MOMENTUM) < 0.03
    free = [p_of(walks(600, 5, seed), replace(MOMENTUM, cost=0.0), 30) for seed in range(40)]
    assert sum(p <= 0.1 for p in free) <= 9, "one in ten by chance; more than this: 1 in 200"
    assert 0.3 < float(np.mean(free)) < 0.7


def test_what_rises_more_than_others_all_the_time_is_no_pattern_in_time() -> None:
    drifts = np.linspace(-0.001, 0.003, 6)
    steady = walks(1300, 6, 3, drifts)
    assert cross_sectional.run(steady, MOMENTUM).excess.mean() > 0.0005
    assert p_of(steady, MOMENTUM) > 0.05


@pytest.mark.parametrize("late", [False, True])
def test_a_shuffle_in_its_own_order_is_the_market_and_earns_what_the_rule_earned(
    late: bool,
) -> None:
    prices = walks(900, 4)
    prices = listed_late(prices) if late else prices
    again = time_shuffle.walked(prices, np.log1p(changes(prices)))
    np.testing.assert_allclose(again, prices, rtol=1e-9)
    real = cross_sectional.run(prices, MOMENTUM)
    walk = again[:, None, :]
    (ratio,) = time_shuffle.ratios(
        walk, lambda one: cross_sectional.choice(one, MOMENTUM), 2, MOMENTUM.cost, real.start
    )
    excess = real.excess[real.start :]
    assert ratio == pytest.approx(excess.mean() / excess.std(ddof=1), rel=1e-6)


def test_bars_change_places_only_while_the_same_markets_are_listed() -> None:
    prices = walks(900, 4)
    prices[:300, 0] = np.nan
    prices[700:, 1] = np.nan
    prices[500, 2] = np.nan  # a hole is no end
    pools = time_shuffle.exchangeable(prices)
    assert [(one[0], one[-1]) for one in pools] == [(0, 299), (300, 698), (699, 898)]
    nights = np.arange(900) % 10 == 9
    split = time_shuffle.exchangeable(prices, nights)
    assert sorted(np.concatenate(split).tolist()) == list(range(899))
    assert all(len(set(nights[one].tolist())) == 1 for one in split)
    short = walks(900, 20)
    for n in range(20):
        short[: 40 * n, n] = np.nan
    with pytest.raises(Insufficient, match="between two listings"):
        time_shuffle.exchangeable(short)


def test_laggards_that_catch_up_within_a_day_are_more_than_their_shuffles() -> None:
    random = np.random.default_rng(1)
    moves = random.normal(0, 0.001, (300, 8, 6))
    lag = moves[:, :4].sum(axis=1)
    moves[:, 4:] -= 0.15 * (lag - lag.mean(axis=1, keepdims=True))[:, None]
    prices = 100 * np.exp(np.cumsum(moves.reshape(-1, 6), axis=0))
    ends = np.arange(len(prices)) % 8 == 7
    made = intraday_relval.Settings(top=2, wait=3, every=100, cost=0.0)

    def p(table: Floats) -> float:
        return time_shuffle.p_of(
            table, lambda walk: intraday_relval.choice(walk, ends, made), 2, 0.0,
            intraday_relval.run(table, ends, made), nights=ends, count=60,
        )[0]  # fmt: skip

    assert p(prices) < 0.03
    assert p(walks(2400, 6, 4)) > 0.05


def result(weights: Floats, prices: Floats, cost: float = 0.0) -> Result:
    from clearedge_tui.research.multi.account import account

    at = np.arange(len(prices))
    made = account(prices, at, weights[:, None], cost)
    none = np.zeros(len(prices) - 1)
    return Result(made.returns[0], none, made.turnover[0], made.weights, 0, 1, {}, None)


def test_what_markets_add_sums_to_the_whole_and_their_costs_are_theirs() -> None:
    prices = walks(400, 5)
    random = np.random.default_rng(2)
    weights = random.dirichlet(np.ones(5), 400)
    free, dear = result(weights, prices), result(weights, prices, 0.001)
    sums = contribution.added(prices, free, 0.0, against_cash=True)
    assert sums.sum() == pytest.approx(free.returns.sum())
    paid = contribution.added(prices, dear, 0.001, against_cash=True)
    assert paid.sum() == pytest.approx(dear.returns.sum())
    equal = (changes(prices) * contribution.equal_parts(prices)).sum(axis=1)
    over = contribution.added(prices, free, 0.0, against_cash=False)
    assert over.sum() == pytest.approx((free.returns - equal).sum())
    held = result(np.full((400, 5), 0.2), prices)
    even = contribution.added(prices, held, 0.0, against_cash=False)
    np.testing.assert_allclose(even, 0.0, atol=1e-12)


def test_an_edge_on_one_market_is_not_one_on_most() -> None:
    everywhere = cross_sectional.run(leading(1300, 6), MOMENTUM)
    sums = contribution.added(leading(1300, 6), everywhere, MOMENTUM.cost, against_cash=False)
    assert breadth.breadth(sums.tolist()).share > 0.5
    prices = walks(1300, 6, 1)
    prices[:, 0] = leading(1300, 1, 5, 0.004)[:, 0]
    one = result(np.tile([0.5, 0.1, 0.1, 0.1, 0.1, 0.1], (1300, 1)), prices, 0.0005)
    found = contribution.added(prices, one, 0.0005, against_cash=False)
    assert int(np.nanargmax(np.abs(found))) == 0
    never = np.column_stack([prices, np.full(1300, np.nan)])
    wide = result(np.column_stack([one.weights, np.zeros(1300)]), never)
    assert np.isnan(contribution.added(never, wide, 0.0, against_cash=False)[-1])


def test_a_gain_in_every_regime_is_told_from_one_in_rising_markets() -> None:
    random = np.random.default_rng(4)
    market = random.normal(0.0003, 0.01, 1500)
    everywhere = regimes_with_a_gain(0.002 + random.normal(0, 0.001, 1500), market, 365)
    assert everywhere.value == 1.0
    assert "a gain in each" in everywhere.why
    never = regimes_with_a_gain(-0.002 + random.normal(0, 0.001, 1500), market, 365)
    assert never.value == 0.0
    assert "no gain in up, down" in never.why
    short = regimes_with_a_gain(market[:50], market[:50], 365)
    assert short.value is None
    assert "closes" in short.why


def test_choice_holds_what_run_holds() -> None:
    prices = listed_late(walks(900, 5))
    made = cross_sectional.choice(prices, MOMENTUM)
    assert isinstance(made, Choice)
    real = cross_sectional.run(prices, MOMENTUM)
    assert ((real.weights[made.at] > 0) == made.chosen).all()
