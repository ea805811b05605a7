"""A picture taller than the screen, moved by keys and wheel."""

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.view import CellView

TALLEST = 400  # rows of a picture that is scrolled


class ScrolledSheet(CellView, can_focus=True):
    """Subclasses paint the whole; what is seen begins at its row `top`."""

    BINDINGS = bindings("sheet")

    def __init__(self) -> None:
        super().__init__(id="sheet", classes="main")
        self.top = 0
        self._used = 0

    def paint_whole(self, cells: Cells, h: int) -> int:
        """Paint onto `TALLEST` rows, of which `h` are seen at once; return the rows used."""
        raise NotImplementedError

    def paint(self, h: int, w: int) -> Cells:
        whole = Cells(TALLEST, w)
        self._used = self.paint_whole(whole, h)
        self.top = max(0, min(self.top, self._used - h))
        cells = Cells(h, w)
        cells.ch, cells.ink = whole.ch[self.top : self.top + h], whole.ink[self.top : self.top + h]
        if self._used > h:
            below = self._used - h - self.top
            note = f" {below} more rows: j " if below else " k: back up "
            cells.right(h - 1, w - 24, 23, note, p.DIM)
        return cells

    def action_scroll(self, rows: int) -> None:
        self.top = max(0, self.top + rows)
        self.redraw()

    def action_page(self, direction: int) -> None:
        self.action_scroll(direction * max(1, self.size.height // 2))

    def action_ends(self, end: int) -> None:
        self.top = end * TALLEST
        self.redraw()

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll(-3)
