from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.model import EngineState, Mode
from clearedge_tui.core.plan import KILL_S, Seen, Step, next_step

seens = st.builds(
    Seen,
    desired=st.sampled_from(list(Mode)),
    config_version=st.integers(1, 3),
    code=st.sampled_from(["", "a", "b"]),
    state=st.sampled_from(list(EngineState)),
    alive=st.booleans(),
    gateway_up=st.booleans(),
    attached=st.booleans(),
    enforced=st.sampled_from([None, *Mode]),
    running_config=st.integers(1, 3),
    running_code=st.sampled_from(["a", "b"]),
    tried_config=st.integers(1, 3),
    tried_code=st.sampled_from(["a", "b"]),
    retry_at_s=st.floats(0, 200),
    silent_s=st.floats(0, 20),
)


def seen(**changes: object) -> Seen:
    base: dict[str, object] = {
        "desired": Mode.ACTIVE,
        "config_version": 1,
        "code": "a",
        "state": EngineState.RUNNING,
        "alive": True,
        "gateway_up": True,
        "attached": True,
        "enforced": Mode.ACTIVE,
        "running_config": 1,
        "running_code": "a",
    }
    return Seen(**(base | changes))  # type: ignore[arg-type]


@given(seens)
def test_what_is_declared_off_only_ever_goes_down(one: Seen) -> None:
    if one.desired is Mode.OFF:
        step = next_step(one, 100.0)
        assert step in (Step.NOTHING, Step.SET_MODE, Step.STOP, Step.KILL)
        assert step is not Step.NOTHING or not one.alive or one.state is EngineState.STOPPING


@given(seens)
def test_nothing_starts_twice_and_failed_never_starts(one: Seen) -> None:
    if next_step(one, 100.0) is Step.START:
        assert not one.alive
        assert one.gateway_up
        assert one.state is not EngineState.FAILED
        assert one.state is not EngineState.BACKOFF or one.retry_at_s <= 100.0


@given(seens)
def test_a_wrong_mode_is_corrected_before_anything_is_reloaded(one: Seen) -> None:
    if next_step(one, 100.0) is Step.RELOAD:
        assert one.enforced is one.desired


def test_a_settled_instance_is_left_alone() -> None:
    assert next_step(seen(), 0.0) is Step.NOTHING


def test_each_difference_has_its_step() -> None:
    cases = [
        (seen(alive=False, state=EngineState.STOPPED), Step.START),
        (seen(attached=False), Step.ATTACH),
        (seen(enforced=Mode.OBSERVE), Step.SET_MODE),
        (seen(config_version=2), Step.RELOAD),
        (seen(code="b"), Step.RELOAD),
        (seen(silent_s=KILL_S + 1), Step.KILL),
        (seen(desired=Mode.OFF), Step.SET_MODE),
        (seen(desired=Mode.OFF, enforced=Mode.OFF), Step.STOP),
        (seen(desired=Mode.OFF, gateway_up=False), Step.STOP),
        (seen(state=EngineState.FAULTED, tried_config=1, tried_code="a"), Step.NOTHING),
        (seen(state=EngineState.FAULTED, tried_config=1, tried_code="a", code="b"), Step.RELOAD),
        (seen(state=EngineState.FAILED), Step.STOP),
        (seen(alive=False, state=EngineState.BACKOFF, retry_at_s=5.0), Step.NOTHING),
        (seen(alive=False, gateway_up=False, state=EngineState.STOPPED), Step.NOTHING),
    ]
    for one, wanted in cases:
        assert next_step(one, 1.0) is wanted, one
