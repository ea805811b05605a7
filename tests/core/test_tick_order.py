"""Late ticks find their place within a window, nothing is lost or invented, nothing waits longer."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.tick_gate import TickGate
from clearedge_tui.core.tick_order import Window

MS = 1_000_000
START = 1_700_000_000_000_000_000
WIDTH_MS = 200


def quote(at_ms: int, price: float = 100.0) -> TickMsg:
    return TickMsg("M", "quote", START + at_ms * MS, 0, 0, 0, price, 0, price, price)


# when each was made (ms), and how long it took to come
ticks = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 600)), min_size=1, max_size=80)


def played(gate: TickGate, made: list[tuple[int, int]]) -> tuple[list[TickMsg], dict[int, float]]:
    """Have ticks come in order of arrival with a timer between; return them and each one's wait."""
    came = sorted((at + late, n, quote(at, 100 + n / 1000)) for n, (at, late) in enumerate(made))
    out: list[TickMsg] = []
    waited: dict[int, float] = {}
    arrived = {id(tick): when / 1000 for when, _n, tick in came}

    def take(passed: list[TickMsg], now_s: float) -> None:
        for tick in passed:
            waited[id(tick)] = now_s - arrived[id(tick)]
        out.extend(passed)

    for when, _n, tick in came:
        while (due := gate.window.due_s) is not None and due <= when / 1000:
            take(list(gate.due(due)), due)
        take(list(gate.take(tick, at_s=when / 1000)), when / 1000)
    while (due := gate.window.due_s) is not None:
        take(list(gate.due(due)), due)
    return out, waited


@given(ticks)
def test_any_shuffle_within_the_window_comes_out_sorted_and_whole(
    made: list[tuple[int, int]],
) -> None:
    near = [(at, late % WIDTH_MS) for at, late in made]  # none later than the window
    gate = TickGate(Window(WIDTH_MS * MS))
    out, waited = played(gate, near)
    assert [t.ts_ns for t in out] == sorted(START + at * MS for at, _ in near)
    assert sorted(t.close for t in out) == [100 + n / 1000 for n in range(len(near))]
    assert all(wait <= WIDTH_MS / 1000 + 1e-9 for wait in waited.values())
    assert gate.counts().dropped == 0


@given(ticks)
def test_what_is_later_is_dropped_and_counted_and_the_rest_is_in_order(
    made: list[tuple[int, int]],
) -> None:
    gate = TickGate(Window(WIDTH_MS * MS))
    out, waited = played(gate, made)
    assert [t.ts_ns for t in out] == sorted(t.ts_ns for t in out)
    counts = gate.counts()
    assert counts.passed == len(out) == len({id(t) for t in out})
    assert counts.passed + counts.dropped == len(made)
    assert set(counts.reasons) <= {"late"}
    assert all(wait <= WIDTH_MS / 1000 + 1e-9 for wait in waited.values())


@given(ticks)
def test_without_a_window_nothing_waits_and_late_ones_are_dropped(
    made: list[tuple[int, int]],
) -> None:
    gate = TickGate(Window(0))
    out, waited = played(gate, made)
    assert set(waited.values()) <= {0.0}
    assert gate.counts().reordered == 0
    newest, wanted = 0, []
    for _when, at in sorted((at + late, n) for n, (at, late) in enumerate(made)):
        if made[at][0] >= newest:
            newest = made[at][0]
            wanted.append(100 + at / 1000)
    assert [t.close for t in out] == wanted


def test_a_bar_that_comes_late_is_passed_unless_a_later_bar_has_been() -> None:
    gate = TickGate(Window(WIDTH_MS * MS))
    bar = msgspec.structs.replace(quote(0), kind="bar", open=100.0, high=100.0, low=100.0)
    assert list(gate.take(quote(1000), at_s=1.0)) == []
    assert len(list(gate.take(quote(3000), at_s=3.0))) == 1
    assert list(gate.take(bar, at_s=3.0)) == [bar], "bars are few and dear: it is late, and new"
    assert list(gate.take(bar, at_s=3.0)) == []
    assert gate.counts().reasons == {"again": 1}
