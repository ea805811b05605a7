from itertools import combinations
from math import log
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.pbo import cscv
from clearedge_tui.research.stats.series import Floats


def noise(periods: int, variants: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((periods, variants)) * 0.01


def by_hand(returns: Floats, blocks: int) -> list[float]:
    """The paper's algorithm as it is written: halves are put together and ranked."""
    parts = np.array_split(returns[: len(returns) // blocks * blocks], blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[n] for n in chosen])
        outside = np.concatenate([parts[n] for n in range(blocks) if n not in chosen])
        best = int(np.argmax(inside.mean(axis=0) / inside.std(axis=0, ddof=1)))
        ratios = outside.mean(axis=0) / outside.std(axis=0, ddof=1)
        rank = 1 + sum(ratio < ratios[best] for ratio in ratios)
        share = rank / (len(ratios) + 1)
        logits.append(log(share / (1 - share)))
    return logits


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(24, 70), st.sampled_from([4, 6, 8]))
def test_logits_are_those_of_the_paper_done_by_hand(
    seed: int, variants: int, periods: int, blocks: int
) -> None:
    returns = noise(periods, variants, seed)
    wanted = by_hand(returns, blocks)
    found = cscv(returns, blocks)
    assert np.allclose(np.sort(found.logits), np.sort(wanted), atol=1e-12)
    assert found.pbo == np.mean(np.array(wanted) <= 1e-12)


def test_variants_that_end_where_they_began_are_always_overfit() -> None:
    """What a demeaned column gains in one half it loses in the other: exactly 1."""
    returns = noise(160, 30)
    found = cscv(returns - returns.mean(axis=0), 8)
    assert found.pbo == 1.0
    assert found.probability_of_loss == 1.0


def test_an_edge_is_seen_and_noise_is_near_a_half() -> None:
    edge = noise(1008, 200, 2)
    edge[:, :20] += 0.0015
    assert cscv(edge, 16, sample=2000).pbo < 0.01
    drawn = [cscv(noise(1008, 100, seed), 8).pbo for seed in range(12)]
    assert 0.3 < np.mean(drawn) < 0.7


def test_every_split_of_sixteen_blocks_takes_under_two_seconds() -> None:
    began = perf_counter()
    found = cscv(noise(1000, 100), 16)
    assert found.splits == 12_870
    assert found.periods == 992
    assert perf_counter() - began < 2.0


def test_a_sample_of_splits_is_seeded_mirrored_and_near_the_whole() -> None:
    returns = noise(400, 40, 4)
    whole = cscv(returns, 12)
    part = cscv(returns, 12, sample=400, seed=1)
    assert part.splits == 400
    assert part.pbo == cscv(returns, 12, sample=400, seed=1).pbo
    assert abs(part.pbo - whole.pbo) < 0.12


def test_a_variant_that_never_trades_counts_as_nothing_earned() -> None:
    returns = noise(80, 3) - 0.02
    returns[:, 1] = 0.0
    found = cscv(returns, 4)
    assert found.pbo == 0.0
    assert found.probability_of_loss == 0.0


@pytest.mark.parametrize("shape", [(10, 5), (200, 1)])
def test_too_small_a_table_is_insufficient(shape: tuple[int, int]) -> None:
    with pytest.raises(Insufficient):
        cscv(noise(*shape), 16)


def test_a_hole_in_the_table_is_insufficient() -> None:
    returns = noise(100, 4)
    returns[3, 2] = np.nan
    with pytest.raises(Insufficient):
        cscv(returns, 4)


def test_variants_that_are_the_same_share_their_rank() -> None:
    one = noise(80, 1)
    found = cscv(np.repeat(one, 3, axis=1), 4)
    assert np.allclose(found.logits, 0.0)  # rank 2 of 3: the middle
    assert found.pbo == 1.0
