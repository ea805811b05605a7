"""What was asked, what was understood of a file, and what an import did."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.market.catalog import Staged
from clearedge_tui.market.imports.rows import Pass
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import Market


@dataclass(frozen=True, slots=True)
class Request:
    """What the person said. Empty means: guess."""

    path: Path
    market: str
    timeframe: str = ""
    venue: str = ""
    zone: str = "UTC"
    stamp: str = ""  # open | close: which moment of the bar the file's time is
    asset_class: str = ""
    columns: Mapping[str, str] | None = None
    kind: str = ""
    ask: Path | None = None  # a second file: the asks of bars whose bids are in the first
    adjusted: bool = False  # scale prices by adj_close / close


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Plan:
    """What was understood of a file, for a person to look at; its rows lie aside, seen by nobody.

    `close` throws them away; so does the end of the process, however it ends.
    """

    reading: Pass
    staged: Staged
    market: Market
    known: Market | None  # the market as the catalog has it
    key: Key
    stamp: str
    notes: tuple[str, ...]
    refusal: str = ""  # why it cannot be written, as far as that can be told before

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.staged.__exit__()

    @property
    def kind(self) -> Kind:
        return self.key.kind

    @property
    def timeframe(self) -> str:
        return self.key.timeframe

    @property
    def form(self) -> str:
        """Return how the file writes time."""
        return self.reading.style.form

    @property
    def rows(self) -> int:
        return self.staged.facts.rows

    @property
    def first_ns(self) -> int:
        return self.staged.facts.first_ns

    @property
    def last_ns(self) -> int:
        return self.staged.facts.last_ns

    @property
    def gaps(self) -> int:
        return max(self.staged.facts.gap_count, 0)

    def lines(self) -> tuple[str, ...]:
        raw, market, facts = self.reading.raw, self.market, self.staged.facts
        mapping = ", ".join(f"{ours}={theirs or ours}" for ours, theirs in raw.mapping.items())
        stamped = f"; it is the bar's {self.stamp}" if self.stamp else ""
        span = f"{iso(self.first_ns)} to {iso(self.last_ns)} UTC"
        many = f"of {self.timeframe}, closing {span}" if self.timeframe else f"from {span}"
        asks = [f"asks      {self.reading.other[0].path}"] if self.reading.other else []
        gaps = (
            [f"gaps      {self.gaps:,} ({facts.missing:,} bars missing)"] if self.timeframe else []
        )
        return (
            f"file      {raw.path} ({raw.told})",
            *asks,
            f"columns   {mapping}",
            f"time      {self.reading.style}{stamped}",
            f"market    {market.symbol} at {market.venue} ({market.market_id}, {market.asset_class}), "
            f"{market.price_precision} price decimals, {market.size_precision} size decimals",
            f"{self.kind:<10}{self.rows:,} {many}",
            *gaps,
            *(f"{'first' if not n else '':<10}{row}" for n, row in enumerate(self.preview)),
            *(f"note      {note}" for note in self.notes),
        )

    @property
    def preview(self) -> tuple[str, ...]:
        """Return the first rows as they were understood."""
        first = self.reading.first
        if first is None:
            return ()
        return tuple(self._shown(first, row) for row in range(first.num_rows))

    def _shown(self, rows: pa.RecordBatch, row: int) -> str:
        at = rows.column("ts_init").cast(pa.int64())[row].as_py()
        when = iso(at) if self.timeframe else f"{iso(at)}.{at // 1_000_000 % 1000:03d}"
        cells = []
        for name in rows.schema.names:
            value = rows.column(name)[row].as_py()
            if pa.types.is_decimal(rows.schema.field(name).type):
                sized = "size" in name or name == "volume"
                digits = self.market.size_precision if sized else self.market.price_precision
                cells.append(f"{name} {value:.{digits}f}")
            elif isinstance(value, list):
                best = f", best {value[0]['price'].normalize():f}" if value else ""
                cells.append(f"{len(value)} {name}{best}")
            elif isinstance(value, str):
                cells.append(f"{name} {value}")
        return f"{when}  {'  '.join(cells)}"


class Imported(msgspec.Struct, frozen=True):
    """What an import did."""

    market: str
    market_id: str
    timeframe: str  # empty for what is not bars
    rows: int  # in the file
    added: int
    already: int
    first_ns: int
    last_ns: int
    gaps: int
    kind: Kind = Kind.BARS
