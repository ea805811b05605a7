"""The phases of a session: guarded, and what has ended never changes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.model import EngineState
from clearedge_tui.core.session import ENDED, Phase, may, seen, way


@given(st.lists(st.sampled_from(Phase), max_size=30))
def test_whatever_comes_late_or_twice_an_ended_session_never_changes(asked: list[Phase]) -> None:
    now: Phase | None = None
    lived: list[Phase] = []
    for wanted in asked:
        if may(now, wanted):
            assert now not in ENDED
            assert wanted is not now
            lived.append(wanted)
            now = wanted
    assert not lived or lived[0] is Phase.INITIALIZING
    assert all(one not in ENDED for one in lived[:-1])
    for before, after in itertools.pairwise(lived):
        if after is Phase.PAUSED:
            assert before is Phase.RUNNING
        if after is Phase.RUNNING:
            assert before in (Phase.WARMUP, Phase.PAUSED)


@given(st.sampled_from([None, *Phase]), st.sampled_from(Phase))
def test_a_way_is_made_of_steps_that_may_be_taken_and_ends_where_it_should(
    now: Phase | None, wanted: Phase
) -> None:
    steps = way(now, wanted)
    for step in steps:
        assert may(now, step)
        now = step
    assert not steps or steps[-1] is wanted


def test_an_engine_that_is_seen_running_has_been_through_its_warm_up() -> None:
    assert way(None, Phase.RUNNING) == (Phase.INITIALIZING, Phase.WARMUP, Phase.RUNNING)
    assert way(Phase.PAUSED, Phase.INITIALIZING) == (Phase.INITIALIZING,)  # a crash, a reload
    assert way(Phase.STOPPED, Phase.RUNNING) == ()


@pytest.mark.parametrize(
    ("state", "alive", "paused", "phase"),
    [
        (EngineState.STARTING, True, False, None),
        (EngineState.UNKNOWN, True, False, None),
        (EngineState.RUNNING, True, False, Phase.RUNNING),
        (EngineState.RUNNING, True, True, Phase.PAUSED),
        (EngineState.BACKOFF, False, False, Phase.INITIALIZING),
        (EngineState.RELOADING, True, False, Phase.INITIALIZING),
        (EngineState.STOPPING, True, False, None),
        (EngineState.STOPPED, False, False, Phase.STOPPED),
        (EngineState.FAULTED, True, False, Phase.ERROR),
        (EngineState.FAILED, False, False, Phase.ERROR),
    ],
)
def test_the_state_of_an_engine_says_the_phase(
    state: EngineState, alive: bool, paused: bool, phase: Phase | None
) -> None:
    assert seen(state, alive, paused) is phase
