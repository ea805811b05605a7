from math import isclose

import numpy as np
import pytest
from scipy.stats import binomtest

from clearedge_tui.research.stats import breadth, importance, regimes
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.space import Params

RETURNS = np.random.default_rng(4).normal(0.0005, 0.01, 500)
CLOSES = 100 * np.cumprod(1 + RETURNS)
DAY = 86_400_000_000_000


def test_labels_of_a_period_do_not_know_its_own_price() -> None:
    for at in (150, 300, 499):
        crashed, wild = CLOSES.copy(), RETURNS.copy()
        crashed[at:] *= 0.2
        wild[at:] *= 30
        now, then = regimes.by_trend(CLOSES), regimes.by_trend(crashed)
        assert all(np.array_equal(now[name][: at + 1], then[name][: at + 1]) for name in now)
        low, high = (regimes.by_volatility(values)["calm"] for values in (RETURNS, wild))
        assert not (low & ~high)[: at + 1].any()  # only the thirds move, and upwards


def test_trend_labels_are_those_counted_by_hand() -> None:
    masks = regimes.by_trend(CLOSES, window=50, step=5)
    for at in (55, 56, 200, 499):
        now, before = CLOSES[at - 50 : at].mean(), CLOSES[at - 55 : at - 5].mean()
        assert masks["up"][at] == (now > before) != masks["down"][at]
    assert not masks["up"][:55].any()
    assert not masks["down"][:55].any()


def test_thirds_of_volatility_are_thirds_and_cover_all_that_can_be_known() -> None:
    masks = regimes.by_volatility(RETURNS)
    sizes = [int(mask.sum()) for mask in masks.values()]
    assert sum(sizes) == 480
    assert max(sizes) - min(sizes) <= 1
    assert RETURNS[masks["wild"]].std() > 0


def test_calendar_parts() -> None:
    start = 1_704_067_200_000_000_000  # 2024-01-01
    years = regimes.by_year(np.array([start, start + 1, start + 366 * DAY, start + 366 * DAY + 1]))
    assert {name: mask.tolist() for name, mask in years.items()} == {
        "2023": [True, False, False, False],
        "2024": [False, True, True, False],
        "2025": [False, False, False, True],
    }
    halves = regimes.by_halves(5)
    assert [int(mask.sum()) for mask in halves.values()] == [2, 3]


def test_an_edge_of_one_half_shows_as_spread() -> None:
    returns = np.random.default_rng(5).normal(0, 0.01, 400)
    returns[:200] += 0.004
    returns[200:] -= 0.002
    found = regimes.split(returns, regimes.by_halves(400), 252)
    first, second = found.regimes
    assert first.sharpe is not None
    assert second.sharpe is not None
    assert first.sharpe > 4 > 0 > second.sharpe
    assert found.spread == first.sharpe - second.sharpe
    assert (found.worst, found.gaining) == (second.sharpe, 0.5)
    assert first.share_of_gain is not None
    assert first.share_of_gain > 1.0


def test_a_small_part_has_no_figures() -> None:
    masks = {"few": np.arange(500) < 19, "rest": np.arange(500) >= 19}
    few, rest = regimes.split(RETURNS, masks, 252).regimes
    assert (few.sharpe, few.total_return) == (None, None)
    assert rest.sharpe is not None
    with pytest.raises(Insufficient):
        regimes.split(RETURNS, {"short": masks["few"][:10]}, 252)


def test_breadth_counts_what_has_a_figure() -> None:
    found = breadth.breadth([1.0, 0.8, 0.6, -0.2, None], 0.5)
    assert (found.markets, found.without, found.passing, found.share) == (4, 1, 3, 0.75)
    assert isclose(found.sign_p, binomtest(3, 4, alternative="greater").pvalue)
    assert "not taken off" in found.note
    with pytest.raises(Insufficient):
        breadth.breadth([1.0, None, 1.0])


def test_markets_that_move_together_are_worth_fewer() -> None:
    random = np.random.default_rng(6)
    common = random.normal(0, 0.01, (500, 1))
    own = random.normal(0, 0.01, (500, 9))
    assert breadth.effective_markets(own) > 8.0
    assert breadth.effective_markets(common + 0.01 * own) < 1.1
    found = breadth.breadth([1.0] * 9, 0.5, common + 0.01 * own)
    assert "move together" in found.note


def test_the_parameter_that_matters_explains_most() -> None:
    random = np.random.default_rng(6)
    params: list[Params] = [
        {"fast": int(a), "slow": float(b), "side": str(c)}
        for a, b, c in zip(
            random.integers(2, 6, 300), random.random(300), random.choice(["l", "s"], 300),
            strict=True,
        )
    ]  # fmt: skip
    scores = [float(one["fast"] == 5) + random.normal(0, 0.2) for one in params]
    found = importance.explained(params, scores)
    assert found["fast"] > 0.7
    assert max(found["slow"], found["side"]) < 0.05
    with pytest.raises(Insufficient):
        importance.explained(params[:19], scores[:19])


def test_a_parameter_that_does_nothing_explains_nothing_however_few_the_trials() -> None:
    random = np.random.default_rng(7)
    found = [
        importance.explained([{"n": float(n)} for n in random.random(30)], random.random(30))["n"]
        for _ in range(100)
    ]
    assert np.mean(found) < 0.1  # 7 bins of 30 would explain a quarter by chance
