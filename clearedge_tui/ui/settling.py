"""The three ways to settle a difference with a venue; what trades there wants the account typed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Choice, Line, Option, Typed

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


@dataclass(frozen=True, slots=True)
class Settled:
    account: str
    market: str
    kind: str
    subject: str


def settle(ui: "Console", one: Settled, how: str, then: Callable[[], None]) -> None:
    """Ask what is still to be known, then send it."""
    if how == "adopt" and one.kind == "balance":
        _send(ui, one, how, {"reason": "the venue's word, in the console"}, then)
    elif how == "adopt":
        _adopt(ui, one, then)
    elif how == "flatten":
        _flatten(ui, one, then)
    else:
        _send(ui, one, how, {}, then)


def _send(
    ui: "Console", one: Settled, how: str, more: dict[str, object], then: Callable[[], None]
) -> None:
    args: dict[str, object] = {
        "account": one.account, "market": one.market, "kind": one.kind, "subject": one.subject,
        "how": how, **more,
    }  # fmt: skip
    label = f"{clean_text(one.account)}: {clean_text(one.subject)} {how}"
    ui.ask("recon.resolve", args, label, lambda _: then())


def _adopt(ui: "Console", one: Settled, then: Callable[[], None]) -> None:
    """Into which instance: those of the account on this market, others of it after them."""
    own = [row for row in ui.model.instances.values() if row.account == one.account]
    own.sort(key=lambda row: (row.market_id != one.market, row.id))
    keys = "123456789"
    options = [
        Option(keys[i], f"{clean_text(row.id)}   {row.market}   position {row.position}")
        for i, row in enumerate(own[: len(keys)])
    ]

    def chosen(key: str | None) -> None:
        if key:
            _send(ui, one, "adopt", {"instance": own[keys.index(key)].id}, then)

    if not options:
        ui.model.say(f"no instance trades on {clean_text(one.account)}: x marks it as external")
        ui.paint_now()
        return
    title = f"into whose ledger goes {clean_text(one.subject)}"
    ui.push_screen(Choice(title, options, "at the newest price; esc leaves it"), chosen)


def _flatten(ui: "Console", one: Settled, then: Callable[[], None]) -> None:
    def answered(yes: bool | None) -> None:
        if yes:
            _send(ui, one, "flatten", {"confirm": one.account}, then)

    lines: tuple[Line, ...] = (
        (f"{one.kind} {clean_text(one.subject)} is traded away at the venue", p.LIVE | p.BOLD),
    )
    ui.push_screen(Typed(lines, one.account), answered)
