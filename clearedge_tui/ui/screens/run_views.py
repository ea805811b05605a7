"""The views of the runs screen: the list, its foot, a look at the selected one, the filter line."""

from typing import TYPE_CHECKING, cast

from textual import events

from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.search import fields
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.paint import run_rows
from clearedge_tui.ui.paint import runs as painter
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

if TYPE_CHECKING:
    from clearedge_tui.ui.screens.runs import RunsPage

HINT = "words  strategy:ema  sharpe>1  tag:best  star:yes  created>=2026-01-01  -status:failed"


class RunRows(RowsView):
    """Jobs that still run come first, then the runs; of many thousand only a part is here."""

    @property
    def page(self) -> "RunsPage":
        return cast("RunsPage", self.screen)

    def keys_of_rows(self) -> list[str]:
        return [*(job.id for job in self.page.jobs()), *self.page.runs.keys()]

    def to_top(self) -> None:
        """Look at the first row next, but at the selected one if it is among those that come."""
        self.first = self.cursor = 0

    def paint(self, h: int, w: int) -> Cells:
        self._jobs, runs = self.page.jobs(), self.page.runs
        self._index = Index(names=runs.page.names if runs.page else ())
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        run_rows.paint_head(cells, self.page.runs.sort)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        if index < len(self._jobs):
            run_rows.paint_job(cells, y, self._jobs[index], self.ui.look)
            return
        page = self.page
        row = page.runs.row(index - len(self._jobs))
        if row is None:
            cells.text(y, 2, self.ui.look.symbols.more, p.DIM)
            return
        marked = row.run_id in page.marks
        run_rows.paint_run(cells, y, row, self._index, self.ui.look, page.runs.sort, marked)

    def clicked_head(self, x: int) -> None:
        for column, start, width in run_rows.layout(self.size.width, self.page.runs.sort):
            if start <= x < start + width:
                self.page.sort_by(column.field)
                return

    def empty_text(self) -> str:
        runs = self.page.runs
        if runs.page is None:
            return runs.problem or "asking…"
        if runs.page.total:
            return f"none of {runs.page.total:,} runs is like that; esc shows all"
        return "no run yet: b on an instance, or :backtest STRATEGY MARKET"


class RunFoot(CellView):
    """How many there are, what they take, and how they are chosen and sorted."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = cast("RunsPage", self.screen)
        runs = page.runs
        typing = self.screen.query_one(RunFilter).display  # which says it itself
        problem = runs.problem if runs.page and not typing else ""
        run_rows.paint_foot(
            cells, runs.page, page.words, runs.sort, len(page.marks), problem, self.ui.look
        )
        return cells


class RunLook(CellView):
    """The selected job's curve so far, or the selected run's figures."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = cast("RunsPage", self.screen)
        item = page.selected()
        if isinstance(item, JobRow):
            painter.paint_look(cells, item, None, self.ui.look)
        elif isinstance(item, RunRow):
            report = page.report.value
            known = report if report and report.summary.run_id == item.run_id else None
            painter.paint_look(cells, page.runs.summary(item), known, self.ui.look)
        return cells


class RunFilter(FilterLine):
    """The whole language of filters: says what is wrong with it, and which fields there are."""

    def __init__(self) -> None:
        super().__init__(HINT)

    def _beginning(self) -> tuple[str, list[str]]:
        """Return the word at the end of the line and the fields that begin with it."""
        word = self.typed.rpartition(" ")[2].removeprefix("-").lower()
        page = cast("RunsPage", self.screen).runs.page
        known = sorted(fields(Index(names=page.names if page else ())))
        return word, [name for name in known if name.startswith(word) and name != word]

    def hint(self) -> str:
        """Return the fields that fit what is being typed; empty while the line is shut."""
        if not self.display:
            return ""
        word, found = self._beginning()
        if word and not found:
            return ""
        return f"{'tab: ' if word else 'fields: '}{'  '.join(found)}"

    def problem(self) -> str:
        return cast("RunsPage", self.screen).runs.problem

    def on_key(self, event: events.Key) -> None:
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            word, found = self._beginning()
            if word and found:
                self.insert(found[0][len(word) :])
