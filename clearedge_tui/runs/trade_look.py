"""One trade in full: its orders and fills, and what the strategy said then."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.listing import LOG, run_folder
from clearedge_tui.runs.read_table import read_table
from clearedge_tui.runs.report_rows import FillLine, OneTrade, OrderLine
from clearedge_tui.runs.trade_pages import Order, TradeTable, short
from clearedge_tui.settings import Home

MOST_FILLS, MOST_LINES = 200, 200
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_AIR_NS = 60_000_000_000  # of the log before and after a trade, at least


def one_trade(home: Home, run_id: str, trades: TradeTable, asked: Order, number: int) -> OneTrade:
    """Return a trade by its number. Raises NotFound; files that are gone leave their part empty."""
    at = np.flatnonzero(trades.values["number"] == number)
    if not len(at):
        raise NotFound(f"run {run_id} has no trade {number}; it has {len(trades):,}")
    row = trades.of(at)[0]
    folder = run_folder(home, run_id)
    place, before, after, matched = _neighbours(trades, asked, int(at[0]))
    fills, left = _fills(folder, trades, int(at[0]))
    air = max(_AIR_NS, (row.exit_ns - row.entry_ns) // 4)
    return OneTrade(
        row=row,
        place=place,
        matched=matched,
        before=before,
        after=after,
        orders=_orders(folder, {fill.order for fill in fills}),
        fills=fills,
        log=tuple(_said(folder / LOG, row.entry_ns - air, row.exit_ns + air)),
        left_out=left,
    )


def nearest(trades: TradeTable, at_ns: int, step: int) -> int:
    """Return the number of the first trade entered from a time on, or of the last one before it."""
    if not len(trades):
        return 0
    at = int(np.searchsorted(trades.values["in"], at_ns)) - (step < 0)
    return int(trades.values["number"][max(0, min(at, len(trades) - 1))])


def _neighbours(trades: TradeTable, asked: Order, at: int) -> tuple[int, int, int, int]:
    found = trades.order(asked)
    places = np.flatnonzero(found == at)
    if not len(places):
        return 0, 0, 0, len(found)
    place = int(places[0])
    numbers = trades.values["number"]
    before = int(numbers[found[place - 1]]) if place else 0
    after = int(numbers[found[place + 1]]) if place + 1 < len(found) else 0
    return place + 1, before, after, len(found)


def _fills(folder: Path, trades: TradeTable, at: int) -> tuple[tuple[FillLine, ...], int]:
    table = _read(folder / "fills.parquet")
    if table is None:
        return (), 0
    if trades.first_fill is not None and trades.last_fill is not None:
        first, last = int(trades.first_fill[at]), int(trades.last_fill[at]) + 1
        part = table.slice(first, min(last - first, MOST_FILLS))
        left = last - first - len(part)
    else:  # a run of an older version: by time
        times = table["ts_ns"].cast(pa.int64()).to_numpy()
        begin, end = int(trades.values["in"][at]), int(trades.values["out"][at])
        held = np.flatnonzero((times >= begin) & (times <= end))
        part, left = table.take(pa.array(held[:MOST_FILLS])), max(0, len(held) - MOST_FILLS)
    names = ("ts_ns", "order", "side", "size", "price", "fee", "maker", "tag")
    return tuple(FillLine(*row) for row in _listed(part, names)), left


def _orders(folder: Path, wanted: set[str]) -> tuple[OrderLine, ...]:
    table = _read(folder / "orders.parquet") if wanted else None
    if table is None:
        return ()
    part = table.filter(pc.is_in(table["id"], pa.array(sorted(wanted))))
    names = ("id", "ts_ns", "side", "kind", "size", "price", "filled", "status", "reason", "tag")
    return tuple(OrderLine(*row) for row in _listed(part, names))


def _read(path: Path) -> pa.Table | None:
    try:
        return read_table(path)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowInvalid) as error:
        raise BadData(f"{path}: {str(error).splitlines()[0]}") from None


def _listed(part: pa.Table, names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    columns = []
    for name in names:
        column = part[name]
        if pa.types.is_timestamp(column.type):
            columns.append(column.cast(pa.int64()).to_pylist())
        elif pa.types.is_decimal(column.type):
            columns.append([short(value) for value in column.to_pylist()])
        elif pa.types.is_string(column.type):
            columns.append([clean_text(value or "") for value in column.to_pylist()])
        else:
            columns.append(column.to_pylist())
    return zip(*columns, strict=True)


def _said(path: Path, first_ns: int, last_ns: int) -> Iterator[str]:
    """Yield the lines of the log between two times of data, at most two hundred."""
    first, last = (iso(ns)[:19] for ns in (first_ns, last_ns))
    said = 0
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            inside = False
            for line in lines:
                if _STAMP.match(line):
                    inside = first <= line[:19] <= last
                    if line[:19] > last:
                        return
                if inside and said < MOST_LINES:
                    said += 1
                    yield clean_text(line.rstrip("\n"))
    except FileNotFoundError:
        return
