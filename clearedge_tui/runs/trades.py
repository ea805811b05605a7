"""Round trips out of fills: flat to flat, or flip to flip. Exact, in Decimal."""

from collections.abc import Iterable
from decimal import Decimal

import numpy as np

from clearedge_tui.market.columns import Ints
from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow

_ZERO = Decimal(0)


class _Trip:
    """One round trip under way. `size` is the largest position it reached."""

    def __init__(self, fill: FillRow, signed: Decimal) -> None:
        self.long = signed > 0
        self.entry_ns = self.exit_ns = fill.ts_ns
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

    def close(self, bars: int) -> Trade:
        bought, sold = self.bought_value / self.bought, self.sold_value / self.sold
        return Trade(
            side="long" if self.long else "short",
            size=self.size,
            entry_ns=self.entry_ns,
            entry_price=bought if self.long else sold,
            exit_ns=self.exit_ns,
            exit_price=sold if self.long else bought,
            pnl=self.sold_value - self.bought_value - self.fees,
            fees=self.fees,
            bars=bars,
        )


def round_trips(fills: Iterable[FillRow], closes_ns: Ints) -> list[Trade]:
    """Return the closed trades, oldest first. Prices are averages over the trip.

    A fill that flips the position closes one trip and opens the next; its fee is shared by size.
    A position that is still open at the end is no trade. `closes_ns` only serves to count bars.
    """
    done: list[_Trip] = []
    trip: _Trip | None = None
    for fill in fills:
        signed, fee = (fill.size if fill.side == "buy" else -fill.size), fill.fee
        if trip is not None and _ends(trip.position, signed):
            closing = -trip.position
            share = fee if closing == signed else fee * closing / signed
            trip.add(closing, fill.price, share)
            trip.exit_ns = fill.ts_ns
            done.append(trip)
            trip, signed, fee = None, signed - closing, fee - share
        if signed:
            trip = trip or _Trip(fill, signed)
            trip.add(signed, fill.price, fee)
    entered, left = (np.array([getattr(t, n) for t in done]) for n in ("entry_ns", "exit_ns"))
    lengths = np.searchsorted(closes_ns, left) - np.searchsorted(closes_ns, entered)
    return [trip.close(bars) for trip, bars in zip(done, lengths.tolist(), strict=True)]


def _ends(position: Decimal, signed: Decimal) -> bool:
    return (position > 0) != (signed > 0) and abs(signed) >= abs(position)
