"""What a gateway writes down, and when: nothing is lost or overtaken by what waits for a turn's end."""

from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.kept import Entry, SeatKept
from clearedge_tui.core.messages import LedgerRow, MarketInfo
from clearedge_tui.core.model import (
    Book,
    Fill,
    Instance,
    Mode,
    Order,
    OrderStatus,
    Position,
)
from clearedge_tui.engine.record import Record
from clearedge_tui.store.account_file import open_account_file, read_orders

MARKET = MarketInfo("BTC", "BTC/USDT", "BTC", "USDT", "crypto", 2, 3)


class Turn:
    """A turn of a loop: what is to come soon comes when it ends."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], object]] = []

    def soon(self, call: Callable[[], object]) -> None:
        self.calls.append(call)

    def end(self) -> None:
        while self.calls:
            self.calls.pop(0)()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "account"


def entry(status: OrderStatus, filled: str = "0") -> Entry:
    order = Order(
        "a-1", "a", Book.LIVE, "BTC", "buy", "limit", D(1), D(100), D(filled), status=status
    )
    return Entry(order, "key")


def written(path: Path) -> list[OrderStatus]:
    return [one.order.status for one in read_orders(path)]


def test_that_a_venue_took_an_order_is_written_when_the_turn_is_over(path: Path) -> None:
    turn = Turn()
    record = Record(path, durable=True, soon=turn.soon)
    assert record.intent(entry(OrderStatus.SENT), {}) == ""
    record.order(entry(OrderStatus.OPEN))
    assert written(path) == [OrderStatus.SENT]
    turn.end()
    assert written(path) == [OrderStatus.OPEN]
    record.close()


def test_a_fill_of_the_same_turn_is_not_overwritten_by_the_word_before_it(path: Path) -> None:
    turn = Turn()
    record = Record(path, durable=True, soon=turn.soon)
    record.intent(entry(OrderStatus.SENT), {})
    record.order(entry(OrderStatus.OPEN))
    done = entry(OrderStatus.FILLED, "1")
    fill = Fill("a-1/t", "a-1", "a", Book.LIVE, "BTC", "buy", D(1), D(100), D(0), 1)
    instance = Instance("a", "s", "main", "BTC", "quote", Mode.ACTIVE)
    row = LedgerRow("a", Book.LIVE, Position())
    record.fill(done, fill, SeatKept(instance, MARKET, row), {})
    assert written(path) == [OrderStatus.FILLED]
    turn.end()
    assert written(path) == [OrderStatus.FILLED]
    assert record.counted("a-1/t")
    assert not record.counted("a-1/u")
    record.close()


@pytest.mark.parametrize("end", ["cancelled", "asked for", "forgotten", "closed", "another order"])
def test_nothing_comes_before_what_waits(path: Path, end: str) -> None:
    turn = Turn()
    record = Record(path, durable=True, soon=turn.soon)
    record.intent(entry(OrderStatus.SENT), {})
    record.order(entry(OrderStatus.OPEN))
    wanted = [OrderStatus.OPEN]
    match end:
        case "cancelled":
            record.order(entry(OrderStatus.CANCELLED))
            wanted = [OrderStatus.CANCELLED]
        case "asked for":
            found = record.order_named("a-1")
            assert found is not None
            assert found.order.status is OrderStatus.OPEN
        case "forgotten":
            record.forget("a")
            wanted = []
        case "closed":
            record.close()
        case "another order":
            other = msgspec.structs.replace(entry(OrderStatus.CANCELLED).order, id="a-2")
            record.order(Entry(other, "key 2"))
            wanted = [OrderStatus.OPEN, OrderStatus.CANCELLED]
    assert written(path) == wanted
    if end != "closed":
        turn.end()
        assert written(path) == wanted
        record.close()


def test_every_fill_is_known_though_only_the_newest_are_in_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearedge_tui.engine.record._NEWEST", 2)
    file = open_account_file(path, durable=True)
    instance = Instance("a", "s", "main", "BTC", "quote", Mode.ACTIVE)
    seat = SeatKept(instance, MARKET, LedgerRow("a", Book.LIVE, Position()))
    for n in range(4):
        fill = Fill(f"a-1/{n}", "a-1", "a", Book.LIVE, "BTC", "buy", D(1), D(100), D(0), n)
        file.put_fill(entry(OrderStatus.PARTIAL, str(n)), fill, seat)
    file.close()
    record = Record(path, durable=True)
    assert [record.counted(f"a-1/{n}") for n in range(5)] == [True] * 4 + [False]
    record.close()
