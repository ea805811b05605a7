"""What the panes of a report need of their page: the run, its parts, the trade that is looked at."""

from typing import ClassVar

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis
from clearedge_tui.runs.model import RunReport
from clearedge_tui.runs.report_rows import OneTrade, RunPast
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.trade_list import TradeList


class ReportSubject(Page):
    """Base of the report's page: its state, and the questions that its panes share."""

    NAME: ClassVar[str] = "report"

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.title = clean_text(run_id, 40)
        self.pane = "overview"
        self.report: Asked[RunReport] = Asked(RunReport)
        self.analysis: Asked[Analysis] = Asked(Analysis)
        self.past: Asked[RunPast] = Asked(RunPast)
        self.trades = TradeList(run_id, self.tick)
        self.trade: OneTrade | None = None  # the one that is looked at
        self.trade_problem = ""
        self._wanted = 0  # questions for a trade so far: only the last answer counts

    def look_at(self, number: int, at_ns: int = 0, step: int = 1) -> None:
        """Ask for one trade, or with 0 for the nearest to a time; the former stays until it comes."""
        self._wanted += 1
        wanted = self._wanted

        def told(result: Result) -> None:
            if self._wanted == wanted and result.status != "lost":
                self._take(result)
                self.trade_came()
                self.tick()

        args = self.trades.question() | {"number": number, "at_ns": at_ns, "step": step}
        self.ui.ask("run.trade", args, f"trade {number}", told, quiet=True)

    def _take(self, result: Result) -> None:
        self.trade_problem = "" if result.status == "done" else clean_text(result.message)
        if result.status == "done":
            try:
                self.trade = msgspec.convert(result.data, OneTrade)
            except msgspec.ValidationError as error:
                self.trade_problem = f"the answer cannot be read: {clean_text(error)}"

    def trade_came(self) -> None:
        """Do what another trade means for the panes."""

    def show(self, pane: str) -> None:
        raise NotImplementedError

    @property
    def changed(self) -> bool:
        """True when the catalog holds other data than the run was made on."""
        report = self.report.value
        return report is not None and any(
            line.startswith("DATA CHANGED") for line in report.conventions
        )
