"""A screen with one list that words narrow: what its rows have to hold, and how that is dropped."""

from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.frame import Page


class FilteredPage(Page):
    """Subclasses yield a `FilterLine` in their body and show only rows that hold `words`."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    def action_filter(self) -> None:
        self.query_one(FilterLine).open(self.words)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.words = event.words
        self.tick()

    def clear_transient(self) -> bool:
        """Show all rows again; False when all were shown."""
        had, self.words = bool(self.words), ""
        if had:
            self.tick()
        return had

    def on_rows_view_moved(self) -> None:
        self.tick()
