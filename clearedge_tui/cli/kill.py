"""`clearedge kill`: stop at once, with or without a supervisor, a database or room on the disk."""

import time
from typing import TYPE_CHECKING

import click

from clearedge_tui.cli.act import JSON, act, tell
from clearedge_tui.cli.at_home import home, say_json

if TYPE_CHECKING:
    from clearedge_tui.core.kill import Kill
    from clearedge_tui.core.receipt import Receipt
    from clearedge_tui.settings import Home

_UNCONFIRMED = 4
_SCOPE = click.Choice(["global", "account", "venue", "strategy", "instance"])
_ACTION = click.Choice(["block", "cancel", "flatten"])


class Hasty(click.Group):
    """`clearedge kill --flatten` is `clearedge kill on --flatten`: nothing to remember in a hurry."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["on", *args]
        return super().parse_args(ctx, args)


@click.group("kill", cls=Hasty)
def kill() -> None:
    """Stop at once: `clearedge kill` cancels everything, `kill --flatten` closes it too."""


@kill.command("on")
@click.argument("scope", type=_SCOPE, default="global")
@click.argument("name", default="")
@click.option("--action", type=_ACTION, default="cancel", show_default=True)
@click.option("--flatten", is_flag=True, help="close positions as well: --action flatten")
@click.option("--reason", default="", help="why; may be said later")
@click.option("--wait", default=15.0, show_default=True, help="seconds to wait for the receipts")
@JSON
def on(
    scope: str, name: str, action: str, flatten: bool, reason: str, wait: float, as_json: bool
) -> int:
    """Kill everything, or SCOPE NAME: `kill account main`. Ends with 0 when all is confirmed."""
    from clearedge_tui.core.kill import asked

    wanted = asked(scope, name, "flatten" if flatten else action)
    found = home()
    begun = _since_ns(found, wanted)
    how = _kill(found, wanted, reason)
    receipts, missing = _wait(found, wanted, begun, wait)
    if as_json:
        say_json(
            {"message": how, "receipts": [_plain(one) for one in receipts], "no_receipt": missing}
        )
    else:
        click.echo(how)
        for one in receipts:
            _show(one)
        for account in missing:
            click.echo(f"{account}: NO RECEIPT within {wait:g} s; see: clearedge kill status")
    done = not missing and all(one.confirmed for one in receipts)
    return 0 if done else _UNCONFIRMED


def _since_ns(found: "Home", wanted: "Kill") -> int:
    """Return from when on a receipt is of this kill: one that is on already keeps its receipts."""
    from clearedge_tui import kills

    on = next((k for k in kills.KillFiles(found).look() if k.name == wanted.name), None)
    return on.at_ns if on is not None else time.time_ns()


def _kill(found: "Home", wanted: "Kill", reason: str) -> str:
    """Put the kill on, in the way that needs least; the supervisor hears of it afterwards."""
    import getpass

    import msgspec

    from clearedge_tui import kills

    who = getpass.getuser()
    full = msgspec.structs.replace(wanted, reason=reason, who=who, at_ns=time.time_ns())
    try:
        kills.write(found, full)
    except OSError as error:
        pids = kills.signal_engines(found)
        return (
            f"the kill cannot be written ({error.strerror}): {len(pids)} processes were signalled "
            "to stop everything of their account"
        )
    return f"{full.text}: {full.action}"


def _wait(
    found: "Home", wanted: "Kill", begun: int, limit_s: float
) -> "tuple[list[Receipt], list[str]]":
    """Return the receipts of this kill when all are confirmed, or as they are after the limit, and
    which running accounts have given none.
    """
    from clearedge_tui import kills

    expected = set(kills.running(found))
    end = time.monotonic() + limit_s
    while True:
        newest: dict[str, Receipt] = {}
        for one in reversed(kills.receipts(found)):
            if one.kill == wanted.name and one.seen_ns >= begun - 1_000_000_000:
                newest[one.account] = one
        done = expected <= set(newest) and all(one.confirmed for one in newest.values())
        if done or time.monotonic() > end:
            given = sorted(newest.values(), key=lambda one: one.account)
            return given, sorted(expected - set(newest))
        time.sleep(0.05)


def _show(one: "Receipt") -> None:
    click.echo(one.text)
    for line in one.lines:
        state = "confirmed" if line.confirmed else "UNCONFIRMED"
        note = f" ({line.note})" if line.note else ""
        click.echo(f"  {state:<12}{line.what:<9}{line.market} {line.text}  {line.subject}{note}")


def _plain(one: "Receipt") -> object:
    import msgspec

    return {**msgspec.to_builtins(one), "text": one.text, "confirmed": one.confirmed}


@kill.command("status")
@JSON
def status(as_json: bool) -> None:
    """Show what is killed now, and the receipts."""
    from clearedge_tui.core.receipt import Receipt

    data = act("kill.status", {}).data or {}
    if as_json:
        say_json(data)
        return
    for row in data["kills"]:
        why = f"  {row['reason']}" if row["reason"] else ""
        click.echo(f"{row['name']}{why}")
    if not data["kills"]:
        click.echo("nothing is killed")
    import msgspec

    for row in data["receipts"][:10]:
        _show(msgspec.convert(row, Receipt, strict=False))


@kill.command("clear")
@click.argument("kill")
@click.option("--confirm", metavar="NAME", help="what it stops, once more; asked for at a terminal")
@click.option("--unconfirmed", is_flag=True, help="although a line is not confirmed")
@JSON
def clear(kill: str, confirm: str | None, unconfirmed: bool, as_json: bool) -> None:
    """Lift KILL (a name of `kill status`). What it stopped observes until somebody raises it."""
    import sys

    if confirm is None and sys.stdin.isatty():
        confirm = click.prompt("type what it stops (global, or its name)")
    args = {"kill": kill, "confirm": confirm, "unconfirmed": "yes" if unconfirmed else None}
    tell("kill.clear", args, as_json)


@kill.command("reason")
@click.argument("kill")
@click.argument("reason")
@JSON
def reason(kill: str, reason: str, as_json: bool) -> None:
    """Say why KILL was put on."""
    tell("kill.reason", {"kill": kill, "reason": reason}, as_json)
