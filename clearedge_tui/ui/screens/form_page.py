"""The screen around a form: apply shows the difference first, revert takes it back."""

from collections.abc import Iterable

from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormRows, FormState, Plan
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.screens.dialogs import Reading


class FormPage(Page):
    """One plan, one form."""

    NAME = "form"
    BINDINGS = bindings("form")

    def __init__(self, plan: Plan, subject: str = "") -> None:
        super().__init__()
        self.state = FormState(plan)
        self.subject = subject

    def body(self) -> Iterable[Widget]:
        yield FormRows(self.state)

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
