"""How an order stands before the gate: everything the gate must know, gathered at this moment."""

from collections.abc import Callable
from decimal import Decimal

from clearedge_tui.core import gate
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.kill import Kill
from clearedge_tui.core.messages import Submit
from clearedge_tui.core.model import Book, OrderStatus
from clearedge_tui.engine.marks import Marks
from clearedge_tui.engine.record import Record
from clearedge_tui.engine.seat import Seat
from clearedge_tui.settings import Account


class Judge(Marks):
    def __init__(self, account: Account, own: Book, record: Record) -> None:
        super().__init__()
        self.account = account
        self.own = own
        self.record = record
        self.leased = False
        self.odd: set[str] = set()  # markets whose newest price stands alone
        self.kills: tuple[Kill, ...] = ()
        self.touched_ns: dict[str, int] = {}  # market -> when something of ours last moved there
        # why nothing that adds risk passes for a seat, asked in turn
        self.bars: list[Callable[[Seat], gate.Denied | None]] = [self._doubtful, self._unwritten]
        self.missing: Callable[[str], str] = lambda _instance: ""  # why nothing is entered for it

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
            killed=self.killed(seat),
            position=seat.book(book).position.size,
            working=working * signed,
            gross=self._gross(seat, book),
            buying_power=self._power(seat, book),
            orders_last_second=seat.sent_since(now - 1.0),
            most_orders_per_second=self.account.orders_per_second,
            step=seat.market.step,
            price_step=seat.market.price_step,
            limits=seat.market.limits,
            weight=self._weight(seat),
            odd=seat.market.id in self.odd,
            silent_s=monotonic() - self.spoke_s.get(seat.market.id, monotonic()),
            most_silent_s=self.account.stale_s,
            missing=self.missing(seat.instance.id),
            barred=self._barred(seat, book),
        )

    def killed(self, seat: Seat) -> str:
        """Return the kill that stops an instance's own book, in words."""
        for kill in self.kills:
            if kill.hits(self.account.name, self.account.venue, seat.instance):
                return kill.text
        return ""

    def _barred(self, seat: Seat, book: Book) -> gate.Denied | None:
        if book is Book.SHADOW:
            return None
        return next((why for bar in self.bars if (why := bar(seat)) is not None), None)

    def _doubtful(self, seat: Seat) -> gate.Denied | None:
        """Nothing is entered on a market while nobody knows what became of an order there."""
        for other in self.seats.values():
            if other.market.id != seat.market.id:
                continue
            for order in other.open.values():
                if order.status is OrderStatus.UNKNOWN:
                    text = f"what became of order {order.id} is not known yet: {order.reason}"
                    return gate.Denied("unknown", text)
        return None

    def _unwritten(self, seat: Seat) -> gate.Denied | None:
        del seat
        return gate.Denied("record", self.record.error) if self.record.error else None

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
