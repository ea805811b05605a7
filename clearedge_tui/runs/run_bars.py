"""The bars a run was made on, for a chart, joined to as many as it can show.

From the catalog; all of a long run, and wide candles of it, from its own file.
"""

import numpy as np

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.model import BarRow
from clearedge_tui.market import catalog, timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import candles
from clearedge_tui.runs.candles import joined
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.runs.model import RunReport
from clearedge_tui.runs.report_rows import RunBars, TradeMark
from clearedge_tui.runs.trade_pages import TradeTable
from clearedge_tui.settings import Home

MOST_ROWS = candles.MOST
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
    own = candles.kept(run_folder(home, run.run_id)) if every != 1 else None
    if own is not None and every <= 0:
        every = own.every * max(1, -(-(len(own.bars) - 1) // count))  # the clock cuts one more
        return _answer(report, trades, joined(own.bars, every, step), every, run.start_ns)
    if every <= 0:
        every, at_ns = max(1, -(-report.bars // count)), (run.start_ns + run.end_ns) // 2
    every = min(every, max(1, report.bars))
    width = count * every * apart
    low = min(at_ns or run.end_ns, run.end_ns - width // 2) - width // 2
    low = max(low, run.start_ns)
    if own is not None and every % own.every == 0:
        made = joined(own.bars, every, step)
        first = int(np.searchsorted(made.ts_ns, low, "right"))
        return _answer(report, trades, made.slice(first, first + count), every, low)
    try:
        bars = _read(home, report, low, count * every, width)
    except ClearEdgeError as error:
        return RunBars(every=every, problem=str(error))
    if not len(bars):
        name = f"{spec.market} {spec.timeframe}"
        return RunBars(every=every, problem=f"the catalog has no bars of {name} in this span")
    opened = int(bars.ts_ns[0]) - step
    return _answer(report, trades, joined(bars, every, step), every, opened)


def _answer(
    report: RunReport, trades: TradeTable | None, bars: Bars, every: int, first_ns: int
) -> RunBars:
    run = report.summary
    marks, left = _marks(trades, first_ns, int(bars.ts_ns[-1]) if len(bars) else first_ns)
    return RunBars(rows(bars), every, run.start_ns, run.end_ns, marks, left)


def _read(home: Home, report: RunReport, low: int, wanted: int, width: int) -> Bars:
    """Return at most `wanted` bars from `low` on; where the market rested, look further."""
    spec, end = report.spec, report.summary.end_ns
    while True:
        high = min(low + width, end)
        bars = catalog.read_bars(home, spec.market, spec.timeframe, max(low, 1), max(high, 2))
        if len(bars) >= wanted or high >= end:
            return bars.slice(0, wanted)
        width *= 2


def rows(bars: Bars) -> tuple[BarRow, ...]:
    """Return bars as a screen is sent them."""
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
