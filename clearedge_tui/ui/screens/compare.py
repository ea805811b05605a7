"""Runs side by side: their curves, figures, settings, data, what they were made from, their code."""

from collections.abc import Iterable
from typing import cast

from textual import events
from textual.widget import Widget

from clearedge_tui.runs.compare import Comparison
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint import compare as painter
from clearedge_tui.ui.paint.compare_curves import paint_curves, paint_legend
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.tabs import Tabs
from clearedge_tui.ui.view import CellView


class CompareTop(CellView):
    """What makes the comparison unfair, who is who, and in the first pane the curves."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = cast("ComparePage", self.screen)
        found = page.asked.value
        if found is None:
            problem = page.asked.problem
            cells.text(1, 2, problem or "asking…", p.BAD if problem else p.DIM, width=w - 3)
            return cells
        look, area = self.ui.look, cells.area.inset(1)
        for line in painter.notes(found, w - 2, look):
            cells.text(area.y, area.x, line, p.WARN | p.BOLD, width=area.w)
            area = area.top(1)[1]
        legend, area = area.top(len(found.run_ids))
        paint_legend(cells, legend, found, look)
        if page.pane == "figures" and area.h > 5:
            paint_curves(cells, area.top(1)[1], found.equity, look)
        return cells


class CompareRows(RowsView):
    """The lines of the pane."""

    def _entries(self) -> list[painter.Entry]:
        page = cast("ComparePage", self.screen)
        found = page.asked.value
        return painter.entries(found, page.pane, page.equal) if found else []

    def keys_of_rows(self) -> list[str]:
        return [str(number) for number in range(len(self._entries()))]

    def paint(self, h: int, w: int) -> Cells:
        self._now = self._entries()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        page = cast("ComparePage", self.screen)
        if page.asked.value is not None:
            painter.paint_head(cells, page.asked.value, page.pane, page.first)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        page = cast("ComparePage", self.screen)
        found, first = page.asked.value, page.first
        if found is not None:
            painter.paint_entry(cells, y, self._now[index], found, self.ui.look, first)

    def empty_text(self) -> str:
        return ""


class ComparePage(Page):
    """`c` on marked runs; the first one is what the others are held against."""

    NAME = "compare"
    BINDINGS = bindings("compare")

    def __init__(self, run_ids: str) -> None:
        super().__init__()
        self.run_ids = run_ids.split()
        self.title = "Compare"
        self.pane = painter.PANES[0]
        self.equal = True
        self.first = 1  # of the runs beside the first one
        self.asked: Asked[Comparison] = Asked(Comparison)

    def body(self) -> Iterable[Widget]:
        yield Tabs(painter.PANES)
        yield CompareTop(id="compare")
        yield CompareRows()

    def on_mount(self) -> None:
        self.asked.then.append(self._came)
        self.asked.ask(self.ui, "run.compare", {"run_ids": self.run_ids})

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._share()

    def place(self) -> tuple[str, str]:
        return "compare", " ".join(self.run_ids)

    def _came(self) -> None:
        self._share()
        self.tick()

    def _share(self) -> None:
        """Give the names their lines, and in the first pane the curves what the figures leave."""
        found = self.asked.value
        if found is None or not self.query(CompareTop):
            return
        named = len(found.run_ids) + len(painter.notes(found, self.size.width - 2, self.ui.look))
        body = self.size.height - 4
        listed = len(painter.entries(found, "figures", self.equal)) + 1
        curves = max(min(8, body // 2), min(body - named - listed, body * 6 // 10))
        height = named + 1 + (curves if self.pane == "figures" else 0)
        self.query_one(CompareTop).styles.height = min(height, body - 5)

    def remark(self) -> tuple[str, int]:
        found = self.asked.value
        if found is None:
            return "", p.DIM
        best = any(line.best >= 0 for line in found.figures)
        marked = f"   {self.ui.look.symbols.star} is the best of them" if best else ""
        return f"held against {found.run_ids[0]}{marked}", p.DIM

    def show(self, pane: str) -> None:
        self.pane = pane
        self.query_one(CompareRows).select(0)
        self._share()
        self.tick()

    def action_pane(self, step: int) -> None:
        panes = painter.PANES
        self.show(panes[(panes.index(self.pane) + step) % len(panes)])

    def action_runs(self, step: int) -> None:
        """Show the runs that have no room; says so when all have."""
        found = self.asked.value
        if found is None:
            return
        shown = painter.columns(found, self.size.width, self.first + step).runs
        moved = shown != painter.columns(found, self.size.width, self.first).runs
        self.first = shown[1]
        if not moved:
            self.ui.model.say("there are no more runs that way")
        self.tick()

    def action_equal(self) -> None:
        self.equal = not self.equal
        self._share()
        self.tick()
