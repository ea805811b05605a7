"""One attached instance as its gateway sees it: mode, orders, and its sums in each book."""

from collections import deque
from decimal import Decimal
from typing import Protocol

import msgspec

from clearedge_tui.core.kept import Entry, SeatKept
from clearedge_tui.core.messages import Attach, LedgerRow, MarketInfo
from clearedge_tui.core.model import Book, Instance, Mode, ObserveOrders, Order, Position

_SPARK = 60
_KEEP_CLOSED = 200


class Tell(Protocol):
    """Says something to an instance, all of it in one piece."""

    def __call__(self, instance: str, /, *messages: msgspec.Struct) -> None: ...


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
    def __init__(self, instance: Instance, market: MarketInfo, pid: int = 0) -> None:
        self.instance = instance
        self.market = market
        self.pid = pid
        self.native = False  # a strategy of NautilusTrader, with subscriptions of its own
        self.mode: Mode = instance.mode
        self.observe: ObserveOrders = instance.observe_orders
        self.orders: dict[str, Order] = {}  # by `put` only
        self.open: dict[str, Order] = {}  # of these, those that may still fill
        self.entries: dict[str, Entry] = {}  # of orders in the account's own book, by order
        self.only_reduce: set[str] = set()  # of these
        self.sent: deque[float] = deque(maxlen=1000)
        self.sums: dict[Book, Sums] = {}
        self.base_fees = Decimal(0)
        self.is_kept = False  # the account's file knows it

    @classmethod
    def attached(cls, ask: Attach) -> "Seat":
        seat = cls(ask.instance, ask.market, ask.pid)
        seat.native = ask.native
        seat.sums = {row.book: Sums(row) for row in ask.ledgers}
        return seat

    @classmethod
    def kept(cls, kept: SeatKept) -> "Seat":
        """Return the seat of an instance that traded here before; nobody sits on it."""
        seat = cls(kept.instance, kept.market)
        seat.mode, seat.is_kept = Mode.OFF, True
        seat.sums[kept.ledger.book] = Sums(kept.ledger)
        seat.base_fees = kept.base_fees
        return seat

    def adopt(self, row: LedgerRow) -> None:
        """Take sums that somebody else kept of a book of which nothing is known here."""
        self.sums.setdefault(row.book, Sums(row))

    def thinks_on(self, kind: str) -> bool:
        """Whether a tick of this kind wakes the strategy; what does not may come a little later."""
        return self.native or (kind == "quote") == (self.instance.timeframe == "quote")

    def book(self, which: Book) -> Sums:
        if which not in self.sums:
            self.sums[which] = Sums(LedgerRow(self.instance.id, which, Position()))
        return self.sums[which]

    def working(self, book: Book) -> list[Order]:
        return [o for o in self.open.values() if o.book is book]

    def sent_since(self, since_s: float) -> int:
        """Return how many orders left after a moment; a later call asks about a later one."""
        while self.sent and self.sent[0] <= since_s:
            self.sent.popleft()
        return len(self.sent)

    def put(self, order: Order) -> None:
        """Keep an order as it is now, and not too many that have ended."""
        self.orders[order.id] = order
        if order.status.is_open:
            self.open[order.id] = order
            return
        self.open.pop(order.id, None)
        self.only_reduce.discard(order.id)
        if len(self.orders) > 2 * _KEEP_CLOSED:
            closed = [k for k, o in self.orders.items() if not o.status.is_open]
            for key in closed[:-_KEEP_CLOSED]:
                del self.orders[key]
                self.entries.pop(key, None)

    def to_keep(self, row: LedgerRow) -> SeatKept:
        sums = self.book(row.book)
        kept = msgspec.structs.replace(row, position=sums.position, fills=sums.fills)
        return SeatKept(self.instance, self.market, kept, self.base_fees)
