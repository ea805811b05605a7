"""`approve.check`: what an approval of an instance would be bound to, before anybody gives one."""

from typing import TYPE_CHECKING

from clearedge_tui.core import approval
from clearedge_tui.core.clock import now_ns
from clearedge_tui.store import trading
from clearedge_tui.supervisor import approved
from clearedge_tui.supervisor.arguments import Args, need, plain
from clearedge_tui.supervisor.verbs_instance import find, schema_of

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]


async def check(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the parts as they are now, and why the approval that counts does not hold."""
    del who
    instance = find(commands, need(args, "id"))
    await schema_of(commands, instance.strategy)  # which settings are secret, as the file says now
    now = approved.things(commands.home, commands.store, instance)
    last = trading.approval(commands.store, instance.id)
    why = approval.why_not(last, now, now_ns()) if last is not None else []
    return "", {"parts": plain(now), "why_not": why, "who": last.who if last else ""}


VERBS: "dict[str, Verb]" = {"approve.check": check}
