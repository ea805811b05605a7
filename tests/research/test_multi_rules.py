"""The rules of the engines, bar by bar."""

import numpy as np

from clearedge_tui.research.multi import cross_sectional as cross
from clearedge_tui.research.multi import pair_screen, pairs, portfolio
from clearedge_tui.research.multi.weighting import Weighting
from tests.research.markets import walks

NAN = float("nan")


def sides(z: list[float], **changed: float) -> list[int]:
    asked = pairs.Settings(20, entry=2.0, leave=0.5, **changed)  # type: ignore[arg-type]  # floats only
    found: list[int] = pairs.positions(np.array([z]), asked)[0].tolist()
    return found


def test_a_pair_is_entered_beyond_entry_and_left_near_the_mean() -> None:
    assert sides([1.9, 2.0, 2.1, 1.0, 0.6, 0.4, 0.6]) == [0, 0, -1, -1, -1, 0, 0]
    assert sides([-2.1, -3.0, -0.4]) == [1, 1, 0]


def test_a_pair_that_jumps_past_the_mean_is_left_and_entered_again_only_later() -> None:
    assert sides([2.5, 1.0, -0.8, -1.0]) == [-1, -1, 0, 0]
    assert sides([2.5, -2.5, -2.5]) == [-1, 0, 1]


def test_a_pair_that_runs_away_is_stopped_and_not_entered_there() -> None:
    assert sides([2.5, 3.5, 4.1, 4.5, 3.9], stop=4.0) == [-1, -1, 0, 0, -1]
    assert sides([2.5, 3.5, 4.1, 4.5]) == [-1, -1, -1, -1]


def test_an_unknown_distance_changes_nothing() -> None:
    assert sides([NAN, 2.5, NAN, NAN, 0.1, NAN]) == [0, -1, -1, -1, 0, 0]


def test_random_entries_are_against_the_distance_and_as_often_as_asked() -> None:
    z = np.broadcast_to(np.tile([1.0, -1.0, 0.1, 0.1], 500), (50, 2000))
    found = pairs.positions(z, pairs.Settings(20), odds=0.1, seed=1)
    entered = found * (np.diff(found, axis=1, prepend=0) != 0)
    assert (entered * z <= 0).all()
    assert not found[:, 2::4].any()
    assert abs((entered[:, ::4] != 0).mean() - 0.1) < 0.01


def test_a_market_is_chosen_only_after_a_whole_lookback_of_prices() -> None:
    prices = walks(120, 4, 1)
    prices[:50, 0] = NAN
    prices[50:, 0] = 100 * 1.05 ** np.arange(70)  # it would win at once
    found = cross.run(prices, cross.Settings(cross.Signal.REVERSION, 1, 20, 1))
    assert not found.weights[:70, 0].any()
    found = cross.run(prices, cross.Settings(cross.Signal.MOMENTUM, 1, 20, 1))
    assert not found.weights[:70, 0].any()
    assert (found.weights[70:, 0] == 1.0).all()
    prices[100, 0] = NAN  # one bar without a price
    found = cross.run(prices, cross.Settings(cross.Signal.MOMENTUM, 1, 15, 1))
    assert not found.weights[100:116, 0].any()
    assert found.weights[116, 0] == 1.0
    prices[100, 0] = 1.0
    equal = portfolio.run(prices, portfolio.Settings(Weighting.EQUAL, 20, 1)).result
    assert not equal.weights[:70, 0].any()
    assert np.allclose(equal.weights[70:], 0.25)


def test_the_screen_takes_the_worse_of_both_orders() -> None:
    from statsmodels.tsa.stattools import coint

    prices = walks(300, 3, 2)
    logs = np.log(prices)
    for pair in pair_screen.screen(prices, ["0", "1", "2"]).pairs:
        a, b = logs[:, int(pair.a)], logs[:, int(pair.b)]
        lags = int(12 * 3**0.25)
        assert pair.p == max(coint(a, b, maxlag=lags)[1], coint(b, a, maxlag=lags)[1])
