"""Screen 4: where every strategy stands on the ladder, and what is being judged now."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import grid, plan_ladder
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.grid_page import AboutRow, GridPage, GridRows
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.ladder import SORTS, Ladders, Standing, judging, ordered
from clearedge_tui.ui.paint import ladder as painter
from clearedge_tui.ui.paint import leaders
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.tabs import Tabs
from clearedge_tui.ui.view import CellView

PANES: Final = ("ladder", "files")


class LadderRows(GridRows):
    """Bars and marks are painted over the row's words: each gate has its own ink."""

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        super().paint_line(cells, y, index)
        page = self.screen
        one = page.standing(self._now[index].key) if isinstance(page, LadderPage) else None
        if one is None or one.readiness is None:
            return
        for column, x, width in grid.layout(self._columns, cells.w):
            if column == plan_ladder.BAR:
                painter.paint_bar(cells, y, x, width, one.readiness, self.ui.look)
            elif column == plan_ladder.HARD:
                painter.paint_marks(cells, y, x, one.hard, self.ui.look)
            elif column == plan_ladder.SCORED:
                painter.paint_marks(cells, y, x, one.scored, self.ui.look)

    def clicked_head(self, x: int) -> None:
        page = self.screen
        for column, start, width in grid.layout(self._columns, self.size.width):
            if start <= x < start + width and isinstance(page, LadderPage):
                page.sort_by_column(column)


class JobLine(CellView):
    """What is being judged, and the best so far of its search; no line when nothing is."""

    def __init__(self) -> None:
        super().__init__(id="judging", classes="line")

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        jobs = judging(self.ui.model.jobs.values())
        if jobs:
            size = 12 if w >= 100 else 8
            full = round(max(0.0, min(1.0, jobs[0].progress)) * size)
            symbols = self.ui.look.symbols
            x = cells.text(0, 1, symbols.full * full, p.ACCENT)
            x = cells.text(0, x, symbols.empty * (size - full), p.FAINT)
            cells.text(0, x + 1, plan_ladder.job_line(jobs), p.TEXT, width=w - x - 2)
            leaders.paint_best(cells, cells.area.top(1)[1].inset(1), jobs[0].leaders, self.ui.look)
        return cells


class LadderPage(GridPage):
    """`4`."""

    NAME = "ladder"
    BINDINGS = bindings("ladder")
    PANES: ClassVar[tuple[str, ...]] = PANES
    EVERY_S = 2.0
    ABOUT: ClassVar[int] = 8

    def __init__(self) -> None:
        super().__init__()
        self.title = "Ladder"
        self.found = Ladders(self.anew)
        self.sort, self.turned = "readiness", False

    def body(self) -> Iterable[Widget]:
        yield Tabs(self.PANES)
        yield JobLine()
        yield LadderRows()
        yield AboutRow()
        yield FilterLine(self.HINT)

    def ask(self) -> None:
        self.found.ask(self.ui)

    def narrow(self, words: str) -> None:
        """Show only rows that hold these words."""
        self.words = words
        self.anew()

    def show(self, pane: str) -> None:
        self.ui.visit("strategies" if pane == "files" else "ladder")

    def columns(self) -> Sequence[Col]:
        return plan_ladder.columns(self.sort, self.turned)

    def rows(self) -> Sequence[Row]:
        jobs = {job.title: job for job in reversed(judging(self.ui.model.jobs.values()))}
        found = ordered(self.found.all(), self.sort, self.turned)
        return plan_ladder.rows(found, jobs, self.ui.look, self.ui.model.wall_ns())

    def empty(self) -> str:
        return clean_text(self.found.why_empty())

    def standing(self, key: str) -> Standing | None:
        return self.found.find(key)

    def row(self) -> Row | None:
        """Return the selected row with all that is told of it: of one row only, there are many."""
        row = super().row()
        one = self.standing(row.key) if row is not None else None
        if row is None or one is None:
            return row
        now = self.ui.model.wall_ns()
        return replace(row, about=plan_ladder.about(one, self.ui.look, now))

    def selected(self) -> Standing | None:
        row = super().row()
        return self.standing(row.key) if row is not None else None

    def remark(self) -> tuple[str, int]:
        if self.found.asked.problem and self.found.board is not None:
            return clean_text(self.found.asked.problem), p.WARN
        found = self.found.all()
        ready = sum(bool(one.readiness and one.readiness.ready) for one in found)
        judged = sum(one.readiness is not None for one in found)
        words = f"filter: {self.words}   " if self.words else ""
        return f"{words}{len(found)} rows, {judged} judged, {ready} ready", p.DIM

    def tick(self) -> None:
        for line in self.query(JobLine):
            jobs = judging(self.ui.model.jobs.values())
            line.display = bool(jobs)
            found = jobs[0].leaders if jobs else ()
            line.styles.height = 1 + leaders.height(len(found), self.size.height)
        super().tick()

    # -- order

    def action_sort_by(self, step: int) -> None:
        names = list(SORTS)
        self._sort(names[(names.index(self.sort) + step) % len(names)])

    def action_turn(self) -> None:
        self._sort(self.sort)

    def sort_by_column(self, column: int) -> None:
        """Sort by a column; by the same one once more turns it round."""
        name = plan_ladder.sorted_by(column)
        if name:
            self._sort(name)

    def _sort(self, name: str) -> None:
        self.turned = self.sort == name and not self.turned
        self.sort = name
        self.anew()

    # -- acts

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        one = self.standing(event.key)
        if one is not None and one.gates:
            self.ui.visit("gates", one.key)
        elif one is not None:
            self.action_judge()

    def action_judge(self) -> None:
        """Run what is missing of the selected ladder, after its form."""
        from clearedge_tui.ui.plan_study import open_judge

        open_judge(self.ui, self.selected())

    def action_cancel_job(self) -> None:
        """Cancel what judges the selected row, else the first job that judges."""
        jobs, one = judging(self.ui.model.jobs.values()), self.selected()
        own = [job for job in jobs if one is not None and job.title == one.title]
        if not jobs:
            self.ui.model.say("nothing is being judged")
            self.ui.paint_now()
            return
        job = (own or jobs)[0]
        self.ui.ask("job.cancel", {"id": job.id}, f"cancel {clean_text(job.title)}")

    def action_threshold(self) -> None:
        from clearedge_tui.ui.plan_study import open_threshold

        open_threshold(self.ui, self.found.board.thresholds if self.found.board else {})
