"""Candles of a run with its trades: zoom from two bars to all of them, pan, crosshair, step by trade."""

from collections.abc import Sequence
from typing import Final

import msgspec
from textual import events

from clearedge_tui.core.model import BarRow
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.report_rows import OneTrade, RunBars
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint.candles import CandleChart, paint_candles
from clearedge_tui.ui.paint.crosshair import bar_at
from clearedge_tui.ui.paint.report_marks import held_line, marks_of, paint_facts
from clearedge_tui.ui.screens.report_subject import ReportSubject
from clearedge_tui.ui.view import CellView

# (bars a row, columns a row), far to near; the chart begins with all bars
ZOOMS: Final = (
    *((every, 1) for every in (20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2)),
    (1, 1), (1, 2), (1, 4), (1, 6),
)  # fmt: skip
AXIS: Final = 12  # columns that prices take
_AIR: Final = 3  # a trade takes a third of the chart


class BarsPane(CellView, can_focus=True):
    """Used for the whole run, and for one trade: `one` marks that trade alone and keeps it in sight."""

    BINDINGS = bindings("bars")

    def __init__(self, *, id: str, one: bool) -> None:
        super().__init__(id=id, classes="main")
        self.one = one
        self.found: RunBars | None = None
        self.problem = ""
        self.zoom: int | None = None  # None is all bars of the run
        self.at_ns = 0  # the middle; 0 is the end
        self.cross_ns = 0
        self._asked: dict[str, object] = {}
        self._waiting = False

    # -- asking

    def want(self) -> dict[str, object]:
        """Return what the chart of this size and place needs."""
        every, wide = (0, 1) if self.zoom is None else ZOOMS[self.zoom]
        count = self._width // wide
        page = self.screen
        run_id = page.run_id if isinstance(page, ReportSubject) else ""
        return {"run_id": run_id, "at_ns": self.at_ns, "count": count, "every": every}

    def ask(self) -> None:
        """Ask for what is to be seen, one question at a time; the newest wish is asked last."""
        wanted = self.want()
        if self._waiting or wanted == self._asked or self.size.width < 20:
            return
        self._asked, self._waiting = wanted, True
        self.ui.ask("run.candles", wanted, "bars of the run", self._take, quiet=True)

    def _take(self, result: Result) -> None:
        self._waiting = False
        if result.status != "done":
            self.problem = clean_text(result.message)
        else:
            try:
                self.found = msgspec.convert(result.data, RunBars)
                self.problem = clean_text(self.found.problem)
            except msgspec.ValidationError as error:
                self.problem = f"the answer cannot be read: {clean_text(error)}"
        self.redraw()

    # -- looking

    @property
    def trade(self) -> OneTrade | None:
        page = self.screen
        return page.trade if isinstance(page, ReportSubject) else None

    @property
    def bars(self) -> Sequence[BarRow]:
        return self.found.bars if self.found else ()

    def inputs(self) -> tuple[object, ...]:
        page = self.screen
        if not isinstance(page, ReportSubject):
            return ()
        here = (self.found, self.problem, self.zoom, self.at_ns, self.cross_ns)
        return *here, page.trade, page.report.value

    def paint(self, h: int, w: int) -> Cells:
        self.ask()
        cells = Cells(h, w)
        page, found = self.screen, self.found
        area = cells.area.inset(1)
        if not isinstance(page, ReportSubject):
            return cells
        if self.trade is not None and not self.one:
            paint_facts(cells, area.top(1)[0], self.trade, self.ui.look)
            area = area.top(1)[1]
        if found is None or not found.bars:
            text = self.problem or ("asking for bars…" if found is None else "no bars")
            cells.text(
                area.y + 1, area.x + 1, text, p.WARN if self.problem else p.DIM, width=area.w
            )
            return cells
        marks = marks_of(found, self.trade)
        lines = held_line(found.bars, self.trade)
        wide = 1 if self.zoom is None else ZOOMS[self.zoom][1]
        title = self._title(page, found)
        chart = CandleChart(found.bars, lines, marks, wide, title=title, cross_ns=self.cross_ns)
        paint_candles(cells, area, chart, self.ui.look.symbols)
        return cells

    def _title(self, page: ReportSubject, found: RunBars) -> str:
        report = page.report.value
        if report is None:
            return ""
        run = report.summary
        joined = f", {found.every:,} a candle" if found.every > 1 else ""
        old = "  DATA CHANGED" if page.changed else ""
        sim = " simulated" if run.simulated else ""
        more = f"  {found.left_out:,} more trades" if found.left_out else ""
        return clean_text(f"{run.market} {run.timeframe}{joined}{sim}{old}{more}")

    def fit(self, trade: OneTrade) -> None:
        """Put a trade in the middle; the first one also sets how near."""
        row = trade.row
        self.at_ns, self.cross_ns = (row.entry_ns + row.exit_ns) // 2, 0
        if self.zoom is None or (self.one and row.bars * 3 // 2 > self._room()):
            self.zoom = self._nearest(max(20, row.bars * _AIR))
        self.redraw()

    @property
    def _width(self) -> int:
        """Columns for candles; a pane that is shown in a moment has no size yet."""
        return max(20, (self.size.width or self.screen.size.width) - AXIS)

    def _room(self) -> int:
        every, wide = ZOOMS[self.zoom or 0]
        return self._width // wide * every

    def _nearest(self, bars: int) -> int:
        """Return the nearest zoom that shows so many bars."""
        fits = [i for i, (every, wide) in enumerate(ZOOMS) if self._width // wide * every >= bars]
        return max(fits, default=0)

    # -- keys

    def action_zoom(self, step: int) -> None:
        found = self.found
        if found is None:
            return
        if self.zoom is None:  # from all bars to the next nearer
            if step < 0:
                return
            nearer = [i for i, (every, _) in enumerate(ZOOMS) if every < found.every]
            self._turn(nearer[0] if nearer else len(ZOOMS) - 4)
            return
        report = self.screen.report.value if isinstance(self.screen, ReportSubject) else None
        at = self.zoom + step
        if step < 0 and report is not None and self._room() >= report.bars:
            self.zoom, self.at_ns = None, 0
            self.redraw()
        elif 0 <= at < len(ZOOMS):
            self._turn(at)

    def _turn(self, zoom: int) -> None:
        middle = self.cross_ns or self.at_ns
        if not middle and self.bars:
            middle = self.bars[len(self.bars) // 2].ts_ns
        self.zoom, self.at_ns = zoom, middle
        self.redraw()

    def action_pan(self, step: int) -> None:
        if self.cross_ns:
            self._cross(-step)
        elif self.zoom is not None and len(self.bars) > 1:
            quarter = (self.bars[-1].ts_ns - self.bars[0].ts_ns) // 4
            self.move_to(self._middle() - step * quarter)

    def _middle(self) -> int:
        return (self.bars[0].ts_ns + self.bars[-1].ts_ns) // 2

    def edge(self, step: int) -> int:
        """Return the time from which a step by trades begins: where the bars begin, or end."""
        bars = self.bars
        return 0 if not bars else bars[0].ts_ns if step > 0 else bars[-1].ts_ns

    def move_to(self, ts_ns: int) -> None:
        found = self.found
        if found is not None and found.last_ns:
            half = (self.bars[-1].ts_ns - self.bars[0].ts_ns) // 2 if self.bars else 0
            low, high = found.first_ns + half, found.last_ns - half
            ts_ns = max(low, min(ts_ns, max(low, high)))
        self.at_ns = ts_ns
        self.redraw()

    def action_crosshair(self) -> None:
        bars = self.bars
        if bars:
            self.cross_ns = 0 if self.cross_ns else bars[len(bars) // 2].ts_ns
            self.redraw()

    def _cross(self, step: int) -> None:
        """Move the crosshair by bars; at an edge the chart comes along."""
        bars = self.bars
        at = bar_at(bars, self.cross_ns) + step
        if 0 <= at < len(bars):
            self.cross_ns = bars[at].ts_ns
            self.redraw()
        elif self.zoom is not None:
            self.move_to(self.cross_ns)

    def leave_cross(self) -> bool:
        had, self.cross_ns = bool(self.cross_ns), 0
        if had:
            self.redraw()
        return had

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        del event
        self.action_zoom(-1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        del event
        self.action_zoom(1)
