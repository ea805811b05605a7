"""`approve.…`: a named person lets an instance trade real money as it is now, for a time."""

from typing import TYPE_CHECKING

from clearedge_tui.core import approval
from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.model import Instance
from clearedge_tui.core.text import clean_text
from clearedge_tui.store import trading
from clearedge_tui.supervisor import approved, evidence
from clearedge_tui.supervisor.arguments import Args, duration_s, need, plain, text
from clearedge_tui.supervisor.verbs_instance import find, schema_of

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]
_DAY_S = 86_400


async def give(commands: "Commands", args: Args, who: str) -> Answer:
    """Approve an instance as it is now. `confirm` is its id, typed; `name` is who approves."""
    instance = find(commands, need(args, "id"))
    if text(args, "confirm") != instance.id:
        raise Refused(
            f"nothing was approved: type the instance's name, or say --confirm {instance.id}"
        )
    await schema_of(commands, instance.strategy)  # which settings are secret, as the file says now
    now = approved.things(commands.home, commands.store, instance)
    grounds = approval.Parts(
        instance=now.instance,
        code=now.code,
        config=now.config,
        account=now.account,
        market=now.market,
        limits=now.limits,
        evidence=_evidence(commands, args, instance, now.code),
        override=clean_text(text(args, "override")).strip(),
    )
    valid_s = duration_s(args, "expires", approval.VALID_DAYS * _DAY_S)
    given = approval.approve(
        grounds, text(args, "name") or who, text(args, "reason"), now_ns(), valid_s * 1_000_000_000
    )
    trading.add_approval(commands.store, given, who)
    _tell(commands)
    told = f"{instance.id}: approved by {given.who} until {iso(given.expires_ns)} UTC"
    if now.account["kind"] != "live":
        told += f"; account {instance.account} is {now.account['kind']} and needs none"
    return told, _row(commands, given)


def _evidence(
    commands: "Commands", args: Args, instance: Instance, code: dict[str, str]
) -> tuple[approval.Evidence, ...]:
    given = args.get("evidence") or ()
    asked = given.split(",") if isinstance(given, str) else given
    if not isinstance(asked, list | tuple):
        raise UsageError("`evidence` wants texts such as sharpe>=1@RUN")
    if not asked:
        return ()
    index = commands.ended.load()
    return tuple(evidence.found(commands.home, index, str(one), instance, code) for one in asked)


async def revoke(commands: "Commands", args: Args, who: str) -> Answer:
    """End an instance's approval. Out of danger: nothing is asked."""
    instance = find(commands, need(args, "id"))
    name = text(args, "name") or who
    gone = trading.revoke_approval(commands.store, instance.id, name, now_ns(), who)
    _tell(commands)
    return f"{instance.id}: approval revoked by {gone.revoked_by}", _row(commands, gone)


def _tell(commands: "Commands") -> None:
    """Have the gateways know at once."""
    if commands.supervisor is not None:
        commands.supervisor.risk.look(commands.supervisor.places.places)


async def show(commands: "Commands", args: Args, who: str) -> Answer:
    """Return what counts for an instance, or for each that was ever approved; without ids: all."""
    del who
    name = text(args, "id")
    if name:
        found = trading.approvals(commands.store, find(commands, name).id)
        return "", [_row(commands, one, at == 0) for at, one in enumerate(found)]
    newest: dict[str, approval.Approval] = {}
    for one in trading.approvals(commands.store):
        newest.setdefault(one.instance, one)
    return "", [_row(commands, one) for one in newest.values()]


def _row(commands: "Commands", one: approval.Approval, counts: bool = True) -> dict[str, object]:
    """Return an approval as plain data with what it is worth now, and why."""
    row = plain(one)
    assert isinstance(row, dict)  # noqa: S101  # a struct
    now = now_ns()
    why = ["a later one counts"] if not counts else _why(commands, one, now)
    return {**row, "standing": str(approval.standing(one, now)), "holds": not why, "why_not": why}


def _why(commands: "Commands", one: approval.Approval, now: int) -> list[str]:
    try:
        instance = commands.store.instance(one.instance)
        return approval.why_not(one, approved.things(commands.home, commands.store, instance), now)
    except NotFound as error:
        return [str(error)]


VERBS: "dict[str, Verb]" = {
    "approve.give": give,
    "approve.revoke": revoke,
    "approve.show": show,
}
