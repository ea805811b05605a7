"""Panes of a report that are one picture, taller than the screen where need be."""

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.paint import report as overview
from clearedge_tui.ui.paint.report_about import about_lines
from clearedge_tui.ui.paint.report_spread import paint_spread
from clearedge_tui.ui.paint.report_tables import paint_returns, paint_timing
from clearedge_tui.ui.screens.report_subject import ReportSubject
from clearedge_tui.ui.sheet import TALLEST, ScrolledSheet


class Sheet(ScrolledSheet):
    """The pane that the page shows, from its row `top` on."""

    def inputs(self) -> tuple[object, ...]:
        """What is shown changes with answers and keys only: a tick paints nothing anew."""
        page = self.screen
        if not isinstance(page, ReportSubject):
            return ()
        parts = (page.report, page.analysis, page.past)
        return page.pane, self.top, *((part.value, part.problem) for part in parts)

    def paint(self, h: int, w: int) -> Cells:
        page = self.screen
        if not isinstance(page, ReportSubject):
            return Cells(h, w)
        if page.pane == "overview":
            return self._overview(page, h, w)
        return super().paint(h, w)

    def _overview(self, page: ReportSubject, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        report, problem = page.report.value, page.report.problem
        if report is None:
            cells.text(1, 2, problem or "asking for the report…", p.BAD if problem else p.DIM)
        else:
            analysis = page.analysis.value
            overview.paint_overview(cells, cells.area.inset(1), report, self.ui.look, analysis)
        return cells

    def paint_whole(self, cells: Cells, h: int) -> int:
        page = self.screen
        if not isinstance(page, ReportSubject):
            return 0
        report, found, area = page.report.value, page.analysis.value, cells.area.inset(1)
        if page.pane == "about":
            return self._about(page, cells)
        if found is None or report is None:
            problem = page.report.problem or page.analysis.problem
            cells.text(1, 2, problem or "asking…", p.BAD if problem else p.DIM)
            return 2
        look = self.ui.look
        match page.pane:
            case "returns":
                return paint_returns(cells, area, found, look)
            case "timing":
                return paint_timing(cells, area, found, look)
            case _:
                return paint_spread(cells, area._replace(h=max(h, 16)), found, look)

    def _about(self, page: ReportSubject, cells: Cells) -> int:
        report = page.report.value
        if report is None:
            cells.text(1, 2, page.report.problem or "asking…", p.DIM)
            return 2
        lines = about_lines(report, page.past.value, page.past.problem, cells.w - 2)
        for y, (text, ink) in enumerate(lines[:TALLEST]):
            cells.text(y, 1, text, ink, width=cells.w - 2)
        return len(lines)
