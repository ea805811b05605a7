"""One trade of a run in words, and its orders, fills and log lines; the chart stands between."""

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.paint.report_marks import paint_facts
from clearedge_tui.ui.paint.report_trade import paint_parts
from clearedge_tui.ui.screens.report_subject import ReportSubject
from clearedge_tui.ui.view import CellView


class TradeFacts(CellView):
    """Where it stands in the list, and its figures."""

    def inputs(self) -> tuple[object, ...]:
        page = self.screen
        return (page.trade, page.trade_problem) if isinstance(page, ReportSubject) else ()

    def paint(self, h: int, w: int) -> Cells:
        cells, page = Cells(h, w), self.screen
        if not isinstance(page, ReportSubject):
            return cells
        if page.trade is None:
            problem = page.trade_problem
            cells.text(0, 1, problem or "asking…", p.BAD if problem else p.DIM)
            return cells
        paint_facts(cells, cells.area.inset(1), page.trade, self.ui.look)
        return cells


class TradeParts(CellView):
    """Orders, fills and log lines; `J` and `K` scroll them."""

    def __init__(self) -> None:
        super().__init__(id="parts")
        self.top = 0
        self._used = 0

    def inputs(self) -> tuple[object, ...]:
        page = self.screen
        return (page.trade, self.top) if isinstance(page, ReportSubject) else ()

    def paint(self, h: int, w: int) -> Cells:
        cells, page = Cells(h, w), self.screen
        if isinstance(page, ReportSubject) and page.trade is not None:
            self.top = max(0, min(self.top, self._used - 2))
            self._used = paint_parts(cells, page.trade, self.ui.look, self.top)
            if self._used > h:
                note = f" J K scroll, {max(0, self._used - self.top - h)} below "
                cells.right(h - 1, w - 30, 29, note, p.DIM)
        return cells

    def scroll(self, rows: int) -> None:
        self.top = max(0, self.top + rows)
        self.redraw()
