"""`kill.…`: stop at once, see what was done, and lift it again.

A kill is on as soon as its file is there; everything here beside that is for people. The console and
the command line write the file by themselves when nobody answers.
"""

from typing import TYPE_CHECKING

import msgspec

from clearedge_tui import kills
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.core.kill import Kill, Scope, asked, named
from clearedge_tui.core.messages import Unkill
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import load_accounts
from clearedge_tui.store import trading
from clearedge_tui.supervisor import kill_view
from clearedge_tui.supervisor.arguments import Args, need, not_found, plain, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]


async def on(commands: "Commands", args: Args, who: str) -> Answer:
    """Kill: nothing more leaves, and by the action orders are cancelled and positions closed."""
    kill = asked(text(args, "scope", "global"), text(args, "key"), text(args, "action", "cancel"))
    _known(commands, kill)
    kill = msgspec.structs.replace(
        kill, reason=clean_text(text(args, "reason")), who=who, at_ns=now_ns()
    )
    try:
        kills.write(commands.home, kill)
    except OSError as error:
        raise Refused(
            f"the kill could not be written: {error}; send the gateways a signal instead: "
            "clearedge kill signals them when the disk is full"
        ) from None
    sup = commands.supervisor
    if sup is not None:
        sup.look_at_kills()
    trading.add_kill(
        commands.store,
        trading.KillRow(
            f"{kill.at_ns:x}-{kill.name}", kill.scope, kill.key, kill.action, kill.reason, who,
            kill.at_ns,
        ),
    )  # fmt: skip
    return f"{kill.text}: {kill.action}", {"kill": kill.name, "at_ns": kill.at_ns}


def _known(commands: "Commands", kill: Kill) -> None:
    """A kill of something that is not there is a slip of the finger, and would calm for nothing."""
    instances = commands.store.instances()
    accounts = load_accounts(commands.home)
    names = {
        Scope.ACCOUNT: set(accounts),
        Scope.VENUE: {one.venue for one in accounts.values() if one.venue},
        Scope.STRATEGY: {one.strategy for one in instances},
        Scope.INSTANCE: {one.id for one in instances},
    }.get(kill.scope)
    if names is not None and kill.key not in names:
        raise not_found(kill.scope, kill.key, sorted(names))


async def reason(commands: "Commands", args: Args, who: str) -> Answer:
    """Say afterwards why something was killed."""
    kill = _held(commands, need(args, "kill"))
    said = clean_text(need(args, "reason"))
    kills.write(commands.home, msgspec.structs.replace(kill, reason=said, who=kill.who or who))
    commands.event("kill.reason", kill.key or kill.scope, said, who)
    return f"{kill.name}: {said}", None


async def clear(commands: "Commands", args: Args, who: str) -> Answer:
    """Lift a kill. What it stopped stays in `observe` until a person raises it again."""
    kill = _held(commands, need(args, "kill"))
    if text(args, "confirm") != (kill.key or "global"):
        raise Refused(
            f"nothing was lifted: type `{kill.key or 'global'}`, or say --confirm with it"
        )
    open_lines = [r for r in _receipts(commands) if r.kill == kill.name and not r.confirmed]
    if open_lines and text(args, "unconfirmed") != "yes":
        raise Refused(
            f"{kill.name} is not confirmed yet: {open_lines[0].text}; lift it with --unconfirmed"
        )
    kills.clear(commands.home, kill)
    sup = commands.supervisor
    if sup is not None:
        kill_view.forget(kill, sup.places.places.values())
        for place in sup.places.places.values():
            if kill.scope is Scope.GLOBAL and place.gateway.link is not None:
                place.gateway.link.send(Unkill())
    for row in trading.kills(commands.store, only_held=True):
        if (row.scope, row.key) == (kill.scope, kill.key):
            trading.clear_kill(commands.store, row.id, who, now_ns())
    return f"{kill.name} is lifted; what it stopped observes", None


async def status(commands: "Commands", args: Args, who: str) -> Answer:
    """Return what is killed now, and the receipts, newest first."""
    del args, who
    held = _on(commands)
    return "", {
        "kills": [{**_plain(kill), "name": kill.name} for kill in held],
        "receipts": [_row(receipt) for receipt in _receipts(commands)],
    }


def _row(receipt: Receipt) -> dict[str, object]:
    words = {"text": receipt.text, "confirmed": receipt.confirmed, "done_ns": receipt.done_ns}
    return {**_plain(receipt), **words}


def _plain(struct: msgspec.Struct) -> dict[str, object]:
    found = plain(struct)
    assert isinstance(found, dict)  # noqa: S101  # a struct
    return found


def _receipts(commands: "Commands") -> list[Receipt]:
    """Return receipts of the disk, and of memory where the disk could not take them."""
    found = {(r.account, r.kill, r.seen_ns, r.by): r for r in kills.receipts(commands.home)}
    if commands.supervisor is not None:
        for place in commands.supervisor.places.places.values():
            for receipt in place.receipts.values():
                found.setdefault(
                    (receipt.account, receipt.kill, receipt.seen_ns, receipt.by), receipt
                )
    return sorted(found.values(), key=lambda r: -r.seen_ns)


def _on(commands: "Commands") -> tuple[Kill, ...]:
    places = commands.supervisor.places.places.values() if commands.supervisor else ()
    return kill_view.on(kills.KillFiles(commands.home), places)


def _held(commands: "Commands", name: str) -> Kill:
    kill = named(name)
    held = {one.name: one for one in _on(commands)}
    if kill is None or name not in held:
        raise NotFound(f"no kill `{clean_text(name, 80)}` is on; on: {', '.join(held) or 'none'}")
    return held[name]


VERBS: "dict[str, Verb]" = {
    "kill.on": on,
    "kill.reason": reason,
    "kill.clear": clear,
    "kill.status": status,
}
