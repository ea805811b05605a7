"""What the palette's words about limits and approvals do. Into danger a name is typed."""

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.commands import Doing
from clearedge_tui.ui.screens.dialogs import Line, Reading, Typed

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console

_WIDE = 72  # columns of a dialog on the smallest terminal
_NAMES = ("scope", "key", "name", "value")
_Rows = list[dict[str, Any]]


def _limits(ui: "Console", doing: Doing) -> None:
    """Show what is declared, or what holds for one instance."""
    subject = next(iter(doing.words), "")
    verb, args = ("limit.show", {"id": subject}) if subject else ("limit.list", {})

    def told(result: "Result") -> None:
        title = clean_text(f"limits that hold for {subject}" if subject else "limits")
        lines = [
            f"{row['scope']:<10} {row['key']:<12} {row['name']:<19} {row['action']:<12} {row['value']}"
            for row in _rows(result)
        ]
        ui.push_screen(Reading(_read(title, lines)))

    ui.ask(verb, dict(args), "limits", told)


def _set_limit(ui: "Console", doing: Doing) -> None:
    args: dict[str, object] = {**dict(zip(_NAMES, doing.words, strict=True)), **doing.options}
    _once_more(ui, "limit.set", args)


def _remove_limit(ui: "Console", doing: Doing) -> None:
    _once_more(ui, "limit.remove", dict(zip(_NAMES, doing.words, strict=False)))


def _clear_limit(ui: "Console", doing: Doing) -> None:
    args = dict(zip(_NAMES, doing.words, strict=False))
    label = clean_text(f"limit {args['scope']} {args['key']}: {args['name']}")
    ui.ask("limit.clear", dict(args), label)


def _risks(ui: "Console", doing: Doing) -> None:
    """Show every limit with its figure, as the gateways see it now."""

    def told(result: "Result") -> None:
        lines = [
            f"{row['state']:<8} {row['text']}" + (f" [{row['held']}]" if row["held"] else "")
            for row in _rows(result)
        ]
        ui.push_screen(Reading(_read("limits now", lines)))

    ui.ask("risk.list", {"account": next(iter(doing.words), "")}, "limits now", told)


def set_limit(ui: "Console", args: dict[str, object], done: Callable[[], None]) -> None:
    """Declare a limit as a form gives it; `done` once it is declared."""
    _once_more(ui, "limit.set", args, done)


def _once_more(
    ui: "Console", verb: str, args: dict[str, object], done: Callable[[], None] = lambda: None
) -> None:
    """Send it; what would let more through than before is sent again after enter only."""
    label = clean_text(f"limit {args['scope']} {args['key']}: {args['name']}")

    def answered(yes: bool | None) -> None:
        if yes:
            ui.ask(verb, {**args, "yes": True}, label, told)

    def told(result: "Result") -> None:
        if result.status == "done":
            done()
        if result.status == "refused" and "--yes" in result.message:
            why = clean_text(result.message.partition(";")[0])
            asked: list[Line] = [("", p.TEXT), ("enter does it, esc leaves it as it is", p.DIM)]
            ui.push_screen(
                Reading([(label, p.WARN | p.BOLD), ("", p.TEXT), (why, p.TEXT), *asked]), answered
            )

    ui.ask(verb, args, label, told)


def _approve(ui: "Console", doing: Doing) -> None:
    """Approve an instance once its name was typed."""
    name = doing.words[0]
    options = {key: value for key, value in doing.options.items() if key != "confirm"}
    person = options.pop("yes-i-am", "")

    def answered(yes: bool | None) -> None:
        if yes:
            args: dict[str, object] = {"id": name, "confirm": name, "name": person, **options}
            ui.ask("approve.give", args, f"{clean_text(name)}: approve")

    row = ui.model.instances.get(name)
    where = f"{clean_text(row.account)} ({row.account_kind})" if row else "its account"
    lines: tuple[Line, ...] = (
        (f"{clean_text(name)} may trade real money as it is now", p.LIVE | p.BOLD),
        (f"on {where}, with its code, settings, market and limits", p.TEXT),
        ("until one of them differs; `approvals` says which", p.TEXT),
    )
    ui.push_screen(Typed(lines, name), answered)


def _revoke(ui: "Console", doing: Doing) -> None:
    name = doing.words[0]
    args: dict[str, object] = {"id": name, "name": doing.options.get("yes-i-am", "")}
    ui.ask("approve.revoke", args, f"{clean_text(name)}: revoke")


def _approvals(ui: "Console", doing: Doing) -> None:
    """Show what counts for each instance, and why it does not hold."""

    def told(result: "Result") -> None:
        lines = []
        for row in _rows(result):
            holds = "holds" if row["holds"] else "does not hold"
            lines.append(f"{row['instance']:<20} {holds} ({row['standing']}), by {row['who']}")
            lines += [f"    {why}" for why in row["why_not"]]
        ui.push_screen(Reading(_read("approvals", lines)))

    ui.ask("approve.show", {"id": next(iter(doing.words), "")}, "approvals", told)


def _order(ui: "Console", doing: Doing) -> None:
    """Place an order by hand after its preview; without words: the form."""
    from clearedge_tui.ui.plan_order import confirm, open_order

    if len(doing.words) != 2:
        open_order(ui, [doing.options.get("instance", "")])
        return
    side, size = doing.words
    args: dict[str, object] = {"side": side, "size": size, **doing.options}
    args.pop("confirm", None)
    args["reduce_only"] = args.pop("reduce-only", "") == "yes"

    def told(result: "Result") -> None:
        if result.status == "done" and isinstance(result.data, dict):
            confirm(ui, args, result.data, lambda: None)

    ui.ask("order.preview", args, "preview", told, quiet=True)


def _orders(ui: "Console", doing: Doing) -> None:
    only_open = ["open:yes"] if doing.options.get("open") == "yes" else []
    ui.visit("book", " ".join([*doing.words, *only_open]))


def _cancel_order(ui: "Console", doing: Doing) -> None:
    ui.ask("order.cancel", {"id": doing.words[0]}, f"{clean_text(doing.words[0])}: cancel")


def _close(ui: "Console", doing: Doing) -> None:
    """Close a position once the instance's name was typed."""
    name = doing.words[0]

    def answered(yes: bool | None) -> None:
        if yes:
            ui.ask(
                "position.close", {"instance": name, "confirm": name}, f"{clean_text(name)}: close"
            )

    what = f"close the position of {clean_text(name)} at the market"
    ui.push_screen(Typed(((what, p.LIVE | p.BOLD),), name), answered)


def _rows(result: "Result") -> _Rows:
    """Return the answer's rows; nothing for a refusal, which is shown by itself."""
    return msgspec.convert(result.data or [], _Rows)


def _read(title: str, lines: list[str]) -> list[Line]:
    body: list[Line] = [
        (part, p.TEXT)
        for line in lines or ["none yet"]
        for part in wrap(clean_text(line, 300), _WIDE, subsequent_indent="    ")
    ]
    return [(title, p.BRIGHT | p.BOLD), ("", p.TEXT), *body]


ACTS: Final[dict[str, Callable[["Console", Doing], None]]] = {
    "limits": _limits,
    "set-limit": _set_limit,
    "rm-limit": _remove_limit,
    "clear-limit": _clear_limit,
    "risks": _risks,
    "approve": _approve,
    "revoke": _revoke,
    "approvals": _approvals,
    "order": _order,
    "orders": _orders,
    "cancel-order": _cancel_order,
    "close": _close,
}
