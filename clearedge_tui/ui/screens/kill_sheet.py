"""The sheet over a kill that is on already: flatten too, of what, and why. It waits for nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from clearedge_tui.core.kill import Action, Kill, Scope
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import doing_kill
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Line, Lines, kill_key
from clearedge_tui.ui.screens.line_dialog import AskLine

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_STEPS = {"tab": 1, "right": 1, "down": 1, "j": 1, "s": 1, "left": -1, "up": -1, "k": -1}


def scopes_of(ui: "Console", subjects: Sequence[str]) -> list[Kill]:
    """Return what may be meant: everything, then what the row under the cursor belongs to."""
    out = [Kill(Scope.GLOBAL)]
    row = ui.model.instances.get(subjects[0]) if subjects else None
    if row is None:
        return out
    account = ui.model.accounts.get(row.account)
    out.append(Kill(Scope.ACCOUNT, row.account))
    if account is not None and account.venue:
        out.append(Kill(Scope.VENUE, account.venue))
    return [*out, Kill(Scope.STRATEGY, row.strategy), Kill(Scope.INSTANCE, row.id)]


def ask_reason(ui: "Console", on: Sequence[Kill]) -> None:
    """Ask why; the kills are on whatever is answered."""

    def answered(said: str | None) -> None:
        for kill in on if said else ():
            doing_kill.say_why(ui, msgspec.structs.replace(kill, reason=str(said)))

    what = ", ".join(kill.text.removesuffix(" is killed") for kill in on)
    ui.push_screen(AskLine(f"why was {clean_text(what)} killed", "", "esc: say it later"), answered)


class KillSheet(ModalScreen[None]):
    """`f` flattens what the line above names; the first is everything."""

    def __init__(self, near: Sequence[Kill]) -> None:
        super().__init__(classes="dialog")
        self._near, self._at = list(near), 0
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Lines(self._lines())

    def _lines(self) -> list[Line]:
        names = [
            "everything" if kill.scope is Scope.GLOBAL else f"{kill.scope} {clean_text(kill.key)}"
            for kill in self._near
        ]
        more = "   tab: another" if len(names) > 1 else ""
        return [
            ("the kill is on: nothing leaves any more, what rests is cancelled", p.BAD | p.BOLD),
            ("", p.TEXT),
            (f"of    ‹ {names[self._at]} ›{more}", p.BRIGHT),
            (f"f     flatten {names[self._at]} too: positions are closed at the market", p.LIVE),
            ("r     say why; it is kept with the kill", p.TEXT),
            ("L     lift it (typed name)", p.TEXT),
            ("esc   the receipts, line by line", p.TEXT),
            ("", p.TEXT),
            (self._said or "nothing here is waited for", p.BAD if self._said else p.DIM),
        ]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if kill_key(self, event):
            return
        lines = self.query_one(Lines)
        if event.key in ("escape", "enter", "q"):
            self.dismiss(None)
        elif event.key in _STEPS:
            self._at = (self._at + _STEPS[event.key]) % len(self._near)
        elif event.key == "f":
            chosen = msgspec.structs.replace(self._near[self._at], action=Action.FLATTEN)
            self._near[self._at] = chosen
            doing_kill.put_on(lines.ui, chosen)
            what = "everything" if not chosen.key else f"{chosen.scope} {clean_text(chosen.key)}"
            self._said = f"flatten {what} is on"
        elif event.key == "r":
            ask_reason(lines.ui, [self._near[self._at]])
        elif event.key == "L":
            self.dismiss(None)
            held = lines.ui.model.kills
            if held:
                lines.ui.call_later(doing_kill.ask_lift, lines.ui, held[0])
        if self.is_attached:
            lines.show(self._lines())
