"""One finished run in full. Panes: overview, trades, distribution, about."""

from collections.abc import Iterable

from textual import events
from textual.widget import Widget

from clearedge_tui.runs.model import RunReport
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import report as painter
from clearedge_tui.ui.paint.runs import remark
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

PANES = ("overview", "trades", "months", "distribution", "about")


class ReportTabs(CellView):
    """The panes by name."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        cells.rule(0, 0, w, self.ui.look.symbols.rule, p.FAINT)
        page = self.screen
        x, self._spans = 2, []
        for pane in PANES:
            shown = isinstance(page, ReportPage) and page.pane == pane
            ink = (p.BRIGHT | p.BOLD) if shown else p.DIM
            end = cells.text(0, x, f" {pane.capitalize()} ", ink, p.CURSOR if shown else p.BG)
            self._spans.append((x, end, pane))
            x = end + 1
        return cells

    def on_click(self, event: events.Click) -> None:
        page = self.screen
        for start, end, pane in self._spans:
            if start <= event.x < end and isinstance(page, ReportPage):
                page.show(pane)


class ReportSheet(CellView):
    """Every pane that is one picture."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        if not isinstance(page, ReportPage):
            return cells
        report = page.asked.value
        if report is None:
            problem = page.asked.problem
            cells.text(1, 2, problem or "asking for the report…", p.BAD if problem else p.DIM)
            return cells
        area, look = cells.area.inset(1), self.ui.look
        match page.pane:
            case "overview":
                painter.paint_overview(cells, area, report, look)
            case "months":
                painter.paint_months(cells, area, report, look)
            case "distribution":
                painter.paint_distribution(cells, area, report, look)
            case "about":
                for y, (text, ink) in enumerate(painter.about_lines(report)[:h]):
                    cells.text(y, 1, text, ink)
        return cells


class TradeRows(RowsView):
    """The trades, newest first."""

    def _report(self) -> RunReport | None:
        page = self.screen
        return page.asked.value if isinstance(page, ReportPage) else None

    def keys_of_rows(self) -> list[str]:
        report = self._report()
        return [str(i) for i in range(len(report.trades))] if report else []

    def paint_head(self, cells: Cells) -> None:
        report = self._report()
        if report:
            painter.paint_trade_head(cells, report)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        report = self._report()
        if report:
            painter.paint_trade(cells, y, report.trades[index], self.ui.look)

    def empty_text(self) -> str:
        return "this run made no trade"


class ReportPage(Page):
    """`enter` on a run."""

    NAME = "report"
    BINDINGS = bindings("report")

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.title = run_id
        self.pane = "overview"
        self.asked: Asked[RunReport] = Asked(RunReport)

    def body(self) -> Iterable[Widget]:
        yield ReportTabs(classes="line")
        yield ReportSheet(id="sheet")
        yield TradeRows()

    def on_mount(self) -> None:
        self.query_one(TradeRows).display = False
        self.asked.then.append(self.tick)
        self.asked.ask(self.ui, "run.show", {"run_id": self.run_id})

    def place(self) -> tuple[str, str]:
        return "report", self.run_id

    def remark(self) -> tuple[str, int]:
        return remark(self.asked.value.summary) if self.asked.value else ("", p.DIM)

    def show(self, pane: str) -> None:
        self.pane = pane
        rows, sheet = self.query_one(TradeRows), self.query_one(ReportSheet)
        rows.display, sheet.display = pane == "trades", pane != "trades"
        if rows.display:
            rows.focus()
        self.tick()

    def action_pane(self, step: int) -> None:
        self.show(PANES[(PANES.index(self.pane) + step) % len(PANES)])
