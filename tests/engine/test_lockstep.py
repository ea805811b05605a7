"""An answer that a replay waits for is an answer to all that was said before it."""

import asyncio
from decimal import Decimal
from typing import Any, cast

import msgspec

from clearedge_tui.core.messages import OrderUpdate, TickMsg
from clearedge_tui.core.model import Book, Order
from clearedge_tui.core.wire import Deframer
from clearedge_tui.engine.lockstep import Lockstep
from clearedge_tui.engine.valve import Valve
from tests.engine.test_valve import Line


async def _settled() -> None:
    return


def test_what_waits_for_its_listener_is_said_before_an_answer_is_asked_for() -> None:
    listener = Line()
    line = cast("asyncio.StreamWriter", listener)
    valve = Valve(lambda _s, _call: None)
    step = Lockstep({"a": line}, lambda: {"a"}, _settled, valve.say)
    valve.say(
        "a", line, OrderUpdate(Order("a-1", "a", Book.PAPER, "A", "buy", "market", Decimal(1)))
    )
    assert listener.out == b""
    step._ask()
    bodies = Deframer().feed(listener.out)
    heard: list[Any] = [msgspec.msgpack.decode(b, type=TickMsg | OrderUpdate) for b in bodies]
    assert [type(one) for one in heard] == [OrderUpdate, TickMsg]
