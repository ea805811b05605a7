"""The gateway's head: who may trade what, in which book, and what each has made of it.

No socket and no engine in here: messages in, messages out. Every order of every instance passes
`submit`, and every event of either book passes `heard`.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

import msgspec

from clearedge_tui.core import gate
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.messages import (
    Attach,
    BookCancel,
    BookEvent,
    BookOpen,
    BookShrink,
    BookState,
    BookSubmit,
    FillUpdate,
    LedgerRow,
    MarketInfo,
    OrderUpdate,
    Submit,
)
from clearedge_tui.core.model import (
    Book,
    ExitPolicy,
    Fill,
    Instance,
    Mode,
    ObserveOrders,
    Order,
    OrderStatus,
    Position,
)
from clearedge_tui.core.path import Resting
from clearedge_tui.core.text import clean_tag, clean_text
from clearedge_tui.engine.reducing import cut, waiting
from clearedge_tui.settings import Account

_DAY_NS = 86_400_000_000_000
_SPARK = 60
_KEEP_CLOSED = 200


class Sums:
    """One instance's book: its ledger row in the making."""

    def __init__(self, row: LedgerRow) -> None:
        self.row = row
        self.position = row.position
        self.spark = deque(row.spark, maxlen=_SPARK)
        self.fills = row.fills

    def total(self, price: Decimal | None) -> Decimal:
        return self.position.total(price)


class Seat:
    """One attached instance."""

    def __init__(self, ask: Attach) -> None:
        self.instance: Instance = ask.instance
        self.market: MarketInfo = ask.market
        self.pid = ask.pid
        self.mode: Mode = ask.instance.mode
        self.observe: ObserveOrders = ask.instance.observe_orders
        self.orders: dict[str, Order] = {}
        self.only_reduce: set[str] = set()  # of these
        self.sent: deque[float] = deque(maxlen=1000)
        self.sums = {row.book: Sums(row) for row in ask.ledgers}

    def book(self, which: Book) -> Sums:
        if which not in self.sums:
            self.sums[which] = Sums(LedgerRow(self.instance.id, which, Position()))
        return self.sums[which]

    def working(self, book: Book) -> list[Order]:
        return [o for o in self.orders.values() if o.book is book and o.status.is_open]


class Desk:
    """All instances of one account."""

    def __init__(
        self,
        account: Account,
        own: Book,
        to_book: Callable[[Book, BookOpen | BookSubmit | BookCancel | BookShrink], None],
        to_instance: Callable[[str, BookState | OrderUpdate | FillUpdate], None],
        to_supervisor: Callable[[OrderUpdate | FillUpdate], None],
    ) -> None:
        self.account = account
        self.own = own
        self.leased = False
        self.halted = False
        self.seats: dict[str, Seat] = {}
        self.prices: dict[str, Decimal] = {}
        self.clocks: dict[str, int] = {}
        self.odd: set[str] = set()  # markets whose newest price stands alone
        self.spoke_s: dict[str, float] = {}  # when a market was last heard, on the steady clock
        self.dirty: set[tuple[str, Book]] = set()
        self._to_book = to_book
        self._to_instance = to_instance
        self._to_supervisor = to_supervisor
        self._owner: dict[str, str] = {}
        self._stops: set[str] = set()  # stop orders that wait
        self._why: dict[str, str] = {}  # orders that we cancel for a reason of ours
        self.missing: Callable[[str], str] = lambda _instance: ""  # why nothing is entered for it

    # ---- who sits here ------------------------------------------------------------------------
    def attach(self, ask: Attach) -> None:
        """Seat an instance, or give its seat to its next process: orders and sums stay."""
        seat = self.seats.get(ask.instance.id)
        if seat is None:
            seat = self.seats[ask.instance.id] = Seat(ask)
            self._open(seat)
        else:
            if ask.pid != seat.pid and ask.market != seat.market:  # changed while it was off
                seat.market = ask.market
                self._open(seat)
            seat.pid, seat.instance = ask.pid, ask.instance
            seat.mode, seat.observe = ask.instance.mode, ask.instance.observe_orders

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
            for order in list(seat.orders.values()):
                wrong = _off_step(order, market) if order.status.is_open else ""
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
        entered = self._book(seat)
        if left is not None and left is not entered:
            if left is Book.SHADOW or policy is not ExitPolicy.LEAVE:
                self.cancel_all(instance, left)
            if left is not Book.SHADOW and policy is ExitPolicy.FLATTEN:
                self.flatten(instance)
        self._to_instance(instance, self.state(instance))

    def cancel_all(self, instance: str, book: Book | None = None) -> None:
        seat = self.seats[instance]
        for order in list(seat.orders.values()):
            if order.status.is_open and book in (None, order.book):
                self._to_book(order.book, BookCancel(instance, order.id))

    def flatten(self, instance: str) -> None:
        """Close the account's position of this instance at the market."""
        seat = self.seats[instance]
        size = seat.book(self.own).position.size
        if not size:
            return
        side = "sell" if size > 0 else "buy"
        key = f"{instance}-exit-{self.clocks.get(seat.market.id, 0)}"
        self._place(seat, self.own, Submit(key, side, abs(size), None, True, "exit policy"))

    # ---- orders -------------------------------------------------------------------------------
    def submit(self, instance: str, ask: Submit) -> None:
        """Pass an order to the book its mode allows, or deny it with the rule and the numbers."""
        seat = self.seats[instance]
        book = self._book(seat)
        if ask.id in seat.orders:
            return  # sent twice: the first one stands
        price = ask.price or ask.stop or self.prices.get(seat.market.id)
        if price is None:
            self._deny(seat, book, ask, "price", "no price has been seen yet")
            return
        standing = self._standing(seat, book or Book.SHADOW, ask)
        at_market = ask.kind == "market"
        wish = gate.Ask(ask.side, ask.size, price, ask.reduce_only, at_market=at_market)
        denied = gate.decide(wish, standing)
        if denied:
            self._deny(seat, book, ask, denied.rule, denied.text)
            return
        self._place(seat, book or Book.SHADOW, ask)

    def cancel(self, instance: str, order_id: str) -> None:
        order = self.seats[instance].orders.get(order_id)
        if order is not None and order.status.is_open:
            self._to_book(order.book, BookCancel(instance, order_id))

    def _place(self, seat: Seat, book: Book, ask: Submit) -> None:
        seat.sent.append(self._second(seat))
        self._owner[ask.id] = seat.instance.id
        if ask.reduce_only:
            seat.only_reduce.add(ask.id)
        self._put(seat, self._order(seat, book, ask, OrderStatus.SENT))
        self._to_book(
            book,
            BookSubmit(
                seat.instance.id, ask.id, seat.market.id, ask.side, ask.size, ask.price, ask.stop
            ),
        )

    def _deny(self, seat: Seat, book: Book | None, ask: Submit, rule: str, text: str) -> None:
        order = self._order(seat, book or self.own, ask, OrderStatus.DENIED, f"{rule}: {text}")
        self._put(seat, order)

    def _order(
        self, seat: Seat, book: Book, ask: Submit, status: OrderStatus, reason: str = ""
    ) -> Order:
        now = self.clocks.get(seat.market.id, 0)
        return Order(
            id=ask.id,
            instance=seat.instance.id,
            book=book,
            market=seat.market.id,
            side=ask.side,
            kind=ask.kind,
            size=ask.size,
            price=ask.price,
            status=status,
            reason=clean_text(reason),
            tag=clean_tag(ask.tag),
            at_ns=now,
            updated_ns=now,
            trigger=ask.stop,
        )

    def _standing(self, seat: Seat, book: Book, ask: Submit) -> gate.Standing:
        now = self._second(seat)
        signed = 1 if ask.side == "buy" else -1
        beside = (
            o
            for o in seat.working(book)
            if o.side == ask.side
            and not gate.either((ask.kind, ask.reduce_only), (o.kind, o.id in seat.only_reduce))
        )
        working = sum((o.size - o.filled for o in beside), Decimal(0))
        return gate.Standing(
            mode=seat.mode,
            observe_orders=seat.observe,
            book=self.own,
            leased=self.leased,
            halted=self.halted,
            position=seat.book(book).position.size,
            working=working * signed,
            gross=self._gross(seat, book),
            buying_power=self._power(seat, book),
            orders_last_second=sum(1 for at in seat.sent if now - at < 1.0),
            most_orders_per_second=self.account.orders_per_second,
            step=seat.market.step,
            price_step=seat.market.price_step,
            limits=seat.market.limits,
            weight=self._weight(seat),
            odd=seat.market.id in self.odd,
            silent_s=monotonic() - self.spoke_s.get(seat.market.id, monotonic()),
            most_silent_s=self.account.stale_s,
            missing=self.missing(seat.instance.id),
        )

    def _second(self, seat: Seat) -> float:
        """Return the clock of the order rate: a replay faster than time counts its own seconds."""
        if self.own is Book.LIVE:
            return monotonic()
        return self.clocks.get(seat.market.id, 0) / 1e9

    def _gross(self, seat: Seat, book: Book) -> Decimal:
        """Return the notional held and working in this quote currency (a shadow book is one's own)."""
        total = Decimal(0)
        for other in self.seats.values():
            if other.market.quote != seat.market.quote or (
                book is Book.SHADOW and other is not seat
            ):
                continue
            price, weight = self.prices.get(other.market.id), self._weight(other)
            if price is not None and book in other.sums:
                total += abs(other.sums[book].position.size) * price * weight
            total += weight * sum(
                (
                    (o.size - o.filled) * (o.price or o.trigger or price or Decimal(0))
                    for o in other.working(book)
                ),
                Decimal(0),
            )
        return total

    def _weight(self, seat: Seat) -> Decimal:
        return gate.weight(self.account.leverage, seat.market.margin_init)

    def _power(self, seat: Seat, book: Book) -> Decimal:
        seats = [seat] if book is Book.SHADOW else list(self.seats.values())
        made = sum(
            (
                s.sums[book].total(self.prices.get(s.market.id))
                for s in seats
                if book in s.sums and s.market.quote == seat.market.quote
            ),
            Decimal(0),
        )
        return (self.account.balance + made) * self.account.leverage

    # ---- what the books say -------------------------------------------------------------------
    def heard(self, book: Book, event: BookEvent) -> None:
        seat = self.seats.get(event.instance)
        order = seat.orders.get(event.id) if seat else None
        if seat is None or order is None or order.book is not book:
            return
        now = self.clocks.get(seat.market.id, 0)
        if event.kind == "filled":
            self._filled(seat, order, event, now)
        elif event.kind == "accepted":
            if order.status is OrderStatus.SENT:
                self._put(
                    seat, msgspec.structs.replace(order, status=OrderStatus.OPEN, updated_ns=now)
                )
        else:
            status = OrderStatus.CANCELLED if event.kind == "cancelled" else OrderStatus.REJECTED
            reason = clean_text(event.reason or self._why.pop(order.id, ""))
            self._put(
                seat, msgspec.structs.replace(order, status=status, reason=reason, updated_ns=now)
            )

    def _filled(self, seat: Seat, order: Order, event: BookEvent, now: int) -> None:
        sums = seat.book(order.book)
        sums.position, realised = apply_fill(
            sums.position, order.side, event.size, event.price, event.fee
        )
        sums.fills += 1
        filled = order.filled + event.size
        average = (
            (order.avg_price or Decimal(0)) * order.filled + event.price * event.size
        ) / filled
        status = OrderStatus.FILLED if filled >= order.size else OrderStatus.PARTIAL
        fill = Fill(
            f"{order.id}/{event.trade}",
            order.id,
            seat.instance.id,
            order.book,
            seat.market.id,
            order.side,
            event.size,
            event.price,
            event.fee,
            now,
            realised,
        )
        order = msgspec.structs.replace(
            order, filled=filled, avg_price=average, status=status, updated_ns=now
        )
        seat.orders[order.id] = order
        self._to_supervisor(FillUpdate(fill))
        if order.book is self._book(seat):  # the strategy hears of a fill with its position moved
            self._to_instance(seat.instance.id, self.state(seat.instance.id))
            self._to_instance(seat.instance.id, FillUpdate(fill))
        self._put(seat, order)
        self._cut(seat, order.book)

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
        return waiting(order for seat in seats for order in seat.orders.values())

    def _put(self, seat: Seat, order: Order) -> None:
        seat.orders[order.id] = order
        if not order.status.is_open:
            seat.only_reduce.discard(order.id)
            self._stops.discard(order.id)
        elif order.trigger is not None:
            self._stops.add(order.id)
        if not order.status.is_open and len(seat.orders) > 2 * _KEEP_CLOSED:
            closed = [k for k, o in seat.orders.items() if not o.status.is_open]
            for key in closed[:-_KEEP_CLOSED]:
                del seat.orders[key]
        self.dirty.add((seat.instance.id, order.book))
        self._to_supervisor(OrderUpdate(order))
        if order.book is self._book(seat) or order.status is OrderStatus.DENIED:
            self._to_instance(seat.instance.id, OrderUpdate(order))

    # ---- marks --------------------------------------------------------------------------------
    def mark(self, market: str, ts_ns: int, price: Decimal) -> None:
        """Value every book on this market at a new price; midnight starts a new day."""
        self.prices[market] = price
        self.spoke_s[market] = monotonic()
        self.clocks[market] = max(ts_ns, self.clocks.get(market, 0))
        for seat in self.seats.values():
            if seat.market.id != market:
                continue
            for book, sums in seat.sums.items():
                self.dirty.add((seat.instance.id, book))
                day = (ts_ns - 1) // _DAY_NS  # a bar that closes at midnight belongs to its day
                if day > sums.row.day:
                    start = sums.total(price) if sums.row.day else sums.row.day_start
                    sums.row = msgspec.structs.replace(sums.row, day=day, day_start=start)

    def point(self, market: str) -> None:
        """Add a point to the sparklines of this market's books (a bar closed)."""
        price = self.prices.get(market)
        for seat in self.seats.values():
            if seat.market.id == market:
                for sums in seat.sums.values():
                    sums.spark.append(float(sums.total(price)))

    def ledgers(self) -> tuple[LedgerRow, ...]:
        """Return the rows that changed since the last call."""
        rows = []
        for instance, book in sorted(self.dirty):
            seat = self.seats[instance]
            if book in seat.sums:
                rows.append(self._row(seat, book))
        self.dirty.clear()
        return tuple(rows)

    def _row(self, seat: Seat, book: Book) -> LedgerRow:
        sums = seat.sums[book]
        price = self.prices.get(seat.market.id)
        total = sums.total(price)
        sums.row = msgspec.structs.replace(
            sums.row,
            position=sums.position,
            price=price,
            total=total,
            today=total - sums.row.day_start,
            open_orders=len(seat.working(book)),
            fills=sums.fills,
            spark=tuple(sums.spark),
            at_ns=self.clocks.get(seat.market.id, 0),
        )
        return sums.row


def _off_step(order: Order, market: MarketInfo) -> str:
    """Return why a working order does not fit a market's steps; empty when it does."""
    price = order.price or order.trigger
    if price is not None and price % market.price_step:
        return f"the market's tick is {market.price_step} now, and {price} is no multiple of it"
    left = order.size - order.filled
    if left % market.step:
        return f"the market's step is {market.step} now, and {left} is no multiple of it"
    return ""
