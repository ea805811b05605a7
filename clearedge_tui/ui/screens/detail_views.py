"""What the page of one instance is made of: facts, charts, the names of the panes, their lines."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import panes, words
from clearedge_tui.ui.paint.parts import Spec
from clearedge_tui.ui.paint.summary import paint_summary, summary_rows
from clearedge_tui.ui.paint.widgets import (
    BROAD,
    SIDE,
    View,
    paint_charts,
    paint_small,
    paint_strip,
    split,
)
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

SUMMARY = 160  # columns of a screen that shows the configuration beside the charts
_SLOW_MS = 200.0  # a callback so long holds up its ticks


class Subject(Page):
    """What the views need of their page: the instance, and what the person looks at."""

    NAME: ClassVar[str] = "detail"

    def __init__(self, instance: str) -> None:
        super().__init__()
        self.instance = instance
        self.title = clean_text(instance, 30)
        self.pane = "chart"
        self.view = View()
        self.words = ""  # filter of the lists
        self.follow = True  # the log's cursor stays on its newest line

    @property
    def row(self) -> InstanceRow | None:
        return self.ui.model.instances.get(self.instance)

    @property
    def detail(self) -> Detail | None:
        found = self.ui.model.detail
        return found if found is not None and found.id == self.instance else None

    def panes(self) -> list[str]:
        raise NotImplementedError

    def label(self, pane: str) -> str:
        raise NotImplementedError

    def action_show(self, pane: str) -> None:
        raise NotImplementedError


class Facts(CellView):
    """The instance in one or two lines: mode, state, market, position, money, age."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        row = page.row if isinstance(page, Subject) else None
        if row is None:
            cells.text(0, 1, "this instance is not there (any more); esc goes back", p.WARN)
            return cells
        x = 1
        for text, ink in self._parts(row):
            if text and x + len(text) < w:
                x = cells.text(0, x, text, ink) + 2
        return cells

    def _parts(self, row: InstanceRow) -> list[tuple[str, int]]:
        model, look = self.ui.model, self.ui.look
        glyph, ink = words.health(row.health, look.symbols)
        hidden = look.hide_money
        age = f"heard {f.duration(model.row_age_s(row))} ago" if row.heard_ns else ""
        old = model.price_stale(row)
        stale = f"STALE {f.duration(model.price_age_s(row))}" if old else ""
        slow = f"slow call {row.slowest_ms:.0f} ms" if row.slowest_ms >= _SLOW_MS else ""
        cost = f"{row.memory_mb:.0f} MB  {row.cpu_pct:.1f} % cpu  pid {row.pid}"
        data = f"data {to_datetime(row.tick_ns):%Y-%m-%d %H:%M}" if row.tick_ns else ""
        return [
            (glyph, ink),
            (words.mode_word(row, look.symbols), words.mode_ink(row.actual, row.account_kind)),
            (row.state.value, words.state_ink(row.state)),
            (stale, p.WARN | p.BOLD),
            (clean_text(f"{row.market} {row.timeframe}"), p.DIM if old else p.TEXT),
            ("simulated" if row.simulated else "", p.WARN),
            (
                f"position {f.size(row.position) if not hidden else f.HIDDEN}",
                p.DIM if old else words.money_ink(row.position),
            ),
            (
                f"today {f.money(row.pnl_today, hidden)}",
                p.DIM if old else words.money_ink(row.pnl_today),
            ),
            (
                f"total {f.money(row.pnl_total, hidden)}",
                p.DIM if old else words.money_ink(row.pnl_total),
            ),
            (f"{clean_text(row.account)}", p.DIM),
            (f"fees {f.amount(row.fees, hidden)}", p.DIM),
            (f"config v{row.config_version}", p.DIM),
            (data, p.DIM),
            (age, p.WARN if model.row_stale(row) else p.DIM),
            (slow, p.WARN | p.BOLD),
            (cost if row.pid else "", p.DIM),
        ]


class Charts(CellView):
    """Charts on the left, small widgets on the right; on a narrow screen a strip of metrics above."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        if not isinstance(page, Subject) or page.row is None:
            return cells
        detail = page.detail
        if detail is None:
            cells.text(h // 2, 3, "waiting for its data…", p.DIM)
            return cells
        _, small = split(detail.widgets)
        area = cells.area.inset(1)
        if page.pane == "panel":
            paint_small(cells, area, small, self.ui.look)
            return cells
        if w >= BROAD and (small or w >= SUMMARY):
            side, area = area.right(SIDE)
            area = area._replace(w=area.w - 2)
            self._side(cells, side, small, detail, w >= SUMMARY)
        elif small and h >= 10:
            strip, area = area.top(1)
            paint_strip(cells, strip, small, self.ui.look)
        old = self.ui.model.price_stale(page.row)
        paint_charts(cells, area, page.row, detail, self.ui.look, page.view, old)
        return cells

    def _side(
        self, cells: Cells, area: Area, small: Sequence[Spec], detail: Detail, summary: bool
    ) -> None:
        """Stack the small widgets and, on a wide screen, the configuration under them."""
        kept = min(summary_rows(detail), area.h // 2) if summary else 0
        used = paint_small(cells, area.bottom(kept)[1], small, self.ui.look)
        if kept:
            paint_summary(cells, area.top(used + bool(used))[1], detail)


class Tabs(CellView):
    """The panes by name, with counts; the shown one is bright."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        if not isinstance(page, Subject):
            return cells
        cells.rule(0, 0, w, self.ui.look.symbols.rule, p.FAINT)
        self._spans: list[tuple[int, int, str]] = []
        x = 2
        for pane in page.panes():
            shown = pane == page.pane
            text = f" {page.label(pane)} "
            end = cells.text(
                0, x, text, (p.BRIGHT | p.BOLD) if shown else p.DIM, p.CURSOR if shown else p.BG
            )
            self._spans.append((x, end, pane))
            x = end + 1
        note = panes.shadow_note(page.row.book if page.row else None)
        if note and x + len(note) + 3 < w:
            cells.right(0, 0, w - 1, f" {note} ", p.SHADOW)
        return cells

    def on_click(self, event: events.Click) -> None:
        page = self.screen
        for start, end, pane in self._spans:
            if start <= event.x < end and isinstance(page, Subject):
                page.action_show(pane)


class PaneRows(RowsView):
    """The lines of the shown pane. The log stays on its newest line while it is followed."""

    BINDINGS = bindings("log")
    HEAD = 0

    def _lines(self) -> list[panes.PaneLine]:
        page = self.screen
        if not isinstance(page, Subject) or page.detail is None:
            return []
        return panes.lines_of(page.pane, page.detail, self.ui.look, page.words)

    @property
    def following(self) -> bool:
        page = self.screen
        return isinstance(page, Subject) and page.pane == "log" and page.follow

    def keys_of_rows(self) -> list[str]:
        return [line.key for line in self._lines()]

    def empty_text(self) -> str:
        page = self.screen
        if not isinstance(page, Subject):
            return ""
        return "no line matches; esc clears the filter" if page.words else f"no {page.pane} yet"

    def paint(self, h: int, w: int) -> Cells:
        self._now = self._lines()
        if self.following and self._now:
            self.cursor, self.cursor_key = 0, self._now[0].key
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        """There are no column names here."""

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        panes.paint_bits(cells, y, self._now[index].make())

    def select(self, index: int) -> None:
        """Moving to a line of the log holds it; the newest one is followed again."""
        page = self.screen
        if isinstance(page, Subject) and page.pane == "log":
            page.follow = index <= 0
        super().select(index)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        page = self.screen
        return action != "follow" or (isinstance(page, Subject) and page.pane == "log")

    def action_follow(self) -> None:
        page = self.screen
        if isinstance(page, Subject):
            page.follow = not page.follow
            page.tick()
