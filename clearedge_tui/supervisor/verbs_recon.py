"""`recon.…`: the ledgers against the venues' own word, what differs, and what a person decides."""

from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import Refused
from clearedge_tui.core.messages import Resolve
from clearedge_tui.settings import load_accounts
from clearedge_tui.store import trading
from clearedge_tui.supervisor.arguments import Args, need, not_found, number, plain, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]


async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    """Return each live account's last comparison, with its age, and what differs."""
    del args, who
    places = commands.supervisor.places.places if commands.supervisor else {}
    rows = []
    for name, account in load_accounts(commands.home).items():
        if not account.live:
            continue
        compared = places[name].compared if name in places else None
        row: dict[str, object] = {"account": name, "venue": account.venue, "at_ns": 0}
        if compared is not None:
            row |= _plain(compared)
        rows.append(row)
    return "", rows


async def resolve(commands: "Commands", args: Args, who: str) -> Answer:
    """Decide what a difference is: adopt it into an instance, mark it external, or flatten it."""
    name = need(args, "account")
    if commands.supervisor is None:
        raise Refused("no supervisor runs: start one first, e.g. with: clearedge --run")
    accounts = load_accounts(commands.home)
    if name not in accounts:
        raise not_found("account", name, accounts)
    how, subject = need(args, "how"), need(args, "subject")
    if how == "flatten" and text(args, "confirm") != name:
        raise Refused(
            f"nothing was sent: it trades at the venue; type the account's name, `{name}`"
        )
    market, kind = need(args, "market"), text(args, "kind", "position")
    instance, reason = text(args, "instance"), text(args, "reason")
    if kind == "balance" and how == "adopt" and not reason:
        raise Refused("a balance is adopted for a reason, which is kept: say it with --reason")
    seen = trading.lasting_difference(commands.store, name, (market, kind, subject))
    await commands.supervisor.places.ask(
        name, lambda command: Resolve(command, market, kind, subject, how, instance, reason)
    )
    where = f" into {instance}" if instance else ""
    told = f"{name}: {kind} {subject} {how}{where}" + (f": {reason}" if reason else "")
    decided: dict[str, object] = {
        "subject": subject, "how": how, "instance": instance, "who": who, "at_ns": now_ns(),
        "reason": reason,
    }  # fmt: skip
    if seen is None:  # it was decided before it could be written down
        seen = trading.ReconRow(name, now_ns(), market, kind, "", "", "differs")
        trading.put_recon(commands.store, [seen])
        seen = trading.recon(commands.store, name, 1)[0]
    trading.resolve_recon(commands.store, seen.seq, "resolved", decided)
    commands.event("recon.resolve", market, told, who)
    return told, None


async def history(commands: "Commands", args: Args, who: str) -> Answer:
    """Return every difference that was seen, newest first: both numbers, and how it ended."""
    del who
    found = trading.recon(commands.store, text(args, "account"), number(args, "limit", 200))
    return "", [plain(row) for row in found]


def _plain(struct: msgspec.Struct) -> dict[str, object]:
    found = plain(struct)
    assert isinstance(found, dict)  # noqa: S101  # a struct
    return found


VERBS: "dict[str, Verb]" = {
    "recon.list": list_,
    "recon.resolve": resolve,
    "recon.history": history,
}
