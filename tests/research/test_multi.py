"""The engines of many markets: no look ahead, edges found, luck not."""

from collections.abc import Callable
from functools import partial
from itertools import combinations
from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi import cross_sectional as cross
from clearedge_tui.research.multi import intraday_relval as intraday
from clearedge_tui.research.multi import pair_screen, pair_shuffle, pairs, portfolio
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.hedge import Hedge, beta
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.multi.weighting import Weighting, capped, covariance, weights
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.rule import Verdict
from clearedge_tui.research.stats.series import Floats
from tests.research.markets import leading, listed_late, tied, walks

SESSION = 20


def ends(bars: int) -> Floats:
    return np.asarray(np.arange(bars) % SESSION == SESSION - 1, dtype=np.float64)


def in_sessions(prices: Floats, every: int = 3) -> Result:
    return intraday.run(prices, ends(len(prices)), intraday.Settings(2, 2, every))


def as_portfolio(how: Weighting, prices: Floats) -> Result:
    return portfolio.run(prices, portfolio.Settings(how, 30, 15, 0.6)).result


ENGINES: dict[str, Callable[[Floats], Result]] = {
    **{
        signal.value: partial(lambda s, p: cross.run(p, cross.Settings(s, 2, 5, 7, 3 * (s == "momentum"))), signal)
        for signal in cross.Signal
    },
    **{
        hedge.value: partial(lambda h, p: pairs.run(p[:, 2:4], pairs.Settings(20, 1.0, hedge=h)), hedge)
        for hedge in Hedge
    },
    **{how.value: partial(as_portfolio, how) for how in Weighting},
    "intraday": in_sessions,
}  # fmt: skip


@pytest.mark.parametrize("name", ENGINES)
def test_what_comes_later_changes_nothing_before(name: str) -> None:
    run, prices = ENGINES[name], listed_late(walks(200, 5, 3), 3)
    whole = run(prices)
    assert np.abs(whole.returns).sum() > 0
    for bars in (*range(121, 141), 173):  # every decision is once the last bar
        part = run(prices[:bars])
        assert np.array_equal(part.returns, whole.returns[: bars - 1])
        assert np.array_equal(part.benchmark, whole.benchmark[: bars - 1])
        assert np.array_equal(part.turnover, whole.turnover[: bars - 1])
        assert np.array_equal(part.weights, whole.weights[:bars])


@pytest.mark.parametrize("name", ENGINES)
def test_the_first_return_comes_after_the_first_weight(name: str) -> None:
    found = ENGINES[name](walks(200, 5, 4))
    first = int(np.flatnonzero(np.abs(found.weights).sum(axis=1))[0])
    assert not found.returns[:first].any()
    assert found.start <= first


def test_winners_that_go_on_winning_are_found_and_luck_is_not() -> None:
    asked = cross.Settings(cross.Signal.MOMENTUM, 3, 60, 20)
    found = cross.run(leading(1500, 12), asked, twins=200, seed=1)
    assert found.test is not None
    assert found.test.verdict is Verdict.PASS
    assert (found.stats["information_ratio"] or 0.0) > 1.0
    backwards = cross.Settings(cross.Signal.REVERSION, 3, 60, 20)
    wrong = cross.run(leading(1500, 12), backwards, twins=200, seed=1)
    assert wrong.test is not None
    assert (wrong.test.percentile or 0.0) < 5
    luck = [cross.run(walks(600, 8, seed), asked, twins=99, seed=seed).test for seed in range(20)]
    assert sum(one is not None and (one.p or 1.0) <= 0.05 for one in luck) <= 4


def test_twice_the_cost_takes_twice_the_turnover() -> None:
    prices = walks(800, 8)
    free, dear = (
        cross.run(prices, cross.Settings(cross.Signal.REVERSION, 3, 10, 5, cost=cost))
        for cost in (0.0, 0.002)
    )
    lost = np.log1p(free.returns).sum() - np.log1p(dear.returns).sum()
    assert isclose(lost, 0.002 * dear.turnover.sum(), rel_tol=0.05)


def test_a_spread_that_comes_back_is_earned_on_and_two_walks_are_not() -> None:
    asked = pairs.Settings(60, 1.5, 0.25, cost=0.0002)
    found = pairs.run(tied(1500), asked, twins=200, seed=1)
    assert found.test is not None
    assert found.test.verdict is Verdict.PASS
    assert (found.stats["sharpe"] or 0.0) > 1.0
    held = found.weights[np.flatnonzero(found.turnover)]
    assert np.allclose(held.sum(axis=1), 0.0)
    luck = [pairs.run(walks(600, 2, seed), asked, twins=99, seed=seed).test for seed in range(20)]
    assert sum(one is not None and (one.p or 1.0) <= 0.05 for one in luck) <= 4


def test_a_shuffled_pair_does_not_come_back_and_two_walks_are_like_their_shuffles() -> None:
    asked = pairs.Settings(60, 1.5, 0.25, cost=0.0002)
    slow = pair_shuffle.shuffled(tied(1500, 1, back=0.05), asked, shuffles=199, seed=1)
    assert slow.p == 1 / 200
    assert slow == pair_shuffle.shuffled(tied(1500, 1, back=0.05), asked, shuffles=199, seed=1)
    luck = [pair_shuffle.shuffled(walks(400, 2, seed), asked, shuffles=59) for seed in range(20)]
    assert sum((one.p or 1.0) <= 0.05 for one in luck) <= 4


def test_a_shuffle_in_its_own_order_earns_what_the_pair_earned() -> None:
    prices, asked = tied(300, 3), pairs.Settings(20, 1.0, 0.25)
    found = pairs.run(prices, asked)
    sides = pairs.positions(pairs.distance(prices, asked)[None], asked)
    made = account(prices[:, None], np.arange(300), pairs.targets(sides), asked.cost)
    assert np.allclose(made.returns[0], found.returns, atol=1e-15)


@pytest.mark.parametrize("hedge", [Hedge.ROLLING_OLS, Hedge.KALMAN])
def test_a_moving_hedge_comes_near_the_true_one(hedge: Hedge) -> None:
    logs = np.log(tied(3000, 2, beta=1.5, back=0.3))
    found = beta(logs[:, 0], logs[:, 1], hedge, 400)
    assert abs(np.nanmedian(found[600:]) - 1.5) < 0.1


@pytest.mark.parametrize("signal", list(cross.Signal))
def test_a_score_knows_nothing_of_later_bars(signal: cross.Signal) -> None:
    prices, asked = walks(80, 4, 13), cross.Settings(signal, 2, 10, 5)
    whole = cross.scores(prices, asked, np.arange(10, 80))
    for bars in (40, 41, 79):
        part = cross.scores(prices[:bars], asked, np.arange(10, bars))
        assert np.array_equal(part, whole[: bars - 10])


@pytest.mark.parametrize("hedge", list(Hedge))
def test_a_distance_knows_nothing_of_later_bars(hedge: Hedge) -> None:
    prices, asked = listed_late(walks(150, 4, 12), 12)[:, 2:], pairs.Settings(20, hedge=hedge)
    whole = pairs.distance(prices, asked)
    assert np.isfinite(whole).sum() > 50
    for bars in (60, 101, 149):
        assert np.allclose(
            pairs.distance(prices[:bars], asked), whole[:bars], equal_nan=True, atol=1e-9
        )


def test_a_pair_that_never_moves_apart_has_no_twins() -> None:
    prices = walks(200, 1)
    found = pairs.run(np.hstack([prices, prices]), pairs.Settings(20), twins=20)
    assert found.changes == 0
    assert found.test is not None
    assert found.test.verdict is Verdict.INSUFFICIENT
    assert found.stats["sharpe"] is None


def test_the_screen_finds_the_tied_pair_among_walks() -> None:
    prices = np.hstack([walks(600, 3, 5), tied(600, 6, back=0.1)])
    found = pair_screen.screen(prices, ["a", "b", "c", "d", "e"])
    assert found.tests == 10
    first = found.pairs[0]
    assert (first.a, first.b) == ("d", "e")
    assert first.q is not None
    assert first.q < 0.05
    assert first.half_life is not None
    assert 4 < first.half_life < 11  # ln 2 / -ln 0.9 is 6.6
    assert sum((pair.q or 1.0) < 0.05 for pair in found.pairs) == 1


def test_one_market_twice_and_too_few_bars_have_no_figures() -> None:
    prices = np.hstack([tied(300, 6), np.full((300, 1), np.nan)])
    prices[:50, 2] = 1.0
    twice = np.hstack([prices, prices[:, :1]])
    found = pair_screen.screen(twice, ["a", "b", "new", "a again"])
    known = {(pair.a, pair.b): pair.p for pair in found.pairs}
    assert known["a", "a again"] is None
    assert known["a", "new"] is None
    assert known["a", "b"] is not None
    with pytest.raises(Insufficient):
        pair_screen.screen(twice[:, 2:], ["new", "a again"])


def test_false_discovery_is_that_of_scipy() -> None:
    from scipy.stats import false_discovery_control

    ps = np.random.default_rng(1).random(30) ** 2
    assert np.allclose(pair_screen.false_discovery(ps), false_discovery_control(ps))


def test_over_night_moves_are_in_no_figure() -> None:
    prices = walks(400, 5, 7)
    jumps = np.random.default_rng(8).uniform(0.5, 2.0, (20, 5))
    jumped = prices * np.repeat(jumps, SESSION, axis=0)
    plain, other = in_sessions(prices), in_sessions(jumped)
    assert np.allclose(plain.returns, other.returns)
    assert not plain.weights[np.flatnonzero(ends(400))].any()
    assert plain.turnover.sum() > 0


def test_who_lags_is_counted_from_the_first_close_of_the_session() -> None:
    prices = np.full((SESSION, 3), 100.0)
    prices[1] = [90.0, 100.0, 110.0]
    prices[2:] = [95.0, 100.0, 99.0]  # the third fell last, the first is lowest
    found = intraday.run(prices, ends(SESSION), intraday.Settings(1, 2, 5))
    assert found.weights[2].tolist() == [1.0, 0.0, 0.0]


def test_laggards_that_catch_up_are_found() -> None:
    random = np.random.default_rng(9)
    noise = random.normal(0, 0.004, (2000, 6))
    prices = 100 * np.exp(np.cumsum(random.normal(0, 0.001, (2000, 6)), axis=0) + noise)
    asked = intraday.Settings(2, 2, 2, cost=0.0)
    found = intraday.run(prices, ends(2000), asked, twins=200, seed=1)
    assert found.test is not None
    assert found.test.verdict is Verdict.PASS


@given(st.lists(st.floats(0.01, 10), min_size=2, max_size=12), st.floats(0.05, 1.0))
def test_capped_weights_add_up_and_keep_the_cap(raw: list[float], cap: float) -> None:
    if cap * len(raw) < 1.0:
        cap = 1.0 / len(raw) + 1e-6
    found = capped(np.array(raw), cap)
    assert isclose(found.sum(), 1.0, rel_tol=1e-9)
    assert found.max() <= cap + 1e-9
    assert found.min() >= 0


def test_optimal_weights_are_those_of_the_closed_forms() -> None:
    random = np.random.default_rng(10)
    returns = random.normal(0, [0.01, 0.02, 0.03], (800, 3)) + random.normal(0, 0.004, (800, 1))
    inverse = np.linalg.inv(covariance(returns))
    least = inverse.sum(axis=1) / inverse.sum()
    assert np.allclose(weights(returns, Weighting.MIN_VARIANCE), least, atol=1e-3)
    risk = returns.std(axis=0, ddof=1)
    most = inverse @ risk / (inverse @ risk).sum()
    assert np.allclose(weights(returns, Weighting.MAX_DIVERSIFICATION), most, atol=1e-3)
    for how in Weighting:
        found = weights(returns, how, 0.4)
        assert found.max() <= 0.4 + 1e-6
        assert isclose(found.sum(), 1.0, rel_tol=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 999), st.sampled_from([Weighting.MIN_VARIANCE, Weighting.MAX_DIVERSIFICATION])
)
def test_no_other_weights_are_better(seed: int, how: Weighting) -> None:
    random = np.random.default_rng(seed)
    returns = random.normal(0, random.uniform(0.005, 0.03, 5), (120, 5)) + random.normal(
        0, 0.01, (120, 1)
    )
    matrix, risk = covariance(returns), returns.std(axis=0, ddof=1)
    found = weights(returns, how, 0.5)
    others = [capped(row, 0.5) for row in random.dirichlet(np.full(5, 0.5), 200)]

    def worth(w: Floats) -> float:
        spread = float(np.sqrt(w @ matrix @ w))
        return -spread if how is Weighting.MIN_VARIANCE else float(w @ risk) / spread

    assert worth(found) >= max(map(worth, others)) - 1e-6 * abs(worth(found))


def test_a_portfolio_of_least_variance_is_calmer_than_equal_parts() -> None:
    prices = walks(600, 4, 11) ** np.array([0.5, 1.0, 1.0, 2.0])
    calm = portfolio.run(prices, portfolio.Settings(Weighting.MIN_VARIANCE))
    assert (calm.result.stats["volatility"] or 9.0) < (
        calm.result.stats["benchmark_volatility"] or 0
    )
    assert calm.diversification is not None
    assert calm.diversification > 1.2
    pairs_ = [calm.correlation[a, b] for a, b in combinations(range(4), 2)]
    assert max(map(abs, pairs_)) < 0.2
    assert np.allclose(np.diag(calm.correlation), 1.0)


def test_wrong_settings_are_refused() -> None:
    prices = walks(200, 4)
    with pytest.raises(UsageError):
        cross.run(prices, cross.Settings(cross.Signal.MOMENTUM, 2, 20, 5, skip=20))
    with pytest.raises(UsageError):
        pairs.run(prices[:, :2], pairs.Settings(entry=0.5, leave=0.5))
    with pytest.raises(UsageError):
        portfolio.run(prices, portfolio.Settings(cap=0.0))
    with pytest.raises(Insufficient):
        cross.run(prices[:, :2], cross.Settings(cross.Signal.MOMENTUM, 2, 20, 5))
