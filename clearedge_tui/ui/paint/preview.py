"""The chart under the board."""

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.candles import paint_candles
from clearedge_tui.ui.paint.instance import candle_chart, chart_title


def paint_preview(
    cells: Cells, row: InstanceRow, detail: Detail | None, look: Look, stale: bool = False
) -> None:
    """Paint a rule with the instance's name and its candles below, dim when their price is old."""
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    title = f" {clean_text(row.id)} {look.symbols.bullet} {chart_title(row)} "
    cells.text(0, 2, title, p.BRIGHT)
    area = cells.area.top(1)[1]
    if detail is None:
        cells.text(area.y + area.h // 2, 3, "waiting for its bars…", p.DIM)
        return
    paint_candles(cells, area.inset(1), candle_chart(row, detail), look.symbols, stale)
