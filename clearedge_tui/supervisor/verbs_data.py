"""`data.list`, `account.…`, and the ends: `stop_all`, `supervisor.stop`."""

import asyncio
from typing import TYPE_CHECKING

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.core.model import ExitPolicy, Mode
from clearedge_tui.settings import load_accounts
from clearedge_tui.supervisor import verbs_catalog, verbs_import
from clearedge_tui.supervisor.arguments import Args, need, not_found, plain, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]


async def data_list(commands: "Commands", args: Args, who: str) -> Answer:
    del args, who
    from clearedge_tui.supervisor import series_view

    return "", await asyncio.to_thread(series_view.rows, commands.home)


async def account_list(commands: "Commands", args: Args, who: str) -> Answer:
    del args, who
    places = commands.supervisor.places.places if commands.supervisor else {}
    rows = []
    for name, account in load_accounts(commands.home).items():
        feed = places[name].feed if name in places else None
        fields = {name: plain(getattr(account, name)) for name in account.__struct_fields__}
        heard = {"ticks": plain(feed.ticks), "clocks": plain(feed.clocks)} if feed else {}
        rows.append({**fields, "ticks": None, "clocks": {}, **heard})
    return "", rows


async def account_speed(commands: "Commands", args: Args, who: str) -> Answer:
    """Change how fast an account's replay plays, until its gateway starts anew."""
    name = need(args, "account")
    accounts = load_accounts(commands.home)
    if name not in accounts:
        raise not_found("account", name, accounts)
    raw = str(args.get("speed", ""))
    try:
        speed = 0.0 if raw == "max" else float(raw)
    except ValueError:
        raise UsageError(f"speed `{raw}`; wanted 1 to 1000, or max") from None
    if not (speed == 0 or 1 <= speed <= 1000):
        raise UsageError(f"speed {raw}; wanted 1 to 1000, or max")
    if commands.supervisor is None:
        raise Refused("no supervisor runs: set `speed` in config/accounts.toml instead")
    await commands.supervisor.places.set_speed(name, speed)
    commands.event("account.speed", name, f"{speed:g}×" if speed else "as fast as possible", who)
    return f"{name} plays at {f'{speed:g}×' if speed else 'full speed'}", None


async def account_rewind(commands: "Commands", args: Args, who: str) -> Answer:
    """Play an account's replays from their beginning again. Books and positions stay."""
    name = need(args, "account")
    accounts = load_accounts(commands.home)
    if name not in accounts:
        raise not_found("account", name, accounts)
    if commands.supervisor is None:
        raise Refused("no supervisor runs: start one first, e.g. with: clearedge --run")
    await commands.supervisor.places.rewind(name)
    commands.event("account.rewind", name, "its replays begin anew", who)
    return f"{name} plays from the beginning", None


async def stop_all(commands: "Commands", args: Args, who: str) -> Answer:
    """Declare every instance off and end the supervisor with them."""
    del args
    stopped = []
    for instance in commands.store.instances():
        if instance.mode is not Mode.OFF:
            commands.store.set_mode(instance.id, Mode.OFF, who, now_ns())
            commands.store.set_resume_mode(instance.id, instance.mode)
            stopped.append(instance.id)
            if commands.supervisor:
                commands.supervisor.adopt_declared(commands.store.instance(instance.id))
    commands.event("stop_all", "", f"{len(stopped)} instances off", who)
    if commands.supervisor:
        sup = commands.supervisor
        async with asyncio.timeout(8):
            while any(r.engine.alive for r in sup.runs.values()):  # noqa: ASYNC110  # bounded
                await asyncio.sleep(0.02)
        asyncio.get_running_loop().call_later(0.1, sup.over.set)
    return f"everything stopped: {len(stopped)} instances off", stopped


async def supervisor_stop(commands: "Commands", args: Args, who: str) -> Answer:
    """End the supervisor; what was declared stays and comes back with the next one."""
    given = text(args, "policy")
    if given and given not in set(ExitPolicy):
        raise UsageError(f"policy `{given}`; wanted one of: {', '.join(ExitPolicy)}")
    if commands.supervisor is None:
        return "no supervisor runs", None
    policy = ExitPolicy(given) if given else None
    said = f"asked to stop, what acts by `{given}`" if given else "asked to stop"
    commands.event("supervisor.stop.asked", "", said, who)
    asyncio.get_running_loop().call_later(0.1, commands.supervisor.ending.ask, policy)
    return "the supervisor stops", None


async def hand_over(commands: "Commands", args: Args, who: str) -> Answer:
    """End the supervisor and leave its engines to the next one (a newer version, say)."""
    del args
    if commands.supervisor is None:
        return "no supervisor runs", None
    commands.event("supervisor.hand_over.asked", "", "asked to hand over", who)
    asyncio.get_running_loop().call_later(0.1, commands.supervisor.hand_over)
    return "the supervisor hands over", None


VERBS = {
    "data.list": data_list,
    **verbs_import.VERBS,
    **verbs_catalog.VERBS,
    "account.list": account_list,
    "account.speed": account_speed,
    "account.rewind": account_rewind,
    "stop_all": stop_all,
    "supervisor.stop": supervisor_stop,
    "supervisor.hand_over": hand_over,
}
