"""The fills of a run as columns, made once for account, trades, figures and files.

Money is exact in Arrow decimals, for files and sums; its floats are for figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clearedge_tui.market.arrays import reals
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.outcome import FillRow

Bools = npt.NDArray[np.bool_]
SCALE = 16
MONEY = pa.decimal128(38, SCALE)
_LOOK = 32


@dataclass(frozen=True, slots=True)
class Whole:
    """Money as whole numbers: `value` / 10 ** `digits`, exactly."""

    value: Ints
    digits: int

    def floats(self) -> Floats:
        """Return the nearest floats, as a bar's prices are; Arrow's own are one digit off at times."""
        result: Floats = self.value / 10.0**self.digits
        return result


@dataclass(frozen=True, slots=True)
class FillColumns:
    """Fills oldest first. `exact_*` are Arrow decimals of the type MONEY."""

    ts_ns: Ints
    order: Sequence[str]
    buys: Bools
    exact_size: pa.Array
    exact_price: pa.Array
    exact_fee: pa.Array
    maker: Bools
    tag: Sequence[str]
    size: Floats = field(init=False)
    price: Floats = field(init=False)
    fee: Floats = field(init=False)
    held: Floats = field(init=False)  # the position after each fill, signed
    wholes: dict[str, Whole | None] = field(init=False)  # of size, price and fee

    def __post_init__(self) -> None:
        keep = object.__setattr__  # frozen: these are made here and nowhere else
        wholes = {}
        for name in ("size", "price", "fee"):
            exact = getattr(self, f"exact_{name}")
            found = wholes[name] = whole(exact)
            keep(self, name, floats(exact) if found is None else found.floats())
        keep(self, "wholes", wholes)
        keep(self, "held", self._held(wholes["size"]))

    def __len__(self) -> int:
        return len(self.ts_ns)

    def _held(self, size: Whole | None) -> Floats:
        if size is not None:
            return np.cumsum(np.where(self.buys, size.value, -size.value)) / 10.0**size.digits
        rough = np.cumsum(np.where(self.buys, self.size, -self.size))
        rough[np.abs(rough) < 1e-9] = 0.0  # sums of decimals in floats leave dust
        return rough

    def rows(self) -> Iterator[tuple[int, bool, Decimal, Decimal, Decimal]]:
        """Return time, whether it buys, size, price and fee of each, exactly."""
        money = (self.exact_size, self.exact_price, self.exact_fee)
        columns = (one.to_pylist() for one in money)
        return zip(self.ts_ns.tolist(), self.buys.tolist(), *columns, strict=True)


def columns_of(fills: Sequence[FillRow]) -> FillColumns:
    """Turn rows into columns."""
    ts_ns, order, side, size, price, fee, maker, tag = (
        zip(*fills, strict=True) if fills else [()] * 8
    )
    return FillColumns(
        np.array(ts_ns, np.int64),
        order,
        np.fromiter(map("buy".__eq__, side), bool, len(fills)),
        money(size),
        money(price),
        money(fee),
        np.array(maker, bool),
        tag,
    )


def columns_from(table: pa.Table) -> FillColumns:
    """Read the columns back from a run's file."""
    named: dict[str, Any] = {n: table[n].combine_chunks() for n in table.column_names}
    return FillColumns(
        named["ts_ns"].cast(pa.int64()).to_numpy(),
        named["order"].to_pylist(),
        np.asarray(named["side"].to_numpy(zero_copy_only=False) == "buy"),
        named["size"].cast(MONEY),
        named["price"].cast(MONEY),
        named["fee"].cast(MONEY),
        named["maker"].to_numpy(zero_copy_only=False),
        named["tag"].to_pylist(),
    )


def money(values: Sequence[Decimal | None]) -> pa.Array:
    """Return exact decimals; what has more digits than the column keeps is rounded, half to even."""
    try:
        few = set(values[:_LOOK])
        if len(few) < _LOOK // 4 and None not in few:  # sizes: making each costs the most here
            return _repeated(values)
        return pa.array(values, MONEY)
    except pa.ArrowInvalid:  # averages
        return pa.array([None if v is None else round(v, SCALE) for v in values], MONEY)


def _repeated(values: Sequence[Decimal | None]) -> pa.Array:
    each = list(dict.fromkeys(values))
    at = {value: row for row, value in enumerate(each)}
    rows = np.fromiter(map(at.__getitem__, values), np.int64, len(values))
    return pa.array(each, MONEY).take(pa.array(rows))


def floats(exact: pa.Array) -> Floats:
    return reals(exact)


def whole(exact: pa.Array) -> Whole | None:
    """Return money as whole numbers of its smallest digit; None where they do not fit 64 bits."""
    seen = (-int(one.normalize().as_tuple().exponent) for one in exact[:_LOOK].to_pylist())
    for digits in range(max(0, *seen, 0), SCALE + 1):
        try:  # one that fails costs as much as all else here: begin where the first values are
            cast = exact.cast(pa.decimal128(38, digits))
        except pa.ArrowInvalid:  # it has more digits
            continue
        halves = np.frombuffer(cast.buffers()[1], np.int64).reshape(-1, 2)
        halves = halves[cast.offset : cast.offset + len(cast)]
        low = halves[:, 0].copy()
        return Whole(low, digits) if np.array_equal(low >> 63, halves[:, 1]) else None
    return None


def money_of(value: Ints, digits: int) -> pa.Array:
    """Return whole numbers over 10 ** `digits` (at most 16) as exact decimals."""
    halves = np.empty((len(value), 2), np.int64)
    halves[:, 0], halves[:, 1] = value, value >> 63
    shape = pa.decimal128(38, digits)
    return pa.Array.from_buffers(shape, len(value), [None, pa.py_buffer(halves)]).cast(MONEY)
