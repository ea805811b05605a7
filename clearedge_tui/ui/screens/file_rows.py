"""Under the form of an import: the first rows of the file, and which column is taken for what."""

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.form import FormRows
from clearedge_tui.ui.paint.strategies import cut
from clearedge_tui.ui.plan_import import ImportPlan
from clearedge_tui.ui.view import CellView

_HEAD = 3  # a rule, what the columns are, their names
_WIDEST = 24
_GAP = 2


class FileRows(CellView):
    """As tall as it needs to be; nothing while there is no file."""

    def __init__(self, plan: ImportPlan) -> None:
        super().__init__(id="file_rows")
        self.plan = plan

    def redraw(self) -> None:
        rows = min(len(self.plan.header.rows), 3 if self.app.size.height < 40 else 10)
        self.display = bool(self.plan.header.columns)
        self.styles.height = _HEAD + rows
        super().redraw()

    def paint(self, h: int, w: int) -> Cells:
        cells, header = Cells(h, w), self.plan.header
        cells.rule(0, 0, w, self.ui.look.symbols.rule, p.FAINT)
        cells.text(0, 2, f" {len(header.columns)} columns of the file ", p.BRIGHT)
        form = self.screen.query_one(FormRows)
        state = form.state
        taken = header.found | self.plan.chosen(state.raw)
        if self.plan.wanted(state.raw).needed:
            taken = self.plan.chosen(state.raw)
        names: dict[str, str] = {}
        for name, column in taken.items():
            names[column] = f"{names[column]}, {name}" if column in names else name
        wide = [self._wide(n, names.get(column, "")) for n, column in enumerate(header.columns)]
        x = 2
        for n in range(self._first(wide, w, state.raw.get(form.current() or "", "")), len(wide)):
            if x >= w - 1:
                break
            self._column(cells, x, n, min(wide[n], w - x - 1), names.get(header.columns[n], ""))
            x += wide[n] + _GAP
        return cells

    def _wide(self, n: int, name: str) -> int:
        header = self.plan.header
        texts = (name, header.columns[n], *(row[n] for row in header.rows if n < len(row)))
        return min(_WIDEST, max(len(clean_text(text)) for text in texts))

    def _first(self, wide: list[int], room: int, column: str) -> int:
        """Return the first column shown, so that the one under the cursor is seen."""
        at = self.plan.header.columns.index(column) if column in self.plan.header.columns else 0
        first = 0
        while first < at and 2 + sum(w + _GAP for w in wide[first : at + 1]) > room:
            first += 1
        return first

    def _column(self, cells: Cells, x: int, n: int, width: int, name: str) -> None:
        header, look = self.plan.header, self.ui.look
        cells.text(1, x, cut(name, width, look), p.ACCENT)
        ink = p.BRIGHT | p.BOLD if name else p.TEXT
        cells.text(2, x, cut(clean_text(header.columns[n]), width, look), ink)
        for y, row in enumerate(header.rows[: cells.h - _HEAD], _HEAD):
            cells.text(y, x, cut(clean_text(row[n]), width, look) if n < len(row) else "", p.DIM)
