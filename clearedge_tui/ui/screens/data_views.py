"""The parts of the catalog screen: the list, the selected series, the jobs, the sources."""

from typing import TYPE_CHECKING, Any, cast

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.catalog import SORTS, Choice
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import catalog as painter
from clearedge_tui.ui.paint.series import paint_newest, paint_series
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

if TYPE_CHECKING:
    from clearedge_tui.ui.screens.data import DataPage

WIDE = 180  # columns; from here on the selected series stands beside the list
LEFT = 110
LEAST_LOOK = 12
LEAST_CHART = 12


class DataRows(RowsView):
    """One line a series, as a tree of venues and markets; it knows filter, order and marks."""

    BINDINGS = [*bindings("list"), *bindings("series")]

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice()

    @property
    def page(self) -> "DataPage":
        return cast("DataPage", self.screen)

    def keys_of_rows(self) -> list[str]:
        return [one.key for one in self.page.shown()]

    def paint(self, h: int, w: int) -> Cells:
        self._now = self.page.shown()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        painter.paint_head(cells, self.choice, self.ui.look.symbols)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        choice, one = self.choice, self._now[index]
        tree = choice.as_tree and index > self.first
        above = self._now[index - 1] if tree else None
        painter.paint_line(cells, y, one, above, self.ui.look, self.ui.model.wall_ns())
        if one.key in choice.marks:
            cells.wash(y, p.MARKED)
            cells.put(y, 0, self.ui.look.symbols.mark, p.ACCENT)

    def empty_text(self) -> str:
        return self.page.why_empty()

    def clicked_head(self, x: int) -> None:
        self.sort_by(painter.letter_at(x, self.size.width))
        self.page.tick()

    def choose(self, **changes: Any) -> None:
        """Change filter, order or marks; the page paints it with its next tick."""
        self.choice = self.choice._replace(**changes)

    def sort_by(self, letter: str) -> None:
        """Sort by the column of a letter; by the same one again turns it round."""
        if letter in SORTS:
            turned = self.choice.sort == letter and not self.choice.backwards
            self.choose(sort=letter, backwards=turned)

    def action_mark(self) -> None:
        key = self.current()
        if key:
            self.choose(marks=self.choice.marks ^ {key})
            self.action_move(1)
        self.page.tick()

    def action_mark_all(self) -> None:
        self.choose(marks=frozenset(one.key for one in self.page.shown()))
        self.page.tick()

    def action_mark_none(self) -> None:
        self.choose(marks=frozenset())
        self.page.tick()


class SeriesLook(CellView):
    """The selected series; painted anew only when something of it changed."""

    @property
    def page(self) -> "DataPage":
        return cast("DataPage", self.screen)

    def inputs(self) -> tuple[object, ...] | None:
        shown = self.page.look()
        if shown is None:
            return None
        return (shown.row, id(shown.view), id(shown.bars), *shown[3:5], *shown[6:])

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        shown = self.page.look()
        if shown is not None:
            paint_series(cells, shown, self.ui.look, self.ui.model.wall_ns())
        return cells


class NewestBars(CellView):
    """The newest bars of the selected series, under the list where there is room for both."""

    @property
    def page(self) -> "DataPage":
        return cast("DataPage", self.screen)

    def inputs(self) -> tuple[object, ...] | None:
        shown = self.page.look()
        return None if shown is None else (shown.row, id(shown.bars), shown.problem)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        shown = self.page.look()
        if shown is not None:
            paint_newest(cells, shown, self.ui.look)
        return cells


class JobLines(CellView):
    """Work on the catalog: it goes on whoever looks."""

    @property
    def page(self) -> "DataPage":
        return cast("DataPage", self.screen)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        painter.paint_jobs(cells, self.page.jobs(), self.ui.look)
        return cells


class SourceLine(CellView):
    """One line: who can be asked for data, and who is left alone."""

    @property
    def page(self) -> "DataPage":
        return cast("DataPage", self.screen)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        found = self.page.sources.value
        if found:
            painter.paint_sources(cells, found, self.ui.look, self.ui.model.wall_ns())
        return cells


def share(page: "DataPage") -> None:
    """The list and the jobs take the rows they need; the selected series the rest."""
    wide, body = page.size.width >= WIDE, page.size.height - 4
    rows, jobs = page.query_one(DataRows), page.query_one(JobLines)
    look, chart = page.query_one(SeriesLook), page.query_one(NewestBars)
    left, known, needed = page.query_one("#left"), len(page.jobs()), len(page.shown()) + 2
    taken = min(known + 1, body // 4 if wide else 3 if body < 28 else 6) if known else 0
    jobs.display, jobs.styles.height = known > 0, taken
    some = bool(page.shown())
    look.display = some and (wide or body >= LEAST_LOOK + 4 + taken)
    room = body - taken - min(needed, body // 2)
    chart.display = wide and some and page.charted() and room >= LEAST_CHART
    rows.styles.height = min(needed, body // 2) if chart.display else "1fr"
    page.query_one("#catalog").styles.layout = "horizontal" if wide else "vertical"
    left.styles.width = LEFT if wide and look.display else "1fr"
    listed = max(4, min(needed - 1, body - taken - max(LEAST_LOOK, body // 2)))
    left.styles.height = "1fr" if wide or not look.display else listed + taken
