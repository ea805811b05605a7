"""Import a file of bars: look at all of it, show what was understood, then write it.

The first pass reads and checks every row and writes nothing; the second writes what is new.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.market import catalog, columns, parse, quality, raw_file, timeframes
from clearedge_tui.market.columns import PRICES, Bars
from clearedge_tui.market.markets import Market, describe, load_markets, save_market
from clearedge_tui.market.series_file import times_of
from clearedge_tui.settings import Home


@dataclass(frozen=True, slots=True)
class Request:
    """What the person said. Empty means: guess."""

    path: Path
    market: str
    timeframe: str
    venue: str = ""
    zone: str = "UTC"
    stamp: str = ""  # open | close: which moment of the bar the file's time is
    asset_class: str = ""
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What was understood of a file, for a person to look at before anything is written."""

    raw: raw_file.RawFile
    style: parse.TimeStyle
    market: Market
    timeframe: str
    stamp: str
    rows: int
    first_ns: int  # close of the first bar
    last_ns: int
    gaps: int
    missing: int
    notes: tuple[str, ...]

    @property
    def shift_ns(self) -> int:
        return timeframes.period_ns(self.timeframe) if self.stamp == "open" else 0

    def lines(self) -> tuple[str, ...]:
        mapping = ", ".join(f"{ours}={theirs}" for ours, theirs in self.raw.mapping.items())
        return (
            f"file      {self.raw.path} ({self.raw.kind})",
            f"columns   {mapping}",
            f"time      {self.style}; it is the bar's {self.stamp}",
            f"market    {self.market.symbol} at {self.market.venue} ({self.market.market_id}, {self.market.asset_class}), "
            f"{self.market.price_precision} price decimals, {self.market.size_precision} size decimals",
            f"bars      {self.rows:,} of {self.timeframe}, closing {iso(self.first_ns)} to {iso(self.last_ns)} UTC",
            f"gaps      {self.gaps:,} ({self.missing:,} bars missing)",
            *(f"note      {note}" for note in self.notes),
        )


class Imported(msgspec.Struct, frozen=True):
    """What an import did."""

    market: str
    market_id: str
    timeframe: str
    rows: int  # in the file
    added: int
    already: int
    first_ns: int
    last_ns: int
    gaps: int


def plan(home: Home, request: Request) -> Plan:
    """Read and check the whole file; raises BadData with file, line and reason."""
    period = timeframes.period_ns(request.timeframe)
    raw = raw_file.open_file(request.path, request.columns)
    style = parse.time_style(raw, request.zone)
    stamp = request.stamp or ("close" if "close" in raw.mapping["time"].lower() else "open")
    if stamp not in ("open", "close"):
        raise UsageError(f"stamp `{stamp}`; wanted open or close")
    gate = quality.Gate(raw, period)
    digits = 0
    for batch in raw.batches():
        bars = parse.bars(raw, batch, style)
        gate.check(bars, batch.line)
        for name in PRICES:
            digits = quality.decimals_needed(getattr(bars, name), digits)
    _check_timeframe(raw, gate, request.timeframe)
    market, notes = _market(home, request, digits)
    shift = period if stamp == "open" else 0
    if "volume" not in raw.mapping:
        notes = (*notes, "the file has no volume; it is stored as 0")
    return Plan(
        raw, style, market, request.timeframe, stamp, gate.rows,
        gate.first_ns + shift, gate.last_ns + shift, gate.gaps, gate.missing, notes,
    )  # fmt: skip


def _check_timeframe(raw: raw_file.RawFile, gate: quality.Gate, timeframe: str) -> None:
    if not gate.rows:
        raise BadData(f"{raw.path}: no rows; nothing to import")
    if gate.rows > 2 and gate.regular - 1 < (gate.rows - 1) / 2:
        raise BadData(
            f"{raw.path}: most rows are not {timeframe} apart ({gate.regular - 1} of {gate.rows - 1} are); "
            "give the file's own --timeframe"
        )


def _market(home: Home, request: Request, digits: int) -> tuple[Market, tuple[str, ...]]:
    fresh = describe(request.market, request.venue, request.asset_class, digits, request.path.name)
    known = load_markets(home).get(fresh.market_id)
    if known is None:
        return fresh, ()
    if known.simulated:
        raise UsageError(
            f"{known.market_id} is a simulated market; real bars need another venue: --venue NAME"
        )
    if digits > known.price_precision:
        note = (
            f"prices have {digits} decimals and are rounded to the market's {known.price_precision}"
        )
        return known, (note,)
    return known, ()


def run(home: Home, plan: Plan, progress: Callable[[float], None] | None = None) -> Imported:
    """Write what the catalog does not have yet; bars that contradict it are BadData.

    Nothing is written when anything is wrong. Importing the same file again adds nothing.
    """
    key = catalog.bars_key(plan.market.market_id, plan.timeframe)
    with catalog.locked(home), catalog.Staged(home, plan.market, key) as staged:
        parts = _batches(plan, progress)
        staged.fill((columns.encode(p, staged.layout) for p in parts), source=plan.raw.path.name)
        added = staged.commit(partial(_refuse_conflict, plan)).added
        save_market(home, plan.market)
    return Imported(
        market=plan.market.symbol,
        market_id=plan.market.market_id,
        timeframe=plan.timeframe,
        rows=plan.rows,
        added=added,
        already=plan.rows - added,
        first_ns=plan.first_ns,
        last_ns=plan.last_ns,
        gaps=plan.gaps,
    )


def _batches(plan: Plan, progress: Callable[[float], None] | None) -> Iterator[Bars]:
    done = 0
    for batch in plan.raw.batches():
        bars = parse.bars(plan.raw, batch, plan.style)
        done += len(bars)
        yield Bars.of([bars.ts_ns + plan.shift_ns, *bars.columns()[1:]])
        if progress:
            progress(done / plan.rows)


def _refuse_conflict(plan: Plan, old: pa.Table, new: pa.Table, rows: columns.Ints) -> None:
    differs = catalog.differing(old, new)
    if not differs.any():
        return
    at = int(np.argmax(differs))
    line = int(rows[at]) + (2 if plan.raw.kind == "csv" else 1)
    when, here, there = (
        iso(int(times_of(new)[at])),
        float(new.column("close")[at].as_py()),
        float(old.column("close")[at].as_py()),
    )
    raise BadData(
        f"{plan.raw.place(line)}: the bar closing {when} has close {here:g} here and {there:g} in the "
        f"catalog ({int(differs.sum())} bars differ); nothing was written. Import it under another "
        "venue: --venue NAME"
    )
