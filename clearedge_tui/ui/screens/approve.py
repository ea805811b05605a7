"""Below the form of an approval: all that it would be bound to, in as many columns as fit."""

from collections.abc import Sequence

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.grid import Line
from clearedge_tui.ui.view import CellView

_COLUMN = 62  # columns of screen that a name with its value takes


class BoundView(CellView):
    """What does not fit is told in full before the approval is sent."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__(id="bound")
        self._lines = lines

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        cells.rule(0, 0, w, self.ui.look.symbols.rule, p.FAINT)
        cells.text(0, 2, " it is bound to all of this, until one of it differs ", p.BRIGHT)
        across = max(1, w // _COLUMN)
        room = across * (h - 1)
        for i, (text, ink) in enumerate(self._lines[:room]):
            column, y = divmod(i, h - 1)
            cells.text(y + 1, 2 + column * (w // across), text, ink, width=w // across - 3)
        if len(self._lines) > room:
            more = f" {len(self._lines) - room} more: w tells all before it is sent "
            cells.text(h - 1, max(2, w - len(more) - 2), more, p.WARN)
        return cells
