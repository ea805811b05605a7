"""What the palette's words about kills and differences do. Into a kill nothing is typed twice."""

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from clearedge_tui import kills
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.kill import Kill, asked
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.commands import Doing
from clearedge_tui.ui.doing_trade import _read, _rows
from clearedge_tui.ui.screens.dialogs import Line, Reading, Typed

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console


def put_on(ui: "Console", kill: Kill) -> None:
    """Kill now. The file is written here: a supervisor that does not answer must not matter."""
    full = msgspec.structs.replace(kill, who=kill.who or getpass.getuser(), at_ns=now_ns())
    try:
        kills.write(ui.home, full)
    except OSError as error:
        ui.notify(f"the kill could not be written: {error}; use: clearedge kill", severity="error")
    args: dict[str, object] = {
        "scope": str(kill.scope), "key": kill.key, "action": str(kill.action), "reason": kill.reason,
    }  # fmt: skip
    ui.ask("kill.on", args, f"kill {clean_text(kill.key or 'everything')}")


def _kill(ui: "Console", doing: Doing) -> None:
    words = doing.words
    scope, key = (words[0], words[1]) if len(words) == 2 else ("global", "")
    if len(words) == 1:
        ui.notify(f"kill {clean_text(words[0])} needs a name; alone it is everything")
        return
    action = "flatten" if doing.options.get("flatten") else doing.options.get("action", "cancel")
    try:
        kill = asked(scope, key, action)
    except UsageError as error:
        ui.notify(clean_text(error), severity="error")
        return
    put_on(ui, msgspec.structs.replace(kill, reason=doing.options.get("reason", "")))


def _lift(ui: "Console", doing: Doing) -> None:
    """Lift a kill once the name of what it stops was typed."""
    name = doing.words[0]
    parts = name.split(".")
    subject = parts[1] if len(parts) == 3 else "global"

    def answered(yes: bool | None) -> None:
        if yes:
            args: dict[str, object] = {"kill": name, "confirm": subject, **doing.options}
            ui.ask("kill.clear", args, f"lift {clean_text(name)}")

    lines: tuple[Line, ...] = (
        (f"lift the kill {clean_text(name)}", p.LIVE | p.BOLD),
        ("what it stopped observes until somebody raises it again", p.TEXT),
    )
    ui.push_screen(Typed(lines, clean_text(subject)), answered)


def _kills(ui: "Console", doing: Doing) -> None:
    """Show what is killed now, and the receipts line by line."""
    del doing

    def told(result: "Result") -> None:
        found: dict[str, Any] = result.data if isinstance(result.data, dict) else {}
        lines = [f"{row['name']}  {row['reason']}" for row in found.get("kills", [])]
        lines = lines or ["nothing is killed"]
        for row in found.get("receipts", [])[:5]:
            receipt = msgspec.convert(row, Receipt, strict=False)
            lines += ["", f"{receipt.kill} on {receipt.text}"]
            for line in receipt.lines:
                state = "confirmed  " if line.confirmed else "UNCONFIRMED"
                lines.append(f"  {state} {line.what} {line.market} {line.text} {line.note}")
        ui.push_screen(Reading(_read("kills", lines)))

    ui.ask("kill.status", {}, "kills", told)


def _differences(ui: "Console", doing: Doing) -> None:
    """Show how the ledgers compare with the venues."""
    del doing

    def told(result: "Result") -> None:
        lines = []
        for row in _rows(result):
            age = f"{(now_ns() - int(row['at_ns'])) / 1e9:.0f} s ago" if row["at_ns"] else "never"
            differ = row.get("differences") or []
            state = row.get("error") or (f"{len(differ)} differ" if differ else "equal")
            lines.append(f"{row['account']} at {row['venue']}: compared {age}: {state}")
            lines += [
                f"    {one['market']} {one['kind']} {one['subject']}: ours {one['ours']}, "
                f"the venue's {one['theirs']}"
                for one in differ
            ]
        ui.push_screen(Reading(_read("ledgers and venues", lines or ["no live account"])))

    ui.ask("recon.list", {}, "differences", told)


def _settle(ui: "Console", doing: Doing) -> None:
    """Settle a difference; what trades at the venue wants the account's name typed."""
    account, market, subject, how = doing.words
    args: dict[str, object] = {
        "account": account, "market": market, "subject": subject, "how": how, **doing.options,
    }  # fmt: skip
    label = f"{clean_text(account)}: {clean_text(subject)} {clean_text(how)}"
    if how != "flatten":
        ui.ask("recon.resolve", args, label)
        return

    def answered(yes: bool | None) -> None:
        if yes:
            ui.ask("recon.resolve", {**args, "confirm": account}, label)

    lines: tuple[Line, ...] = ((label, p.LIVE | p.BOLD), ("this trades at the venue", p.TEXT))
    ui.push_screen(Typed(lines, clean_text(account)), answered)


ACTS: Final[dict[str, Callable[["Console", Doing], None]]] = {
    "kill": _kill,
    "lift": _lift,
    "kills": _kills,
    "differences": _differences,
    "settle": _settle,
}
