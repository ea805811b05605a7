"""One ladder in full: every gate, what it gives, what measured it, and what to do next."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import grid, plan_gates, plan_ladder
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.grid_page import AboutRow, GridPage, GridRows
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.ladder import Standing, judging, sum_text
from clearedge_tui.ui.paint import ladder as painter
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.ladder import JobLine, LadderPage
from clearedge_tui.ui.view import CellView

HEAD, NARROW = 6, 110  # rows; columns below which the sum takes one more


class GatesRows(GridRows):
    """The cursor passes over headings; margins are painted."""

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        super().paint_line(cells, y, index)
        page, key = self.screen, self._now[index].key
        one = page.selected() if isinstance(page, GatesPage) else None
        gate = next((g for g in one.gates if g.name == key), None) if one is not None else None
        for column, x, width in grid.layout(self._columns, cells.w):
            if column == plan_gates.MARGIN and gate is not None:
                painter.paint_margin(cells, y, x, width, gate, self.ui.look)

    def _settle(self, keys: list[str], room: int) -> None:
        super()._settle(keys, room)
        shown = self.page.shown()
        if self.cursor + 1 < len(shown) and shown[self.cursor].title:
            self.cursor += 1
            self.cursor_key = shown[self.cursor].key

    def select(self, index: int) -> None:
        shown = self.page.shown()
        way = 1 if index >= self.cursor else -1
        index = max(0, min(index, len(shown) - 1))
        while 0 <= index < len(shown) and shown[index].title:
            index += way
        super().select(index if 0 <= index < len(shown) else self.cursor)

    def clicked_head(self, x: int) -> None:
        """The order of the ladder stays."""


class GatesHead(CellView):
    """The sum: a hundred points by gate, how they come about, and what was looked at and tried."""

    def __init__(self) -> None:
        super().__init__(id="standing")

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        one = page.selected() if isinstance(page, GatesPage) else None
        if one is None or one.readiness is None:
            return cells
        ready, now = one.readiness, self.ui.model.wall_ns()
        lines = plan_ladder.about(one, self.ui.look, now)
        x = cells.text(0, 1, f"{ready.score} of {ready.possible} possible", p.BRIGHT | p.BOLD)
        word = "READY" if ready.ready else f"{ready.hard_passed} of {ready.hard} hard gates"
        x = cells.text(0, x + 2, word, (p.GOOD if ready.ready else p.WARN) | p.BOLD)
        cells.text(0, x + 2, clean_text(lines[1][0]), lines[1][1], width=w - x - 3)
        painter.paint_points(cells, 1, 1, w - 2, one.gates, self.ui.look)
        earned, possible = sum_text(ready, one.gates, w - 2)
        sums = [*wrap(earned, max(20, w - 2), subsequent_indent="  ")[:3], possible]
        told = f"settings: {plan_ladder.settings(one.config)}   {clean_text(one.why_config)}"
        for y, text in enumerate([*sums, told][: h - 3], 3):
            cells.text(y, 1, text, p.DIM if text == told else p.TEXT, width=w - 2)
        return cells


class GatesPage(LadderPage):
    """`enter` on a row of the ladder."""

    NAME = "gates"
    BINDINGS = bindings("gates")
    PANES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        strategy, market, _, timeframe = (*key.split("\t"), "", "", "")[:4]
        self.title = clean_text(f"{strategy} {market} {timeframe}", 48)

    def body(self) -> Iterable[Widget]:
        yield GatesHead()
        yield JobLine()
        yield GatesRows()
        yield AboutRow()
        yield FilterLine(self.HINT)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.query_one(GatesHead).styles.height = HEAD + (event.size.width < NARROW)

    def place(self) -> tuple[str, str]:
        return "gates", self.key

    def columns(self) -> Sequence[Col]:
        return plan_gates.COLUMNS

    def rows(self) -> Sequence[Row]:
        return plan_gates.rows(self.selected(), self.ui.look)

    def row(self) -> Row | None:
        return GridPage.row(self)  # its rows are gates, which tell of themselves

    def selected(self) -> Standing | None:
        return self.found.find(self.key)

    def empty(self) -> str:
        if self.found.board is not None and self.selected() is None:
            return "there is no such ladder (any more)"
        return super().empty()

    def remark(self) -> tuple[str, int]:
        jobs, one = judging(self.ui.model.jobs.values()), self.selected()
        if one is not None and any(job.title == one.title for job in jobs):
            return "being judged now: what is shown is the last one", p.ACCENT
        return painter.legend(self.ui.look.symbols), p.DIM

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        """Open the run that measured the gate."""
        one = self.selected()
        gate = next((g for g in one.gates if g.name == event.key), None) if one else None
        if gate is not None and gate.evidence:
            self.ui.visit("study", gate.evidence)
        elif gate is not None:
            self.ui.model.say(f"nothing has measured it: {gate.action or gate.why}")
            self.ui.paint_now()

    def action_threshold(self) -> None:
        from clearedge_tui.ui.plan_study import open_threshold

        row = self.row()
        known = self.found.board.thresholds if self.found.board else {}
        open_threshold(self.ui, known, row.key if row is not None else "")

    def action_copy(self) -> None:
        row, one = self.row(), self.selected()
        gate = next((g for g in one.gates if row and g.name == row.key), None) if one else None
        if gate is not None and gate.evidence:
            self.app.copy_to_clipboard(gate.evidence)
            self.ui.model.say(f"copied {clean_text(gate.evidence)}")
