from math import exp

import numpy as np
import pytest

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.plateau import recommend
from clearedge_tui.research.stats.space import Params

GRID: list[Params] = [
    {"fast": fast, "slow": slow} for fast in (5, 10, 20, 40) for slow in (50, 100, 200)
]


def test_a_lone_spike_is_refused_and_the_hill_beside_it_taken() -> None:
    scores = [0.1] * len(GRID)
    scores[GRID.index({"fast": 5, "slow": 50})] = 3.0  # the spike
    for n, one in enumerate(GRID):
        if one["fast"] in (20, 40) and one["slow"] in (100, 200):
            scores[n] = 1.0
    found = recommend(GRID, scores)
    assert found.index is not None
    assert GRID[found.index] == {"fast": 40, "slow": 200}  # all of its neighbours are on the hill
    assert found.trials[found.index].plateau
    assert found.best == 0
    assert "lone spike" in found.trials[0].refused
    assert "lone spike" in found.why


def test_only_a_spike_means_no_recommendation_and_says_why() -> None:
    scores = [-0.2] * len(GRID)
    scores[5] = 2.0
    found = recommend(GRID, scores)
    assert found.index is None
    assert "lone spike" in found.why


def test_random_trials_of_a_smooth_hill_recommend_near_its_top() -> None:
    random = np.random.default_rng(2)
    points: list[Params] = [{"x": float(x), "y": float(y)} for x, y in random.random((400, 2))]
    truth = np.array([exp(-((p["x"] - 0.6) ** 2 + (p["y"] - 0.4) ** 2) * 8) for p in points])  # type: ignore[operator]
    found = recommend(points, truth + random.normal(0, 0.3, 400))
    assert found.index is not None
    assert truth[found.index] > 0.8
    assert found.best is not None


def test_words_and_switches_are_never_neighbours_of_other_words() -> None:
    params: list[Params] = [{"side": side, "n": n} for side in ("long", "both") for n in (1, 2, 3)]
    found = recommend(params, [1.0, 1.0, 1.0, 5.0, -1.0, -1.0])
    assert [one.neighbours for one in found.trials] == [1, 2, 1, 1, 2, 1]
    assert found.index == 1


def test_trials_without_a_score_are_kept_out() -> None:
    found = recommend(GRID, [float("nan")] * len(GRID))
    assert found.index is None
    assert "no trial has a score" in found.why


def test_unlike_parameters_are_insufficient() -> None:
    with pytest.raises(Insufficient):
        recommend([{"a": 1}, {"b": 1}], [1.0, 1.0])
