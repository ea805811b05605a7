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

    __slots__ = ("bought", "entry_ns", "exit_ns", "fees", "got", "long", "paid", "size", "sold")

    def __init__(self, entry_ns: int, long: bool) -> None:
        self.long = long
        self.entry_ns = self.exit_ns = entry_ns
        self.size = self.bought = self.sold = self.paid = self.got = self.fees = _ZERO

    def close(self, bars: int) -> Trade:
        bought, sold = self.paid / self.bought, self.got / self.sold
        entry, left = (bought, sold) if self.long else (sold, bought)
        pnl = self.got - self.paid - self.fees
        side = "long" if self.long else "short"
        return Trade(
            side, self.size, self.entry_ns, entry, self.exit_ns, left, pnl, self.fees, bars
        )


def round_trips(fills: Iterable[FillRow], closes_ns: Ints) -> list[Trade]:
    """Return the closed trades, oldest first. Prices are averages over the trip.

    A fill that flips the position closes one trip and opens the next; its fee is shared by size.
    A position that is still open at the end is no trade. `closes_ns` only serves to count bars.
    """
    done: list[_Trip] = []
    trip: _Trip | None = None
    held = _ZERO  # without its sign
    for ts_ns, _, side, size, price, fee, _, _ in fills:
        buys = side == "buy"
        if trip is not None and trip.long != buys and size >= held:
            share = fee if size == held else fee * held / size
            _add(trip, buys, held, price, share)
            trip.exit_ns = ts_ns
            done.append(trip)
            trip, size, fee, held = None, size - held, fee - share, _ZERO
        if not size:
            continue
        if trip is None:
            trip = _Trip(ts_ns, buys)
        _add(trip, buys, size, price, fee)
        held = held + size if trip.long == buys else held - size
        if held > trip.size:
            trip.size = held
    entered, left = (np.array([getattr(t, n) for t in done]) for n in ("entry_ns", "exit_ns"))
    lengths = np.searchsorted(closes_ns, left) - np.searchsorted(closes_ns, entered)
    return [trip.close(bars) for trip, bars in zip(done, lengths.tolist(), strict=True)]


def _add(trip: _Trip, buys: bool, size: Decimal, price: Decimal, fee: Decimal) -> None:
    if buys:
        trip.bought += size
        trip.paid += size * price
    else:
        trip.sold += size
        trip.got += size * price
    trip.fees += fee
