"""The bars a run was made on, from the catalog, for a chart: joined to as many rows as it can show."""

import numpy as np

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.model import BarRow
from clearedge_tui.market import catalog, timeframes
from clearedge_tui.market.columns import Bars, Ints
from clearedge_tui.runs.model import RunReport
from clearedge_tui.runs.report_rows import RunBars, TradeMark
from clearedge_tui.runs.trade_pages import TradeTable
from clearedge_tui.settings import Home

MOST_ROWS = 2_000
MOST_MARKS = 1_000


def around(
    home: Home, report: RunReport, trades: TradeTable | None, at_ns: int, count: int, every: int
) -> RunBars:
    """Return about `count` rows of `every` bars with `at_ns` in their middle, and trades inside.

    0 is the end of the run; `every` 0 joins so many that the whole run fits. Bars that are not in
    the catalog any more are a `problem`, never an error.
    """
    run, spec = report.summary, report.spec
    count = max(10, min(count, MOST_ROWS))
    step = timeframes.period_ns(spec.timeframe)
    apart = max(step, (run.end_ns - run.start_ns) // max(1, report.bars))  # closed days count too
    if every <= 0:
        every, at_ns = max(1, -(-report.bars // count)), (run.start_ns + run.end_ns) // 2
    every = min(every, max(1, report.bars))
    width = count * every * apart
    low = min(at_ns or run.end_ns, run.end_ns - width // 2) - width // 2
    low = max(low, run.start_ns)
    try:
        bars = _read(home, report, low, count * every, width)
    except ClearEdgeError as error:
        return RunBars(every=every, problem=str(error))
    if not len(bars):
        name = f"{spec.market} {spec.timeframe}"
        return RunBars(every=every, problem=f"the catalog has no bars of {name} in this span")
    rows = joined(bars, every, step)
    marks, left = _marks(trades, int(bars.ts_ns[0]) - step, int(bars.ts_ns[-1]))
    return RunBars(_rows(rows), every, run.start_ns, run.end_ns, marks, left)


def _read(home: Home, report: RunReport, low: int, wanted: int, width: int) -> Bars:
    """Return at most `wanted` bars from `low` on; where the market rested, look further."""
    spec, end = report.spec, report.summary.end_ns
    while True:
        high = min(low + width, end)
        bars = catalog.read_bars(home, spec.market, spec.timeframe, max(low, 1), max(high, 2))
        if len(bars) >= wanted or high >= end:
            return bars.slice(0, wanted)
        width *= 2


def joined(bars: Bars, every: int, step_ns: int) -> Bars:
    """Return bars of `every` bars each, cut by the clock so that the same ones join after panning."""
    if every <= 1 or not len(bars):
        return bars
    slots = (bars.ts_ns - step_ns) // (every * step_ns)
    first: Ints = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    return Bars(
        bars.ts_ns[last],
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )


def _rows(bars: Bars) -> tuple[BarRow, ...]:
    columns = (column.tolist() for column in bars.columns())
    return tuple(BarRow(*row) for row in zip(*columns, strict=True))


def _marks(
    trades: TradeTable | None, first_ns: int, last_ns: int
) -> tuple[tuple[TradeMark, ...], int]:
    """Return the trades that were open in a span, at most a thousand spread over it."""
    if trades is None:
        return (), 0
    values = trades.values
    inside = np.flatnonzero((values["out"] > first_ns) & (values["in"] <= last_ns))
    shown = inside
    if len(inside) > MOST_MARKS:
        shown = inside[np.linspace(0, len(inside) - 1, MOST_MARKS).astype(np.int64)]
    made = tuple(
        TradeMark(n, side == "long", a, p, b, q, pnl)
        for n, side, a, p, b, q, pnl in zip(
            *(values[name][shown].tolist() for name in ("number", "side", "in", "entry", "out", "exit", "pnl")),
            strict=True,
        )
    )  # fmt: skip
    return made, len(inside) - len(shown)
