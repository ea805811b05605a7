"""Screen 2: jobs at work with bar and ETA, finished runs below, and a first look at the selected one."""

from collections.abc import Iterable

from textual import events
from textual.widget import Widget

from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import acts
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.filtered_page import FilteredPage
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import runs as painter
from clearedge_tui.ui.paint.report import paint_overview
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.dialogs import Typed
from clearedge_tui.ui.view import CellView

TALL = 36  # rows; from here on the selected run's curve is shown
LEAST_LOOK = 16


class RunRows(RowsView):
    """Jobs that still run come first."""

    def items(self) -> list[JobRow | RunSummary]:
        page = self.screen
        return page.items() if isinstance(page, RunsPage) else []

    def keys_of_rows(self) -> list[str]:
        return [painter.key_of(item) for item in self.items()]

    def paint(self, h: int, w: int) -> Cells:
        self._now = self.items()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        painter.paint_head(cells)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        painter.paint_line(cells, y, self._now[index], self.ui.look)

    def empty_text(self) -> str:
        page = self.screen
        asked = page.asked if isinstance(page, RunsPage) else None
        if asked is None or asked.waiting:
            return "asking…"
        return asked.problem or "no run yet: b on an instance, or :backtest STRATEGY MARKET"


class RunLook(CellView):
    """The selected job's curve so far, or the selected run's figures."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        item = page.selected() if isinstance(page, RunsPage) else None
        if item is None or not isinstance(page, RunsPage):
            return cells
        report = page.report.value
        if isinstance(item, RunSummary) and report and report.summary.run_id == item.run_id:
            painter.paint_title(cells, item, self.ui.look)
            paint_overview(cells, cells.area.top(1)[1].inset(1), report, self.ui.look)
        else:
            painter.paint_look(cells, item, self.ui.look)
        return cells


class RunsPage(FilteredPage):
    """`2`."""

    NAME = "runs"
    BINDINGS = bindings("runs")

    def __init__(self) -> None:
        super().__init__()
        self.title = "Runs"
        self.asked: Asked[list[RunSummary]] = Asked(list[RunSummary])
        self.report: Asked[RunReport] = Asked(RunReport)
        self._peeked = ""
        self._asked_at: frozenset[tuple[str, str]] = frozenset()

    def body(self) -> Iterable[Widget]:
        yield RunRows()
        yield RunLook(id="look")
        yield FilterLine("words: strategy, market, status")

    def on_mount(self) -> None:
        self.report.then.append(self.tick)
        self.action_reload()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.query_one(RunLook).display = event.size.height >= 20

    def items(self) -> list[JobRow | RunSummary]:
        runs = self.asked.value or []
        known = {run.run_id for run in runs}
        jobs = [
            j
            for j in self.ui.model.jobs.values()
            if j.state in ("queued", "running") or j.run_id not in known
        ]
        jobs = [j for j in jobs if j.state != "done" or not j.run_id]
        found: list[JobRow | RunSummary] = [*jobs, *(r for r in runs if r.status != "running")]
        wanted = self.words.lower().split()
        return [item for item in found if all(word in painter.text_of(item) for word in wanted)]

    def selected(self) -> JobRow | RunSummary | None:
        key = self.query_one(RunRows).current()
        return next((item for item in self.items() if painter.key_of(item) == key), None)

    def remark(self) -> tuple[str, int]:
        item = self.selected()
        problem = self.asked.problem
        if problem:
            return problem, p.WARN
        return painter.remark(item) if item is not None else ("", p.DIM)

    def tick(self) -> None:
        if self._jobs() != self._asked_at and not self.asked.waiting:
            self.action_reload()  # a job ended or began since it was asked for
        if self.query(RunRows):  # a tick may come before the first layout
            self._share()
            self._peek()
        super().tick()

    def _share(self) -> None:
        """On a tall screen the list takes the rows it needs, and the selected run the rest."""
        body = self.size.height - 3
        tall = self.size.height >= TALL
        wanted = min(max(len(self.items()), 3) + 2, body - max(LEAST_LOOK, body // 2))
        self.query_one(RunRows).styles.height = wanted if tall else "1fr"
        self.query_one(RunLook).styles.height = "1fr" if tall else "45%"

    def _peek(self) -> None:
        """Ask once for the report of the selected run, where there is room for its curve."""
        item = self.selected()
        done = isinstance(item, RunSummary) and item.status == "done"
        if not done or self.size.height < TALL or self.report.waiting:
            return
        run = painter.key_of(item) if item else ""
        if run != self._peeked:
            self._peeked = run
            self.report.ask(self.ui, "run.show", {"run_id": run})

    def _jobs(self) -> frozenset[tuple[str, str]]:
        return frozenset((job.id, job.state) for job in self.ui.model.jobs.values())

    def action_reload(self) -> None:
        self._asked_at = self._jobs()
        self.asked.ask(self.ui, "run.list")

    def on_rows_view_opened(self) -> None:
        item = self.selected()
        if isinstance(item, RunSummary) and item.status == "done":
            self.ui.visit("report", item.run_id)
        elif item is not None:
            self.action_errors()

    def action_errors(self) -> None:
        item = self.selected()
        text = item.error if isinstance(item, RunSummary) else item.message if item else ""
        if text:
            acts.show_error(self.ui, painter.key_of(item), text) if item else None
        else:
            self.ui.model.say("this one has no error")

    def action_cancel_job(self) -> None:
        item = self.selected()
        if isinstance(item, JobRow):
            self.ui.ask("job.cancel", {"id": item.id}, f"cancel {item.title}")
        elif item is not None:
            run = item.run_id
            text = ((f"delete run {run} and its files", p.WARN | p.BOLD),)

            def answered(yes: bool | None) -> None:
                if yes:
                    self.ui.ask(
                        "run.rm", {"run_id": run}, f"delete {run}", lambda _: self.action_reload()
                    )

            self.ui.push_screen(Typed(text, run), answered)
