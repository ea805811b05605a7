from itertools import pairwise
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.stats import wf
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.space import Params


@given(
    st.integers(0, 1000), st.integers(50, 5000), st.integers(1, 12), st.floats(0.5, 6.0),
    st.integers(0, 10), st.booleans(),
)  # fmt: skip
def test_windows_never_see_the_test_and_tests_tile_to_the_end(
    start: int, length: int, count: int, share: float, embargo: int, anchored: bool
) -> None:
    end = start + length
    try:
        windows = wf.by_count(
            start, end, count, train_to_test=share, embargo=embargo, anchored=anchored
        )
    except Insufficient:
        assert (length - embargo) / (count + share) < 1
        return
    assert len(windows) == count
    for one in windows:
        assert start <= one.train_start < one.train_end
        assert one.train_end + embargo == one.test_start < one.test_end <= end
        assert not anchored or one.train_start == start
    for before, after in pairwise(windows):
        assert before.test_end == after.test_start
    assert windows[-1].test_end == end


def test_windows_by_length() -> None:
    found = wf.by_length(0, 100, 40, 20, embargo=5)
    assert found == (wf.Window(0, 40, 45, 65), wf.Window(20, 60, 65, 85))
    assert wf.by_length(0, 100, 40, 20, step=30)[1] == wf.Window(30, 70, 70, 90)
    with pytest.raises(UsageError):
        wf.by_length(0, 100, 40, 20, step=10)
    with pytest.raises(Insufficient):
        wf.by_length(0, 50, 40, 20)


def test_efficiency_is_one_when_nothing_is_lost_and_a_half_when_half_is() -> None:
    inside = [np.full(100, 0.002) for _ in range(3)]
    same = wf.efficiency(inside, [np.full(50, 0.002)] * 3, 252)
    assert same.ratio is not None
    assert isclose(same.ratio, 1.0)
    assert same.winning == 3
    worse = wf.efficiency(inside, [np.full(50, -0.001)] * 3, 252)
    assert worse.ratio is not None
    assert worse.ratio < 0
    none = wf.efficiency([np.full(100, -0.002)] * 3, [np.full(50, 0.002)] * 3, 252)
    assert none.ratio is None
    with pytest.raises(Insufficient):
        wf.efficiency(inside[:1], inside[:1], 252)


def test_drift_is_a_share_of_the_range_searched() -> None:
    chosen: list[Params] = [
        {"n": 10, "side": "long"},
        {"n": 20, "side": "long"},
        {"n": 20, "side": "both"},
    ]
    assert wf.drift(chosen, {"n": 100}) == (0.05, 0.5)
    assert wf.drift([{"n": 5}] * 4) == (0.0, 0.0, 0.0)
    with pytest.raises(Insufficient):
        wf.drift([{"n": 5}])


def test_stitching_keeps_order_and_refuses_overlap() -> None:
    times, returns = wf.stitched([([1, 2], [0.1, 0.2]), ([3], [0.3])])
    assert times.tolist() == [1, 2, 3]
    assert returns.tolist() == [0.1, 0.2, 0.3]
    with pytest.raises(UsageError):
        wf.stitched([([1, 2], [0.1, 0.2]), ([2], [0.3])])
