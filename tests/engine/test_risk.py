"""Limits at the desk: whatever is asked, filled, marked and restarted, none is passed by an order."""

from decimal import Decimal

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from clearedge_tui.core.limits import Action, Limit, Scope
from clearedge_tui.core.limits_actions import held
from clearedge_tui.core.messages import (
    Attach,
    BookCancel,
    BookEvent,
    BookOpen,
    BookShrink,
    BookSubmit,
    FillUpdate,
    Noted,
    Submit,
)
from clearedge_tui.core.model import Book, Instance, Mode, OrderStatus
from clearedge_tui.core.risk_messages import ClearLimit, Lower
from clearedge_tui.engine.desk import Desk
from clearedge_tui.settings import Account
from tests.engine.test_desk import MARKETS, NAMES, DeskMachine, fresh_record, names

D = Decimal
ZERO = D(0)
ORDER, MARKET, GROSS, RATE = D(2000), D(3000), D(4000), 2
LIMITS = (
    Limit(Scope.INSTANCE, "*", "order_notional", str(ORDER)),
    Limit(Scope.ACCOUNT, "paper", "position_notional", str(MARKET)),
    Limit(Scope.ACCOUNT, "*", "gross_exposure", str(GROSS)),
    Limit(Scope.INSTANCE, "one", "orders_per_minute", str(RATE)),
    Limit(Scope.INSTANCE, "two", "daily_loss", "500", action=Action.FLATTEN),
    Limit(Scope.INSTANCE, "three", "drawdown", "300", action=Action.OBSERVE),
)


class RiskMachine(DeskMachine):
    """The desk's machine with limits, restarts on the same file, and sums of its own."""

    @initialize()
    def open(self) -> None:
        self.record = fresh_record()
        self.left: list[tuple[int, str]] = []  # when an order of the account's book left, of whom
        self.lowered: list[Lower] = []
        self.noted: list[Noted] = []
        self.reopening = False
        super().open()
        for name in NAMES:
            self.activate(name)

    def hear(self, message: msgspec.Struct) -> None:
        if isinstance(message, FillUpdate):
            self.fills.append(message)
        elif isinstance(message, Lower):
            self.lowered.append(message)
        elif isinstance(message, Noted):
            self.noted.append(message)

    def make(self) -> Desk:
        desk = Desk(
            Account("paper", balance=D(1_000_000), stale_s=0),
            Book.PAPER,
            self.to_book,
            lambda _name, *said: self.told.extend(said),
            self.hear,
            self.record,
        )
        desk.risk.take(LIMITS)
        desk.leased = True
        return desk

    @rule(price=st.sampled_from([D(50), D(100), D(150)]))
    def move_and_restart(self, price: Decimal) -> None:
        self.price(price)
        self.restart()

    @rule()
    def restart(self) -> None:
        """Another process: it knows what the file knows, and sums that a supervisor kept."""
        prices, now = dict(self.desk.prices), self.count * 60_000_000_000
        before = {one: held(self.desk.risk.book.state(*one)) for one in self.places()}
        kept = {
            name: tuple(
                msgspec.structs.replace(one.row, position=one.position, fills=one.fills)
                for one in seat.sums.values()
            )
            for name, seat in self.desk.seats.items()
        }
        self.desk = self.make()
        for n, name in enumerate(NAMES):
            instance = Instance(name, "s", "paper", MARKETS[name].id, "1m", self.modes[name])
            self.desk.attach(Attach(instance, MARKETS[name], 200 + n + self.count, kept[name]))
        self.sent = {key: one for key, one in self.sent.items() if one[0] is Book.PAPER}
        self.reopening = True
        self.desk.reopen({one.id: one for one in MARKETS.values()})
        self.reopening = False
        self.told.clear()
        after = {one: held(self.desk.risk.book.state(*one)) for one in self.places()}
        assert after == before, "what a limit holds back outlives the process"
        for market, price in prices.items():
            self.desk.mark(market, now, price)

    def places(self) -> list[tuple[Scope, str]]:
        return [(Scope.ACCOUNT, "paper"), *((Scope.INSTANCE, name) for name in NAMES)]

    # ---- what leaves --------------------------------------------------------------------------
    def to_book(self, which: Book, ask: BookOpen | BookSubmit | BookCancel | BookShrink) -> None:
        if isinstance(ask, BookSubmit) and self.reopening:
            book, _ask, left = self.sent[ask.id]
            assert (which, ask.size) == (book, left)
            return
        if isinstance(ask, BookSubmit) and which is Book.PAPER:
            self.left.append((self.count, ask.instance))
            if ask.id.startswith(f"{ask.instance}-exit-"):
                self.check_exit(ask)
            elif not self.reduces(ask):
                self.check(ask)
        super().to_book(which, ask)

    def held_of(self, name: str) -> Decimal:
        rows = (f.fill for f in self.fills)
        return sum((f.size if f.side == "buy" else -f.size for f in rows
                    if (f.instance, f.book) == (name, Book.PAPER)), ZERO)  # fmt: skip

    def working(self, name: str, side: str = "") -> list[tuple[BookSubmit, Decimal]]:
        return [(ask, left) for book, ask, left in self.sent.values()
                if book is Book.PAPER and ask.instance == name and side in ("", ask.side)]  # fmt: skip

    def reduces(self, ask: BookSubmit) -> bool:
        """Whether it cannot enlarge anything, by sums of our own."""
        if ask.id in self.desk.seats[ask.instance].only_reduce:
            return True
        position = self.held_of(ask.instance)
        beside = sum((left for _, left in self.working(ask.instance, ask.side)), ZERO)
        away = (position > 0) == (ask.side == "sell") and position != 0
        return away and ask.size + beside <= abs(position)

    def worth(self, ask: BookSubmit, left: Decimal) -> Decimal:
        last = self.desk.prices[ask.market]
        if ask.side == "buy" and ask.price is not None:
            return left * ask.price
        return left * max(last, ask.price or ask.stop or last)

    def sides(self, name: str, new: BookSubmit) -> tuple[Decimal, Decimal]:
        """Return the least and the most an instance may hold, in money, with a new order."""
        only = self.desk.seats[name].only_reduce
        asks = [(one, left) for one, left in self.working(name) if one.id not in only]
        asks += [(new, new.size)] if new.instance == name else []
        value = self.held_of(name) * self.desk.prices[MARKETS[name].id]
        buys = sum((self.worth(a, left) for a, left in asks if a.side == "buy"), ZERO)
        sells = sum((self.worth(a, left) for a, left in asks if a.side == "sell"), ZERO)
        return value - sells, value + buys

    def check(self, ask: BookSubmit) -> None:
        """Hold an order that adds risk, and was let out, to every limit."""
        assert self.worth(ask, ask.size) <= ORDER
        sides = {name: self.sides(name, ask) for name in NAMES}
        assert sum((max(abs(a), abs(b)) for a, b in sides.values()), ZERO) <= GROSS
        same = [sides[n] for n in NAMES if MARKETS[n].id == ask.market]
        least, most = sum((a for a, _ in same), ZERO), sum((b for _, b in same), ZERO)
        assert max(abs(least), abs(most)) <= MARKET
        if ask.instance == "one":
            assert sum(1 for at, name in self.left if (at, name) == (self.count, "one")) <= RATE
        assert not held(self.desk.risk.book.state(Scope.INSTANCE, ask.instance))

    def check_exit(self, ask: BookSubmit) -> None:
        """Two exits never close the same position twice."""
        exits = [left for one, left in self.working(ask.instance, ask.side) if "-exit-" in one.id]
        assert sum(exits, ask.size) <= abs(self.held_of(ask.instance))

    # ---- what is done -------------------------------------------------------------------------
    @rule(name=names)
    def activate(self, name: str) -> None:
        self.modes[name] = Mode.ACTIVE
        seat = self.desk.seats[name]
        self.desk.set_mode(name, Mode.ACTIVE, seat.observe, seat.instance.exit_policy)

    @precondition(lambda self: any(self.held_of(n) for n in NAMES))
    @rule(name=names)
    def leave(self, name: str) -> None:
        """An exit passes, whatever limits say."""
        position = self.held_of(name)
        if not position or self.modes[name] is not Mode.ACTIVE:
            return
        side = "sell" if position > 0 else "buy"
        beside = sum((left for _, left in self.working(name, side)), ZERO)
        if beside:
            return
        self.count_order = f"{name}-leave-{len(self.left)}"
        self.desk.submit(name, Submit(self.count_order, side, abs(position), None, True))
        order = self.desk.seats[name].orders[self.count_order]
        assert order.status is not OrderStatus.DENIED, order.reason

    @rule(name=st.sampled_from(["daily_loss", "drawdown"]))
    def clear(self, name: str) -> None:
        key = {"daily_loss": "two", "drawdown": "three"}[name]
        where = Scope.INSTANCE, key
        is_held = bool(held(self.desk.risk.book.state(*where)))
        refused = self.desk.risk.clear(ClearLimit("c", *where, name))
        assert bool(refused) is not is_held
        assert not held(self.desk.risk.book.state(*where))

    @rule(
        name=names,
        side=st.sampled_from(["buy", "sell"]),
        size=st.decimals("1", "18", places=0),
        filled=st.booleans(),
    )
    def trade(self, name: str, side: str, size: Decimal, filled: bool) -> None:
        """An order at the market of a size that limits let through, filled at once or later."""
        key = f"{name}-trade-{len(self.left)}-{self.count}"
        self.desk.submit(name, Submit(key, side, size))
        found = self.sent.get(key)
        if found is None or not filled:
            return
        book, ask, left = self.sent.pop(key)
        price = self.desk.prices[ask.market]
        self.desk.heard(book, BookEvent(name, key, "filled", left, price, ZERO, f"t-{key}"))

    @rule(price=st.decimals("50", "150", places=0))
    def price(self, price: Decimal) -> None:
        super().price(price)
        if held(self.desk.risk.book.state(Scope.INSTANCE, "two")) and self.held_of("two"):
            exits = [one for one, _ in self.working("two") if "-exit-" in one.id]
            assert exits, "what a limit empties is on its way out with the next price"


RiskMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
TestRisk = RiskMachine.TestCase
