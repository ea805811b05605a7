"""What the palette's words about kills and differences do. Into a kill nothing is typed twice."""

import getpass
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from clearedge_tui import kills
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.kill import Kill, asked
from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.commands import Doing
from clearedge_tui.ui.doing_trade import _read, _rows
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.screens.dialogs import Line, Reading, Typed

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console


def put_on(ui: "Console", kill: Kill) -> None:
    """Kill now. The file is written here: a supervisor that does not answer must not matter."""
    full = msgspec.structs.replace(kill, who=kill.who or getpass.getuser(), at_ns=now_ns())
    what = clean_text(kill.key or "everything")
    if not _written(ui, full):
        ui.run_worker(lambda: _signalled(ui), thread=True)
    ui.killed.look()
    if ui.model.link is not LinkState.UP:
        ui.model.say(f"kill {what}: no supervisor answers; the gateways take it from its file")
        ui.paint_now()
        return
    args: dict[str, object] = {
        "scope": str(kill.scope), "key": kill.key, "action": str(kill.action), "reason": kill.reason,
    }  # fmt: skip
    ui.ask("kill.on", args, f"kill {what}")


def _written(ui: "Console", kill: Kill) -> bool:
    try:
        kills.write(ui.home, kill)
    except OSError as error:
        ui.model.say(f"the kill cannot be written ({error.strerror}): signalling", good=False)
        return False
    return True


def _signalled(ui: "Console") -> None:
    """Stop everything by signal; of this a part cannot be chosen."""
    count = len(kills.signal_engines(ui.home))
    ui.call_from_thread(ui.model.say, f"{count} processes were signalled to stop everything", False)


def say_why(ui: "Console", kill: Kill) -> None:
    """Keep a reason with a kill that is on, whoever answers."""
    if _written(ui, kill) and ui.model.link is LinkState.UP:
        label = f"why {clean_text(kill.key or 'everything')}"
        ui.ask("kill.reason", {"kill": kill.name, "reason": kill.reason}, label)
    ui.killed.look()


def _kill(ui: "Console", doing: Doing) -> None:
    words = doing.words
    scope, key = (words[0], words[1]) if len(words) == 2 else ("global", "")
    if len(words) == 1:
        ui.model.say(
            f"kill {clean_text(words[0])} needs a name; alone it is everything", good=False
        )
        return
    action = "flatten" if doing.options.get("flatten") else doing.options.get("action", "cancel")
    try:
        kill = asked(scope, key, action)
    except UsageError as error:
        ui.model.say(clean_text(error), good=False)
        return
    put_on(ui, msgspec.structs.replace(kill, reason=doing.options.get("reason", "")))


def _lift(ui: "Console", doing: Doing) -> None:
    """Lift a kill once the name of what it stops was typed."""
    name = doing.words[0]
    parts = name.split(".")
    subject = parts[1] if len(parts) == 3 else "global"
    _typed_lift(ui, (name,), subject, doing.options)


def ask_lift(ui: "Console", row: KillRow) -> None:
    """Lift a stop with all that was asked for of it, once its name was typed."""
    more = {} if row.proven else {"unconfirmed": "yes"}
    _typed_lift(ui, row.names, row.key or "global", more, row)


def _typed_lift(
    ui: "Console",
    names: tuple[str, ...],
    subject: str,
    options: Mapping[str, str],
    row: KillRow | None = None,
) -> None:
    def answered(yes: bool | None) -> None:
        for name in names if yes else ():
            args: dict[str, object] = {"kill": name, "confirm": subject, **options}
            ui.ask("kill.clear", args, f"lift {clean_text(name)}")

    lines: list[Line] = [
        (f"lift the kill {clean_text(', '.join(names))}", p.LIVE | p.BOLD),
        ("what it stopped observes until somebody raises it again", p.TEXT),
    ]
    if row is not None and not row.proven:
        open_ = f"{row.unconfirmed} of {row.lines} lines are UNCONFIRMED"
        silent = f"; no answer from {', '.join(row.awaited)}" if row.awaited else ""
        lines.append((clean_text(f"{open_}{silent}: they may still be open"), p.BAD | p.BOLD))
    ui.push_screen(Typed(lines, clean_text(subject)), answered)


def _kills(ui: "Console", doing: Doing) -> None:
    """Show what is killed now, and the receipts line by line."""
    del doing
    ui.visit("kills")


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
