"""The panes of a screen by name, in one line that can be clicked."""

from collections.abc import Sequence
from typing import Protocol, cast

from textual import events

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.view import CellView


class Paned(Protocol):
    """A screen with panes."""

    pane: str

    def show(self, pane: str) -> None: ...


class Tabs(CellView):
    """The shown pane stands out; a click shows another."""

    def __init__(self, panes: Sequence[str]) -> None:
        super().__init__(classes="line")
        self._panes = panes
        self._spans: list[tuple[int, int, str]] = []

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        cells.rule(0, 0, w, self.ui.look.symbols.rule, p.FAINT)
        x, self._spans = 2, []
        for pane in self._panes:
            shown = cast("Paned", self.screen).pane == pane
            ink = (p.BRIGHT | p.BOLD) if shown else p.DIM
            end = cells.text(0, x, f" {pane.capitalize()} ", ink, p.CURSOR if shown else p.BG)
            self._spans.append((x, end, pane))
            x = end + 1
        return cells

    def on_click(self, event: events.Click) -> None:
        for start, end, pane in self._spans:
            if start <= event.x < end:
                cast("Paned", self.screen).show(pane)
