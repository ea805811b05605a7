"""Screen 1: the board. Marks, filter, sort, and a chart of the selected instance below."""

from collections.abc import Iterable
from dataclasses import replace

from textual import events
from textual.widget import Widget

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.paint import board as painter
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

TALL = 32
WIDE = 100
LEAST_CHART = 12


class BoardRows(RowsView):
    """One row an instance."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self.state = painter.BoardState()

    def keys_of_rows(self) -> list[str]:
        return [
            row.id for row in painter.visible(list(self.ui.model.instances.values()), self.state)
        ]

    def paint_head(self, cells: Cells) -> None:
        painter.paint_head(cells, 0, self.state)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        row = self.ui.model.instances[self._shown[index]]
        painter.paint_row(cells, y, row, self.ui.model, self.ui.look, self.state)

    def paint(self, h: int, w: int) -> Cells:
        self._shown = self.keys_of_rows()
        self.state.longest = max(map(len, self.ui.model.instances), default=0)
        return super().paint(h, w)

    def empty_text(self) -> str:
        if self.ui.model.instances:
            return "no row matches; esc clears the filter"
        if self.ui.model.link is not LinkState.UP:
            return "connecting…"
        return "no instance yet: n makes one, : opens the command line, ? shows the keys"

    def clicked_head(self, x: int) -> None:
        for column, start, width in painter.layout(
            self.size.width, self.state.narrow, self.state.longest
        ):
            if start <= x < start + width and column.letter:
                self.sort_by(column.letter)

    def sort_by(self, letter: str) -> None:
        turned = self.state.sort == letter and not self.state.backwards
        self.state = replace(self.state, sort=letter, backwards=turned)
        self.redraw()


class Preview(CellView):
    """The selected instance's bars, under the board, when there is room."""

    def inputs(self) -> tuple[object, ...]:
        row = self.ui.model.instances.get(self.screen.query_one(BoardRows).current())
        return (
            row and (row.id, row.market, row.timeframe, row.simulated, row.state),
            row and self.ui.model.price_stale(row),
            self.ui.model.detail,
        )

    def paint(self, h: int, w: int) -> Cells:
        from clearedge_tui.ui.paint.preview import paint_preview  # not needed for the first frame

        cells = Cells(h, w)
        board = self.screen.query_one(BoardRows)
        row = self.ui.model.instances.get(board.current())
        detail = self.ui.model.detail
        if row is not None:
            known = detail if detail and detail.id == row.id else None
            paint_preview(cells, row, known, self.ui.look, self.ui.model.price_stale(row))
        return cells


class BoardPage(Page):
    """The home of the console."""

    NAME = "board"
    BINDINGS = bindings("board")

    def __init__(self) -> None:
        super().__init__()
        self._preview = True
        self._rows: int | str = ""
        self._sorting = False

    def body(self) -> Iterable[Widget]:
        yield BoardRows()
        yield Preview(id="preview")
        yield FilterLine("words, each must match; !word must not; enter keeps, esc clears")

    @property
    def board(self) -> BoardRows:
        return self.query_one(BoardRows)

    def subjects(self) -> list[str]:
        marked = [i for i in self.board.keys_of_rows() if i in self.board.state.marks]
        current = self.board.current()
        return marked or ([current] if current else [])

    def remark(self) -> tuple[str, int]:
        state, model = self.board.state, self.ui.model
        if self._sorting:
            letters = "  ".join(
                f"{c.letter} {c.name.lower() or 'health'}" for c in painter.COLUMNS if c.letter
            )
            return f"sort by: {letters}", p.ACCENT
        parts = []
        if state.marks:
            parts.append(f"{len(state.marks)} marked")
        if state.words:
            parts.append(f"filter: {state.words}")
        if state.errors_only:
            parts.append("errors only")
        row = model.instances.get(self.board.current())
        if row is None:
            return "   ".join(parts), p.DIM
        text, ink = painter.event(row, model)
        front = "   ".join(parts)
        return (f"{front}   {text}" if front else text), (ink if row.error else p.DIM)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        preview = self.query_one(Preview)
        preview.display = self._preview and width >= WIDE and height >= TALL
        self._share(height)
        self.watch_selected()

    def _share(self, height: int) -> None:
        """Give the table the rows it needs and the chart the rest, but the chart never too few."""
        wanted: int | str = "1fr"
        if self.query_one(Preview).display:
            body = height - 3  # header, news, hints
            most = body - max(LEAST_CHART, body * 3 // 10)
            known = len(self.ui.model.instances)
            wanted = min(max(known, 3) + 2, most) if known else most
        if wanted != self._rows:
            self._rows = wanted
            self.board.styles.height = wanted

    def watch_selected(self) -> None:
        shown = self.query_one(Preview).display
        self.ui.link.watch(self.board.current() if shown else "", self.size.width)

    def tick(self) -> None:
        if self.query(Preview):  # a tick may come before the first layout, or while leaving
            self._share(self.size.height)
            self.watch_selected()
        super().tick()

    def on_rows_view_moved(self) -> None:
        self.tick()

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        self.ui.visit("detail", event.key)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.board.state = replace(self.board.state, words=event.words)
        self.tick()

    def on_key(self, event: events.Key) -> None:
        if self._sorting:
            self._sorting = False
            event.stop()
            event.prevent_default()
            if event.character and any(c.letter == event.character for c in painter.COLUMNS):
                self.board.sort_by(event.character)
            self.tick()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a sort letter is awaited no other key of this screen means anything."""
        return not self._sorting or action == "go_back"

    def action_filter(self) -> None:
        self.query_one(FilterLine).open(self.board.state.words)

    def action_sort(self) -> None:
        self._sorting = True
        self.tick()

    def clear_transient(self) -> bool:
        """Leave the innermost temporary state; False when there was none."""
        state = self.board.state
        if self._sorting:
            self._sorting = False
        elif state.words:
            self.board.state = replace(state, words="")
            self.query_one(FilterLine).shut()
        elif state.errors_only:
            self.board.state = replace(state, errors_only=False)
        elif state.marks:
            self.board.state = replace(state, marks=frozenset())
        else:
            return False
        self.tick()
        return True

    def action_mark(self) -> None:
        current = self.board.current()
        if current:
            self.board.state = replace(self.board.state, marks=self.board.state.marks ^ {current})
            self.board.action_move(1)
        self.tick()

    def action_mark_all(self) -> None:
        self.board.state = replace(self.board.state, marks=frozenset(self.board.keys_of_rows()))
        self.tick()

    def action_mark_none(self) -> None:
        self.board.state = replace(self.board.state, marks=frozenset())
        self.tick()

    def action_wide(self) -> None:
        self.board.state = replace(self.board.state, narrow=not self.board.state.narrow)
        self.tick()

    def action_errors(self) -> None:
        self.board.state = replace(self.board.state, errors_only=not self.board.state.errors_only)
        self.tick()

    def action_preview(self) -> None:
        self._preview = not self._preview
        self._fit(self.size.width, self.size.height)
        if self._preview and not self.query_one(Preview).display:
            self.ui.model.say(f"the chart below needs {WIDE}x{TALL}")
