"""What waits on the way to listeners: nothing overtakes, nothing is lost but older quotes."""

import asyncio
from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import Gap, TickMsg
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
        return [msgspec.msgpack.decode(b, type=TickMsg | Gap) for b in Deframer().feed(self.out)]


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
