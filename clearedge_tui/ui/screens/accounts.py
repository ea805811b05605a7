"""Screen 7: every account, and one of them in full: its checks, what differs, what was decided."""

from collections.abc import Sequence
from typing import Any

from clearedge_tui.core.kill import Kill, Scope
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import plan_accounts, settling
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.grid_page import GridPage
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.plan_account import open_account_form
from clearedge_tui.ui.plan_accounts import Ready
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.kill_choice import choose_kill


class AccountsPage(GridPage):
    """`7`."""

    NAME = "accounts"
    BINDINGS = bindings("accounts")
    EVERY_S = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.title = "Accounts"
        self.ready: Asked[list[Ready]] = Asked(list[Ready])

    def on_mount(self) -> None:
        self.ready.then.append(self.anew)

    def ask(self) -> None:
        self.ready.ask(self.ui, "account.readiness")

    def columns(self) -> Sequence[Col]:
        return plan_accounts.COLUMNS

    def rows(self) -> Sequence[Row]:
        model = self.ui.model
        ready = {one.account: one for one in self.ready.value or []}
        own = list(model.instances.values())
        return plan_accounts.rows(
            model.accounts.values(), own, ready, self.ui.look, model.wall_ns()
        )

    def empty(self) -> str:
        return "none is known: config/accounts.toml declares them"

    def account(self) -> str:
        row = self.row()
        return row.key if row is not None else ""

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        self.ui.visit("account", event.key)

    def action_probe(self) -> None:
        """Ask the venue now: its time, what the key may do; nothing is traded."""
        name = self.account()
        if name:
            label = f"{clean_text(name)}: probe"
            self.ui.ask("account.probe", {"account": name}, label, lambda _: self.action_reload())

    def action_options(self) -> None:
        if self.account():
            open_account_form(self.ui, self.account())

    def action_kill_row(self) -> None:
        if self.account():
            choose_kill(self.ui, Kill(Scope.ACCOUNT, self.account()))


class AccountPage(AccountsPage):
    """`enter` on one."""

    NAME = "account"
    BINDINGS = bindings("account")
    PANES = ("checks", "differences", "decisions")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name_ = name
        self.title = clean_text(name, 24)
        self.recon: Asked[list[dict[str, Any]]] = Asked(list[dict[str, Any]])
        self.decided: Asked[list[dict[str, Any]]] = Asked(list[dict[str, Any]])

    def on_mount(self) -> None:
        for asked in (self.ready, self.recon, self.decided):
            asked.then.append(self.anew)

    def place(self) -> tuple[str, str]:
        return "account", self.name_

    def account(self) -> str:
        return self.name_

    def ask(self) -> None:
        self.ready.ask(self.ui, "account.readiness", {"account": self.name_})
        self.recon.ask(self.ui, "recon.list")
        if self.pane == "decisions":
            self.decided.ask(self.ui, "recon.history", {"account": self.name_})

    def columns(self) -> Sequence[Col]:
        return {
            "checks": plan_accounts.CHECKS,
            "differences": plan_accounts.DIFFERENCES,
            "decisions": plan_accounts.DECISIONS,
        }[self.pane]

    def rows(self) -> Sequence[Row]:
        now = self.ui.model.wall_ns()
        if self.pane == "differences":
            return plan_accounts.difference_rows(self.differences(), now)
        if self.pane == "decisions":
            return plan_accounts.decision_rows(self.decided.value or [])
        ready = next((one for one in self.ready.value or [] if one.account == self.name_), None)
        row = self.ui.model.accounts.get(self.name_)
        whole = plan_accounts.about(row, ready, now) if row is not None else ()
        return plan_accounts.check_rows(ready, now, whole)

    def differences(self) -> list[dict[str, Any]]:
        found = (one for one in self.recon.value or [] if one.get("account") == self.name_)
        return list(next(found, {}).get("differences") or [])

    def empty(self) -> str:
        row = self.ui.model.accounts.get(self.name_)
        if self.pane == "differences" and row is not None:
            if row.seen is None:
                return "it has no venue to differ from"
            return f"nothing differs: {plan_accounts.differ(row.seen, self.ui.model.wall_ns())[0]}"
        return "nothing has differed yet" if self.pane == "decisions" else "asking…"

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        del event

    def action_settle(self, how: str) -> None:
        """Settle the selected difference: adopt, external, or flatten."""
        row = self.row()
        if self.pane != "differences" or row is None:
            self.ui.model.say("no difference is selected: tab shows them")
            self.ui.paint_now()
            return
        market, kind, subject = row.key.split("\t")
        asked = settling.Settled(self.name_, market, kind, subject)
        settling.settle(self.ui, asked, how, self.action_reload)
