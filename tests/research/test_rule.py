from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from clearedge_tui.research.stats import rank, rule
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.rule import Verdict

TWINS = np.arange(200) / 100.0


def test_p_counts_ties_against_the_real_run_and_is_never_zero() -> None:
    assert rank.p_value(5.0, TWINS) == 1 / 201
    assert rank.p_value(1.99, TWINS) == 2 / 201
    assert rank.p_value(0.0, TWINS) == 1.0
    assert isclose(rank.percentile(1.0, TWINS), percentileofscore(TWINS, 1.0, "mean"))


@given(
    st.lists(st.floats(-3, 3), min_size=20, max_size=300).map(lambda v: [round(x, 3) for x in v]),
    st.floats(-3, 4).map(lambda x: round(x, 3)),
)
def test_a_pass_is_always_above_the_95th_percentile_of_the_twins(
    twins: list[float], real: float
) -> None:
    found = rule.judge(real, twins, 100, least_twins=20)
    if found.verdict is Verdict.PASS:
        assert found.p95 is not None
        assert real > found.p95


def test_verdicts() -> None:
    assert rule.judge(3.0, TWINS, 100).verdict is Verdict.PASS
    assert rule.judge(1.0, TWINS, 100).verdict is Verdict.FAIL
    assert rule.judge(3.0, TWINS, 29).verdict is Verdict.INSUFFICIENT
    assert rule.judge(3.0, TWINS[:199], 100).verdict is Verdict.INSUFFICIENT
    assert rule.judge(None, TWINS, 100).verdict is Verdict.INSUFFICIENT
    assert rule.judge(3.0, [float("nan")] * 300, 100).verdict is Verdict.INSUFFICIENT


def test_twins_that_never_traded_are_left_out_and_counted() -> None:
    found = rule.judge(3.0, np.append(TWINS, [np.nan, np.nan]), 100)
    assert (found.twins, found.dropped, found.p) == (200, 2, 1 / 201)


def test_under_no_edge_a_pass_is_as_rare_as_it_says() -> None:
    random = np.random.default_rng(7)
    draws = random.standard_normal((4000, 201))
    passed = sum(rule.judge(row[0], row[1:], 50).verdict is Verdict.PASS for row in draws)
    assert 0.035 < passed / 4000 < 0.058


def test_entry_odds_and_seeds() -> None:
    assert rule.entry_odds(20, 400) == 0.05
    with pytest.raises(Insufficient):
        rule.entry_odds(0, 400)
    seeds = {rule.twin_seed("run-1", n) for n in range(1000)} | {rule.twin_seed("run-2", 0)}
    assert len(seeds) == 1001
    assert rule.twin_seed("run-1", 7) == rule.twin_seed("run-1", 7) < 2**63
