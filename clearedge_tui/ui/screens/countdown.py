"""The supervisor was asked to end: how long until it does, and a choice for what acts."""

import math
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Stopping
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Choice, Line, Lines, Option

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_CHOICES = (
    Option("l", "leave orders and positions as they are", p.BRIGHT),
    Option("c", "cancel what rests, hold what is held", p.BRIGHT),
    Option("f", "flatten: cancel, and close at the market", p.WARN),
)
_POLICIES = {"l": "leave", "c": "cancel", "f": "flatten"}


class Countdown(Choice):
    """Esc leaves it to each instance's own policy; the end of the supervisor closes it."""

    def __init__(self, ui: "Console", stopping: Stopping) -> None:
        self._ui, self._stopping = ui, stopping
        super().__init__("", _CHOICES)

    def _lines(self) -> list[Line]:
        told = self._stopping
        left = max(0, math.ceil((told.at_ns - self._ui.model.wall_ns()) / 1e9))
        self._title = f"the supervisor stops in {left} s"
        own = ", ".join(f"{name}: {policy}" for name, policy in told.policies.items())
        self._note = clean_text(f"esc lets each go by its own policy ({own})", 76)
        return super()._lines()

    def tick(self) -> None:
        if self._ui.model.stopping is None:
            self.dismiss(None)
            return
        for lines in self.query(Lines):  # none before it is composed
            lines.show(self._lines())


def look(ui: "Console") -> None:
    """Ask once for each countdown that the supervisor tells of."""
    stopping = ui.model.stopping
    if stopping is None or stopping.at_ns == ui.model.asked_ns:
        return
    ui.model.asked_ns = stopping.at_ns

    def answered(key: str | None) -> None:
        if key is not None:
            ui.ask("supervisor.stop", {"policy": _POLICIES[key]}, f"stop: {_POLICIES[key]}")

    ui.push_screen(Countdown(ui, stopping), answered)
