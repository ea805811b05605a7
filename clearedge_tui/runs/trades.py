"""Round trips out of fills: flat to flat, or flip to flip. Exact, in Decimal."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal

from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow

_ZERO = Decimal(0)


class _Trip:
    """One round trip under way. `size` is the largest position it reached."""

    def __init__(self, fill: FillRow, signed: Decimal) -> None:
        self.long = signed > 0
        self.entry_ns = fill.ts_ns
        self.position = _ZERO
        self.size = _ZERO
        self.bought = self.sold = self.bought_value = self.sold_value = self.fees = _ZERO

    def add(self, signed: Decimal, price: Decimal, fee: Decimal) -> None:
        if signed > 0:
            self.bought += signed
            self.bought_value += signed * price
        else:
            self.sold -= signed
            self.sold_value -= signed * price
        self.position += signed
        self.size = max(self.size, abs(self.position))
        self.fees += fee

    def close(self, ts_ns: int, bars: int) -> Trade:
        bought, sold = self.bought_value / self.bought, self.sold_value / self.sold
        return Trade(
            side="long" if self.long else "short",
            size=self.size,
            entry_ns=self.entry_ns,
            entry_price=bought if self.long else sold,
            exit_ns=ts_ns,
            exit_price=sold if self.long else bought,
            pnl=self.sold_value - self.bought_value - self.fees,
            fees=self.fees,
            bars=bars,
        )


def round_trips(fills: Iterable[FillRow], closes_ns: Sequence[int]) -> list[Trade]:
    """Return the closed trades, oldest first. Prices are averages over the trip.

    A fill that flips the position closes one trip and opens the next; its fee is shared by size.
    A position that is still open at the end is no trade.
    """
    done: list[Trade] = []
    trip: _Trip | None = None
    for fill in fills:
        signed, fee = (fill.size if fill.side == "buy" else -fill.size), fill.fee
        if (
            trip is not None
            and (trip.position > 0) != (signed > 0)
            and abs(signed) >= abs(trip.position)
        ):
            closing = -trip.position
            share = fee if closing == signed else fee * closing / signed
            trip.add(closing, fill.price, share)
            done.append(trip.close(fill.ts_ns, _bars(closes_ns, trip.entry_ns, fill.ts_ns)))
            trip, signed, fee = None, signed - closing, fee - share
        if signed:
            trip = trip or _Trip(fill, signed)
            trip.add(signed, fill.price, fee)
    return done


def _bars(closes_ns: Sequence[int], entry_ns: int, exit_ns: int) -> int:
    return bisect_left(closes_ns, exit_ns) - bisect_left(closes_ns, entry_ns)
