"""The gateway's head: who may trade what, in which book, and what each has made of it.

No socket and no engine in here: messages in, messages out. Every order of every instance passes
`submit`, and every event of either book passes `heard`.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from clearedge_tui.core import gate
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.kept import Entry
from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.limits_check import Refusal
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
    Noted,
    OrderUpdate,
    Submit,
)
from clearedge_tui.core.model import (
    Book,
    ExitPolicy,
    Mode,
    ObserveOrders,
    Order,
    OrderStatus,
)
from clearedge_tui.core.orders import hear
from clearedge_tui.core.path import Resting
from clearedge_tui.core.text import clean_text
from clearedge_tui.engine.judge import Judge
from clearedge_tui.engine.order_forms import (
    fill_of,
    off_step,
    order_of,
    other_market,
    shrinks,
    submit_of,
)
from clearedge_tui.engine.record import Record
from clearedge_tui.engine.reducing import cut, waiting
from clearedge_tui.engine.refusals import Refusals
from clearedge_tui.engine.risk import Risk
from clearedge_tui.engine.seat import Seat, Tell
from clearedge_tui.settings import Account

_ASK_AGAIN_NS = 5_000_000_000


class Desk(Judge):
    """All instances of one account."""

    def __init__(
        self,
        account: Account,
        own: Book,
        to_book: Callable[[Book, BookOpen | BookSubmit | BookCancel | BookShrink], None],
        to_instance: Tell,
        to_supervisor: Callable[[msgspec.Struct], object],
        record: Record,
    ) -> None:
        super().__init__(account, own, record)
        self._to_book = to_book
        self._to_instance = to_instance
        self._to_supervisor = to_supervisor
        self._stops: set[str] = set()  # stop orders that wait
        self._why: dict[str, str] = {}  # orders that we cancel for a reason of ours
        self._asked_ns: dict[str, int] = {}  # orders in doubt, and when the venue was last asked
        self.risk = Risk(self, to_supervisor)
        self.refusals = Refusals(to_supervisor)
        self._restore()

    # ---- what was there before ----------------------------------------------------------------
    def _restore(self) -> None:
        """Seat who has traded here before, with the orders whose ends nobody has heard of."""
        for kept in self.record.seats():
            self.seats[kept.instance.id] = Seat.kept(kept)
        for entry in self.record.open_orders():
            seat = self.seats.get(entry.order.instance)
            if seat is None:
                continue
            order = entry.order
            if self.own is Book.LIVE:
                why = "the gateway ended; the venue is being asked"
                order = msgspec.structs.replace(order, status=OrderStatus.UNKNOWN, reason=why)
            seat.entries[order.id] = entry
            if entry.reduce_only:
                seat.only_reduce.add(order.id)
            if order.trigger is not None:
                self._stops.add(order.id)
            seat.put(order)

    def reopen(self, markets: Mapping[str, MarketInfo]) -> None:
        """Open the markets of who was here before, as they are now; let paper orders rest again.

        What was open in a simulated venue died with it unfilled: its fills are written as they come.
        """
        for seat in self.seats.values():
            old, seat.market = seat.market, markets.get(seat.market.id, seat.market)
            self._open(seat)
            for order in seat.working(self.own) if self.own is not Book.LIVE else ():
                reason = "killed" if self.killed(seat) else other_market(order, old, seat.market)
                if reason:  # it never came back: that is a cancel, and a confirmed one
                    gone = BookEvent(order.instance, order.id, "cancelled", reason=reason)
                    self.heard(self.own, gone)
                else:
                    self._to_book(self.own, submit_of(order, order.size - order.filled))

    def known_entries(self) -> list[Entry]:
        """Return the open orders of the account's own book, as they were written down."""
        return [
            seat.entries[order.id]
            for seat in self.seats.values()
            for order in seat.working(self.own)
            if order.id in seat.entries
        ]

    def mark(self, market: str, ts_ns: int, price: Decimal) -> None:
        super().mark(market, ts_ns, price)
        self.risk.marked(market)

    # ---- who sits here ------------------------------------------------------------------------
    def attach(self, ask: Attach) -> None:
        """Seat an instance, or give its seat to its next process: orders and sums stay."""
        seat = self.seats.get(ask.instance.id)
        if seat is not None and seat.instance.created_ns != ask.instance.created_ns:
            self.forget(ask.instance.id)  # another one got its name
            seat = None
        if seat is None:
            seat = self.seats[ask.instance.id] = Seat.attached(ask)
            self._open(seat)
            return
        left = self._book(seat) if seat.pid else self.own
        if ask.pid != seat.pid and ask.market != seat.market:  # changed while it was off
            seat.market = ask.market
            self._open(seat)
        for row in ask.ledgers:
            seat.adopt(row)
        self._retell(seat, ask)
        seat.pid, seat.instance, seat.native = ask.pid, ask.instance, ask.native
        seat.mode, seat.observe = ask.instance.mode, ask.instance.observe_orders
        self._leave(seat, left, ask.instance.exit_policy)
        if seat.is_kept:
            self._keep(seat)

    def _keep(self, seat: Seat) -> None:
        """Write down who trades here, so that a restart knows whose an order is."""
        seat.is_kept = True
        self.record.seat(seat.to_keep(self._row(seat, self.own)))

    def _retell(self, seat: Seat, ask: Attach) -> None:
        """Tell a supervisor what it missed: how orders ended, and fills."""
        row = next((r for r in ask.ledgers if r.book is self.own), None)
        missed = seat.book(self.own).fills - (row.fills if row else 0)
        if missed > 0:
            for fill in self.record.last_fills(seat.instance.id, missed):
                self._to_supervisor(FillUpdate(fill))
        for order in seat.working(self.own):
            self._to_supervisor(OrderUpdate(order))
        for order_id in ask.open:
            known = seat.orders.get(order_id)
            entry = None if known else self.record.order_named(order_id)
            ended = known or (entry.order if entry else None)
            if ended is not None and not ended.status.is_open:
                self._to_supervisor(OrderUpdate(ended))

    def forget(self, instance: str) -> None:
        """An instance was removed, or its name is another one's now."""
        seat = self.seats.get(instance)
        if seat is not None:
            self.risk.forget(seat)
            del self.seats[instance]
        if seat is not None:
            for order in list(seat.open.values()):
                self._to_book(order.book, BookCancel(instance, order.id))
        self.record.forget(instance)

    def _open(self, seat: Seat) -> None:
        for which in (self.own, Book.SHADOW):
            self._to_book(which, BookOpen(seat.instance.id, seat.market))

    def change(self, market: MarketInfo) -> int:
        """Trade a market by its new steps and limits; cancel what does not lie on them, and count it.

        Cancelled rather than moved: a price that nobody asked for is not ours to quote.
        """
        count = 0
        for seat in self.seats.values():
            if seat.market.id != market.id or seat.market == market:
                continue
            seat.market = market
            self._open(seat)
            for order in list(seat.open.values()):
                wrong = off_step(order, market)
                if wrong:
                    count += 1
                    self._why[order.id] = wrong
                    self._to_book(order.book, BookCancel(seat.instance.id, order.id))
        return count

    def detach(self, instance: str) -> None:
        """The instance is gone: nothing of it may be left working."""
        seat = self.seats.get(instance)
        if seat is not None:
            self.cancel_all(instance)
            seat.pid = 0
            seat.mode = Mode.OFF

    def state(self, instance: str) -> BookState:
        seat = self.seats[instance]
        book = self._book(seat)
        orders = tuple(seat.working(book)) if book else ()
        position = seat.book(book or Book.SHADOW).position
        return BookState(position, orders, allowed=book is not None)

    def _book(self, seat: Seat) -> Book | None:
        return gate.route(seat.mode, seat.observe, self.own)

    # ---- modes --------------------------------------------------------------------------------
    def set_mode(
        self, instance: str, mode: Mode, observe: ObserveOrders, policy: ExitPolicy
    ) -> None:
        """Enforce a mode from this line on, and settle what the book it leaves still has open."""
        seat = self.seats[instance]
        left = self._book(seat)
        seat.mode, seat.observe = mode, observe
        self._leave(seat, left, policy)
        self._to_instance(instance, self.state(instance))

    def _leave(self, seat: Seat, left: Book | None, policy: ExitPolicy) -> None:
        """Settle what the book that an instance has left still has open."""
        if left is None or left is self._book(seat):
            return
        if left is Book.SHADOW or policy is not ExitPolicy.LEAVE:
            self.cancel_all(seat.instance.id, left)
        if left is not Book.SHADOW and policy is ExitPolicy.FLATTEN:
            self.flatten(seat.instance.id)

    def cancel_all(self, instance: str, book: Book | None = None) -> None:
        seat = self.seats[instance]
        for order in list(seat.open.values()):
            if book in (None, order.book):
                self._to_book(order.book, BookCancel(instance, order.id))

    def flatten(self, instance: str, tag: str = "exit policy") -> str:
        """Close the account's position of this instance at the market; return the order's id.

        What an exit that is under way will close is not closed twice.
        """
        seat = self.seats[instance]
        position, under_way = seat.book(self.own).position.size, ""
        side, size = ("sell" if position > 0 else "buy"), abs(position)
        for order in seat.working(self.own):
            if order.id.startswith(f"{instance}-exit-") and order.side == side:
                size, under_way = size - (order.size - order.filled), order.id
        moment = now_ns() if self.own is Book.LIVE else self._data_ns(seat)
        key = f"{instance}-exit-{moment}"
        if size <= 0 or key in seat.orders:
            return under_way
        self._place(seat, self.own, Submit(key, side, size, None, True, tag))
        return key

    # ---- orders -------------------------------------------------------------------------------
    def submit(self, instance: str, ask: Submit, by_person: bool = False) -> None:
        """Pass an order to the book its mode allows, or deny it with the rule and the numbers."""
        seat = self.seats[instance]
        book = self.own if by_person else self._book(seat)
        if ask.id in seat.orders or ask.id in seat.entries:
            return  # sent twice: the first one stands
        denied, numbers = self.judged(seat, book, ask, by_person)
        if denied:
            self._deny(seat, book, ask, denied.rule, denied.text, numbers)
            return
        self._place(seat, book or Book.SHADOW, ask)

    def judged(
        self, seat: Seat, book: Book | None, ask: Submit, by_person: bool = False
    ) -> tuple[gate.Denied | None, Refusal | None]:
        """Return why an order would not leave now, with a limit's numbers; nothing is done."""
        price = ask.price or ask.stop or self.prices.get(seat.market.id)
        if price is None:
            return gate.Denied("price", "no price has been seen yet"), None
        standing = self._standing(seat, book or Book.SHADOW, ask)
        denied = gate.decide(self._wish(ask, price, by_person), standing)
        if denied is None and book is self.own:
            return self.risk.refuse(seat, ask, price, standing) or (None, None)
        return denied, None

    def _wish(self, ask: Submit, price: Decimal, by_person: bool) -> gate.Ask:
        at_market = ask.kind == "market"
        return gate.Ask(
            ask.side, ask.size, price, ask.reduce_only, at_market=at_market, by_person=by_person
        )

    def cancel(self, instance: str, order_id: str) -> None:
        order = self.seats[instance].orders.get(order_id)
        if order is not None and order.status.is_open:
            self._to_book(order.book, BookCancel(instance, order_id))

    def _place(self, seat: Seat, book: Book, ask: Submit) -> None:
        """Write an order down and send it. What only reduces leaves even if it cannot be written."""
        order = order_of(seat, book, ask, OrderStatus.SENT, self._data_ns(seat))
        if book is self.own:
            if not seat.is_kept:
                self._keep(seat)
            entry = Entry(order, self.record.key(ask.id), ask.reduce_only, sent_ns=now_ns())
            unwritten = self.record.intent(entry, self.risk.leaving(seat, order))
            if unwritten:
                self.risk.book.unwritten()
            if unwritten and not shrinks(ask, seat.book(self.own).position.size):
                self._deny(seat, book, ask, "record", unwritten)
                return
            seat.entries[ask.id] = entry
        seat.sent.append(self._second(seat))
        if ask.reduce_only:
            seat.only_reduce.add(ask.id)
        self._hold(seat, order)
        self._to_book(book, submit_of(order, ask.size, self.record.key(ask.id)))
        if seat.orders.get(order.id) is order:  # its book may have spoken at once: that was told
            self._say(seat, order)

    def _deny(
        self,
        seat: Seat,
        book: Book | None,
        ask: Submit,
        rule: str,
        text: str,
        numbers: msgspec.Struct | None = None,
    ) -> None:
        if book is self.own:
            self.refusals.take(seat.instance.id, ask, rule, clean_text(text), numbers)
        order = order_of(
            seat, book or self.own, ask, OrderStatus.DENIED, self._data_ns(seat), f"{rule}: {text}"
        )
        self._put(seat, order)

    def _data_ns(self, seat: Seat) -> int:
        return self.clocks.get(seat.market.id, 0)

    # ---- what the books say -------------------------------------------------------------------
    def heard(self, book: Book, event: BookEvent) -> None:
        """Take what a book says of an order: each fill once, in whatever order it comes."""
        seat = self.seats.get(event.instance)
        order = seat.orders.get(event.id) if seat else None
        if seat is None or order is None or order.book is not book:
            return
        if event.kind == "cancel_refused":
            self._noted("order.cancel_refused", order, clean_text(event.reason))
            return
        now = self.clocks.get(seat.market.id, 0)
        fill_id = f"{order.id}/{event.trade}"
        known = event.kind == "filled" and book is self.own and self.record.counted(fill_id)
        told = hear(order, event, known, now)
        if told.alarm:
            self._noted("order.alarm", order, told.alarm)
        if event.venue_id and order.id in seat.entries:
            entry = seat.entries[order.id]
            seat.entries[order.id] = msgspec.structs.replace(entry, venue_id=event.venue_id)
        if book is self.own:
            self.risk.heard(seat, order, told.order, event)
        if told.fill:
            self._filled(seat, told.order, event, fill_id)
        elif told.order != order:
            why = event.reason or self._why.pop(order.id, "")
            self._put(seat, msgspec.structs.replace(told.order, reason=clean_text(why)))

    def _noted(self, event: str, order: Order, text: str) -> None:
        self._to_supervisor(Noted(event, order.market, f"{order.id}: {text}"))

    def _filled(self, seat: Seat, order: Order, event: BookEvent, fill_id: str) -> None:
        sums = seat.book(order.book)
        before = sums.position
        sums.position, realised = apply_fill(
            sums.position, order.side, event.size, event.price, event.fee
        )
        sums.fills += 1
        seat.base_fees += event.base_fee if order.book is self.own else Decimal(0)
        at_ns = event.at_ns or self.clocks.get(seat.market.id, 0)
        fill = fill_of(order, event, fill_id, at_ns, realised)
        entry = self._entry(seat, order) if order.book is self.own else None
        seat.put(order)
        if entry is not None:
            metas = self.risk.filled(seat, before, sums.position)
            self.record.fill(entry, fill, seat.to_keep(self._row(seat, order.book)), metas)
        told, instance = FillUpdate(fill), seat.instance.id
        if order.book is self._book(seat):  # the strategy hears of a fill with its position moved
            self._to_instance(instance, self.state(instance), told)
        self._to_supervisor(told)
        self._put(seat, order, written=True)
        self._cut(seat, order.book)

    def shadow_lost(self) -> None:
        """A new shadow node knows none of the old orders: say so rather than let them hang."""
        for seat in self.seats.values():
            for order in seat.working(Book.SHADOW):
                why = "the shadow book restarted"
                self.heard(
                    Book.SHADOW, BookEvent(order.instance, order.id, "cancelled", reason=why)
                )

    def adopt(self, instance: str, size: Decimal, price: Decimal) -> None:
        """Write into an instance's ledger what is there without it: a signed size, at a price."""
        seat = self.seats[instance]
        side = "buy" if size > 0 else "sell"
        ask = Submit(f"{instance}-adopt-{now_ns()}", side, abs(size), None, False, "adopted")
        order = order_of(seat, self.own, ask, OrderStatus.SENT, self._data_ns(seat))
        self._put(seat, order)
        event = BookEvent(instance, order.id, "filled", abs(size), price, trade="adopted")
        self.heard(self.own, event)

    def refilled(self, order: Order, filled: Decimal) -> None:
        """Let an order be filled so far; its position is somebody else's to move."""
        self._put(self.seats[order.instance], msgspec.structs.replace(order, filled=filled))

    def _entry(self, seat: Seat, order: Order) -> Entry:
        """Return what is written of an order as it is now."""
        entry = seat.entries.get(order.id)
        if entry is None:
            entry = Entry(order, self.record.key(order.id), order.id in seat.only_reduce)
        entry = seat.entries[order.id] = msgspec.structs.replace(entry, order=order)
        return entry

    # ---- doubt --------------------------------------------------------------------------------
    def doubt(self) -> list[str]:
        """Call what has had no answer for too long UNKNOWN; return the orders to ask about now."""
        if self.own is not Book.LIVE:
            return []
        now, ask = now_ns(), []
        limit = int(self.account.unanswered_s * 1e9)
        for seat in self.seats.values():
            for order in seat.working(self.own):
                entry = seat.entries.get(order.id)
                sent = entry.sent_ns if entry else 0
                if order.status is OrderStatus.SENT and now - sent > limit:
                    why = f"the venue has not answered within {self.account.unanswered_s:g} s"
                    order = msgspec.structs.replace(order, status=OrderStatus.UNKNOWN, reason=why)
                    self._noted("order.unknown", order, why)
                    self._put(seat, order)
                quiet = now - self._asked_ns.get(order.id, 0) > _ASK_AGAIN_NS
                if order.status is OrderStatus.UNKNOWN and quiet:
                    self._asked_ns[order.id] = now
                    ask.append(order.id)
        return ask

    def _cut(self, seat: Seat, book: Book) -> None:
        """Leave no order that only reduces larger than the position."""
        position = seat.book(book).position.size
        for order, left in list(cut(seat.working(book), seat.only_reduce, position)):
            if left:
                size = order.filled + left
                self._put(seat, msgspec.structs.replace(order, size=size))
                self._to_book(book, BookShrink(seat.instance.id, order.id, order.market, size))
            else:
                self._why[order.id] = "the position is closed"
                self._to_book(book, BookCancel(seat.instance.id, order.id))

    def resting(self, market: str) -> list[Resting]:
        """Return the orders that wait for prices of a market, if a stop is among them."""
        if not self._stops:
            return []
        seats = (seat for seat in self.seats.values() if seat.market.id == market)
        return waiting(order for seat in seats for order in seat.open.values())

    def _put(self, seat: Seat, order: Order, written: bool = False) -> None:
        if order.book is self.own and not written and order.id in seat.entries:
            self.record.order(self._entry(seat, order))
        self._hold(seat, order)
        self._say(seat, order)

    def _hold(self, seat: Seat, order: Order) -> None:
        seat.put(order)
        self.risk.views.stale(seat)
        if order.book is self.own and order.status is not OrderStatus.UNKNOWN:
            self.touched_ns[order.market] = now_ns()
        if not order.status.is_open:
            self._stops.discard(order.id)
            self._asked_ns.pop(order.id, None)
        elif order.trigger is not None:
            self._stops.add(order.id)
        self.dirty.add((seat.instance.id, order.book))

    def _say(self, seat: Seat, order: Order) -> None:
        told = OrderUpdate(order)
        if order.book is self._book(seat) or order.status is OrderStatus.DENIED:
            self._to_instance(seat.instance.id, told)
        self._to_supervisor(told)
