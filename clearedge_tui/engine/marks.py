"""What an account's books are worth: prices in, ledger rows out."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import Book
from clearedge_tui.engine.seat import Seat

_DAY_NS = 86_400_000_000_000
_AGED_S = 0.9


class Marks:
    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self.prices: dict[str, Decimal] = {}
        self.clocks: dict[str, int] = {}
        self.spoke_s: dict[str, float] = {}  # when a market was last heard, on the steady clock
        self.dirty: set[tuple[str, Book]] = set()
        self._moved: set[str] = set()  # markets with another price since the last look
        self._aged: set[str] = set()  # and since flat books were told: only their age is another
        self._told_aged_s = 0.0

    def mark(self, market: str, ts_ns: int, price: Decimal) -> None:
        """Value every book on this market at a new price; midnight starts a new day."""
        self.prices[market] = price
        self.spoke_s[market] = monotonic()
        self.clocks[market] = max(ts_ns, self.clocks.get(market, 0))
        self._moved.add(market)
        day = (ts_ns - 1) // _DAY_NS  # a bar that closes at midnight belongs to its day
        for seat in self.seats.values():
            if seat.market.id != market:
                continue
            for sums in seat.sums.values():
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
        """Return the rows that changed since the last call; flat ones come once a second."""
        self._aged |= self._moved
        tell_flat = monotonic() - self._told_aged_s > _AGED_S
        flat = self._aged if tell_flat else set[str]()
        for seat in self.seats.values() if self._moved or flat else ():
            market = seat.market.id
            for book, sums in seat.sums.items():
                if market in (self._moved if sums.position.size else flat):
                    self.dirty.add((seat.instance.id, book))
        self._moved.clear()
        if tell_flat:
            self._aged.clear()
            self._told_aged_s = monotonic()
        rows = []
        for instance, book in sorted(self.dirty):
            sitting = self.seats.get(instance)  # none: removed since
            if sitting is not None and book in sitting.sums:
                rows.append(self._row(sitting, book))
        self.dirty.clear()
        return tuple(rows)

    def _row(self, seat: Seat, book: Book) -> LedgerRow:
        sums = seat.book(book)
        # before the first price of a new start the last known one counts, with its own age
        price = self.prices.get(seat.market.id, sums.row.price)
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
            at_ns=self.clocks.get(seat.market.id, sums.row.at_ns),
        )
        return sums.row
