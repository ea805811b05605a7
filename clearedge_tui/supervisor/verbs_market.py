"""`market.…`: the table of what can be traded. Engines that run take over new steps and limits.

What makes a market another one (its asset class, a multiplier) waits until its instances are off.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.core.model import Instance, Mode
from clearedge_tui.market import fields
from clearedge_tui.market.markets import Market, load_markets, resolve, save_markets
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.arguments import Args, need, table

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]


def row(market: Market, instances: Sequence[str] = ()) -> dict[str, object]:
    """Return a market as plain data: every field, its hours, and who trades it."""
    found = {name: _plain(getattr(market, name)) for name in (*fields.IDENTITY, *fields.EDITABLE)}
    return found | {
        "price_step": _plain(market.price_step or Decimal(1).scaleb(-market.price_precision)),
        "size_step": _plain(fields.smallest(market)),
        "calendar": market.hours,
        "days_a_year": ASSET_CLASSES[market.asset_class].days_a_year,
        "instances": list(instances),
    }


def _plain(value: object) -> object:
    return f"{value:f}" if isinstance(value, Decimal) else value


# ---- looking ----------------------------------------------------------------------------------
async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    del args, who
    found = load_markets(commands.home).values()
    return "", [row(m, [i.id for i in _users(commands, m)]) for m in found]


async def show(commands: "Commands", args: Args, who: str) -> Answer:
    """Return one market with its stored series."""
    del who
    market = resolve(commands.home, need(args, "market"))
    series = await asyncio.to_thread(_series, commands.home, market.market_id)
    return "", {**row(market, [i.id for i in _users(commands, market)]), "series": series}


def _series(home: Home, market_id: str) -> list[str]:
    from clearedge_tui.market import catalog  # on a thread: what it imports is heavy

    return [str(key).partition(" ")[2] for key in catalog.keys(home, market_id)]


# ---- changing ---------------------------------------------------------------------------------
async def set_(commands: "Commands", args: Args, who: str) -> Answer:
    """Change fields of a market, all or none of them."""
    changes = table(args, "values")
    if not changes:
        raise UsageError("nothing to set; write KEY=VALUE, for example taker_fee=0.001")
    before = resolve(commands.home, need(args, "market"))
    return await _put(commands, lambda _: [fields.changed(before, changes)], who, "market.set")


async def add(commands: "Commands", args: Args, who: str) -> Answer:
    """Declare a market of which there are no data yet."""
    fresh = fields.made(need(args, "symbol"), table(args, "values"))
    if fresh.market_id in load_markets(commands.home):
        raise Refused(f"{fresh.market_id} is there already; change it with: clearedge market set")
    return await _put(commands, lambda _: [fresh], who, "market.add")


async def load(commands: "Commands", args: Args, who: str) -> Answer:
    """Ask a source how it describes markets; what it does not tell stays as it is."""
    source, names = need(args, "source"), args.get("symbols")
    listed = [str(n) for n in names] if isinstance(names, list | tuple) else []
    if not listed:
        raise UsageError("`symbols` is missing; write at least one")

    def asked(known: Mapping[str, Market]) -> list[Market]:
        from clearedge_tui.market import listed as venues  # on a thread: clients import for seconds

        return asyncio.run(venues.markets(commands.home, source, listed, known))

    return await _put(commands, asked, who, "market.load")


async def import_(commands: "Commands", args: Args, who: str) -> Answer:
    """Take markets from a table; with `dry` only say what would change."""
    path = Path(need(args, "path"))
    if not path.is_absolute():  # of the console's folder, not of the supervisor's
        raise UsageError(f"path `{path}`; wanted the whole path, from / on")

    def asked(known: Mapping[str, Market]) -> list[Market]:
        from clearedge_tui.market import table_file

        return table_file.read(path, known)

    return await _put(commands, asked, who, "market.import", dry=args.get("dry") is True)


async def remove(commands: "Commands", args: Args, who: str) -> Answer:
    """Take a market out of the table when nothing is stored of it and no instance names it."""
    market = resolve(commands.home, need(args, "market"))
    users = [i.id for i in _users(commands, market)]
    if users:
        raise Refused(f"{market.market_id} is traded by {', '.join(users)}; remove those first")

    def work() -> None:
        from clearedge_tui.market import catalog

        with catalog.locked(commands.home):
            stored = catalog.keys(commands.home, market.market_id)
            if stored:
                raise Refused(
                    f"{market.market_id} has data ({', '.join(map(str, stored[:3]))}); delete them "
                    f"first: clearedge data rm '{stored[0]}'"
                )
            save_markets(commands.home, (), without=market.market_id)

    await asyncio.to_thread(work)
    commands.event("market.rm", market.market_id, "removed", who)
    return f"{market.market_id} removed", None


async def _put(
    commands: "Commands",
    asked: Callable[[Mapping[str, Market]], list[Market]],
    who: str,
    event: str,
    dry: bool = False,
) -> Answer:
    """Write what `asked` makes of the table, unless data or engines stand against it."""
    known = load_markets(commands.home)
    fresh = await asyncio.to_thread(asked, known)
    changes = {m.market_id: fields.told(known.get(m.market_id), m) for m in fresh}
    for market in fresh:
        if market.market_id in known:
            _free(commands, known[market.market_id], market)
    wanted = [m for m in fresh if changes[m.market_id]]
    await asyncio.to_thread(_write, commands.home, known, wanted, dry)
    lines = [f"{name}: {', '.join(changes[name]) or 'nothing changed'}" for name in changes]
    if not dry:
        for market in wanted:
            commands.event(event, market.market_id, ", ".join(changes[market.market_id]), who)
            lines += _taken_over(commands, known.get(market.market_id), market)
    return "\n".join(lines), {
        "markets": [row(m) for m in fresh],
        "changed": [m.market_id for m in wanted],
    }


def _write(home: Home, known: Mapping[str, Market], fresh: list[Market], dry: bool) -> None:
    from clearedge_tui.market import catalog, usage

    with catalog.locked(home):
        now = load_markets(home)
        for market in fresh:
            before = known.get(market.market_id)
            if now.get(market.market_id) != before:
                raise Refused(f"{market.market_id} was changed meanwhile; look at it and try again")
            if before is not None:
                usage.fits(home, before, market)
        if fresh and not dry:
            save_markets(home, fresh)


# ---- who stands against it --------------------------------------------------------------------
def _users(commands: "Commands", market: Market) -> list[Instance]:
    return [i for i in commands.store.instances() if i.market == market.market_id]


def _busy(commands: "Commands", instance: Instance) -> bool:
    run = commands.supervisor.runs.get(instance.id) if commands.supervisor else None
    return instance.mode is not Mode.OFF or (run is not None and run.engine.alive)


def _free(commands: "Commands", before: Market, after: Market) -> None:
    """Refuse what engines cannot take over while one runs, and steps no held position fits."""
    users = _users(commands, before)
    kept = _changed(before, after) - fields.AT_ANY_TIME - fields.TAKEN_OVER
    busy = [i.id for i in users if _busy(commands, i)]
    if kept and busy:
        raise Refused(
            f"{before.market_id}: {', '.join(sorted(kept))} cannot change while "
            f"{', '.join(busy)} is not off; stop it first: clearedge instance stop {busy[0]}"
        )
    if users and after.multiplier != 1:
        raise Refused(f"{before.market_id}: {users[0].id} trades it, and a multiplier forbids that")
    _whole(commands, users, after)


def _changed(before: Market, after: Market) -> set[str]:
    return {n for n in fields.EDITABLE if getattr(before, n) != getattr(after, n)}


def _taken_over(commands: "Commands", before: Market | None, after: Market) -> list[str]:
    """Say which accounts that run will trade by the new steps and limits: the supervisor sees to it."""
    changed = _changed(before, after) & fields.TAKEN_OVER if before is not None else set()
    if commands.supervisor is None or not changed:
        return []
    places = commands.supervisor.places.places
    names = sorted({i.account for i in _users(commands, after)} & places.keys())
    how = "starts anew with it" if changed & fields.DIGITS else "takes it over"
    return [f"account {name} {how}" for name in names if places[name].gateway.alive]


def _whole(commands: "Commands", users: list[Instance], after: Market) -> None:
    names, step = {i.id for i in users}, fields.smallest(after)
    if commands.supervisor:  # it knows more than it has written down
        runs = commands.supervisor.runs
        ledgers = [row for n in names & runs.keys() for row in runs[n].ledgers.values()]
    else:
        ledgers = [row for row in commands.store.ledgers() if row.instance in names]
    for ledger in ledgers:
        if ledger.position.size % step:
            raise Refused(
                f"{after.market_id}: {ledger.instance} holds {ledger.position.size:f}, which steps "
                f"of {step} could not close; close it first"
            )


VERBS: "dict[str, Verb]" = {
    "market.list": list_,
    "market.show": show,
    "market.set": set_,
    "market.add": add,
    "market.load": load,
    "market.import": import_,
    "market.rm": remove,
}
