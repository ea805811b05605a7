"""A session analysed as a backtest is, as far as its books tell: trades, returns, falls, hours.

Time is that of the data, as of its fills. Nothing here needs bars, so what does is not known:
excursions, slippage, buy and hold. How many bars a trade took is counted by the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.model import Book, Fill, Order
from clearedge_tui.market import timeframes
from clearedge_tui.market.columns import Ints
from clearedge_tui.runs import metrics
from clearedge_tui.runs.analysis.build import Analysed, Decisions, analyse
from clearedge_tui.runs.analysis.load import ANALYSIS
from clearedge_tui.runs.analysis.model import Analysis
from clearedge_tui.runs.equity import Account
from clearedge_tui.runs.fill_columns import FillColumns, columns_of
from clearedge_tui.runs.metrics import Sheet
from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow
from clearedge_tui.runs.sessions import Point, SessionSpec
from clearedge_tui.runs.tables import TRADES, trade_table
from clearedge_tui.runs.trades import Trips, round_trips
from clearedge_tui.settings import Home

CARRIED = "carried"  # the order of what was held before the session began
_MOST = 500


@dataclass(frozen=True, slots=True)
class Studied:
    """A session's trades and everything computed of them. `carried` fills are in no table."""

    sheet: Sheet
    analysed: Analysed
    carried: int

    @property
    def newest(self) -> tuple[Trade, ...]:
        return self.sheet.trips.newest(_MOST)

    def table(self) -> Any:
        """Return the trades as every run's table has them, joined to the rows of its fills."""
        return trade_table(self.sheet, self.analysed, self.carried)


def of_book(fills: Sequence[Fill], book: Book) -> list[Fill]:
    """Return the fills with those of one book first, in the order of their time."""
    own = sorted((fill for fill in fills if fill.book is book), key=lambda fill: fill.at_ns)
    return own + [fill for fill in fills if fill.book is not book]


def study(
    home: Home, spec: SessionSpec, book: Book, points: Sequence[Point], orders: Sequence[Order],
    fills: Sequence[Fill],
) -> Studied:  # fmt: skip
    """Analyse one book of a session. What it held when it began was bought at the price of then."""
    kept = [one for one in points if one.book is book]
    marks = _growing(kept)
    columns, carried = _columns(
        kept[0] if kept else None, orders, [f for f in of_book(fills, book) if f.book is book]
    )
    ns = np.array([one.data_ns for one in marks], np.int64)
    worth = np.array([float(spec.balance + one.total) for one in marks])
    held = np.array([float(one.position) for one in marks])
    begun = float(worth[0]) if len(worth) else float(spec.balance)
    trips: Trips = round_trips(columns, _closes(spec.timeframe, columns))
    mine = [order for order in orders if order.book is book]
    sheet = metrics.sheet(
        Account(ns, np.empty(0), worth, held),
        begun,
        0.0,
        int(ns[0]) if len(ns) else 0,
        _asset_class(home, spec),
        trips,
        columns,
        len(mine),
    )
    decisions = Decisions([order.id for order in mine], [order.at_ns for order in mine])
    return Studied(sheet, analyse(sheet, None, decisions, spec.currency, 0), carried)


def write(folder: Path, studied: Studied, figures: dict[str, float | None]) -> Analysis:
    """Write trades and analysis beside the other tables; `figures` are those of its summary."""
    import pyarrow.parquet as pq

    found = with_figures(studied, figures)
    pq.write_table(studied.table(), folder / TRADES, compression="zstd")
    (folder / ANALYSIS).write_bytes(msgspec.json.encode(found) + b"\n")
    return found


def with_figures(studied: Studied, figures: dict[str, float | None]) -> Analysis:
    """Return the analysis with what the session itself counted, where both have a figure."""
    found = studied.analysed.analysis
    return msgspec.structs.replace(found, figures={**found.figures, **figures})


def _growing(marks: list[Point]) -> list[Point]:
    """Return the points whose data are later than those before: a pause adds nothing."""
    found: list[Point] = []
    for one in marks:
        if one.data_ns and (not found or one.data_ns > found[-1].data_ns):
            found.append(one)
    return found


def _columns(
    first: Point | None, orders: Sequence[Order], fills: list[Fill]
) -> tuple[FillColumns, int]:
    tags = {order.id: order.tag for order in orders}
    rows = [
        FillRow(f.at_ns, f.order, f.side, f.size, f.price, f.fee, False, tags.get(f.order, ""))
        for f in fills
    ]
    if first is None or not first.position or first.price is None:
        return columns_of(rows), 0
    side = "buy" if first.position > 0 else "sell"
    size, nothing = abs(first.position), first.fees - first.fees
    at_ns = min([first.data_ns or rows[0].ts_ns, rows[0].ts_ns]) if rows else first.data_ns
    held = FillRow(at_ns, CARRIED, side, size, first.price, nothing, False, CARRIED)
    return columns_of([held, *rows]), 1


def _closes(timeframe: str, fills: FillColumns) -> Ints:
    """Return when bars would close from the first fill to the last, were there no closed hours."""
    if timeframe == "quote" or not len(fills):
        return np.empty(0, np.int64)
    step = timeframes.period_ns(timeframe)
    return np.arange(int(fills.ts_ns[0]) // step, int(fills.ts_ns[-1]) // step + 2) * step


def _asset_class(home: Home, spec: SessionSpec) -> str:
    from clearedge_tui.market.markets import resolve

    try:
        return resolve(home, spec.market).info.asset_class
    except ClearEdgeError:  # the market is not known any more
        return next(iter(ASSET_CLASSES))
