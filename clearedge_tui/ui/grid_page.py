"""A screen of one table or of several panes of them: filter, cursor, panes, and questions in time."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from textual import events
from textual.widget import Widget

from clearedge_tui.ui import grid
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.filtered_page import FilteredPage
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.tabs import Tabs
from clearedge_tui.ui.view import CellView

TALL = 22  # rows; from here on the selected row is told in full below
KEPT_S = 0.9  # how long rows are painted again as they were made; ages are told in seconds


class GridRows(RowsView):
    """The rows that the page's plan gives, narrowed by its words."""

    @property
    def page(self) -> "GridPage":
        return cast("GridPage", self.screen)

    def keys_of_rows(self) -> list[str]:
        return [row.key for row in self.page.shown()]

    def paint(self, h: int, w: int) -> Cells:
        self._now, self._columns = self.page.shown(), self.page.columns()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        grid.paint_head(cells, self._columns)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        grid.paint_row(cells, y, self._columns, self._now[index])

    def empty_text(self) -> str:
        return "no row matches; esc shows all" if self.page.words else self.page.empty()


class AboutRow(CellView):
    """What is told of the selected row."""

    def __init__(self) -> None:
        super().__init__(id="about")

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = cast("GridPage", self.screen)
        grid.paint_about(cells, page.row(), self.ui.look.symbols.rule)
        return cells


class GridPage(FilteredPage):
    """Subclasses give columns and rows, and ask for what they show."""

    PANES: ClassVar[tuple[str, ...]] = ()
    EVERY_S: ClassVar[float] = 1.0  # between two questions while it is shown
    ABOUT: ClassVar[int] = 7  # rows of what is told of the selected one
    HINT: ClassVar[str] = "words, each must match; !word must not; enter keeps, esc clears"

    def __init__(self) -> None:
        super().__init__()
        self.pane = self.PANES[0] if self.PANES else ""
        self._asked_at = -1e9
        self._made: list[Row] | None = None
        self._made_for: tuple[object, ...] = ()
        self._made_at = 0.0

    def columns(self) -> Sequence[Col]:
        raise NotImplementedError

    def rows(self) -> Sequence[Row]:
        """Return every row of the shown pane, not narrowed."""
        raise NotImplementedError

    def ask(self) -> None:
        """Ask for what is shown; called every `EVERY_S` while it is."""

    def empty(self) -> str:
        return "nothing here yet"

    def body(self) -> Iterable[Widget]:
        if self.PANES:
            yield Tabs(self.PANES)
        yield GridRows()
        yield AboutRow()
        yield FilterLine(self.HINT)

    def make(self) -> list[Row]:
        """Return the rows that are shown, made anew."""
        return grid.kept(self.rows(), self.words)

    def shown(self) -> list[Row]:
        """Return the rows that are shown; a painting asks for them several times."""
        wanted = (self.pane, self.words, self.ui.look.version)
        if self._made is None or wanted != self._made_for:
            self._made, self._made_for = self.make(), wanted
            self._made_at = self.ui.model.mono()
        return self._made

    def anew(self) -> None:
        """Paint with what has just come."""
        self._made = None
        if self.is_attached and self.query(GridRows):
            super().tick()

    def row(self) -> Row | None:
        """Return the selected row."""
        key = self.query_one(GridRows).current()
        return next((row for row in self.shown() if row.key == key), None)

    def remark(self) -> tuple[str, int]:
        told = self.query(AboutRow) and self.query_one(AboutRow).display
        found = self.row() if self.query(GridRows) and not told else None
        if found is None or not found.about:
            return (f"filter: {self.words}" if self.words else ""), p.DIM
        return found.about[0]

    def show(self, pane: str) -> None:
        """Show another pane."""
        self.pane = pane
        view = self.query_one(GridRows)
        view.cursor = view.first = 0
        view.cursor_key = ""
        self.action_reload()
        super().tick()

    def action_pane(self, step: int) -> None:
        self.show(self.PANES[(self.PANES.index(self.pane) + step) % len(self.PANES)])

    def action_reload(self) -> None:
        self._asked_at = self.ui.model.mono()
        self._made = None
        self.ask()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        about = self.query_one(AboutRow)
        about.display = event.size.height >= TALL
        about.styles.height = self.ABOUT if event.size.height < 40 else self.ABOUT * 2

    def tick(self) -> None:
        if self.ui.model.mono() - self._asked_at >= self.EVERY_S:
            self.action_reload()
        if self.ui.model.mono() - self._made_at >= KEPT_S:
            self._made = None
        if self.query(GridRows):  # a tick may come before the first layout
            super().tick()
