"""The screen around a form: apply shows the difference first, revert takes it back."""

from collections.abc import Iterable, Sequence

from textual import events
from textual.containers import Horizontal
from textual.widget import Widget

from clearedge_tui.core.model import ConfigVersion
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.form import FormRows, FormState, Plan
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.paint.preview import paint_preview
from clearedge_tui.ui.screens.dialogs import Reading
from clearedge_tui.ui.screens.form_aside import Aside
from clearedge_tui.ui.view import CellView

WIDE = 140  # columns; from here on a form has its effect and its past beside it
TALL = 40  # rows; from here on the form of an instance has its bars below
LEAST_CHART = 14


class Under(CellView):
    """Under the form of an instance: its bars, where a live change can be seen at work."""

    def __init__(self, instance: str) -> None:
        super().__init__(id="under")
        self.instance = instance

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        row, detail = self.ui.model.instances.get(self.instance), self.ui.model.detail
        if row is not None:
            known = detail if detail is not None and detail.id == row.id else None
            paint_preview(cells, row, known, self.ui.look)
        return cells


class FormPage(Page):
    """One plan, one form."""

    NAME = "form"
    BINDINGS = bindings("form")

    def __init__(
        self,
        plan: Plan,
        subject: str = "",
        history: Sequence[ConfigVersion] = (),
        below: CellView | None = None,
    ) -> None:
        super().__init__()
        self.state = FormState(plan)
        self.subject = subject
        self.history = history
        self.below = below

    def body(self) -> Iterable[Widget]:
        with Horizontal(classes="beside"):
            yield FormRows(self.state)
            yield Aside(self.state, self.history)
        if self.below is not None:
            yield self.below
        yield Under(self.subject)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.lay_out(event)

    def lay_out(self, event: events.Resize) -> None:
        """Give the parts their room."""
        self.query_one(Aside).display = event.size.width >= WIDE
        under = self.query_one(Under)
        under.display = (
            bool(self.subject) and event.size.height >= TALL and event.size.width >= WIDE
        )
        fields = max(len(self.state.rows) + FormRows.HEAD + 1, 16)
        rows = min(fields, event.size.height - 3 - LEAST_CHART)
        self.query_one(".beside").styles.height = rows if under.display else "1fr"

    def on_rows_view_moved(self) -> None:
        self.tick()

    def place(self) -> tuple[str, str]:
        return ("config", self.subject) if self.subject else ("board", "")

    def remark(self) -> tuple[str, int]:
        wrong = [name for name in self.state.errors if name]
        if self.state.errors:
            return f"{len(self.state.errors)} wrong: {', '.join(wrong)}", p.BAD
        about = self._about()
        if about:
            return about, p.DIM
        changed = sum(self.state.raw.get(row.name) != row.value for row in self.state.rows)
        return (
            f"{changed} changed; w applies, z reverts" if changed else "enter edits a field",
            p.DIM,
        )

    def _about(self) -> str:
        """Return the whole description of the field under the cursor, where a narrow row cut it."""
        key = self.query_one(FormRows).current()
        row = next((row for row in self.state.rows if row.name == key), None)
        return clean_text(row.about) if row is not None and self.size.width < 100 else ""

    def action_revert(self) -> None:
        self.state.revert()
        self.tick()

    def action_apply(self) -> None:
        self.state.refresh()
        if self.state.errors:
            self.ui.model.say(f"not sent: {self.remark()[0]}", good=False)
            self.tick()
            return
        lines = self.state.plan.difference(self.state.entered())
        if not lines:
            self.ui.model.say("nothing changed")
            self.tick()
            return
        title = [(self.state.plan.title, p.BRIGHT | p.BOLD), ("", p.TEXT)]
        end = [("", p.TEXT), ("enter sends it, esc goes back to the form", p.DIM)]
        self.ui.push_screen(Reading([*title, *lines, *end]), self._send)

    def _send(self, yes: bool | None) -> None:
        if yes:
            self.state.plan.apply(self.ui, self.state.entered(), self._done)

    def _done(self) -> None:
        if self.is_attached and self.ui.page is self:
            self.ui.action_go_back()
