import numpy as np
import pytest

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.reality import superior
from clearedge_tui.research.stats.series import Floats


def noise(variants: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((400, variants)) * 0.01


def test_an_edge_among_a_hundred_is_found_and_luck_is_not() -> None:
    variants = noise(100)
    cash = np.zeros(400)
    assert superior(cash, variants, seed=1, paths=300).consistent > 0.1
    variants[:, 42] += 0.0025
    found = superior(cash, variants, seed=1, paths=300)
    assert found.best == 42
    assert found.consistent == 1 / 301  # none of the paths is as good; p is never 0
    assert found.lower <= found.consistent <= found.upper
    assert found == superior(cash, variants, seed=1, paths=300)


def test_under_no_edge_p_below_a_twentieth_is_as_rare_as_it_says() -> None:
    low = sum(
        superior(np.zeros(400), noise(5, seed), seed=seed, paths=99, block=1.0).consistent <= 0.05
        for seed in range(150)
    )
    assert 1 <= low <= 15  # 7.5 expected


def test_variants_that_are_the_benchmark_are_left_out_and_only_those_are_insufficient() -> None:
    variants = noise(3)
    same = variants[:, 0].copy()
    assert superior(same, variants, seed=1, paths=99).left_out == 1
    with pytest.raises(Insufficient):
        superior(same, variants[:, :1], seed=1, paths=99)
    with pytest.raises(Insufficient):
        superior(same[:20], variants[:20], seed=1, paths=99)
