"""When a book's row is told anew: at once with a position, once a second without."""

from decimal import Decimal

import msgspec
import pytest

from clearedge_tui.core.messages import Attach, LedgerRow, MarketInfo
from clearedge_tui.core.model import Book, Instance, Position
from clearedge_tui.engine import marks as module
from clearedge_tui.engine.marks import Marks
from clearedge_tui.engine.seat import Seat

D = Decimal
MARKET = MarketInfo("A.X", "A/USDT", "A", "USDT", "crypto", 2, 3)


def seated(name: str, size: str) -> Seat:
    row = LedgerRow(name, Book.PAPER, Position(size=D(size), avg_price=D(10)))
    return Seat.attached(Attach(Instance(name, "s", "paper", "A.X", "1m"), MARKET, 1, (row,)))


def test_a_flat_book_is_told_once_a_second_and_one_that_holds_at_every_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    marks = Marks()
    marks.seats = {name: seated(name, size) for name, size in (("flat", "0"), ("long", "2"))}
    told: list[str] = []
    for look in range(9):  # a quarter of a second apart, each after a tick
        marks.mark("A.X", 1 + look, D(11))
        told += [row.instance for row in marks.ledgers()]
        now[0] += 0.25
    assert told.count("long") == 9
    assert told.count("flat") == 3
    marks.mark("A.X", 100, D(12))
    now[0] += 1
    del marks.seats["flat"]  # removed meanwhile
    rows = marks.ledgers()
    assert [(r.instance, r.total, r.at_ns) for r in rows] == [("long", D(4), 100)]


def test_what_a_strategy_does_not_think_on_may_come_later_but_not_for_a_native_one() -> None:
    seat = seated("one", "0")
    assert (seat.thinks_on("bar"), seat.thinks_on("quote")) == (True, False)
    seat.instance = msgspec.structs.replace(seat.instance, timeframe="quote")
    assert (seat.thinks_on("bar"), seat.thinks_on("quote")) == (False, True)
    seat.native = True
    assert seat.thinks_on("bar") and seat.thinks_on("quote")
