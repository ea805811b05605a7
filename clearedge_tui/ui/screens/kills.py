"""What is killed, and the receipts: every line with its state, the unconfirmed ones red until proven."""

from collections.abc import Sequence
from typing import Any

import msgspec

from clearedge_tui import kills
from clearedge_tui.core.kill import Kill
from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.ui import doing_kill, plan_kills
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.grid_page import GridPage
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.screens.kill_sheet import KillSheet, ask_reason


class _Told(msgspec.Struct):
    kills: list[dict[str, Any]] = []
    receipts: list[dict[str, Any]] = []


class KillsPage(GridPage):
    """`K`. From the supervisor while it answers; from the disk when it does not."""

    NAME = "kills"
    BINDINGS = bindings("kills")
    EVERY_S = 0.5
    ABOUT = 5

    def __init__(self) -> None:
        super().__init__()
        self.title = "Kills"
        self.asked: Asked[_Told] = Asked(_Told)
        self._disk: list[Receipt] = []

    def on_mount(self) -> None:
        self.asked.then.append(self.anew)

    def ask(self) -> None:
        if self.ui.model.link is LinkState.UP:
            self.asked.ask(self.ui, "kill.status")
        else:
            self._disk = kills.receipts(self.ui.home)

    def receipts(self) -> list[Receipt]:
        if self.ui.model.link is LinkState.UP and self.asked.value is not None:
            found = self.asked.value.receipts
            return [msgspec.convert(one, Receipt, strict=False) for one in found]
        return self._disk

    def columns(self) -> Sequence[Col]:
        return plan_kills.COLUMNS

    def rows(self) -> Sequence[Row]:
        model = self.ui.model
        return plan_kills.rows(model.kills, self.receipts(), model.wall_ns())

    def empty(self) -> str:
        return "nothing is killed, and nothing was; H twice kills everything"

    def kill(self) -> KillRow | None:
        """Return the kill under the cursor, else the first that is on."""
        found = self.row()
        held = self.ui.model.kills
        if found is not None:
            for one in held:
                if found.key == f"kill {one.scope}.{one.key}" or any(
                    f" {name} " in f" {found.key} " for name in one.names
                ):
                    return one
        return held[0] if held else None

    def action_lift(self) -> None:
        one = self._needed()
        if one is not None:
            doing_kill.ask_lift(self.ui, one)

    def _needed(self) -> KillRow | None:
        one = self.kill()
        if one is None:
            self.ui.model.say("nothing is killed")
            self.ui.paint_now()
        return one

    def action_flatten(self) -> None:
        one = self._needed()
        if one is not None:
            self.ui.push_screen(KillSheet([Kill(one.scope, one.key)]))

    def action_reason(self) -> None:
        one = self._needed()
        if one is not None:
            ask_reason(self.ui, [Kill(one.scope, one.key, one.action)])
