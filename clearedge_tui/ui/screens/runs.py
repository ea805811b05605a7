"""Screen 2: jobs at work on top, below them every run that a filter leaves, and a look at one."""

from collections.abc import Iterable

from textual import events
from textual.widget import Widget

from clearedge_tui.runs.index import RunRow
from clearedge_tui.runs.model import RunReport
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import acts, run_acts
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.filtered_page import FilteredPage
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import run_rows
from clearedge_tui.ui.paint import runs as painter
from clearedge_tui.ui.run_list import RunList
from clearedge_tui.ui.screens.run_views import RunFilter, RunFoot, RunLook, RunRows
from clearedge_tui.ui.study import NAMES

TALL = 36  # rows; from here on the selected run's curve is shown
LEAST_LOOK = 16


class RunsPage(FilteredPage):
    """`2`."""

    NAME = "runs"
    BINDINGS = bindings("runs")

    def __init__(self, words: str = "") -> None:
        super().__init__()
        self.title = "Runs"
        self.words = words
        self.runs = RunList(self.tick)
        self.marks: dict[str, RunRow] = {}
        self.report: Asked[RunReport] = Asked(RunReport)
        self._peeked = ""
        self._asked_at: frozenset[tuple[str, str]] = frozenset()
        self._gone: list[str] = []

    def body(self) -> Iterable[Widget]:
        yield RunRows()
        yield RunFoot(classes="line")
        yield RunLook(id="look")
        yield RunFilter()

    def on_mount(self) -> None:
        self.runs.sort = self.ui.look.runs_sort
        self.report.then.append(self.tick)
        self.tick()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.query_one(RunLook).display = event.size.height >= 20

    def place(self) -> tuple[str, str]:
        return "runs", self.words

    @property
    def rows(self) -> RunRows:
        return self.query_one(RunRows)

    def jobs(self) -> list[JobRow]:
        """Return what is at work, and what ended without a run that the list could show."""
        words = [word for word in self.words.lower().split() if word.isalnum()]
        known, plain = self.runs.seen, not self.words
        return [
            job
            for job in self.ui.model.jobs.values()
            if job.state in ("queued", "running")
            or (plain and job.run_id not in known and not (job.state == "done" and not job.run_id))
            if all(word in f"{job.id} {job.title} {job.state}".lower() for word in words)
        ]

    def selected(self) -> JobRow | RunRow | None:
        key = self.rows.current()
        job = next((job for job in self.jobs() if job.id == key), None)
        return job or self.runs.find(key)

    def chosen(self) -> list[RunRow]:
        """Return the marked runs, else the selected one; says so when there is none."""
        item = self.selected()
        rows = list(self.marks.values()) or ([item] if isinstance(item, RunRow) else [])
        if not rows:
            self.ui.model.say("no run is selected here")
            self.tick()
        return rows

    def remark(self) -> tuple[str, int]:
        hint = self.query_one(RunFilter).hint() if self.query(RunFilter) else ""
        if hint:
            return hint, p.ACCENT
        item = self.selected()
        return painter.remark(item) if item is not None else ("", p.DIM)

    def tick(self) -> None:
        if self.query(RunRows):  # a tick may come before the first layout
            if self._jobs() != self._asked_at:
                self.action_reload()  # a job ended or began since it was asked for
            self.runs.filter = self.words
            self.runs.keep(self.ui, self.rows.first, max(1, self.size.height))
            self._share()
            self._peek()
        super().tick()

    def _share(self) -> None:
        """On a tall screen the list takes the rows it needs, and the selected run the rest."""
        body = self.size.height - 4
        tall = self.size.height >= TALL
        wanted = min(max(len(self.rows.keys_of_rows()), 3) + 1, body - max(LEAST_LOOK, body // 2))
        self.rows.styles.height = wanted if tall else "1fr"
        self.query_one(RunLook).styles.height = "1fr" if tall else "40%"

    def _peek(self) -> None:
        """Ask once for the report of the selected run, where there is room for its curve."""
        item = self.selected()
        done = isinstance(item, RunRow) and item.status == "done"
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
        self.runs.reload()

    def _changed(self) -> None:
        self.runs.reload()
        self.tick()

    def on_filter_line_changed(self, event: RunFilter.Changed) -> None:
        self.rows.to_top()
        super().on_filter_line_changed(event)

    def clear_transient(self) -> bool:
        """Drop the filter, then the marks; False when there was neither."""
        if super().clear_transient():
            return True
        had, self.marks = bool(self.marks), {}
        self.tick()
        return had

    # -- sorting

    def action_sort_by(self, step: int) -> None:
        """Sort by the next column that is shown."""
        fields = [one.column.field for one in run_rows.layout(self.size.width, self.runs.sort)]
        now = fields.index(self.runs.sort.removeprefix("-"))
        self.sort_by(fields[(now + step) % len(fields)])

    def action_turn(self) -> None:
        self.sort_by(self.runs.sort.removeprefix("-"))

    def sort_by(self, field: str) -> None:
        """Sort by a field, by the one it is sorted by already the other way round."""
        sort = run_rows.first_way(field)
        if self.runs.sort == sort:
            sort = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
        self.runs.sort = self.ui.look.runs_sort = sort
        self.rows.to_top()
        self.tick()

    # -- what the keys do

    def on_rows_view_opened(self) -> None:
        item = self.selected()
        if isinstance(item, RunRow) and item.status == "done":
            self.ui.visit("study" if item.kind in NAMES else "report", item.run_id)
        elif item is not None:
            self.action_errors()

    def action_errors(self) -> None:
        item = self.selected()
        text = item.error if isinstance(item, RunRow) else item.message if item else ""
        if text and item:
            acts.show_error(self.ui, painter.key_of(item), text)
        else:
            self.ui.model.say("this one has no error")
            self.tick()

    def action_mark(self) -> None:
        item = self.selected()
        if isinstance(item, RunRow):
            if self.marks.pop(item.run_id, None) is None:
                self.marks[item.run_id] = item
            self.rows.action_move(1)
        self.tick()

    def action_unmark(self) -> None:
        self.marks = {}
        self.tick()

    def action_compare(self) -> None:
        ids = list(self.marks)
        item = self.selected()
        if len(ids) == 1 and isinstance(item, RunRow) and item.run_id not in ids:
            ids.append(item.run_id)
        if len(ids) < 2:
            self.ui.model.say("mark two or more runs with m, then c lays them side by side")
            self.tick()
            return
        self.ui.visit("compare", " ".join(ids))

    def action_star(self) -> None:
        if rows := self.chosen():
            run_acts.star(self.ui, rows, self._changed)

    def action_tag(self) -> None:
        if rows := self.chosen():
            run_acts.tag(self.ui, rows, self._changed)

    def action_note(self) -> None:
        if rows := self.chosen():
            run_acts.note(self.ui, rows, self._changed)

    def action_again(self) -> None:
        for row in self.chosen():
            run_acts.once_more(self.ui, row)

    def action_resume(self) -> None:
        for row in self.chosen():
            run_acts.resume(self.ui, row)

    def action_save(self) -> None:
        for row in self.chosen():
            run_acts.save(self.ui, row)

    def action_undo(self) -> None:
        gone, self._gone = self._gone, []
        run_acts.undo(self.ui, gone, self._changed)

    def action_cancel_job(self) -> None:
        item = self.selected()
        if isinstance(item, JobRow):
            self.ui.ask("job.cancel", {"id": item.id}, f"cancel {item.title}")
        elif rows := self.chosen():
            run_acts.remove(self.ui, rows, self._put_aside, self._changed)

    def _put_aside(self, ids: Iterable[str]) -> None:
        self._gone = list(ids)
        self.marks = {}
