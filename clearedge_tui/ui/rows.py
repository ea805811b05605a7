"""A list that is painted row by row: cursor, scrolling, mouse; what a row shows is given by the subclass."""

from textual import events
from textual.message import Message

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.view import CellView


class RowsView(CellView, can_focus=True):
    """The cursor follows its row (by key) when rows move, come or go."""

    BINDINGS = bindings("list")
    HEAD = 1  # rows of column names

    class Opened(Message):
        """The person pressed enter on a row, or clicked it twice."""

        def __init__(self, view: "RowsView", key: str) -> None:
            super().__init__()
            self.view = view
            self.key = key

        @property
        def control(self) -> "RowsView":
            return self.view

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, view: "RowsView", key: str) -> None:
            super().__init__()
            self.view = view
            self.key = key

        @property
        def control(self) -> "RowsView":
            return self.view

    def __init__(self, *, id: str | None = None, classes: str | None = "main") -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.first = 0
        self.cursor_key = ""

    def keys_of_rows(self) -> list[str]:
        """Return one key a row, in the order shown."""
        raise NotImplementedError

    def paint_head(self, cells: Cells) -> None:
        raise NotImplementedError

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        raise NotImplementedError

    def empty_text(self) -> str:
        return "nothing here yet"

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        keys = self.keys_of_rows()
        self._settle(keys, h - self.HEAD)
        if self.HEAD:
            self.paint_head(cells)
        if not keys:
            cells.text(self.HEAD + 1, 3, self.empty_text(), p.DIM)
        for y in range(self.HEAD, h):
            index = self.first + y - self.HEAD
            if index >= len(keys):
                break
            self.paint_line(cells, y, index)
            if index == self.cursor:
                cells.wash(y, p.CURSOR)
        self._scroll_mark(cells, len(keys), h)
        return cells

    def _scroll_mark(self, cells: Cells, total: int, h: int) -> None:
        room = h - self.HEAD
        if total <= room or room < 3:
            return
        span = max(1, room * room // total)
        start = self.first * (room - span) // max(1, total - room)
        for i in range(span):
            cells.put(self.HEAD + start + i, cells.w - 1, self.ui.look.symbols.upright, p.DIM)

    def _settle(self, keys: list[str], room: int) -> None:
        if self.cursor_key in keys:
            self.cursor = keys.index(self.cursor_key)
        self.cursor = max(0, min(self.cursor, len(keys) - 1))
        if keys:
            self.cursor_key = keys[self.cursor]
        self.first = max(0, min(self.first, self.cursor, max(0, len(keys) - room)))
        if self.cursor >= self.first + room:
            self.first = self.cursor - room + 1

    def current(self) -> str:
        """Return the key of the row under the cursor, or an empty string."""
        keys = self.keys_of_rows()
        self._settle(keys, max(1, self.size.height - self.HEAD))
        return self.cursor_key if self.cursor_key in keys else ""

    def select(self, index: int) -> None:
        keys = self.keys_of_rows()
        if not keys:
            return
        self.cursor = max(0, min(index, len(keys) - 1))
        before, self.cursor_key = self.cursor_key, keys[self.cursor]
        self.redraw()
        if before != self.cursor_key:
            self.post_message(self.Moved(self, self.cursor_key))

    def action_move(self, rows: int) -> None:
        self.current()
        self.select(self.cursor + rows)

    def action_jump(self, index: int) -> None:
        self.select(index if index >= 0 else 1 << 30)

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(1, (self.size.height - self.HEAD) // 2))

    def action_open(self) -> None:
        key = self.current()
        if key:
            self.post_message(self.Opened(self, key))

    def on_click(self, event: events.Click) -> None:
        index = self.first + event.y - self.HEAD
        if event.y < self.HEAD:
            self.clicked_head(event.x)
        elif index < len(self.keys_of_rows()):
            self.select(index)
            if event.chain >= 2:
                self.action_open()

    def clicked_head(self, x: int) -> None:
        """Do what a click on the column names means here."""

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)
