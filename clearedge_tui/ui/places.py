"""Names of places and the screens that show them; a screen is imported when it is first asked for."""

from importlib import import_module
from typing import Final

from clearedge_tui.core.errors import NotFound
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.words import PLACES

_PAGES: Final = {  # module and class; those that are about something take it
    "runs": ("runs", "RunsPage", True),
    "compare": ("compare", "ComparePage", True),
    "report": ("report", "ReportPage", True),
    "data": ("data", "DataPage", True),
    "strategies": ("strategies", "StrategiesPage", True),
    "ladder": ("ladder", "LadderPage", False),
    "gates": ("gates", "GatesPage", True),
    "study": ("study", "StudyPage", True),
    "risk": ("risk", "RiskPage", False),
    "journal": ("journal", "JournalPage", True),
    "accounts": ("accounts", "AccountsPage", False),
    "account": ("accounts", "AccountPage", True),
    "book": ("book", "BookPage", True),
    "kills": ("kills", "KillsPage", False),
    "detail": ("detail", "DetailPage", True),
    "config": ("config", "ConfigPage", True),
}


def make_page(name: str, subject: str = "") -> Page:
    """Return a new screen for a place."""
    found = _PAGES.get(name)
    if found is None:
        raise NotFound(f"no place called `{name}`; known: {', '.join(PLACES)}")
    module, kind, about = found
    made = getattr(import_module(f"clearedge_tui.ui.screens.{module}"), kind)
    page = made(subject) if about else made()
    assert isinstance(page, Page)  # noqa: S101  # the table names pages only
    return page
