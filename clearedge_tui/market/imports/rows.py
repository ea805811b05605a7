"""Raw columns of a kind of data as checked rows in the catalog's own form."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from clearedge_tui.market import columns
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.market.imports.gates import Gate
from clearedge_tui.market.imports.names import OHLC
from clearedge_tui.market.imports.numbers import decimals_needed, fits, numbers, where_there
from clearedge_tui.market.imports.raw_file import RawBatch, RawFile
from clearedge_tui.market.imports.times import TimeStyle, times
from clearedge_tui.market.layout import Kind
from clearedge_tui.market.markets import Market

_TIME = pa.timestamp("ns", tz="UTC")


class Finer(Exception):
    """Some value needs more decimals than the draft is written with: begin again with these."""

    def __init__(self, price: int, size: int) -> None:
        super().__init__(price, size)
        self.price, self.size = price, size


@dataclass
class Decimals:
    """How many decimals the rows are written with, and how many they turned out to need."""

    price: int
    size: int
    fixed: bool  # somebody said the market's steps: its decimals stand
    sizes_too: bool  # ticks: sizes decide the market's decimals as prices do
    needed_price: int = 0
    needed_size: int = 0

    @classmethod
    def of(cls, market: Market, fixed: bool, kind: Kind) -> "Decimals":
        return cls(market.price_precision, market.size_precision, fixed, kind is not Kind.BARS)

    def see(self, values: Floats, size: bool = False) -> None:
        have = self.size if size else self.price
        needed = self.needed_size if size else self.needed_price
        if (size and not self.sizes_too) or fits(values, max(have, needed)):
            return
        more = decimals_needed(values, max(have, needed))
        if size:
            self.needed_size = more
        else:
            self.needed_price = more
        if not self.fixed and more > have:
            raise Finer(max(self.price, self.needed_price), max(self.size, self.needed_size))


@dataclass
class Pass:
    """One reading of a file: how its columns are understood and where its rows go."""

    raw: RawFile
    style: TimeStyle
    decimals: Decimals
    layout: pa.Schema
    gate: Gate
    shift_ns: int = 0  # from the file's times of bars to their closes
    adjusted: bool = False
    other: tuple[RawFile, TimeStyle] | None = None  # the asks of bars whose bids are `raw`
    paired: int = 0  # bars of bids and asks
    crossed: int = 0  # of these, with a bid above the ask
    dropped: int = 0  # rows of a book that has one side only
    first: pa.RecordBatch | None = None
    lines: list[tuple[int, int]] = field(default_factory=list)  # rows written so far, their line

    def rows(self, plain: bool) -> Iterator[pa.RecordBatch]:
        """Yield the file as rows of `layout`. Raises BadData, Finer, NotPlain."""
        from clearedge_tui.market.imports import bar_rows, tick_rows

        if self.raw.kind is Kind.BARS:
            parts = bar_rows.rows(self, plain)
        else:
            parts = tick_rows.rows(self, plain)
        done = 0
        for line, part in parts:
            if not part.num_rows:
                continue
            self.first = self.first or part.slice(0, 5)
            self.lines.append((done, line))
            done += part.num_rows
            yield part

    def line_of(self, row: int) -> int:
        """Return the line of a written row."""
        start, line = next(one for one in reversed(self.lines) if one[0] <= row)
        return line + (start - row if self.raw.backwards else row - start)

    def times(self, batch: RawBatch, name: str = "time") -> Ints:
        return times(self.raw, batch, self.style, name)

    def prices(self, name: str, values: Floats, line: int) -> pa.Array:
        """Check a column of prices and return it as decimals."""
        self.gate.values(name, values, line)
        self.decimals.see(values)
        self.gate.writable(name, values, line, self.decimals.price)
        return columns.decimals(values, self.decimals.price)

    def sizes(self, name: str, values: Floats, line: int, zero: bool = True) -> pa.Array:
        self.gate.values(name, values, line, zero)
        self.decimals.see(values, size=True)
        self.gate.writable(name, values, line, self.decimals.size, zero)
        return columns.decimals(values, self.decimals.size)


def moments(values: Ints) -> Any:
    return pa.array(values, pa.int64()).cast(_TIME)


def guessed(raw: RawFile, batch: RawBatch) -> tuple[int, int]:
    """Return the decimals of prices and of sizes in the first rows, before any is written."""
    price = size = 0
    for name in batch.fields:
        if name in (*OHLC, "price", "bid", "ask") or "_price_" in name:
            price = decimals_needed(where_there(raw, batch, name), price)
        elif name.startswith(("bid_o", "bid_h", "bid_l", "bid_c")):  # mid prices have one more
            price = max(price, decimals_needed(numbers(raw, batch, name)) + 1)
        elif name == "size" or name.startswith(("bid_size", "ask_size")):
            size = decimals_needed(where_there(raw, batch, name), size)
    return price, size
