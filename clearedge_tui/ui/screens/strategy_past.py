"""Keeps the backtests of the selected strategy: asked for once, and again when a job ends."""

from typing import TYPE_CHECKING

from clearedge_tui.runs.index import Index
from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.runs.search import Page
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.paint.strategy_past import Past

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearedge_tui.ui.console import Console

_MOST = 60  # runs of one strategy: as many as the tallest screen has rows


class PastRuns:
    """`keep` asks for what is missing; `past` is what is known."""

    def __init__(self, then: "Callable[[], None]") -> None:
        self._runs: Asked[Page] = Asked(Page, then=[then])
        self._report: Asked[RunReport] = Asked(RunReport, then=[then])
        self._jobs: frozenset[tuple[str, str]] | None = None
        self._of_whom = ""
        self._peeked = ""

    def keep(self, ui: "Console", strategy: str) -> None:
        """Ask for the runs when a job began or ended, and once for the newest report."""
        jobs = frozenset((job.id, job.state) for job in ui.model.jobs.values())
        if (jobs, strategy) != (self._jobs, self._of_whom) and not self._runs.waiting:
            self._jobs, self._of_whom = jobs, strategy
            self._runs.ask(ui, "run.search", {"filter": f'strategy="{strategy}"', "limit": _MOST})
        newest = self._newest(strategy)
        if newest and newest != self._peeked and not self._report.waiting:
            self._peeked = newest
            self._report.ask(ui, "run.show", {"run_id": newest})

    def _of(self, strategy: str) -> list[RunSummary]:
        page = self._runs.value
        if page is None:
            return []
        index = Index(names=page.names)
        return [index.summary(row) for row in page.rows if row.strategy == strategy]

    def _newest(self, strategy: str) -> str:
        return next((run.run_id for run in self._of(strategy) if run.status == "done"), "")

    def past(self, strategy: str) -> Past:
        report, newest = self._report.value, self._newest(strategy)
        same = report is not None and report.summary.run_id == newest
        return Past(
            self._of(strategy),
            report if same else None,
            self._runs.value is None or self._runs.waiting,
        )
