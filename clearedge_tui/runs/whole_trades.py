"""Round trips by sums over whole numbers: exact, and ten times as fast as a loop over Decimals.

None where 64 bits do not hold the sums; the loop of `trades` then does it.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.fill_columns import MONEY, Bools, FillColumns, Whole, money, money_of

Columns = tuple[
    Bools, pa.Array, Ints, pa.Array, Ints, pa.Array, pa.Array, pa.Array, Ints, Ints
]  # the fields of `trades.Trips`, without `bars`
SHARE_DIGITS = 10  # to which the fee of a fill that flips is shared; the shares add up to it
_MOST = 4e18  # half of what 64 bits hold: room for the rounding of the floats it is tested with
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class _Flow:
    """What each fill opens and closes, in whole sizes, and where trades end."""

    opened: Ints
    closed: Ints
    held: Ints  # after the fill, signed
    first: Ints
    last: Ints

    def over(self, opening: Ints, closing: Ints) -> Ints:
        """Sum over each trade: what its fills open, and what they close."""
        before = np.concatenate([[0], np.cumsum(opening)])[:-1]
        upto = np.cumsum(closing)
        return np.diff(before[self.last] + upto[self.last], prepend=0)


def trips(fills: FillColumns) -> Columns | None:
    """Return the columns of the closed trades, or None."""
    size, price = fills.wholes["size"], fills.wholes["price"]
    if size is None or price is None or not len(fills):
        return None
    if not size.value.all() or float(np.sum(fills.size)) * 10.0**size.digits > _MOST:
        return None
    flow = _flow(fills, size.value)
    shared = _shares(fills, flow, size.value)
    if shared is None:
        return None
    fee, closing_fee = shared
    digits = max(size.digits + price.digits, fee.digits)
    worth = np.cumsum(fills.size * fills.price) * 10.0**digits
    if digits > _DIGITS or _largest(worth, flow) > _MOST:
        return None
    paid = flow.over(flow.opened * price.value, np.zeros_like(flow.closed))
    got = flow.over(np.zeros_like(flow.opened), flow.closed * price.value)
    fees = flow.over(fee.value - closing_fee, closing_fee)
    long = fills.buys[flow.first]
    unit = 10 ** (digits - size.digits - price.digits)
    gross = np.where(long, got - paid, paid - got) * unit
    pnl = gross - fees * 10 ** (digits - fee.digits)
    none = np.zeros_like(flow.closed)
    return (
        long,
        money_of(_top(flow), size.digits),
        fills.ts_ns[flow.first],
        _average(paid, flow.over(flow.opened, none), flow.first, flow.over(_count(flow.opened), none), price),
        fills.ts_ns[flow.last],
        _average(got, flow.over(none, flow.closed), flow.last, flow.over(none, _count(flow.closed)), price),
        money_of(pnl, digits),
        money_of(fees, fee.digits),
        flow.first,
        flow.last,
    )  # fmt: skip


def _flow(fills: FillColumns, size: Ints) -> _Flow:
    signed = np.where(fills.buys, size, -size)
    after = np.cumsum(signed)
    before = after - signed
    against = np.sign(before) * np.sign(signed) < 0
    closed = np.where(against, np.minimum(np.abs(before), size), 0)
    last = np.flatnonzero(against & (size >= np.abs(before)))
    flips = after[last] != 0
    first = np.concatenate([[0], (last + ~flips)[:-1]]) if len(last) else last
    return _Flow(size - closed, closed, after, first.astype(np.int64), last)


def _largest(worth: Floats, flow: _Flow) -> float:
    """Return about the largest sum that one trade makes; `worth` counts up over all fills."""
    if not len(flow.last):
        return 0.0
    before = np.concatenate([[0.0], worth])
    return float((worth[flow.last] - before[flow.first]).max())


def _shares(fills: FillColumns, flow: _Flow, size: Ints) -> tuple[Whole, Ints] | None:
    """Return the fees and what of each belongs to the trade that the fill closes."""
    fee = fills.wholes["fee"]
    both = np.flatnonzero((flow.opened > 0) & (flow.closed > 0))
    if fee is None or fee.digits > SHARE_DIGITS:
        return None
    finer = 10 ** (SHARE_DIGITS - fee.digits) if len(both) else 1
    most = np.abs(fills.fee).max() * 10.0**fee.digits * finer
    if most * (flow.last - flow.first + 1).max(initial=1) > _MOST:
        return None
    value = fee.value * finer
    closing = np.where(flow.closed > 0, value, 0)
    if len(both):
        part, of = flow.closed[both], size[both]
        part, of = part // (common := np.gcd(part, of)), of // common
        if of.max() > 2**31:
            return None
        closing[both] = _shared(value[both], part, of)
    return Whole(value, SHARE_DIGITS if len(both) else fee.digits), closing


def _shared(value: Ints, part: Ints, of: Ints) -> Ints:
    """Return value * part / of, rounded half to even; no step is larger than its result or of ** 2."""
    whole_, rest = np.divmod(value, of)
    more, rest = np.divmod(rest * part, of)
    down = whole_ * part + more
    result: Ints = down + ((2 * rest > of) | ((2 * rest == of) & (down % 2 == 1)))
    return result


def _top(flow: _Flow) -> Ints:
    """Return the largest size each trade held."""
    if not len(flow.last):
        return flow.last
    ends = np.stack([flow.first, flow.last], axis=1).ravel()
    top: Ints = np.maximum.reduceat(np.abs(flow.held), ends)[::2]
    return top


def _count(size: Ints) -> Ints:
    return (size > 0).astype(np.int64)


def _average(worth: Ints, size: Ints, at: Ints, count: Ints, price: Whole) -> pa.Array:
    """Return a fill's own price where a trade has one such fill, else the average by size."""
    own = money_of(price.value[at], price.digits)
    several = count > 1
    if not several.any():
        return own
    unit = Decimal(10) ** price.digits
    pairs = zip(worth[several].tolist(), size[several].tolist(), strict=True)
    averages = money([round(Decimal(w) / Decimal(s) / unit, _DIGITS) for w, s in pairs])
    return pc.replace_with_mask(own, pa.array(several), averages.cast(MONEY))
