"""Round trips out of fills: flat to flat, or flip to flip. Exact."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

import numpy as np
import pyarrow as pa

from clearedge_tui.market.columns import Ints
from clearedge_tui.runs import whole_trades
from clearedge_tui.runs.fill_columns import Bools, FillColumns, money
from clearedge_tui.runs.model import Trade

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Trips:
    """Closed trades as columns, oldest first. Money is Arrow decimals; `pnl` is after fees.

    `first` and `last` are the rows of the fills: a fill that flips the position is the last of one
    trade and the first of the next. `size` is the largest it held, prices are averages.
    """

    long: Bools
    size: pa.Array
    entry_ns: Ints
    entry_price: pa.Array
    exit_ns: Ints
    exit_price: pa.Array
    pnl: pa.Array
    fees: pa.Array
    first: Ints
    last: Ints
    bars: Ints

    def __len__(self) -> int:
        return len(self.first)

    def newest(self, most: int) -> tuple[Trade, ...]:
        """Return at most so many trades as rows, newest first."""
        tail = slice(max(0, len(self) - most), None)
        columns = [
            ["long" if one else "short" for one in self.long[tail].tolist()],
            *(
                map(_short, one[tail].to_pylist()) if isinstance(one, pa.Array) else one[tail].tolist()
                for one in (
                    self.size, self.entry_ns, self.entry_price, self.exit_ns, self.exit_price,
                    self.pnl, self.fees, self.bars,
                )
            ),
        ]  # fmt: skip
        return tuple(map(Trade, *columns))[::-1]


def round_trips(fills: FillColumns, closes_ns: Ints) -> Trips:
    """Return the closed trades.

    A fill that flips the position closes one trade and opens the next; its fee is shared by size,
    to ten decimals.
    A position that is still open at the end is no trade. `closes_ns` only serves to count bars.
    """
    found = whole_trades.trips(fills)
    columns = found if found is not None else _columns(list(ended(fills.rows())))
    entry_ns, exit_ns = columns[2], columns[4]
    bars = np.searchsorted(closes_ns, exit_ns) - np.searchsorted(closes_ns, entry_ns)
    return Trips(*columns, bars.astype(np.int64))


# long, largest size, entry time and price, exit time and price, PnL after fees, fees, first and
# last fill
_Ended = tuple[bool, Decimal, int, Decimal, int, Decimal, Decimal, Decimal, int, int]


def _columns(rows: list[_Ended]) -> whole_trades.Columns:
    def ints(n: int) -> Ints:
        return np.fromiter(map(itemgetter(n), rows), np.int64, len(rows))

    def exact(n: int) -> pa.Array:
        return money([*map(itemgetter(n), rows)])

    long = ints(0).astype(bool)
    return (
        long, exact(1), ints(2), exact(3), ints(4), exact(5), exact(6), exact(7), ints(8), ints(9),
    )  # fmt: skip


def ended(fills: Iterable[tuple[int, bool, Decimal, Decimal, Decimal]]) -> Iterator[_Ended]:
    """Go through time, buys, size, price and fee once, in Decimal: for what no whole number holds."""
    long, entry_ns, since = True, 0, 0
    held = top = first = into = out = _ZERO  # sizes
    entry = paid = got = fees = _ZERO
    for row, (ts_ns, buys, size, price, fee) in enumerate(fills):
        if held and long != buys:
            if size < held:
                held, out, got, fees = held - size, out + size, got + size * price, fees + fee
                continue
            flips = size > held
            share = round(fee * held / size, whole_trades.SHARE_DIGITS) if flips else fee
            got, fees = got + held * price, fees + share
            earned = (got - paid if long else paid - got) - fees
            start = paid / into if into else entry
            end = got / (out + held) if out else price
            yield long, top, entry_ns, start, ts_ns, end, earned, fees, since, row
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
            long, entry_ns, since, entry = buys, ts_ns, row, price
            paid, fees, held = size * price, fee, size
            top = first = size
            into = out = got = _ZERO  # `into` stays 0 until a second fill joins


def _short(value: Decimal) -> Decimal:
    """Return a decimal without the zeros its column adds."""
    whole = value.to_integral_value()
    return whole if whole == value else value.normalize()
