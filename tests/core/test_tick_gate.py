"""Bad ticks never pass, good ones always do, and each drop is counted with its reason."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.tick_gate import TickGate

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


def quote(at_s: float, price: float = 100.0, spread: float = 0.02) -> TickMsg:
    bid, ask = price - spread / 2, price + spread / 2
    return TickMsg(
        "M", "quote", START + int(at_s * SECOND), price, price, price, price, 1, bid, ask
    )


def changed(**fields: float) -> TickMsg:
    return msgspec.structs.replace(quote(5), **fields)


def odd(gate: TickGate) -> bool:
    return gate.odd


def reason(gate: TickGate, tick: TickMsg, now_ns: int = 0) -> str:
    """Return why a tick did not pass, "" when it did."""
    before = gate.counts().reasons
    if list(gate.take(tick, now_ns)) == [tick]:
        return ""
    after = gate.counts().reasons
    (why,) = [name for name in after if after[name] != before.get(name, 0)]
    return why


@pytest.mark.parametrize(
    ("tick", "why"),
    [
        (changed(close=math.nan), "no number"),
        (changed(bid=math.inf), "no number"),
        (changed(close=0.0), "price"),
        (changed(ask=-1.0), "price"),
        (changed(bid=101.0, ask=100.0), "crossed"),
        (changed(ts_ns=1), "too old"),
        (changed(ts_ns=START - SECOND), "late"),
        (changed(ts_ns=START + 3600 * SECOND), "ahead"),
        (quote(0), "again"),
    ],
)
def test_a_bad_tick_is_dropped_and_its_reason_counted(tick: TickMsg, why: str) -> None:
    gate = TickGate()
    assert reason(gate, quote(0), START) == ""
    assert reason(gate, tick, START) == why
    counts = gate.counts()
    assert (counts.passed, counts.dropped, counts.reasons) == (1, 1, {why: 1})
    assert counts.last.startswith(why)
    assert reason(gate, quote(6), START) == "", "what comes after it is judged by what passed"


def test_a_bar_closes_once_and_a_quote_may_share_its_moment() -> None:
    gate = TickGate()
    bar = TickMsg("M", "bar", START, 99, 101, 98, 100, 5, 0, 0)
    assert reason(gate, quote(0)) == ""
    assert reason(gate, bar) == ""
    assert reason(gate, bar) == "again"
    assert reason(gate, msgspec.structs.replace(bar, close=100.5)) == "again", (
        "a bar of that moment was seen"
    )
    assert reason(gate, quote(0, 100.01)) == "", "another quote of the same moment is news"


def test_a_far_print_is_odd_until_another_stands_beside_it() -> None:
    gate = TickGate()
    for n in range(100):
        assert reason(gate, quote(n, 100 + 0.01 * (n % 3))) == ""
    assert gate.counts().odd == 0
    assert reason(gate, quote(100, 1000)) == "", "it is passed on, and flagged"
    assert odd(gate)
    assert reason(gate, quote(101, 100.0)) == ""
    assert not odd(gate), "it stood alone"
    reason(gate, quote(102, 150))
    reason(gate, quote(103, 151))
    assert not odd(gate), "the price has moved"
    assert gate.counts().odd == 2


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.floats(allow_nan=True, allow_infinity=True),
            st.floats(-10, 10, allow_nan=False),
        ),
        max_size=60,
    )
)
def test_what_passes_is_sound_and_in_order(moves: list[tuple[int, float, float]]) -> None:
    gate, seen = TickGate(), []
    at = 0
    for step, price, spread in moves:
        at += step - 1
        tick = quote(at, price, spread)
        if reason(gate, tick, START) == "":
            seen.append(tick)
    assert all(math.isfinite(t.close) and t.close > 0 and t.bid <= t.ask for t in seen)
    assert [t.ts_ns for t in seen] == sorted(t.ts_ns for t in seen)
    counts = gate.counts()
    assert counts.passed + counts.dropped == len(moves)
    assert sum(counts.reasons.values()) == counts.dropped
