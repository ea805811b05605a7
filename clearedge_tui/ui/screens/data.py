"""Screen 3: what the catalog holds, how good it is, and the work that is done on it."""

from collections.abc import Iterable

from textual import events
from textual.containers import Container, Vertical
from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import catalog as c
from clearedge_tui.ui import data_acts, data_looks
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.catalog import SeriesRow, Source
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.model import JOB_ENDED, LinkState
from clearedge_tui.ui.paint.series import Shown
from clearedge_tui.ui.screens.data_views import (
    LEAST_LOOK,
    WIDE,
    DataRows,
    JobLines,
    NewestBars,
    SeriesLook,
    SourceLine,
    share,
)
from clearedge_tui.ui.screens.series_seen import SeenSeries

TALL = 50  # rows; from here on the chart is shown without being asked for
_MINUTE_NS = 60_000_000_000


class DataPage(Page):
    """`3`. Asks again when work on the catalog has ended, and when a person says so."""

    NAME = "data"
    BINDINGS = bindings("data")

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        self.title = "Data"
        self.asked: Asked[list[SeriesRow]] = Asked(list[SeriesRow])
        self.sources: Asked[list[Source]] = Asked(list[Source])
        self.seen = SeenSeries(self.tick)
        self._chart: bool | None = None  # None: where there is room
        self._years: dict[str, int] = {}
        self._counting: set[str] = set()  # series that a person wants read once
        self._sorting = False
        self._wanted = subject  # the row to stand on once it is there
        self._asked_at: frozenset[tuple[str, str]] | None = None

    def body(self) -> Iterable[Widget]:
        with Container(id="catalog"):
            with Vertical(id="left"):
                yield DataRows()
                yield NewestBars(id="newest")
                yield JobLines(id="jobs")
            yield SeriesLook(id="series")
        yield SourceLine(classes="line")
        yield FilterLine("words: venue, market, kind, source, bad …; !word must not")

    def on_mount(self) -> None:
        self.asked.then.append(self._told)
        self.sources.then.append(self.tick)

    def _told(self) -> None:
        if self._wanted and self.asked.value:
            one = c.find(self.asked.value, self._wanted)
            if one is None:
                self.ui.model.say(f"no series `{clean_text(self._wanted)}` is here, or several are")
            else:
                self.table.cursor_key = one.key
            self._wanted = ""
        self.tick()

    # -- what there is

    @property
    def table(self) -> DataRows:
        return self.query_one(DataRows)

    @property
    def choice(self) -> c.Choice:
        return self.table.choice

    def rows(self) -> list[SeriesRow]:
        return self.asked.value or []

    def shown(self) -> list[SeriesRow]:
        return c.visible(self.rows(), self.choice)

    def selected(self) -> SeriesRow | None:
        key = self.table.current()
        return next((one for one in self.shown() if one.key == key), None)

    def chosen(self) -> list[SeriesRow]:
        """Return the marked series, else the selected one."""
        marked = [one for one in self.shown() if one.key in self.choice.marks]
        one = self.selected()
        return marked or ([one] if one is not None else [])

    def jobs(self) -> list[JobRow]:
        """Return the work on data: what runs, what waits, then what has ended, newest first."""
        found = [job for job in self.ui.model.jobs.values() if job.kind in c.JOB_KINDS]
        found.sort(key=lambda job: (job.state in JOB_ENDED, job.state == "queued", -job.started_ns))
        return found

    def look(self) -> Shown | None:
        """Return all that the details are painted from."""
        row = self.selected()
        if row is None:
            return None
        seen = self.seen.of(row)
        years = seen.days.years
        year = self._years.get(row.key, years[-1] if years else 0)
        minute = self.ui.model.wall_ns() // _MINUTE_NS
        bars = self.seen.bars(row) if self.charted() else None
        step = self.seen.step(row)
        unread = not row.counted and row.key not in self._counting and seen.view is None
        inside = self.charted() and not self.query_one(NewestBars).display
        return Shown(
            row, seen.view, seen.days, year, inside, bars, seen.problem, unread, minute, step
        )

    def charted(self) -> bool:
        roomy = self.size.width >= WIDE and self.size.height >= TALL
        return roomy if self._chart is None else self._chart

    def why_empty(self) -> str:
        """Return one line on why no row is there."""
        if self.choice.words and self.asked.value:
            return "no series holds these words; esc shows all"
        if self.asked.value is None and self.ui.model.link is not LinkState.UP:
            return "no supervisor answers: the catalog is shown as soon as one does"
        if self.asked.problem:
            return clean_text(self.asked.problem)
        if self.asked.value is None:
            return "asking…"
        return (
            "no data yet: i imports a file of yours, u pulls from a source; : data sample adds some"
        )

    def remark(self) -> tuple[str, int]:
        if self._sorting:
            letters = "  ".join(f"{key} {name}" for key, (name, _) in c.SORTS.items())
            return f"sort by: {letters}", p.ACCENT
        if self.asked.problem and self.asked.value is not None:
            return clean_text(self.asked.problem), p.WARN
        found = self.rows()
        parts = [f"{len(self.choice.marks)} marked"] if self.choice.marks else []
        if self.choice.words:
            parts.append(f"filter: {self.choice.words}")
        size = f.bytes_size(sum(one.bytes or 0 for one in found))
        parts.append(f"{len(found)} series   {sum(one.rows for one in found):,} rows   {size}")
        bad = sum(one.verdict == "bad" or bool(one.error) for one in found)
        if bad:
            parts.append(f"{bad} bad: enter tells all")
        row = self.selected()
        if row is not None and row.missing is None and not row.error and row.timeframe:
            parts.append("missing –: its market closes at times, c counts")
        return "   ".join(parts), p.WARN if bad else p.DIM

    # -- time and room

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        share(self)

    def on_screen_resume(self) -> None:
        self._asked_at = None  # a form may have changed something
        super().on_screen_resume()

    def tick(self) -> None:
        if not self.query(DataRows):  # a tick may come before the first layout
            return
        up = self.ui.model.link is LinkState.UP
        if not up:
            self._asked_at = None
        elif self._asked_at != self._ended() and not self.asked.waiting:
            self._ask()
        share(self)
        row = self.selected() if up else None
        if row is not None:
            if row.counted or row.key in self._counting:
                self.seen.keep(self.ui, row)
            if self.charted():
                self.seen.keep_bars(self.ui, row, self.size.width)
        super().tick()

    def _ended(self) -> frozenset[tuple[str, str]]:
        return frozenset((job.id, job.state) for job in self.jobs() if job.state in JOB_ENDED)

    def _ask(self) -> None:
        self._asked_at = self._ended()
        self.asked.ask(self.ui, "data.list")
        self.sources.ask(self.ui, "data.sources")

    # -- keys of a list

    def action_reload(self) -> None:
        if self.ui.model.link is not LinkState.UP:
            self.ui.model.say("not asked: no supervisor answers", good=False)
        else:
            self.seen = SeenSeries(self.tick)
            self._ask()
        self.tick()

    def action_filter(self) -> None:
        self.query_one(FilterLine).open(self.choice.words)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.table.choose(words=event.words)
        self.tick()

    def action_sort(self) -> None:
        self._sorting = True
        self.tick()

    def on_key(self, event: events.Key) -> None:
        if self._sorting:
            self._sorting = False
            event.stop()
            event.prevent_default()
            self.table.sort_by(event.character or "")
            self.tick()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a sort letter is awaited no other key of this screen means anything."""
        return not self._sorting or action == "go_back"

    def clear_transient(self) -> bool:
        """Leave the innermost temporary state; False when there was none."""
        if self._sorting:
            self._sorting = False
        elif self.choice.words:
            self.table.choose(words="")
        elif self.choice.marks:
            self.table.choose(marks=frozenset())
        else:
            return False
        self.tick()
        return True

    def on_rows_view_moved(self) -> None:
        self.tick()

    def on_rows_view_opened(self) -> None:
        """Tell everything about the selected series; one that was never counted is counted first."""
        shown = self.look()
        if shown is None:
            return
        if shown.unread:
            self._counting.add(shown.row.key)
            self.tick()
        else:
            data_looks.show_series(self.ui, shown)

    # -- what can be done

    def action_chart(self) -> None:
        self._chart = not self.charted()
        if self._chart and not self.query_one(SeriesLook).display:
            self.ui.model.say(f"the chart needs {LEAST_LOOK + 8} rows or more")
        self.tick()

    def action_year(self, step: int) -> None:
        row = self.selected()
        years = self.seen.of(row).days.years if row is not None else []
        if row is None or len(years) < 2:
            self.ui.model.say("there is no other year" if years else "no series is selected here")
        else:
            now = self._years.get(row.key, years[-1])
            self._years[row.key] = max(years[0], min(years[-1], now + step))
        self.tick()

    def action_work(self, what: str) -> None:
        """Do something to the marked series, or to the selected one."""
        found = self.rows() if what == "check_all" else self.chosen()
        if found:
            data_acts.WORK[what](self.ui, found)
        else:
            self.ui.model.say("no series is selected here")
        self.tick()

    def action_pull(self) -> None:
        from clearedge_tui.ui.plan_data import pull_like

        pull_like(self.ui, self.selected())

    def action_bring(self) -> None:
        from clearedge_tui.ui.plan_import import open_import

        open_import(self.ui, {})

    def action_sources(self) -> None:
        data_looks.show_sources(self.ui)

    def action_jobs(self) -> None:
        data_looks.show_jobs(self.ui, self.jobs())

    def action_cancel_job(self) -> None:
        data_looks.cancel(self.ui, [job for job in self.jobs() if job.state not in JOB_ENDED])
        self.tick()
