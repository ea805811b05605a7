"""`instance.…`: declare, change, start, stop, take away."""

import re
import shutil
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import Refused, RetryLater, StrategyFault, UsageError
from clearedge_tui.core.model import (
    EngineState,
    ExitPolicy,
    Instance,
    Mode,
    ObserveOrders,
)
from clearedge_tui.core.stop_at import parse as parse_stop_at
from clearedge_tui.core.venues import venue
from clearedge_tui.kills import KillFiles
from clearedge_tui.market import timeframes
from clearedge_tui.market.markets import Market, load_markets, resolve
from clearedge_tui.settings import Account, load_accounts
from clearedge_tui.store.rows import StatusRow
from clearedge_tui.supervisor import approved, rises
from clearedge_tui.supervisor.arguments import Args, need, not_found, plain, table, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands
    from clearedge_tui.supervisor.runtime import InstanceRun

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]")
Answer = tuple[str, object]


def find(commands: "Commands", name: str) -> Instance:
    known = {i.id: i for i in commands.store.instances()}
    if name not in known:
        raise not_found("instance", name, known)
    return known[name]


async def schema_of(commands: "Commands", strategy: str) -> Schema:
    """Return a strategy's schema from its file as it lies there, and tell the database."""
    seen = await commands.files.look(strategy)
    if seen.error:
        raise StrategyFault(seen.error)
    commands.store.put_schema(strategy, seen.sha256, seen.schema, now_ns())
    return Schema.from_plain(seen.schema)


def _choice[E: (Mode, ObserveOrders, ExitPolicy)](kind: type[E], value: str, name: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name} `{value}`; wanted one of: {', '.join(kind)}") from None


async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    del args, who
    rows = []
    markets = load_markets(commands.home)
    statuses = commands.store.statuses()
    for instance in commands.store.instances():
        run = commands.supervisor.runs.get(instance.id) if commands.supervisor else None
        row: dict[str, object] = msgspec.to_builtins(instance)
        market = markets.get(instance.market)
        row["symbol"] = market.symbol if market else instance.market
        row["simulated"] = bool(market and market.simulated)
        rows.append({**row, **(_runs(run) if run else _ran(statuses.get(instance.id)))})
    return "", rows


def _runs(run: "InstanceRun") -> dict[str, object]:
    error = run.fault or run.engine.error or run.file_error
    return {"state": str(run.live_state()), "actual": str(run.enforced or Mode.OFF), "error": error}


def _ran(last: StatusRow | None) -> dict[str, object]:
    """Without a supervisor: what was written last, and `unknown` where it may be so no longer."""
    if last is None:
        return {"state": str(EngineState.STOPPED), "actual": str(Mode.OFF), "error": ""}
    if last.mode is Mode.OFF:
        return {"state": str(last.state), "actual": str(Mode.OFF), "error": last.error}
    error = f"was {last.state} at {iso(last.at_ns)}; no supervisor has been there since"
    return {"state": str(EngineState.UNKNOWN), "actual": None, "error": error}


async def add(commands: "Commands", args: Args, who: str) -> Answer:
    """Declare an instance. It starts in `off` unless a mode is given."""
    strategy = need(args, "strategy")
    schema = await schema_of(commands, strategy)
    config = schema.validate(table(args, "config"))
    account = need(args, "account")
    accounts = load_accounts(commands.home)
    if account not in accounts:
        raise not_found("account", account, accounts)
    market = _market_of(accounts[account], resolve(commands.home, need(args, "market")))
    timeframe = text(args, "timeframe", "1m")
    if timeframe != "quote":
        timeframe = timeframes.canonical(timeframe)
    mode = _choice(Mode, text(args, "mode", "off"), "mode")
    name = text(args, "id") or _free_id(commands, strategy, market.symbol)
    if not _ID.fullmatch(name):
        raise UsageError(f"id `{name}`; wanted 2 to 40 of a-z, 0-9 and - (none at either end)")
    instance = Instance(
        id=name,
        strategy=strategy,
        account=account,
        market=market.market_id,
        timeframe=timeframe,
        mode=mode,
        config=config,
        observe_orders=_choice(
            ObserveOrders, text(args, "observe_orders", "shadow"), "observe_orders"
        ),
        exit_policy=_choice(ExitPolicy, text(args, "exit_policy", "cancel"), "exit_policy"),
        resume_mode=mode if mode is not Mode.OFF else Mode.OBSERVE,
        created_ns=now_ns(),
    )
    instance = _with_stop(instance, text(args, "stop_at"))
    if mode is Mode.ACTIVE:
        _may_act(commands, instance, accounts[account])
    commands.store.add_instance(instance, who)
    _forget_state(commands, name)  # of an instance that had this name before
    if commands.supervisor:
        commands.supervisor.adopt_declared(commands.store.instance(name))
    return f"{name} declared, {mode}", plain(instance)


def _with_stop(instance: Instance, given: str) -> Instance:
    wanted, at_ns = parse_stop_at(given), instance.created_ns
    on = instance.mode is not Mode.OFF
    return msgspec.structs.replace(
        instance,
        stop_at=wanted.text if wanted else "",
        started_ns=at_ns if on else 0,
        stop_ns=wanted.due_ns(at_ns, at_ns) if wanted and on else 0,
    )


def _market_of(account: Account, market: Market) -> Market:
    """Return the market, or say why this account cannot trade it."""
    if account.venue and not venue(account.venue).lists(market.market_id):
        there = venue(account.venue)
        raise UsageError(
            f"{market.symbol} is {market.market_id}; account {account.name} hears and trades "
            f"{there.title}: wanted a market that ends with {there.ending}"
        )
    _ = market.info  # says why when no engine can
    if market.quote != account.currency:
        raise Refused(
            f"{market.symbol} is quoted in {market.quote} and account {account.name} is in "
            f"{account.currency}: their money cannot be summed; use an account in {market.quote}"
        )
    return market


def _free_id(commands: "Commands", strategy: str, symbol: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", f"{strategy}-{symbol.partition('/')[0]}".lower()).strip("-")[
        :34
    ]
    taken = {i.id for i in commands.store.instances()}
    return next(f"{base}-{n}" for n in range(1, 10_000) if f"{base}-{n}" not in taken)


async def mode(commands: "Commands", args: Args, who: str) -> Answer:
    """Declare a mode; with a supervisor, wait for the gateway's acknowledgement."""
    wanted = _choice(Mode, need(args, "mode"), "mode")
    return await _set_mode(commands, find(commands, need(args, "id")), wanted, who)


async def _set_mode(commands: "Commands", instance: Instance, wanted: Mode, who: str) -> Answer:
    before = instance.mode
    if wanted.rank > before.rank and wanted is Mode.ACTIVE:
        account = load_accounts(commands.home).get(instance.account)
        if account is not None:
            _may_act(commands, instance, account)
    if wanted is before:
        return await _enforced(commands, instance, wanted, before)
    with rises.declared(commands.store, instance, wanted, who):
        if before is not Mode.OFF and wanted is Mode.OFF:
            commands.store.set_resume_mode(instance.id, before)
        return await _enforced(commands, instance, wanted, before)


async def _enforced(commands: "Commands", instance: Instance, wanted: Mode, before: Mode) -> Answer:
    """Have the gateway of an instance go by its declared mode, where it is up."""
    if commands.supervisor is None:
        return f"{instance.id}: {wanted} declared; no supervisor runs", None
    sup = commands.supervisor
    run = sup.adopt_declared(commands.store.instance(instance.id))
    place = sup.places.places.get(instance.account)
    if not (run.engine.alive and run.attached and place and place.gateway.up):
        return f"{instance.id}: {wanted} declared", None
    try:
        await sup.instances.enforce(run, place)
    except RetryLater as error:
        return f"{instance.id}: {wanted} declared; {error}", None
    return f"{instance.id}: {before} → {wanted}", None


def _may_act(commands: "Commands", instance: Instance, account: Account) -> None:
    """Raise unless nothing stands against an instance's acting: kills, and real money's approval."""
    for kill in KillFiles(commands.home).look():
        if kill.hits(account.name, account.venue, instance):
            raise Refused(f"{instance.id}: {kill.text}; lift it first: clearedge kill clear")
    if account.live:
        why = approved.why_not(commands.home, commands.store, instance, now_ns())
        if why:
            raise Refused(
                f"{instance.id} may not trade real money: {'; '.join(why)}; "
                f"approve it: clearedge approve {instance.id}"
            )


async def start(commands: "Commands", args: Args, who: str) -> Answer:
    instance = find(commands, need(args, "id"))
    if instance.mode is not Mode.OFF:
        return f"{instance.id} is {instance.mode} already", None
    return await _set_mode(commands, instance, instance.resume_mode, who)


async def stop(commands: "Commands", args: Args, who: str) -> Answer:
    return await _set_mode(commands, find(commands, need(args, "id")), Mode.OFF, who)


async def pause(commands: "Commands", args: Args, who: str) -> Answer:
    """Let a running instance see no ticks; it stays loaded, its orders stay where they are."""
    return await _freeze(commands, find(commands, need(args, "id")), True)


async def resume(commands: "Commands", args: Args, who: str) -> Answer:
    return await _freeze(commands, find(commands, need(args, "id")), False)


async def _freeze(commands: "Commands", instance: Instance, on: bool) -> Answer:
    run = commands.supervisor.runs[instance.id] if commands.supervisor else None
    wanted = EngineState.RUNNING if on else EngineState.PAUSED
    if run is None or run.live_state() is not wanted:
        state = run.live_state() if run else "not run by a supervisor"
        raise Refused(
            f"{instance.id} is {state}; only what is {wanted} can be {'paused' if on else 'resumed'}"
        )
    assert commands.supervisor is not None  # noqa: S101  # it has the run
    await commands.supervisor.instances.freeze(run, on)
    return f"{instance.id} {'paused' if on else 'resumed'}", None


async def set_(commands: "Commands", args: Args, who: str) -> Answer:
    """Change config fields (all or none), and the policies that go with the instance."""
    instance = find(commands, need(args, "id"))
    schema = await schema_of(commands, instance.strategy)
    changes = table(args, "config")
    config = schema.validate({**schema.known(instance.config), **changes})
    policies = {
        "observe_orders": _choice(
            ObserveOrders, text(args, "observe_orders", instance.observe_orders), "observe_orders"
        ),
        "exit_policy": _choice(
            ExitPolicy, text(args, "exit_policy", instance.exit_policy), "exit_policy"
        ),
        "armed": text(args, "armed", str(instance.armed)).lower() in ("true", "yes", "1", "on"),
    }
    if args.get("stop_at") is not None:
        commands.store.set_stop_at(instance.id, text(args, "stop_at"), who, now_ns())
    commands.store.set_policies(instance.id, who=who, **policies)  # type: ignore[arg-type]
    changed = {k for k in config if config[k] != instance.config.get(k)}
    version = instance.config_version
    if changed:
        version = commands.store.set_config(instance.id, config, who, now_ns())
    how = "nothing changed"
    if changed:
        how = await _apply(commands, commands.store.instance(instance.id), schema, changed, config)
    elif commands.supervisor:
        run = commands.supervisor.adopt_declared(commands.store.instance(instance.id))
        run.enforced = None if run.attached else run.enforced  # policies travel with the mode
    return f"{instance.id} v{version}: {how}", {"version": version, "config": config}


async def _apply(
    commands: "Commands",
    instance: Instance,
    schema: Schema,
    changed: set[str],
    config: dict[str, object],
) -> str:
    sup = commands.supervisor
    if sup is None:
        return f"{', '.join(sorted(changed))} declared; no supervisor runs"
    run = sup.runs[instance.id]
    sup.risk.configured(run, sup.places.places.get(instance.account))
    live = changed <= schema.live_fields and run.engine.state is EngineState.RUNNING
    if live and await sup.instances.set_live(
        run, {k: config[k] for k in changed}, instance.config_version
    ):
        sup.adopt_declared(instance)
        return f"{', '.join(sorted(changed))} applied in place"
    sup.adopt_declared(instance)
    return f"{', '.join(sorted(changed))} by reload, its state is kept"


async def clear(commands: "Commands", args: Args, who: str) -> Answer:
    """Let a failed or faulted instance try again."""
    instance = find(commands, need(args, "id"))
    if commands.supervisor is None:
        return f"{instance.id}: nothing runs, nothing to clear", None
    run = commands.supervisor.runs[instance.id]
    run.engine.crashes.clear()
    run.engine.error = run.fault = ""
    run.engine.retry_s = 0.0
    if run.engine.alive:
        commands.supervisor.engines.kill(run.engine)
    else:
        run.engine.state = EngineState.STOPPED
    commands.supervisor.clear_account(instance.account)
    commands.event("instance.clear", instance.id, "cleared", who)
    commands.supervisor.touch(run)
    return f"{instance.id} cleared", None


async def remove(commands: "Commands", args: Args, who: str) -> Answer:
    """Take a stopped instance away. Its orders, fills and journal stay."""
    instance = find(commands, need(args, "id"))
    sup = commands.supervisor
    run = sup.runs.get(instance.id) if sup else None
    if instance.mode is not Mode.OFF or (run and run.engine.alive):
        raise Refused(
            f"{instance.id} is {instance.mode}; stop it first: clearedge instance stop {instance.id}"
        )
    commands.store.remove_instance(instance.id, who, now_ns())
    _forget_state(commands, instance.id)
    if sup:
        sup.forget(instance.id)
    return f"{instance.id} removed", None


def _forget_state(commands: "Commands", name: str) -> None:
    """Leave nothing that a strategy kept to the next instance of a name."""
    shutil.rmtree(commands.home.state / "instances" / name, ignore_errors=True)


VERBS = {
    "instance.list": list_,
    "instance.add": add,
    "instance.mode": mode,
    "instance.start": start,
    "instance.stop": stop,
    "instance.pause": pause,
    "instance.resume": resume,
    "instance.set": set_,
    "instance.clear": clear,
    "instance.rm": remove,
}
