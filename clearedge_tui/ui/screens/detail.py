"""One instance: its charts and small widgets, and below them orders, fills, log and configuration."""

from collections.abc import Iterable
from typing import Final

from textual import events
from textual.widget import Widget

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import panes, words
from clearedge_tui.ui.paint.board import event as last_event
from clearedge_tui.ui.paint.candles import ZOOMS
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

TALL: Final = 36
LISTS: Final = ("orders", "fills", "log", "config", "history")


class Facts(CellView):
    """The instance in one or two lines: mode, state, market, position, money, age."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        row = page.row if isinstance(page, DetailPage) else None
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
        data = f"data {to_datetime(row.tick_ns):%Y-%m-%d %H:%M}" if row.tick_ns else ""
        return [
            (glyph, ink),
            (words.mode_word(row, look.symbols), words.mode_ink(row.actual, row.account_kind)),
            (row.state.value, words.state_ink(row.state)),
            (clean_text(f"{row.market} {row.timeframe}"), p.TEXT),
            ("simulated" if row.simulated else "", p.WARN),
            (
                f"position {f.size(row.position) if not hidden else f.HIDDEN}",
                words.money_ink(row.position),
            ),
            (f"today {f.money(row.pnl_today, hidden)}", words.money_ink(row.pnl_today)),
            (f"total {f.money(row.pnl_total, hidden)}", words.money_ink(row.pnl_total)),
            (f"{clean_text(row.account)}", p.DIM),
            (f"fees {f.amount(row.fees, hidden)}", p.DIM),
            (f"config v{row.config_version}", p.DIM),
            (data, p.DIM),
            (age, p.WARN if model.row_stale(row) else p.DIM),
            (f"{row.memory_mb:.0f} MB  pid {row.pid}" if row.pid else "", p.DIM),
        ]


class Charts(CellView):
    """Charts on the left, small widgets on the right; on a narrow screen a strip of metrics above."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        if not isinstance(page, DetailPage) or page.row is None:
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
        if w >= BROAD and small:
            side, area = area.right(SIDE)
            area = area._replace(w=area.w - 2)
            paint_small(cells, side, small, self.ui.look)
        elif small and h >= 10:
            strip, area = area.top(1)
            paint_strip(cells, strip, small, self.ui.look)
        paint_charts(cells, area, page.row, detail, self.ui.look, page.view)
        return cells


class Tabs(CellView):
    """The panes by name, with counts; the shown one is bright."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        if not isinstance(page, DetailPage):
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
            if start <= event.x < end and isinstance(page, DetailPage):
                page.action_show(pane)


class PaneRows(RowsView):
    """The lines of the shown pane."""

    HEAD = 0

    def _lines(self) -> list[object]:
        page = self.screen
        if not isinstance(page, DetailPage) or page.detail is None:
            return []
        return list(panes.lines_of(page.pane, page.detail, self.ui.look))

    def keys_of_rows(self) -> list[str]:
        return [str(i) for i in range(len(self._lines()))]

    def empty_text(self) -> str:
        page = self.screen
        return f"no {page.pane} yet" if isinstance(page, DetailPage) else ""

    def paint(self, h: int, w: int) -> Cells:
        self._now = self._lines()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        """There are no column names here."""

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        line = self._now[index]
        if callable(line):
            panes.paint_bits(cells, y, line())


class DetailPage(Page):
    """`enter` on the board."""

    NAME = "detail"
    BINDINGS = bindings("detail")

    def __init__(self, instance: str) -> None:
        super().__init__()
        self.instance = instance
        self.title = clean_text(instance, 30)
        self.pane = "chart"
        self.view = View()

    def body(self) -> Iterable[Widget]:
        yield Facts(classes="line")
        yield Charts(id="charts")
        yield Tabs(classes="line", id="tabs")
        yield PaneRows()

    @property
    def row(self) -> InstanceRow | None:
        return self.ui.model.instances.get(self.instance)

    @property
    def detail(self) -> Detail | None:
        found = self.ui.model.detail
        return found if found is not None and found.id == self.instance else None

    def subjects(self) -> list[str]:
        return [self.instance] if self.row is not None else []

    def place(self) -> tuple[str, str]:
        return self.NAME, self.instance

    def remark(self) -> tuple[str, int]:
        return last_event(self.row, self.ui.model) if self.row is not None else ("", p.DIM)

    # -- panes

    @property
    def tall(self) -> bool:
        return self.size.height >= TALL

    def panes(self) -> list[str]:
        """Return the panes of this size: a tall screen always shows the charts above the lists."""
        if self.tall:
            return list(LISTS)
        narrow = ["chart"] if self.size.width >= BROAD else ["chart", "panel"]
        return [*narrow, *LISTS]

    def label(self, pane: str) -> str:
        detail = self.detail
        if detail is None:
            return pane.capitalize()
        sizes = {
            "orders": sum(o.status.is_open for o in detail.orders),
            "fills": len(detail.fills),
            "history": len(detail.versions),
        }
        return f"{pane.capitalize()} {sizes[pane]}" if pane in sizes else pane.capitalize()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._arrange()

    def _arrange(self) -> None:
        if self.pane not in self.panes():
            self.pane = self.panes()[0]
        listed = self.pane in LISTS
        charts, rows = self.query_one(Charts), self.query_one(PaneRows)
        charts.display = self.tall or not listed
        rows.display = listed
        charts.styles.height = "3fr" if self.tall else "1fr"
        if listed and self.focused is not rows:
            rows.focus()
        self.ui.link.watch(self.instance, self.size.width)
        self.tick()

    def tick(self) -> None:
        self.ui.link.watch(self.instance, self.size.width)
        super().tick()

    def action_show(self, pane: str) -> None:
        self.pane = pane
        self.query_one(PaneRows).cursor_key = "0"
        self._arrange()

    def action_pane(self, step: int) -> None:
        names = self.panes()
        at = names.index(self.pane) if self.pane in names else 0
        self.action_show(names[(at + step) % len(names)])

    # -- charts

    def action_zoom(self, step: int) -> None:
        at = max(0, min(len(ZOOMS) - 1, ZOOMS.index(self.view.zoom) + step))
        self._look(View(ZOOMS[at], self.view.back, self.view.extras))

    def action_pan(self, step: int) -> None:
        most = max(0, len(self.detail.bars) - 20) if self.detail else 0
        columns = max(1, self.size.width // 4 // self.view.zoom)
        back = max(0, min(most, self.view.back + step * columns))
        self._look(View(self.view.zoom, back, self.view.extras))

    def action_overlays(self) -> None:
        self._look(View(self.view.zoom, self.view.back, not self.view.extras))

    def _look(self, view: View) -> None:
        self.view = view
        self.tick()

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.instance)
        self.ui.model.say(f"copied {self.instance}")
