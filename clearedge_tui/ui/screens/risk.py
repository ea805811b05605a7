"""Screen 5: what is allowed and what is used of it, the least room first; approvals in a second pane."""

from collections.abc import Sequence
from typing import Any

from clearedge_tui.core.kill import Kill, Scope
from clearedge_tui.core.model import AccountKind
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui import plan_risk
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.grid_page import GridPage
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.plan_approve import open_approve
from clearedge_tui.ui.plan_limit import LimitPlan
from clearedge_tui.ui.plan_risk import Approved, Limited
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.kill_choice import choose_kill

_SLOW = 5  # the declared limits and the approvals are asked each so many times


class RiskPage(GridPage):
    """`5`."""

    NAME = "risk"
    BINDINGS = bindings("risk")
    PANES = ("limits", "approvals")

    def __init__(self) -> None:
        super().__init__()
        self.title = "Risk"
        self.live: Asked[list[Limited]] = Asked(list[Limited])
        self.declared: Asked[list[dict[str, Any]]] = Asked(list[dict[str, Any]])
        self.approved: Asked[list[Approved]] = Asked(list[Approved])
        self._beat = 0

    def on_mount(self) -> None:
        for asked in (self.live, self.declared, self.approved):
            asked.then.append(self.anew)

    def ask(self) -> None:
        self.live.ask(self.ui, "risk.list")
        if self._beat % _SLOW == 0:
            self.declared.ask(self.ui, "limit.list")
            self.approved.ask(self.ui, "approve.show")
        self._beat += 1

    def show(self, pane: str) -> None:
        self._beat = 0
        super().show(pane)

    def columns(self) -> Sequence[Col]:
        return plan_risk.COLUMNS if self.pane == "limits" else plan_risk.APPROVALS

    def limits(self) -> list[Limited]:
        live = self.live.value or []
        return [*live, *plan_risk.declared(self.declared.value or [], live)]

    def rows(self) -> Sequence[Row]:
        model = self.ui.model
        if self.pane == "limits":
            return plan_risk.rows(self.limits(), model.kills, self.ui.look)
        wanting = [r.id for r in model.instances.values() if r.account_kind is AccountKind.LIVE]
        return plan_risk.approval_rows(self.approved.value or [], wanting, model.wall_ns())

    def empty(self) -> str:
        asked = self.declared if self.pane == "limits" else self.approved
        if asked.value is None:
            return asked.problem or "asking…"
        return (
            "no limit is declared: n declares one"
            if self.pane == "limits"
            else "nothing was approved yet: a on an instance of the board"
        )

    def remark(self) -> tuple[str, int]:
        if self.live.problem:
            return self.live.problem, p.WARN
        return super().remark()

    def limit(self) -> Limited | None:
        row = self.row()
        return next((one for one in self.limits() if row and one.id == row.key), None)

    def subjects(self) -> list[str]:
        """Return the instance that the selected row is about."""
        row, one = self.row(), self.limit()
        if row is not None and row.key.startswith("approval "):
            return [row.key.removeprefix("approval ")]
        if one is not None and one.scope == "instance" and one.key in self.ui.model.instances:
            return [one.key]
        return []

    # -- acts

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        if event.key.startswith("kill "):
            self.ui.visit("kills")
        elif self.pane == "approvals":
            self.action_approve()
        else:
            one = self.limit()
            self._form(plan_risk.as_declared(one, self.declared.value or []) if one else None)

    def action_new(self) -> None:
        self._form(None)

    def _form(self, one: Limited | None) -> None:
        from clearedge_tui.ui.screens.form_page import FormPage

        model = self.ui.model
        currencies = sorted({row.currency for row in model.accounts.values()})
        keys = {
            "portfolio": currencies,
            "account": [*model.accounts],
            "instance": [*model.instances],
        }
        self.ui.push_screen(FormPage(LimitPlan(keys, one)))

    def action_end(self) -> None:
        """End what a limit did."""
        one = self.limit()
        if one is None or not one.held:
            self._say("nothing is held back here")
            return
        args: dict[str, object] = {"scope": one.scope, "key": one.key, "name": one.name}
        self.ui.ask(
            "limit.clear", args, f"limit {one.key}: {one.name}", lambda _: self.action_reload()
        )

    def action_approve(self) -> None:
        subjects = self.subjects()
        if subjects:
            open_approve(self.ui, subjects[0])
        else:
            self._say("no instance is selected here")

    def action_revoke(self) -> None:
        """Out of danger: nothing is asked."""
        subjects = self.subjects()
        if self.pane != "approvals" or not subjects:
            self._say("no approval is selected here: tab shows them")
            return
        self._beat = 0
        label = f"{clean_text(subjects[0])}: revoke"
        self.ui.ask("approve.revoke", {"id": subjects[0]}, label, lambda _: self.action_reload())

    def action_kill_row(self) -> None:
        """Kill what the row is about, after one more key."""
        choose_kill(self.ui, self._kill())

    def _kill(self) -> Kill:
        one, subjects = self.limit(), self.subjects()
        if subjects:
            return Kill(Scope.INSTANCE, subjects[0])
        if one is not None and one.scope == "account" and one.key in self.ui.model.accounts:
            return Kill(Scope.ACCOUNT, one.key)
        return Kill(Scope.GLOBAL)

    def _say(self, text: str) -> None:
        self.ui.model.say(text)
        self.ui.paint_now()
