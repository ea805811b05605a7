"""One line to type over a screen, filled with what is there now."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.line_edit import LineEdit
from clearedge_tui.ui.view import CellView


class _LineView(CellView):
    def __init__(self, title: str, text: str, note: str) -> None:
        super().__init__()
        self._title, self._note = title, note
        self.edit = LineEdit.of(text)
        self.styles.height = 5

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w, p.HEAD)
        cells.text(0, 0, self._title, p.BRIGHT | p.BOLD, width=w)
        self.edit.paint(cells, 2, 0, w)
        cells.text(4, 0, self._note, p.DIM, width=w)
        return cells


class AskLine(ModalScreen[str | None]):
    """Enter answers with the line, which may be empty; esc with None."""

    def __init__(self, title: str, text: str = "", note: str = "") -> None:
        super().__init__(classes="dialog")
        self._parts = (title, text, note)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield _LineView(*self._parts)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        view = self.query_one(_LineView)
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(view.edit.text.strip())
        elif view.edit.key(event.key, event.character):
            view.redraw()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        view = self.query_one(_LineView)
        view.edit.insert(event.text)
        view.redraw()
