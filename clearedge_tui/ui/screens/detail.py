"""One instance: its charts and small widgets, and below them orders, fills, log and configuration."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from textual import events
from textual.widget import Widget

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint.board import event as last_event
from clearedge_tui.ui.paint.candles import ZOOMS
from clearedge_tui.ui.paint.crosshair import bar_at
from clearedge_tui.ui.paint.widgets import BROAD, SIDE, View
from clearedge_tui.ui.screens.detail_views import Charts, Facts, PaneRows, Subject, Tabs

TALL: Final = 36
LISTS: Final = ("orders", "fills", "log", "config", "history")


class DetailPage(Subject):
    """`enter` on the board."""

    NAME = "detail"
    BINDINGS = bindings("detail")

    def body(self) -> Iterable[Widget]:
        yield Facts(classes="line")
        yield Charts(id="charts")
        yield Tabs(classes="line", id="tabs")
        yield PaneRows()
        yield FilterLine("words of the lines below")

    def subjects(self) -> list[str]:
        return [self.instance] if self.row is not None else []

    def place(self) -> tuple[str, str]:
        return self.NAME, self.instance

    def remark(self) -> tuple[str, int]:
        if self.view.cross_ns:
            return "← → move the crosshair, esc leaves it", p.ACCENT
        if self.pane == "log":
            how = "following the newest line" if self.follow else "held here; f follows again"
            return f"filter: {self.words}   {how}" if self.words else how, p.DIM
        if self.words:
            return f"filter: {self.words}", p.ACCENT
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
        rows = self.query_one(PaneRows)
        rows.cursor, rows.cursor_key, self.follow = 0, "", True
        self._arrange()

    def action_pane(self, step: int) -> None:
        names = self.panes()
        at = names.index(self.pane) if self.pane in names else 0
        self.action_show(names[(at + step) % len(names)])

    # -- charts

    def action_zoom(self, step: int) -> None:
        at = max(0, min(len(ZOOMS) - 1, ZOOMS.index(self.view.zoom) + step))
        self._look(replace(self.view, zoom=ZOOMS[at]))

    def action_pan(self, step: int) -> None:
        if self.view.cross_ns:
            self._cross(-step)
            return
        most = max(0, len(self.detail.bars) - 20) if self.detail else 0
        columns = max(1, self.size.width // 4 // self.view.zoom)
        back = max(0, min(most, self.view.back + step * columns))
        self._look(replace(self.view, back=back))

    def action_overlays(self) -> None:
        self._look(replace(self.view, extras=not self.view.extras))

    def action_crosshair(self) -> None:
        """Put the crosshair on the newest bar shown, or take it away."""
        bars = self.detail.bars if self.detail else ()
        if self.view.cross_ns or not bars:
            self._look(replace(self.view, cross_ns=0))
        elif self.query_one(Charts).display:
            self._look(replace(self.view, cross_ns=bars[-1 - self.view.back].ts_ns))
        else:
            self.ui.model.say("the chart is in another pane: tab turns to it")

    def _cross(self, step: int) -> None:
        """Move the crosshair by bars; the chart pans when it would leave it."""
        bars = self.detail.bars if self.detail else ()
        if not bars:
            return
        at = max(0, min(len(bars) - 1, bar_at(bars, self.view.cross_ns) + step))
        behind = len(bars) - 1 - at
        charts = self.query_one(Charts).size.width
        room = max(1, (charts - (SIDE if charts >= BROAD else 0) - 14) // self.view.zoom)
        back = max(min(self.view.back, behind), behind - room + 1)
        self._look(replace(self.view, cross_ns=bars[at].ts_ns, back=back))

    def action_filter(self) -> None:
        if self.pane in LISTS:
            self.query_one(FilterLine).open(self.words)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.words = event.words
        self.tick()

    def clear_transient(self) -> bool:
        """Leave the crosshair, then the filter; False when there was neither."""
        if self.view.cross_ns:
            self._look(replace(self.view, cross_ns=0))
        elif self.words:
            self.words = ""
            self.tick()
        else:
            return False
        return True

    def _look(self, view: View) -> None:
        self.view = view
        self.tick()

    def action_what_if(self) -> None:
        row, detail = self.ui.model.instances.get(self.instance), self.ui.model.detail
        if row is None or detail is None or detail.id != self.instance:
            self.ui.model.say("its settings are not known yet")
            return
        from clearedge_tui.ui.plan_whatif import open_whatif

        asked: dict[str, object] = {
            "strategy": row.strategy, "market": row.market_id, "timeframe": row.timeframe,
        }  # fmt: skip
        about = {**asked, "config": dict(detail.config)}
        open_whatif(self.ui, about, asked, detail.config)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.instance)
        self.ui.model.say(f"copied {self.instance}")
