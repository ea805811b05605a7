"""What waits on the way to listeners: nothing overtakes, nothing is lost but older quotes."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import Gap, OrderUpdate, TickMsg
from clearedge_tui.core.model import Book, Order, OrderStatus
from clearedge_tui.core.wire import Deframer
from clearedge_tui.engine.valve import Valve


class Line:
    """The writing end of a listener's socket: what went out, and how much it has not taken."""

    def __init__(self) -> None:
        self.out = b""
        self.behind = 0
        self.transport = self

    def write(self, data: bytes) -> None:
        self.out += data

    def set_write_buffer_limits(self, high: int | None = None) -> None:
        del high

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return self.behind

    def heard(self) -> list[Any]:
        kinds = TickMsg | Gap | OrderUpdate
        return [msgspec.msgpack.decode(b, type=kinds) for b in Deframer().feed(self.out)]

    def numbers(self) -> list[int]:
        """Return what was heard by the numbers that the test gave it."""
        return [
            m.until_ns
            if isinstance(m, Gap)
            else m.order.at_ns
            if isinstance(m, OrderUpdate)
            else m.ts_ns
            for m in self.heard()
        ]


def tick(kind: str, n: int) -> TickMsg:
    return TickMsg("BTCUSDT.LOCAL", kind, n, close=float(n))


@given(st.lists(st.sampled_from(["ride quote", "ride bar", "quote", "bar", "word", "flush"])))
def test_what_rides_comes_in_its_place_and_only_older_quotes_fall_out(acts: list[str]) -> None:
    valve, listener = Valve(), Line()
    line = cast("asyncio.StreamWriter", listener)
    sent: list[int] = []
    riding: list[int] = []
    for n, act in enumerate(acts, 1):
        if act == "ride quote":
            kept = [m for m in riding if acts[m - 1] == "ride bar"]
            if kept:  # a bar and a quote never ride to one listener: it thinks on one of them
                continue
            valve.ride("a", line, tick("quote", n))
            riding = [n]
            continue
        if act == "ride bar":
            sent += riding
            valve.ride("a", line, tick("bar", n))
            riding = [n]
            continue
        sent += riding
        riding = []
        if act == "flush":
            valve.flush({"a": line})  # what rides since just now rides on
            valve.flush({"a": line})
        elif act == "word":
            valve.say("a", line, Gap(0, n, "away"))
            sent.append(n)
        else:
            one = tick(act, n)
            valve.send("b", cast("asyncio.StreamWriter", Line()), one)  # somebody else hears it too
            valve.send("a", line, one)
            sent.append(n)
    heard = [m.until_ns if isinstance(m, Gap) else m.ts_ns for m in listener.heard()]
    assert heard == sent


def test_who_joins_anew_is_not_told_what_rode_before() -> None:
    valve, listener = Valve(), Line()
    line = cast("asyncio.StreamWriter", listener)
    valve.ride("a", line, tick("bar", 1))
    valve.forget("a")
    valve.send("a", line, tick("quote", 2))
    assert [m.ts_ns for m in listener.heard()] == [2]


def test_one_who_left_is_forgotten_and_one_that_reads_slowly_gets_the_newest_quote() -> None:
    valve, listener = Valve(), Line()
    line = cast("asyncio.StreamWriter", listener)
    valve.ride("gone", line, tick("bar", 1))
    listener.behind = 1 << 20
    for n in (2, 3, 4):
        valve.send("a", line, tick("quote", n))
    listener.behind = 0
    valve.flush({"a": line})
    valve.flush({"a": line, "gone": line})
    assert [m.ts_ns for m in listener.heard()] == [4]
    assert valve.conflated == 2


def test_what_rides_leaves_with_the_second_flush_at_the_latest() -> None:
    valve, listener = Valve(), Line()
    line = cast("asyncio.StreamWriter", listener)
    valve.ride("a", line, tick("bar", 1))
    valve.flush({"a": line})
    assert listener.heard() == []
    valve.flush({"a": line})
    assert [one.ts_ns for one in listener.heard()] == [1]
    valve.ride("a", line, tick("bar", 2))
    valve.flush({"a": line})
    assert len(listener.heard()) == 1, "another one, that began to ride just now"
    valve.flush({})  # it left meanwhile
    valve.flush({"a": line})
    assert len(listener.heard()) == 1


def update(n: int, status: OrderStatus) -> OrderUpdate:
    order = Order("a-1", "a", Book.LIVE, "A", "buy", "market", Decimal(1), status=status)
    return OrderUpdate(msgspec.structs.replace(order, at_ns=n))


@given(
    st.lists(st.sampled_from(["taken", "filled", "ride", "quote", "bar", "word", "later", "flush"]))
)
def test_that_an_order_was_taken_waits_and_nothing_overtakes_it(acts: list[str]) -> None:
    calls: list[Callable[[], None]] = []
    valve, listener = Valve(lambda _s, call: calls.append(call)), Line()
    line = cast("asyncio.StreamWriter", listener)

    def end_turn() -> None:
        while calls:
            calls.pop(0)()

    said: dict[str, Callable[[int], object]] = {
        "taken": lambda n: valve.say("a", line, update(n, OrderStatus.OPEN)),
        "filled": lambda n: valve.say("a", line, update(n, OrderStatus.FILLED)),
        "ride": lambda n: valve.ride("a", line, tick("bar", n)),
        "quote": lambda n: valve.send("a", line, tick("quote", n)),
        "bar": lambda n: valve.send("a", line, tick("bar", n)),
        "word": lambda n: valve.say("a", line, Gap(0, n, "away")),
    }
    quiet: dict[str, Callable[[], None]] = {
        "later": end_turn,
        "flush": lambda: valve.flush({"a": line}),
    }
    for n, act in enumerate(acts, 1):
        before = len(listener.out)
        if act in quiet:
            quiet[act]()
        else:
            said[act](n)
        if act == "taken":
            assert len(listener.out) == before
            assert calls, "it is sent soon though nothing follows"
    end_turn()
    for _ in range(2):
        valve.flush({"a": line})
    assert listener.numbers() == [n for n, act in enumerate(acts, 1) if act in said]


def test_that_a_venue_took_an_order_that_rests_is_said_at_once_behind_that_it_left() -> None:
    valve, listener = Valve(lambda _s, _call: None), Line()
    line = cast("asyncio.StreamWriter", listener)
    sent, taken = update(1, OrderStatus.SENT), update(2, OrderStatus.OPEN)
    valve.say("a", line, sent)
    assert listener.numbers() == []
    resting = msgspec.structs.replace(taken.order, kind="limit", price=Decimal(9))
    valve.say("a", line, OrderUpdate(resting))
    assert listener.numbers() == [1, 2]


def test_who_joins_anew_does_not_hear_what_waited_for_the_line_before() -> None:
    calls: list[Callable[[], None]] = []
    valve, old, new = Valve(lambda _s, call: calls.append(call)), Line(), Line()
    valve.say("a", cast("asyncio.StreamWriter", old), update(1, OrderStatus.SENT))
    valve.send("a", cast("asyncio.StreamWriter", new), tick("quote", 2))
    assert (old.numbers(), new.numbers()) == ([], [2])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["quote", "bar", "ride"]))))
def test_listeners_of_one_tick_each_hear_what_is_theirs(acts: list[tuple[str, str]]) -> None:
    valve, lines = Valve(), {"a": Line(), "b": Line()}
    wanted: dict[str, list[int]] = {"a": [], "b": []}
    for n, (who, act) in enumerate(acts, 1):
        one = tick("bar" if act == "ride" else act, n)
        other = "b" if who == "a" else "a"
        for to in (who, other):
            line = cast("asyncio.StreamWriter", lines[to])
            if act == "ride" and to == who:
                valve.ride(to, line, one)
            else:
                valve.send(to, line, one)
            wanted[to].append(n)
    for _ in range(2):
        valve.flush({name: cast("asyncio.StreamWriter", line) for name, line in lines.items()})
    assert {name: [m.ts_ns for m in line.heard()] for name, line in lines.items()} == wanted
