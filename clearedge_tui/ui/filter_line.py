"""The `/` line: filters while you type."""

from textual import events
from textual.message import Message

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.line_edit import LineEdit
from clearedge_tui.ui.view import CellView


class FilterLine(CellView, can_focus=True):
    """Hidden until opened. Posts `Changed` with every letter; enter keeps the words, esc drops them."""

    class Changed(Message):
        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, hint: str) -> None:
        super().__init__(classes="filter")
        self._hint = hint
        self._edit = LineEdit()
        self.display = False

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w, p.HEAD)
        x = cells.text(0, 1, "/ ", p.ACCENT | p.BOLD)
        if not self._edit.text:
            cells.text(0, x + 2, self._hint, p.DIM)
        self._edit.paint(cells, 0, x, w - x - 1 if self._edit.text else 1, ground=p.HEAD)
        problem = self.problem()
        if problem and self._edit.text:
            start = max(x + len(self._edit.text) + 3, w // 3)
            cells.text(
                0, start, f"{self.ui.look.symbols.bad} {problem}", p.BAD, width=w - start - 1
            )
        return cells

    @property
    def typed(self) -> str:
        return self._edit.text

    def problem(self) -> str:
        """Return what is wrong with the words, where words can be wrong."""
        return ""

    def insert(self, text: str) -> None:
        """Put text at the cursor as if it had been typed."""
        self._edit.insert(text)
        self.redraw()
        self.post_message(self.Changed(self._edit.text))

    def open(self, words: str) -> None:
        """Show the line with what it held and take the keyboard."""
        self._edit = LineEdit.of(words)
        self.display = True
        self.screen.set_focus(self)  # at once: the next letter is already for this line
        self.redraw()

    def shut(self) -> None:
        self.display = False
        self.screen.set_focus(self.screen.query_one(".main"))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self.shut()
        elif event.key == "escape":
            self.post_message(self.Changed(""))
            self.shut()
        elif self._edit.key(event.key, event.character):
            self.redraw()
            self.post_message(self.Changed(self._edit.text))

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.insert(event.text)
