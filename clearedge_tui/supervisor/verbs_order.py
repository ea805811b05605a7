"""`order.…`, `position.…`: what a person does with single orders. Real money wants a typed name."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from msgspec.structs import replace

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.hand_messages import HandCancel, HandClose, HandOrder
from clearedge_tui.core.model import Instance
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import load_accounts
from clearedge_tui.supervisor.arguments import Args, need, text
from clearedge_tui.supervisor.verbs_instance import find

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb
    from clearedge_tui.supervisor.supervisor import Supervisor

Answer = tuple[str, object]


async def preview(commands: "Commands", args: Args, who: str) -> Answer:
    """Say what an order would do to position, exposure and limits; nothing is placed."""
    del who
    instance = _of(commands, args)
    given = _given(instance, args)
    done = await _sup(commands).places.ask(
        instance.account, lambda command: replace(given, command=command, preview=True)
    )
    return "", {"instance": instance.id, "live": _live(commands, instance), **done.data}


async def place(commands: "Commands", args: Args, who: str) -> Answer:
    """Place an order for an instance, by the same gate and limits as its own."""
    instance = _of(commands, args)
    _typed(commands, instance, args, "placed")
    given = _given(instance, args)
    done = await _sup(commands).places.ask(
        instance.account, lambda command: replace(given, command=command)
    )
    what = f"{given.side} {given.size}"
    told = f"{instance.id}: {what} placed by hand: {done.data.get('status')}"
    commands.event("order.by_hand", instance.id, told, who, dict(done.data))
    return told, done.data


async def cancel(commands: "Commands", args: Args, who: str) -> Answer:
    """Cancel one order. Out of danger: nothing is asked."""
    order = need(args, "id")
    sup = _sup(commands)
    run = next((one for one in sup.runs.values() if order in one.orders), None)
    if run is None:
        raise NotFound(
            f"no order `{clean_text(order, 60)}` of ours; what is not ours is settled with: "
            "clearedge reconcile resolve"
        )
    instance = run.instance
    await sup.places.ask(instance.account, lambda command: HandCancel(command, instance.id, order))
    commands.event("order.cancel_by_hand", instance.id, f"{order}: cancel sent by hand", who)
    return f"{order}: cancel sent", {"id": order}


async def close(commands: "Commands", args: Args, who: str) -> Answer:
    """Close an instance's position on its account's own book, at the market."""
    instance = find(commands, need(args, "instance"))
    _typed(commands, instance, args, "closed")
    done = await _sup(commands).places.ask(
        instance.account, lambda command: HandClose(command, instance.id)
    )
    told = f"{instance.id}: closing {done.data.get('closed')} at the market"
    commands.event("position.close_by_hand", instance.id, told, who, dict(done.data))
    return told, done.data


# ---- reading what was asked -------------------------------------------------------------------
def _sup(commands: "Commands") -> "Supervisor":
    if commands.supervisor is None:
        raise Refused("no supervisor runs: start one first, e.g. with: clearedge --run")
    return commands.supervisor


def _of(commands: "Commands", args: Args) -> Instance:
    """Return the instance that is named, or the only one of an account and market."""
    name = text(args, "instance")
    if name:
        return find(commands, name)
    account, market = need(args, "account"), need(args, "market")
    found = [one for one in commands.store.instances()
             if one.account == account and one.market == market]  # fmt: skip
    if len(found) == 1:
        return found[0]
    where = f"{clean_text(market, 40)} on {clean_text(account, 24)}"
    if not found:
        raise NotFound(f"no instance trades {where}: an order belongs to one; declare it first")
    raise UsageError(f"{where} is traded by {', '.join(one.id for one in found)}: name one")


def _live(commands: "Commands", instance: Instance) -> bool:
    account = load_accounts(commands.home).get(instance.account)
    return account is not None and account.live


def _typed(commands: "Commands", instance: Instance, args: Args, done: str) -> None:
    if _live(commands, instance) and text(args, "confirm") != instance.id:
        raise Refused(
            f"nothing was {done}: it is real money; type the instance's name, or say "
            f"--confirm {instance.id}"
        )


def _given(instance: Instance, args: Args) -> HandOrder:
    side = need(args, "side")
    if side not in ("buy", "sell"):
        raise UsageError(f"side `{clean_text(side, 20)}`; wanted buy or sell")
    price, stop = _number(args, "price"), _number(args, "stop")
    if price is not None and stop is not None:
        raise UsageError("an order has a price or a stop, not both")
    size = _number(args, "size")
    if size is None:
        raise UsageError("`size` is missing")
    return HandOrder(
        "",
        instance.id,
        f"{instance.id}-hand-{now_ns()}",
        side,
        size,
        price,
        stop,
        args.get("reduce_only") in (True, "yes"),
    )


def _number(args: Args, name: str) -> Decimal | None:
    said = text(args, name).strip()
    if not said:
        return None
    try:
        found = Decimal(said)
    except InvalidOperation:
        found = Decimal(0)
    if not found.is_finite() or found <= 0:
        raise UsageError(f"{name} `{clean_text(said, 20)}`; wanted a number above 0")
    return found


VERBS: "dict[str, Verb]" = {
    "order.preview": preview,
    "order.place": place,
    "order.cancel": cancel,
    "position.close": close,
}
