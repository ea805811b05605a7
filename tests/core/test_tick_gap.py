"""A gap is silence beyond a limit, in hours that the market was open; then whole bars are waited for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.resample import Grid
from clearedge_tui.core.tick_gap import Recovery, Silence, spans

S = 1_000_000_000
MINUTE = 60 * S
START = 1_700_000_040 * S // (3600 * S) * 3600 * S  # an hour begins


def tick(at_s: float, kind: str = "quote") -> TickMsg:
    return TickMsg("M", kind, START + int(at_s * S), 100, 100, 100, 100, 1, 100, 100)


def test_silence_within_the_limit_is_none_and_beyond_it_is_a_gap() -> None:
    silence = Silence(120 * S, MINUTE)
    assert silence.before(tick(0)) is None, "nothing is known of the time before the first"
    assert silence.before(tick(120)) is None
    assert silence.before(tick(300)) == (START + 120 * S, START + 300 * S)
    assert silence.before(tick(301)) is None


def test_a_bar_speaks_for_the_time_it_covers() -> None:
    silence = Silence(120 * S, MINUTE)
    silence.before(tick(0))
    assert silence.before(tick(180, "bar")) is None
    assert silence.before(tick(420, "bar")) == (START + 180 * S, START + 360 * S)


def test_a_closed_market_is_not_silent() -> None:
    silence = Silence(120 * S, MINUTE)
    silence.before(tick(0))
    assert silence.before(tick(3600), lambda low, high: 60 * S) is None
    assert silence.before(tick(7200), lambda low, high: high - low) is not None


def test_stored_data_have_the_gaps_they_were_told_of_and_no_others() -> None:
    silence = Silence(0, MINUTE)
    silence.before(tick(0))
    assert silence.before(tick(86_400)) is None
    assert silence.before(tick(86_460, "gap")) == (START + 86_400 * S, START + 86_460 * S)


@pytest.mark.parametrize(
    ("until_s", "minutes", "bars", "over_at_min"),
    [
        (30, 1, 1, 2),  # the minute that had begun does not count
        (60, 1, 1, 2),  # the one that begins then does
        (61, 1, 3, 5),
        (61, 5, 1, 10),
        (300, 5, 2, 15),
    ],
)
def test_a_wait_ends_with_whole_bars(
    until_s: int, minutes: int, bars: int, over_at_min: int
) -> None:
    wait = Recovery(START + until_s * S, 60, Grid(minutes * 60), (), bars)
    closes = (START + n * MINUTE for n in range(1, 60))
    first = next(close for close in closes if close > START + until_s * S - 1 and wait.over(close))
    assert (first - START) // MINUTE == over_at_min


@given(st.integers(0, 3600), st.integers(1, 3600), st.sampled_from([60, 300, 900]))
def test_every_bar_that_a_wait_counts_is_free_of_the_gap(
    start: int, length: int, size: int
) -> None:
    gap = (START + start * S, START + (start + length) * S)
    wait = Recovery(gap[1], 60, Grid(size), (), 1)
    for n in range(1, 300):
        close = START + n * MINUTE
        if close > gap[1] and wait.over(close):
            assert not spans([gap], close - size * S, close)
            assert spans([gap], close - 3 * size * S, close), "and it is not later than need be"
            return
    raise AssertionError("the wait does not end")
