"""The desk under anything: modes, orders, fills and prices in any order, and its sums hold."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clearedge_tui.core.messages import (
    Attach,
    BookCancel,
    BookEvent,
    BookOpen,
    BookShrink,
    BookState,
    BookSubmit,
    FillUpdate,
    MarketInfo,
    OrderUpdate,
    Submit,
)
from clearedge_tui.core.model import Book, ExitPolicy, Instance, Mode, ObserveOrders, OrderStatus
from clearedge_tui.engine.desk import Desk
from clearedge_tui.engine.record import Record
from clearedge_tui.settings import Account

D = Decimal
NAMES = ("one", "two", "three")
MARKETS = {
    "one": MarketInfo("A.X", "A/USDT", "A", "USDT", "crypto", 2, 3),
    "two": MarketInfo("A.X", "A/USDT", "A", "USDT", "crypto", 2, 3),
    "three": MarketInfo("B.X", "B/USDT", "B", "USDT", "crypto", 2, 3),
}
names = st.sampled_from(NAMES)


def fresh_record() -> Record:
    """Return a record in memory: what reaches the disk is another test's."""
    return Record(Path(":memory:"), durable=False)


class DeskMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.sent: dict[str, tuple[Book, BookSubmit, Decimal]] = {}
        self.told: list[BookState | OrderUpdate | FillUpdate] = []
        self.fills: list[FillUpdate] = []
        self.modes = dict.fromkeys(NAMES, Mode.OBSERVE)
        self.count = 0
        self.desk = self.make()
        for n, name in enumerate(NAMES):
            instance = Instance(name, "s", "paper", MARKETS[name].id, "1m", Mode.OBSERVE)
            self.desk.attach(Attach(instance, MARKETS[name], 100 + n))
        self.price(D(100))

    def make(self) -> Desk:
        desk = Desk(
            Account("paper", balance=D(1_000_000)),
            Book.PAPER,
            self.to_book,
            lambda _name, *said: self.told.extend(said),
            lambda message: self.fills.append(message) if isinstance(message, FillUpdate) else None,
            fresh_record(),
        )
        desk.leased = True
        return desk

    def to_book(self, which: Book, ask: BookOpen | BookSubmit | BookCancel | BookShrink) -> None:
        if isinstance(ask, BookSubmit):
            exits = ask.id.startswith(f"{ask.instance}-exit")
            wanted = Book.PAPER if self.modes[ask.instance] is Mode.ACTIVE else Book.SHADOW
            assert exits or which is wanted, "an order went where its mode does not allow"
            self.sent[ask.id] = (which, ask, ask.size)
        elif isinstance(ask, BookShrink) and ask.id in self.sent:
            book, submit, _left = self.sent[ask.id]
            filled = self.desk.seats[ask.instance].orders[ask.id].filled
            assert book is which
            self.sent[ask.id] = (book, submit, ask.size - filled)
        elif isinstance(ask, BookCancel) and ask.id in self.sent:
            book, submit, _left = self.sent.pop(ask.id)
            assert book is which
            self.desk.heard(book, BookEvent(submit.instance, ask.id, "cancelled"))

    @rule(price=st.decimals("1", "1000", places=2))
    def price(self, price: Decimal) -> None:
        self.count += 1
        for market in ("A.X", "B.X"):
            self.desk.mark(market, self.count * 60_000_000_000, price)
            self.desk.point(market)

    @rule(
        name=names,
        side=st.sampled_from(["buy", "sell"]),
        size=st.decimals("0.001", "50", places=3),
        near=st.none() | st.decimals("1", "1000", places=2),
        stop=st.booleans(),
        only=st.booleans(),
    )
    def submit(
        self, name: str, side: str, size: Decimal, near: Decimal | None, stop: bool, only: bool
    ) -> None:
        self.count += 1
        price, trigger = (None, near) if stop else (near, None)
        ask = Submit(f"{name}-{self.count}", side, size, price, only, "", trigger)
        self.desk.submit(name, ask)

    @rule(
        data=st.data(),
        share=st.sampled_from([D("0.25"), D(1)]),
        price=st.decimals("1", "1000", places=2),
    )
    def fill(self, data: st.DataObject, share: Decimal, price: Decimal) -> None:
        if not self.sent:
            return
        key = data.draw(st.sampled_from(sorted(self.sent)))
        book, ask, left = self.sent[key]
        size = max(D("0.001"), (left * share).quantize(D("0.001")))
        self.count += 1
        if left - size > 0:
            self.sent[key] = (book, ask, left - size)
        else:
            del self.sent[key]
        self.desk.heard(
            book, BookEvent(ask.instance, key, "filled", size, price, D("0.01"), f"t{self.count}")
        )

    @rule(name=names, mode=st.sampled_from(list(Mode)), policy=st.sampled_from(list(ExitPolicy)))
    def mode(self, name: str, mode: Mode, policy: ExitPolicy) -> None:
        self.modes[name] = mode
        self.desk.set_mode(name, mode, ObserveOrders.SHADOW, policy)

    @rule(name=names)
    def cancel_everything(self, name: str) -> None:
        self.desk.cancel_all(name)

    @rule(name=names, book=st.sampled_from([Book.PAPER, Book.SHADOW]))
    def event_for_the_wrong_book(self, name: str, book: Book) -> None:
        """A fill that claims another book than its order's changes nothing."""
        for key, (right, ask, left) in list(self.sent.items()):
            if ask.instance == name and right is not book:
                before = len(self.fills)
                self.desk.heard(book, BookEvent(name, key, "filled", left, D(1), D(0), "lie"))
                assert len(self.fills) == before
                return

    @invariant()
    def positions_are_the_sums_of_their_fills(self) -> None:
        for name in NAMES:
            for book in (Book.PAPER, Book.SHADOW):
                rows = [
                    f.fill for f in self.fills if (f.fill.instance, f.fill.book) == (name, book)
                ]
                held = sum((f.size if f.side == "buy" else -f.size for f in rows), D(0))
                sums = self.desk.seats[name].sums.get(book)
                assert (sums.position.size if sums else D(0)) == held
                if sums:
                    assert sums.position.fees == sum((f.fee for f in rows), D(0))
                    assert sums.fills == len(rows)

    @invariant()
    def no_order_that_only_reduces_is_larger_than_the_position(self) -> None:
        for seat in self.desk.seats.values():
            for key in seat.only_reduce:
                order = seat.orders[key]
                held = seat.sums[order.book].position.size
                assert held
                assert (order.side == "sell") is (held > 0)
                assert order.size - order.filled <= abs(held)

    @invariant()
    def a_strategy_hears_its_position_before_its_fill(self) -> None:
        for before, after in zip(self.told, self.told[1:], strict=False):
            if isinstance(after, FillUpdate):
                assert isinstance(before, BookState)

    @invariant()
    def open_orders_are_those_a_book_has(self) -> None:
        working = {
            key
            for seat in self.desk.seats.values()
            for key, order in seat.orders.items()
            if order.status.is_open
        }
        assert working == set(self.sent)
        for seat in self.desk.seats.values():
            assert seat.open == {k: o for k, o in seat.orders.items() if o.status.is_open}
            for order in seat.orders.values():
                assert order.status is not OrderStatus.FILLED or order.filled >= order.size


DeskMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDesk = DeskMachine.TestCase


def test_a_changed_market_counts_from_an_instances_next_process_on() -> None:
    """Faults 35 and 48: what does not fit a market never reaches its book."""
    orders: list[OrderUpdate] = []
    opened: list[BookOpen] = []
    desk = Desk(
        Account("paper", balance=D(1_000_000)),
        Book.PAPER,
        lambda _, ask: opened.append(ask) if isinstance(ask, BookOpen) else None,
        lambda *_: None,
        lambda message: orders.append(message) if isinstance(message, OrderUpdate) else None,
        fresh_record(),
    )
    desk.leased = True
    instance = Instance("one", "s", "paper", "A.X", "1m", Mode.ACTIVE)
    before, after = MARKETS["one"], msgspec.structs.replace(MARKETS["one"], step=D("0.25"))
    after = msgspec.structs.replace(after, min_notional=D(1000))
    for pid, market, size, reason in (
        (7, before, "0.1", ""),
        (7, after, "0.1", ""),  # the same process: told again by a new supervisor
        (8, after, "0.1", "size: size 0.1 is no multiple of the market's step 0.250"),
        (8, after, "5", "min_notional: 5 at 100.00 is worth 500; the market takes no less than 1000"),
    ):  # fmt: skip
        desk.attach(Attach(instance, market, pid))
        desk.mark("A.X", 1, D("100.00"))
        desk.submit("one", Submit(f"{pid}{size}{len(orders)}", "buy", D(size)))
        assert orders[-1].order.reason == reason
    assert [ask.market for ask in opened] == [before, before, after, after]


def test_nothing_is_entered_on_a_stale_price_and_exits_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault 38: the feed is silent, its socket open."""
    clock = [1000.0]
    for module in ("marks", "judge"):
        monkeypatch.setattr(f"clearedge_tui.engine.{module}.monotonic", lambda: clock[0])
    told: list[object] = []
    sent: list[BookSubmit] = []
    desk = Desk(
        Account("paper", balance=D(1_000_000), stale_s=60),
        Book.PAPER,
        lambda _book, ask: sent.append(ask) if isinstance(ask, BookSubmit) else None,
        lambda _name, *said: told.extend(said),
        lambda message: None,
        fresh_record(),
    )
    desk.leased = True
    instance = Instance("one", "s", "paper", "A.X", "1m", Mode.ACTIVE)
    desk.attach(Attach(instance, MARKETS["one"], 100))
    desk.mark("A.X", 60_000_000_000, D(100))
    clock[0] += 59
    desk.submit("one", Submit("in", "buy", D(1)))
    desk.heard(Book.PAPER, BookEvent("one", "in", "filled", D(1), D(100), D(0), "t1"))
    clock[0] += 2
    desk.submit("one", Submit("more", "buy", D(1)))
    desk.submit("one", Submit("out", "sell", D(1)))
    assert [ask.id for ask in sent] == ["in", "out"], "what only reduces passes"
    denied = desk.seats["one"].orders["more"]
    assert denied.status is OrderStatus.DENIED
    assert denied.reason.startswith("data: the newest price is 61 s old, at most 60 s are allowed")
    desk.mark("A.X", 120_000_000_000, D(100))
    desk.submit("one", Submit("again", "buy", D(1)))
    assert sent[-1].id == "again"


def test_an_order_is_told_after_it_left_and_never_after_what_became_of_it() -> None:
    told: list[tuple[str, str]] = []  # to whom, and what
    here: list[Desk] = []

    def book(_which: Book, ask: BookOpen | BookSubmit | BookCancel | BookShrink) -> None:
        if isinstance(ask, BookSubmit):
            told.append(("book", ask.id))
            if ask.id == "bad":
                event = BookEvent("one", "bad", "rejected", reason="no such thing")
                here[0].heard(Book.PAPER, event)

    def instance(_name: str, /, *said: msgspec.Struct) -> None:
        told.extend(("instance", m.order.status.value) for m in said if isinstance(m, OrderUpdate))

    def supervisor(message: msgspec.Struct) -> None:
        if isinstance(message, OrderUpdate):
            told.append(("supervisor", message.order.status.value))

    account = Account("paper", balance=D(1_000_000), stale_s=0)
    desk = Desk(account, Book.PAPER, book, instance, supervisor, fresh_record())
    here.append(desk)
    desk.leased = True
    desk.attach(Attach(Instance("one", "s", "paper", "A.X", "1m", Mode.ACTIVE), MARKETS["one"], 7))
    desk.mark("A.X", 60_000_000_000, D(100))
    desk.submit("one", Submit("good", "buy", D(1)))
    assert told == [("book", "good"), ("instance", "sent"), ("supervisor", "sent")]
    told.clear()
    desk.submit("one", Submit("bad", "buy", D(1)))
    assert told == [("book", "bad"), ("instance", "rejected"), ("supervisor", "rejected")]
