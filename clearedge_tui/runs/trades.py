"""Round trips out of fills: flat to flat, or flip to flip. Exact, in Decimal."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import numpy as np

from clearedge_tui.market.columns import Ints
from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow

_ZERO = Decimal(0)


_Ended = tuple[bool, Decimal, int, Decimal, int, Decimal, Decimal, Decimal]


def round_trips(fills: Iterable[FillRow], closes_ns: Ints) -> list[Trade]:
    """Return the closed trades, oldest first. Prices are averages over the trip.

    A fill that flips the position closes one trip and opens the next; its fee is shared by size.
    A position that is still open at the end is no trade. `closes_ns` only serves to count bars.
    """
    ended = list(_ended(fills))
    entered, left = (np.array([trip[n] for trip in ended]) for n in (2, 4))
    lengths = np.searchsorted(closes_ns, left) - np.searchsorted(closes_ns, entered)
    pairs = zip(ended, lengths.tolist(), strict=True)
    return [Trade("long" if trip[0] else "short", *trip[1:], bars) for trip, bars in pairs]


def _ended(fills: Iterable[FillRow]) -> Iterator[_Ended]:
    """Go through the fills once, in locals: a busy run has tens of thousands.

    Yields long, largest size, entry time and price, exit time and price, PnL after fees, fees.
    """
    long, entry_ns = True, 0
    held = top = into = paid = out = got = fees = _ZERO  # sizes and values in and out of a trip
    for ts_ns, _, side, size, price, fee, _, _ in fills:
        buys = side == "buy"
        if held and long != buys:
            if size < held:
                held, out, got, fees = held - size, out + size, got + size * price, fees + fee
                continue
            share = fee if size == held else fee * held / size
            out, got, fees = out + held, got + held * price, fees + share
            earned = got - paid if long else paid - got
            yield long, top, entry_ns, paid / into, ts_ns, got / out, earned - fees, fees
            size, fee = size - held, fee - share
            held = _ZERO
        if not size:
            continue
        if not held:
            long, entry_ns = buys, ts_ns
            top = into = paid = out = got = fees = _ZERO
        held, into, paid, fees = held + size, into + size, paid + size * price, fees + fee
        top = max(top, held)
