"""The crosshair of a chart of bars: which bar is meant, its line through the plot, its numbers."""

import bisect
from collections.abc import Sequence

from clearedge_tui.core.model import BarRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.paint.axes import paint_tag
from clearedge_tui.ui.paint.scale import Scale
from clearedge_tui.ui.symbols import Symbols


def bar_at(bars: Sequence[BarRow], ts_ns: int) -> int:
    """Return the index of the bar at or next after a time; past the newest it is the newest."""
    return min(len(bars) - 1, bisect.bisect_left([bar.ts_ns for bar in bars], ts_ns))


def reading(bar: BarRow, digits: int | None) -> str:
    """Return time, prices and volume of one bar, as they stand in the legend."""
    prices = "  ".join(
        f"{name} {f.price(value, digits=digits)}"
        for name, value in zip("OHLC", (bar.open, bar.high, bar.low, bar.close), strict=True)
    )
    return f"{f.moment(bar.ts_ns)}  {prices}  V {f.short(float(bar.volume))}"


def paint_crosshair(
    cells: Cells,
    plot: Area,
    axis: Area,
    x: int,
    bar: BarRow,
    scale: Scale,
    symbols: Symbols,
    digits: int | None,
) -> None:
    """Paint a line down through the bar's column, one across at its close, and tag that price."""
    level = plot.y + scale.at(bar.close)
    for y in range(plot.y, plot.y + plot.h):
        if cells.ch[y][x] in (" ", symbols.grid):
            cells.put(y, x, symbols.upright, p.ACCENT)
    for column in range(plot.x, plot.x + plot.w):
        if cells.ch[level][column] in (" ", symbols.grid):
            cells.put(level, column, symbols.grid, p.ACCENT)
    paint_tag(cells, axis, scale, bar.close, p.ACCENT, symbols, digits)
