"""Round trips out of fills: flat to flat, or flip to flip. Exact, in Decimal."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from operator import itemgetter

import numpy as np

from clearedge_tui.market.columns import Ints
from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow

_ZERO = Decimal(0)


# side, largest size, entry time and price, exit time and price, PnL after fees, fees
_Ended = tuple[str, Decimal, int, Decimal, int, Decimal, Decimal, Decimal]


def round_trips(fills: Iterable[FillRow], closes_ns: Ints) -> list[Trade]:
    """Return the closed trades, oldest first. Prices are averages over the trip.

    A fill that flips the position closes one trip and opens the next; its fee is shared by size.
    A position that is still open at the end is no trade. `closes_ns` only serves to count bars.
    """
    ended = list(_ended(fills))
    entered, left = (np.fromiter(map(itemgetter(n), ended), np.int64, len(ended)) for n in (2, 4))
    lengths = np.searchsorted(closes_ns, left) - np.searchsorted(closes_ns, entered)
    return [Trade(*trip, bars) for trip, bars in zip(ended, lengths.tolist(), strict=True)]


def _ended(fills: Iterable[FillRow]) -> Iterator[_Ended]:
    """Go through the fills once, in locals: a busy run has tens of thousands.

    A trip of one fill in and one out, which most are, needs no average: a division of Decimals
    costs more than all else here.
    """
    long, entry_ns = True, 0
    held = top = first = into = out = _ZERO  # sizes
    entry = paid = got = fees = _ZERO
    for ts_ns, _, side, size, price, fee, _, _ in fills:
        buys = side == "buy"
        if held and long != buys:
            if size < held:
                held, out, got, fees = held - size, out + size, got + size * price, fees + fee
                continue
            flips = size > held
            share = fee * held / size if flips else fee
            got, fees = got + held * price, fees + share
            earned = (got - paid if long else paid - got) - fees
            start = paid / into if into else entry
            end = got / (out + held) if out else price
            yield "long" if long else "short", top, entry_ns, start, ts_ns, end, earned, fees
            if not flips:
                held = _ZERO
                continue
            size, fee, held = size - held, fee - share, _ZERO
        if not size:
            continue
        if held:
            into = (into or first) + size
            held, paid, fees = held + size, paid + size * price, fees + fee
            top = max(top, held)
        else:
            long, entry_ns, entry, paid, fees = buys, ts_ns, price, size * price, fee
            held = top = first = size
            into = out = got = _ZERO  # `into` stays 0 until a second fill joins
