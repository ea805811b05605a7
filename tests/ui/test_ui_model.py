"""The store: newest row wins, rows go, ages grow, every command ends exactly once."""

from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.model import EngineState, Mode
from clearedge_tui.supervisor.protocol import Changed, InstanceRow, Result, Snapshot
from clearedge_tui.ui.model import ANSWER_S, WORK_S, LinkState, Model
from tests.fakes.market import SECOND_NS, START_NS, instance_rows


def made(count: int = 3) -> tuple[Model, tuple[InstanceRow, ...]]:
    model = Model(wall_ns=lambda: START_NS, mono=lambda: 0.0)
    rows = tuple(instance_rows(count, 7, START_NS))
    model.apply(Snapshot(0, START_NS, rows, (), ()))
    model.set_link(LinkState.UP)
    return model, rows


def test_changes_replace_rows_and_removed_rows_go() -> None:
    import msgspec

    model, rows = made()
    new = msgspec.structs.replace(rows[0], fills=999)
    model.apply(Changed(1, START_NS, (new,), removed=(rows[1].id,)))
    assert model.instances[rows[0].id].fills == 999
    assert rows[1].id not in model.instances


def test_a_running_row_unheard_for_long_is_stale() -> None:
    import msgspec

    model, rows = made()
    old = msgspec.structs.replace(rows[0], heard_ns=START_NS - 6 * SECOND_NS)
    assert not model.row_stale(rows[0]) and model.row_stale(old)
    stopped = msgspec.structs.replace(old, state=EngineState.STOPPED)
    assert not model.row_stale(stopped)


def test_nothing_runs_when_everything_is_off() -> None:
    import msgspec

    model, rows = made()
    assert model.anything_runs()
    model.instances = {
        r.id: msgspec.structs.replace(r, desired=Mode.OFF, state=EngineState.STOPPED) for r in rows
    }
    assert not model.anything_runs()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.just(0)),
        st.tuples(st.sampled_from(["pending", "done", "refused"]), st.integers(1, 8)),
        st.tuples(st.just("wait"), st.sampled_from([1, 9, 11, 130])),
        st.tuples(st.just("break"), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS)
def test_every_command_ends_exactly_once_whatever_happens(steps: list[tuple[str, int]]) -> None:
    now = [0.0]
    model = Model(mono=lambda: now[0])
    model.set_link(LinkState.UP)
    ended: dict[str, int] = {}
    sent: list[str] = []
    for what, number in steps:
        if what == "send":
            command = model.command(
                "x", {}, "x", lambda r: ended.__setitem__(r.id, ended.get(r.id, 0) + 1)
            )
            sent.append(command.id)
        elif what == "wait":
            now[0] += number
            model.expire()
        elif what == "break":
            model.set_link(LinkState.DOWN)
            model.set_link(LinkState.UP)
        elif number <= len(sent):
            model.apply(Result(sent[number - 1], what, "m"))
    now[0] += ANSWER_S + WORK_S
    model.expire()
    assert not model.pending
    assert ended == dict.fromkeys(sent, 1)
