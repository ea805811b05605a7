from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.model import EngineState
from clearedge_tui.core.restarts import LONGEST_S, MOST, WINDOW_S, judge

times = st.lists(st.floats(0, 10_000), min_size=1, max_size=30).map(sorted)


@given(times)
def test_three_in_five_minutes_and_only_that_latches(crashes: list[float]) -> None:
    verdict = judge(crashes)
    recent = [at for at in crashes if crashes[-1] - at < WINDOW_S]
    assert (verdict.state is EngineState.FAILED) == (len(recent) >= MOST)


@given(times, st.floats(0, 100))
def test_the_next_start_is_never_before_the_crash_nor_more_than_a_minute_after_the_last_start(
    crashes: list[float], uptime: float
) -> None:
    started = crashes[-1] - uptime
    verdict = judge(crashes, started)
    if verdict.state is EngineState.BACKOFF:
        assert crashes[-1] <= verdict.at_s <= max(crashes[-1], started + LONGEST_S)


def test_starts_are_kept_apart_by_one_two_four_seconds() -> None:
    assert judge([100.0], 100.0).at_s == 101.0
    assert judge([100.0, 1000.0], 1000.0).at_s == 1002.0
    assert judge([100.0, 1000.0, 2000.0], 2000.0).at_s == 2004.0


def test_one_that_ran_for_long_comes_back_at_once() -> None:
    assert judge([500.0], 100.0).at_s == 500.0


def test_no_crash_is_no_wait() -> None:
    assert judge([]).state is EngineState.STARTING
