"""Keeps the backtests of the selected strategy: asked for once, and again when a job ends."""

from typing import TYPE_CHECKING

from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.paint.strategy_past import Past

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearedge_tui.ui.console import Console


class PastRuns:
    """`keep` asks for what is missing; `past` is what is known."""

    def __init__(self, then: "Callable[[], None]") -> None:
        self._runs: Asked[list[RunSummary]] = Asked(list[RunSummary], then=[then])
        self._report: Asked[RunReport] = Asked(RunReport, then=[then])
        self._jobs: frozenset[tuple[str, str]] | None = None
        self._peeked = ""

    def keep(self, ui: "Console", strategy: str) -> None:
        """Ask for the runs when a job began or ended, and once for the newest report."""
        jobs = frozenset((job.id, job.state) for job in ui.model.jobs.values())
        if jobs != self._jobs and not self._runs.waiting:
            self._jobs = jobs
            self._runs.ask(ui, "run.list")
        newest = self._newest(strategy)
        if newest and newest != self._peeked and not self._report.waiting:
            self._peeked = newest
            self._report.ask(ui, "run.show", {"run_id": newest})

    def _of(self, strategy: str) -> list[RunSummary]:
        found = (run for run in self._runs.value or [] if run.strategy == strategy)
        return sorted(found, key=lambda run: -run.created_ns)

    def _newest(self, strategy: str) -> str:
        return next((run.run_id for run in self._of(strategy) if run.status == "done"), "")

    def past(self, strategy: str) -> Past:
        report, newest = self._report.value, self._newest(strategy)
        same = report is not None and report.summary.run_id == newest
        return Past(self._of(strategy), report if same else None, self._runs.value is None)
