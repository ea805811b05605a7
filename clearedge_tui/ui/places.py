"""Names of places and the screens that show them; a screen is imported when it is first asked for."""

from clearedge_tui.core.errors import NotFound
from clearedge_tui.ui.frame import Page


def make_page(name: str, subject: str = "") -> Page:
    """Return a new screen for a place."""
    match name:
        case "runs":
            from clearedge_tui.ui.screens.runs import RunsPage

            return RunsPage(subject)
        case "compare":
            from clearedge_tui.ui.screens.compare import ComparePage

            return ComparePage(subject)
        case "report":
            from clearedge_tui.ui.screens.report import ReportPage

            return ReportPage(subject)
        case "data":
            from clearedge_tui.ui.screens.data import DataPage

            return DataPage(subject)
        case "strategies":
            from clearedge_tui.ui.screens.strategies import StrategiesPage

            return StrategiesPage(subject)
        case "journal":
            from clearedge_tui.ui.screens.journal import JournalPage

            return JournalPage(subject)
        case "kills":
            from clearedge_tui.ui.screens.kills import KillsPage

            return KillsPage()
        case "detail":
            from clearedge_tui.ui.screens.detail import DetailPage

            return DetailPage(subject)
        case "config":
            from clearedge_tui.ui.screens.config import ConfigPage

            return ConfigPage(subject)
    raise NotFound(f"no place called `{name}`; known: board, runs, data, strategies, journal")
