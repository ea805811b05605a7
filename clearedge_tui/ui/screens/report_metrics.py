"""Every figure of a run in groups, long and short beside all; the formula of the selected one below."""

from collections.abc import Sequence

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis
from clearedge_tui.ui import palette as p
from clearedge_tui.ui import report_figures
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.report_figures import Figure
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.report_subject import ReportSubject

_NAME, _VALUE, _UNIT, _FORMULA = 22, 15, 6, 80  # columns; formulas stand beside from the last on


def _place(column: int) -> int:
    """Return where all, long and short stand; the unit stands after the first."""
    return 1 + _NAME + column * _VALUE + (_UNIT if column else 0)


class MetricsPane(RowsView):
    """Titles of groups and empty lines are rows that the cursor passes over."""

    def __init__(self) -> None:
        super().__init__(id="metrics")
        self._shown: list[tuple[str, Figure | None]] = []

    def _analysis(self) -> Analysis | None:
        page = self.screen
        return page.analysis.value if isinstance(page, ReportSubject) else None

    def _figures(self) -> dict[str, float | None]:
        """Return the figures; of a run without an analysis those of its summary."""
        page, found = self.screen, self._analysis()
        if found is not None:
            return found.figures
        report = page.report.value if isinstance(page, ReportSubject) else None
        return report.summary.metrics if report is not None else {}

    def lines(self) -> list[tuple[str, Figure | None]]:
        """Return (title or empty, figure) of each row."""
        figures = self._figures()
        groups: dict[str, Sequence[Figure]] = dict(report_figures.GROUPS)
        groups["Others"] = report_figures.unknown(figures)
        out: list[tuple[str, Figure | None]] = []
        for title, group in groups.items():
            known = [one for one in group if one.key in figures]
            if known:
                out += [("", None)] if out else []
                out += [(title, None), *(("", one) for one in known)]
        return out

    def inputs(self) -> tuple[object, ...]:
        page = self.screen
        if not isinstance(page, ReportSubject):
            return ()
        asked = (page.report.value, page.analysis.value, page.analysis.problem)
        return *asked, self.cursor, self.cursor_key, self.first

    def keys_of_rows(self) -> list[str]:
        return [one.key if one else f"-{i}" for i, (_, one) in enumerate(self.lines())]

    def paint(self, h: int, w: int) -> Cells:
        self._shown = self.lines()
        if self._shown and self.cursor_key in ("", "-0"):
            self.cursor, self.cursor_key = 1, self.keys_of_rows()[1]
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        for i, name in enumerate(("all", "long", "short")):
            cells.right(0, _place(i), _VALUE - 1, name, p.DIM)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        title, one = self._shown[index]
        if one is None:
            cells.text(y, 1, title, p.ACCENT | p.BOLD)
            return
        found = self._analysis()
        currency = found.currency if found else ""
        cells.text(y, 1, clean_text(one.label, 40), p.TEXT, width=_NAME - 1)
        parts = [self._figures()]
        parts += [found.long, found.short] if found and one.key in found.long else []
        for i, part in enumerate(parts):
            value = part.get(one.key)
            ink = words.money_ink(value) if one.signed else p.BRIGHT
            text = report_figures.text(one, value, self.ui.look.hide_money)
            cells.right(y, _place(i), _VALUE - 1, text, ink)
        unit = clean_text(report_figures.unit(one, currency), 6)
        cells.text(y, _place(0) + _VALUE, unit, p.DIM)
        if cells.w >= _FORMULA + 50:
            cells.text(y, _FORMULA, one.formula, p.DIM, width=cells.w - _FORMULA - 2)

    def empty_text(self) -> str:
        page = self.screen
        problem = page.analysis.problem if isinstance(page, ReportSubject) else ""
        return problem or "asking…"

    def select(self, index: int) -> None:
        """Stand on figures only: go on in the direction of the step, or turn round at an end."""
        lines = self.lines()
        step = 1 if index >= self.cursor else -1
        index = max(0, min(index, len(lines) - 1))
        for way in (step, -step):
            at = index
            while 0 <= at < len(lines) and lines[at][1] is None:
                at += way
            if 0 <= at < len(lines):
                self.first = 0 if at <= 1 else self.first  # the first title too
                super().select(at)
                return

    def formula(self) -> str:
        """Return what the selected figure is; empty for a title."""
        lines = self.lines()
        if not 0 <= self.cursor < len(lines) or lines[self.cursor][1] is None:
            return ""
        one = lines[self.cursor][1]
        return f"{one.label}: {one.formula}" if one else ""
