"""The parts of the catalog screen: the list, the selected series, the jobs, the sources."""

from typing import TYPE_CHECKING, cast

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.paint import catalog as painter
from clearedge_tui.ui.paint.series import paint_newest, paint_series
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

if TYPE_CHECKING:
    from clearedge_tui.ui.screens.data import DataPage


class DataRows(RowsView):
    """One line a series, as a tree of venues and markets."""

    @property
    def page(self) -> "DataPage":
        return cast("DataPage", self.screen)

    def keys_of_rows(self) -> list[str]:
        return [one.key for one in self.page.shown()]

    def paint(self, h: int, w: int) -> Cells:
        self._now = self.page.shown()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        painter.paint_head(cells, self.page.choice, self.ui.look.symbols)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        choice, one = self.page.choice, self._now[index]
        tree = choice.as_tree and index > self.first
        above = self._now[index - 1] if tree else None
        painter.paint_line(cells, y, one, above, self.ui.look, self.ui.model.wall_ns())
        if one.key in choice.marks:
            cells.wash(y, p.MARKED)
            cells.put(y, 0, self.ui.look.symbols.mark, p.ACCENT)

    def empty_text(self) -> str:
        return self.page.why_empty()

    def clicked_head(self, x: int) -> None:
        self.page.sort_by(painter.letter_at(x, self.size.width))


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
