"""One finished run in full: figures, tables, spreads, every trade, its candles, how it was made."""

from collections.abc import Iterable
from typing import Final

from textual import events
from textual.containers import Vertical
from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.frame import HintsView, Page
from clearedge_tui.ui.keys import bindings, hints
from clearedge_tui.ui.paint.report_stamps import paint_stamps, stamps_of
from clearedge_tui.ui.paint.report_trade import rows_of
from clearedge_tui.ui.paint.runs import remark
from clearedge_tui.ui.screens.report_chart import BarsPane
from clearedge_tui.ui.screens.report_metrics import MetricsPane
from clearedge_tui.ui.screens.report_sheets import Sheet
from clearedge_tui.ui.screens.report_subject import ReportSubject
from clearedge_tui.ui.screens.report_trade import TradeFacts, TradeParts
from clearedge_tui.ui.screens.report_trades import TradesPane
from clearedge_tui.ui.study import NAMES
from clearedge_tui.ui.view import CellView

PANES: Final = (
    "overview", "metrics", "returns", "timing", "spread", "trades", "chart", "about",
)  # fmt: skip
SHEETS: Final = ("overview", "returns", "timing", "spread", "about")
KEYED: Final = {"metrics": "#metrics", "trades": "#trades", "chart": "#bars", "trade": "#one"}
HINTS: Final = {"trades": "report.trades", "chart": "report.chart", "trade": "report.chart"}


class ReportTabs(CellView):
    """The panes by name."""

    def inputs(self) -> tuple[object, ...]:
        page = self.screen
        return (page.pane,) if isinstance(page, ReportPage) else ()

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        cells.rule(0, 0, w, self.ui.look.symbols.rule, p.FAINT)
        page = self.screen
        self._spans: list[tuple[int, int, str]] = []
        x, gap = (2, 1) if w >= 100 else (0, 0)
        for pane in PANES:
            chosen = "trades" if isinstance(page, ReportPage) and page.pane == "trade" else ""
            shown = isinstance(page, ReportPage) and pane in (page.pane, chosen)
            ink = (p.BRIGHT | p.BOLD) if shown else p.DIM
            end = cells.text(0, x, f" {pane.capitalize()} ", ink, p.CURSOR if shown else p.BG)
            self._spans.append((x, end, pane))
            x = end + gap
        return cells

    def on_click(self, event: events.Click) -> None:
        page = self.screen
        for start, end, pane in self._spans:
            if start <= event.x < end and isinstance(page, ReportPage):
                page.show(pane)


class Stamps(CellView):
    """What nobody may overlook, over every pane; no line when there is nothing to say."""

    def inputs(self) -> tuple[object, ...]:
        page = self.screen
        return (page.report.value,) if isinstance(page, ReportSubject) else ()

    def paint(self, h: int, w: int) -> Cells:
        cells, page = Cells(h, w), self.screen
        if isinstance(page, ReportSubject) and page.report.value is not None:
            paint_stamps(cells, page.report.value)
        return cells


class ReportPage(ReportSubject):
    """`enter` on a run."""

    BINDINGS = bindings("report")

    def body(self) -> Iterable[Widget]:
        yield ReportTabs(classes="line")
        yield Stamps(id="stamps", classes="line")
        yield Sheet()
        yield MetricsPane()
        yield TradesPane()
        yield BarsPane(id="bars", one=False)
        with Vertical(id="trade"):
            yield TradeFacts(id="facts")
            yield BarsPane(id="one", one=True)
            yield TradeParts()
        yield FilterLine("side:long pnl<0 bars>10 tag:stop in>=2022-01-03 -word")

    def on_mount(self) -> None:
        self.query_one(Stamps).display = False
        for asked in (self.report, self.analysis, self.past):
            asked.then.append(self._came)
        self.show("overview")
        self.report.ask(self.ui, "run.show", {"run_id": self.run_id})
        self.analysis.ask(self.ui, "run.analysis", {"run_id": self.run_id})

    def _came(self) -> None:
        report = self.report.value
        if report is not None and report.summary.kind in NAMES and not self._from_study():
            self.ui.visit("study", self.run_id)
            return
        self.query_one(Stamps).display = report is not None and bool(stamps_of(report))
        self.tick()

    def _from_study(self) -> bool:
        """Whether the study itself is the screen below: then its report was asked for."""
        below = self.ui.screen_stack[-2:-1]
        return bool(below) and isinstance(below[0], Page) and below[0].NAME == "study"

    def place(self) -> tuple[str, str]:
        return "report", self.run_id

    def remark(self) -> tuple[str, int]:
        if self.pane == "trades":
            return self.query_one(TradesPane).told()
        if self.pane == "metrics":
            said = self.query_one(MetricsPane).formula()
            return said or self.analysis.problem, p.ACCENT if said else p.WARN
        if self.pane == "trade" and self.trade is not None:
            return self._where()
        if self.pane in ("returns", "timing", "spread") and self.analysis.problem:
            return self.analysis.problem, p.WARN
        return remark(self.report.value.summary) if self.report.value else ("", p.DIM)

    def _where(self) -> tuple[str, int]:
        trade = self.trade
        if trade is None or not trade.place:
            return self.trade_problem or "not among the trades the filter leaves", p.WARN
        narrowed = f"   filter: {self.trades.words}" if self.trades.words else ""
        told = f"{trade.place:,} of {trade.matched:,}   n the next one, N the one before{narrowed}"
        return self.trade_problem or told, p.WARN if self.trade_problem else p.DIM

    # -- panes

    def show(self, pane: str) -> None:
        self.pane = pane
        keyed = KEYED.get(pane, "#sheet")
        for name in ("#sheet", *KEYED.values()):  # who has the keyboard is found by its class
            self.query_one(name).set_class(name == keyed, "main")
            self.query_one(name).display = name == keyed
        self.query_one("#trade").display = pane == "trade"
        self.query_one(keyed).focus()
        if pane in SHEETS:
            self.query_one(Sheet).top = 0
        if pane == "about" and self.past.value is None:
            self.past.ask(self.ui, "run.about", {"run_id": self.run_id})
        self.query_one(HintsView).show(hints(HINTS.get(pane, self.NAME), 12))
        self.call_after_refresh(self.tick)
        self.tick()

    def action_pane(self, step: int) -> None:
        here = "trades" if self.pane == "trade" else self.pane
        self.show(PANES[(PANES.index(here) + step) % len(PANES)])

    def action_show(self, pane: str) -> None:
        self.show(pane)

    # -- trades

    def on_rows_view_opened(self) -> None:
        number = self.query_one(TradesPane).number() if self.pane == "trades" else 0
        if number:
            self._open(number)

    def on_rows_view_moved(self) -> None:
        self.tick()

    def _open(self, number: int) -> None:
        self.query_one("#one", BarsPane).zoom = None
        self.look_at(number)
        self.show("trade")

    def action_open_trade(self) -> None:
        """From the chart: the chosen trade in full."""
        if self.pane == "chart" and self.trade is not None:
            self._open(self.trade.row.number)

    def trade_came(self) -> None:
        if self.trade is not None:
            parts = self.query_one(TradeParts)
            parts.top = 0
            wanted = rows_of(self.trade, self.ui.look, self.size.width) + 1
            parts.styles.height = min(wanted, max(6, self.size.height * 2 // 5))
            self.query_one("#one" if self.pane == "trade" else "#bars", BarsPane).fit(self.trade)

    def action_step(self, step: int) -> None:
        """Go to the next trade of the list; on the chart in the order of time."""
        if self.pane == "chart":
            self._step_in_time(step)
        elif self.trade is not None:
            number = self.trade.after if step > 0 else self.trade.before
            if number:
                rows = self.query_one(TradesPane)
                rows.cursor_key = str(self.trade.place - 1 + step)
                self.look_at(number)
            else:
                self.ui.model.say("the last trade of the list" if step > 0 else "the first one")

    def _step_in_time(self, step: int) -> None:
        report, bars = self.report.value, self.query_one("#bars", BarsPane)
        if self.trade is None:  # the first one that is seen, or the next beyond
            edge = bars.edge(step)
            if edge:
                self.look_at(0, edge, step)
            return
        number = self.trade.row.number + step
        if 1 <= number <= (report.trades_total if report else 0):
            self.look_at(number)
        else:
            self.ui.model.say(
                "the last trade of the run" if step > 0 else "the first trade of the run"
            )

    def action_scroll_parts(self, rows: int) -> None:
        self.query_one(TradeParts).scroll(rows)

    def action_filter(self) -> None:
        if self.pane == "trade":
            self.show("trades")
        if self.pane == "trades":
            self.query_one(FilterLine).open(self.trades.words)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.query_one(TradesPane).change(event.words)
        self.tick()

    def clear_transient(self) -> bool:
        """Leave the crosshair, the trade, the question for a letter, the filter; False: nothing to leave."""
        rows = self.query_one(TradesPane)
        if self.pane in ("chart", "trade"):
            pane = self.query_one("#bars" if self.pane == "chart" else "#one", BarsPane)
            if pane.leave_cross():
                return True
        if self.pane == "trade":
            self.show("trades")
        elif self.pane == "chart" and self.trade is not None:
            self.trade = None
            self.tick()
        elif self.pane == "trades" and self.trades.words:
            rows.change("")
            self.tick()
        else:
            return False
        return True

    # -- the run

    def action_save_spec(self) -> None:
        self.ui.ask("spec.save", {"run_id": self.run_id}, f"save {clean_text(self.run_id, 40)}")

    def action_again(self) -> None:
        self.ui.ask(
            "run.again", {"run_id": self.run_id}, f"run {clean_text(self.run_id, 40)} again"
        )

    def action_what_if(self) -> None:
        report = self.report.value
        if report is None or report.summary.kind != "backtest":
            self.ui.model.say("what if is asked about a backtest", good=False)
            return
        from clearedge_tui.ui.plan_whatif import open_whatif, sent_as

        open_whatif(self.ui, {"run": self.run_id}, sent_as(report.spec), report.spec.config)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.run_id)
        self.ui.model.say(f"copied {self.run_id}")
