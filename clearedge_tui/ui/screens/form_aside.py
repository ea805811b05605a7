"""Beside a form on a wide screen: what sending it would do, and what was done before, by whom."""

import textwrap
from collections.abc import Sequence

from clearedge_tui.core.model import ConfigVersion
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.form import FormRows, FormState
from clearedge_tui.ui.view import CellView

_LIVE = "live: changed in place, nothing stops"
_RELOAD = "reload: the strategy is started anew and keeps its state"


class Aside(CellView):
    """Follows what is typed; a plan without a past shows no history."""

    def __init__(self, state: FormState, history: Sequence[ConfigVersion] = ()) -> None:
        super().__init__(id="aside")
        self.state = state
        self.history = history

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        for y in range(h):
            cells.put(y, 0, self.ui.look.symbols.upright, p.FAINT)
        y = self._effect(cells, self._field(cells, 0) + 1) + 1
        if self.history:
            self._history(cells, y)
        return cells

    def _field(self, cells: Cells, y: int) -> int:
        """Paint what the field under the cursor is; return the row after it."""
        rows = self.screen.query_one(FormRows)
        key = rows.current()
        field = next((one for one in self.state.rows if one.name == key), None)
        if field is None:
            return y
        x = cells.text(y, 3, clean_text(field.name), p.BRIGHT | p.BOLD)
        cells.text(y, x + 2, clean_text(field.unit), p.DIM)
        how = {True: _LIVE, False: _RELOAD, None: ""}[field.live]
        choices = f"one of: {', '.join(field.choices)}" if field.choices else ""
        y += 1
        for text in (field.about, choices, how):
            for piece in textwrap.wrap(clean_text(text, 600), max(20, cells.w - 5))[:4]:
                y += 1
                cells.text(y, 3, piece, p.TEXT if text is not how else p.DIM)
        return y + 1

    def _effect(self, cells: Cells, y: int) -> int:
        """Paint what `apply` would send now; return the row after it."""
        plan, errors = self.state.plan, self.state.errors
        cells.text(y, 3, "What w would do", p.BRIGHT | p.BOLD)
        if errors:
            lines = [
                (f"✖ {name}: {text}" if name else f"✖ {text}", p.BAD)
                for name, text in errors.items()
            ]
        else:
            lines = plan.difference(self.state.entered()) or [("nothing changed yet", p.DIM)]
        y += 2
        for text, ink in lines:
            for piece in textwrap.wrap(
                clean_text(text, 400), max(20, cells.w - 5), drop_whitespace=False
            ) or [""]:
                cells.text(y, 3, piece, ink)
                y += 1
        return y

    def _history(self, cells: Cells, y: int) -> None:
        cells.text(y, 3, "Versions so far", p.BRIGHT | p.BOLD)
        y += 2
        for version in self.history:
            if y >= cells.h:
                return
            x = cells.text(y, 3, f"v{version.version}", p.ACCENT) + 2
            x = cells.text(y, max(x, 9), f.moment(version.at_ns), p.DIM) + 2
            cells.text(y, x, clean_text(version.who, 40), p.TEXT)
            y += 1
            diff = clean_text(version.diff, 400) or "as it was declared"
            for piece in textwrap.wrap(diff, max(20, cells.w - 11)):
                cells.text(y, 9, piece, p.DIM)
                y += 1
