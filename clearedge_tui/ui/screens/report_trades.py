"""All trades of a run: filtered, sorted, and asked for page by page as the cursor comes by."""

from textual import events

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import report_trades as painter
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.report_subject import ReportSubject
from clearedge_tui.ui.trade_list import TradeList


class TradesPane(RowsView):
    """`enter` opens a trade; `o` and a letter sort, the same letter again turns it round."""

    BINDINGS = bindings("trades")

    def __init__(self) -> None:
        super().__init__(id="trades")
        self.sorting = False

    def _list(self) -> TradeList | None:
        page = self.screen
        return page.trades if isinstance(page, ReportSubject) else None

    def keys_of_rows(self) -> list[str]:
        found = self._list()
        return found.keys if found else []

    def inputs(self) -> tuple[object, ...]:
        found = self._list()
        return (found.version if found else 0, self.cursor_key, self.first, self.sorting)

    def _settle(self, keys: list[str], room: int) -> None:
        """As for any list, without looking through ten thousand keys: a key is its place."""
        if self.cursor_key.isdecimal():
            self.cursor = int(self.cursor_key)
        self.cursor = max(0, min(self.cursor, len(keys) - 1))
        self.cursor_key = str(self.cursor) if keys else ""
        self.first = max(0, min(self.first, self.cursor, max(0, len(keys) - room)))
        if self.cursor >= self.first + room:
            self.first = self.cursor - room + 1

    def paint(self, h: int, w: int) -> Cells:
        found = self._list()
        if found is not None:
            self._settle(found.keys, h - self.HEAD)
            found.want(self.ui, self.first, self.first + h)
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        found = self._list()
        if found is not None:
            painter.paint_head(cells, found.sort, found.down, self.sorting, self.ui.look)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        found = self._list()
        painter.paint_trade(cells, y, found.row(index) if found else None, self.ui.look)

    def empty_text(self) -> str:
        found = self._list()
        if found is None or found.problem:
            return found.problem if found else ""
        if found.words:
            return "no trade matches; esc shows all"
        return "this run made no trade" if found.asked and not found.page.total else "asking…"

    def number(self) -> int:
        """Return the number of the trade under the cursor; 0 when it is not there yet."""
        found = self._list()
        row = found.row(self.cursor) if found else None
        return row.number if row else 0

    def told(self) -> tuple[str, int]:
        """Return the line below: what to press while sorting, what is wrong, or sums."""
        found, page = self._list(), self.screen
        if found is None or not isinstance(page, ReportSubject):
            return "", p.DIM
        if self.sorting:
            return "sort by: the letters in the head; esc leaves it as it is", p.ACCENT
        if found.problem:
            return found.problem, p.WARN
        report = page.report.value
        currency = clean_text(report.currency, 8) if report else ""
        return painter.told(found.page, found.words, currency, self.ui.look)

    def change(self, words: str) -> None:
        """Narrow the list by other words, from its first row on."""
        found = self._list()
        if found is not None:
            found.change(words, found.sort, found.down)
            self.cursor, self.cursor_key, self.first = 0, "0", 0

    def sort_by(self, name: str) -> None:
        found = self._list()
        if found is None or not name:
            return
        down = not found.down if found.sort == name else name not in ("side", "tag", "entry_tag")
        found.change(found.words, name, down)
        self.cursor, self.cursor_key, self.first = 0, "0", 0
        self.redraw()

    def action_sort(self) -> None:
        self.sorting = True
        self.screen.tick()  # type: ignore[attr-defined]  # of a page

    def on_key(self, event: events.Key) -> None:
        """A letter after `o` names the column; any other key ends the question."""
        if not self.sorting:
            return
        self.sorting = False
        event.stop()
        event.prevent_default()
        if event.character in painter.LETTERS:
            self.sort_by(painter.LETTERS[event.character])
        self.screen.tick()  # type: ignore[attr-defined]  # of a page

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.sorting

    def clicked_head(self, x: int) -> None:
        self.sort_by(painter.column_at(self.size.width, x))
