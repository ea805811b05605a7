"""`research.…`: where every strategy stands, what a study found, and the running of ladders.

Reading is done in a thread, which loads what research needs the first time. Unchanged ladders are
not sent again: whoever asks says which version it has.
"""

import asyncio
import hashlib
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import catalog
from clearedge_tui.market.markets import load_markets
from clearedge_tui.research.search import PRESETS
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.spec.v2 import SpecV2
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.arguments import Args, need, number, plain, table, text
from clearedge_tui.supervisor.study_work import KIND, StudyTask, StudyWork
from clearedge_tui.supervisor.verbs_instance import schema_of

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]
Place = tuple[str, str, str, str]  # strategy, market, venue, timeframe
_NUMBERS = ("twins", "windows", "wfo_trials", "permutations", "seed")
_WORDS = ("sampler", "objective")
_MARKS = ("anchored", "as_is", "top_held_out")
_MOST = 10_000  # ladders of one sweep


async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    """Return every ladder, what was never judged, and the thresholds; less when nothing changed."""
    del who
    used = [(i.strategy, i.market, i.timeframe) for i in commands.store.instances()]
    names = commands.files.names()
    known = text(args, "version")

    def made() -> object:
        version = _version(commands.home, used, names)
        if version == known:
            return {"version": version, "same": True}
        return {"version": version, **_board(commands.home, used, names)}

    return "", await asyncio.to_thread(made)


def _version(home: Home, *more: object) -> str:
    """Return a name for everything a list of ladders is made of."""
    research = home.state / "research"
    files = [research / "ledger.jsonl", home.config / "research.toml"]
    files += [*research.glob("ladders/*.json"), *home.strategies.glob("[!_]*.py")]
    marks = []
    for file in sorted(files):
        try:
            seen = file.stat()
        except OSError:
            continue
        marks.append((str(file), seen.st_mtime_ns, seen.st_size))
    return hashlib.sha256(repr((marks, more)).encode()).hexdigest()[:16]


def _board(home: Home, used: list[tuple[str, str, str]], names: list[str]) -> dict[str, object]:
    from clearedge_tui.research import board  # late: numpy and the statistics

    found = board.ladders(home)
    markets = load_markets(home)
    judged = {(one.strategy, f"{one.market} {one.venue}", one.timeframe) for one in found}
    missing: list[Place] = []
    for strategy, market_id, timeframe in dict.fromkeys(used):
        market = markets.get(market_id)
        symbol, venue = market.symbol if market else market_id, market_id.rpartition(".")[2]
        if (strategy, f"{symbol} {venue}", timeframe) not in judged:
            missing.append((strategy, symbol, venue, timeframe))
    told = {one.strategy for one in found} | {one[0] for one in missing}
    missing += [(name, "", "", "") for name in names if name not in told]
    rows = [{**msgspec.structs.asdict(one), "evidence": None} for one in found]
    return {
        "ladders": msgspec.to_builtins(rows),
        "missing": missing,
        "thresholds": board.read_thresholds(home),
    }


async def show(commands: "Commands", args: Args, who: str) -> Answer:
    """Return what a study found, by the id of its run."""
    del who
    run_id = need(args, "run_id")

    def made() -> object:
        from clearedge_tui.research import finding

        found = finding.load(commands.home, run_id)
        if found is None:
            raise NotFound(f"run `{clean_text(run_id, 80)}` is no study, or it is gone")
        return {"finding": plain(found), **_around(commands.home, found.kind, run_id)}

    return "", await asyncio.to_thread(made)


def _around(home: Home, kind: str, run_id: str) -> dict[str, object]:
    """Return the ladder that a run is evidence of; for a held-out look what was found before it."""
    from clearedge_tui.research import board, finding

    own = next((one for one in board.ladders(home) if run_id in one.runs.values()), None)
    if own is None:
        return {}
    before = own.runs.get("robust", "") if kind == "held_out" else ""
    known = finding.load(home, before) if before else None
    return {
        "ladder": "\t".join((own.strategy, own.market, own.venue, own.timeframe)),
        "looks": own.looks,
        "split_ns": own.split_ns,
        "beside": plain(known) if known else None,
    }


async def threshold(commands: "Commands", args: Args, who: str) -> Answer:
    """Move the threshold of a gate; one that becomes easier needs a reason, which is kept."""
    name, reason = need(args, "name"), text(args, "reason")
    try:
        value = float(text(args, "value"))
    except ValueError:
        raise UsageError(
            f"`value` is {clean_text(args.get('value'), 40)}; wanted a number"
        ) from None

    def made() -> str:
        from clearedge_tui.research import board

        change = board.set_threshold(commands.home, name, value, reason)
        if change is None:
            return f"{name} is {value:g} already"
        how = "eased" if change.eased else "made stricter"
        return f"{name}: {change.before:g} -> {change.after:g}, {how}"

    told = await asyncio.to_thread(made)
    commands.event("research.threshold", name, f"{told} {reason}".strip(), who)
    return told, None


async def run(commands: "Commands", args: Args, who: str) -> Answer:
    """Start a ladder in the background, or go on with one; the answer names its job."""
    _living(commands, "clearedge research run STRATEGY --market MARKET")
    strategy = need(args, "strategy").removesuffix(".py").rpartition("/")[2]
    schema = await schema_of(commands, strategy)
    spec = await asyncio.to_thread(_spec, commands.home, args, strategy, need(args, "market"))
    schema.validate(spec.config)
    title = f"{strategy} {_symbol(commands.home, spec)} {spec.timeframe}"
    return _start(commands, (spec,), args, title, who)


async def sweep(commands: "Commands", args: Args, who: str) -> Answer:
    """Start the ladders of several strategies on several markets; none named means all there are."""
    _living(commands, "clearedge research sweep")
    home = commands.home
    strategies = _names(args, "strategies") or list(commands.files.names())

    def made() -> tuple[BacktestSpec, ...]:
        stored = dict.fromkeys(key.market_id for key in catalog.keys(home) if key.timeframe)
        markets = _names(args, "markets") or list(stored)
        if not 0 < len(strategies) * len(markets) <= _MOST:
            raise UsageError(
                f"{len(strategies)} strategies on {len(markets)} markets; wanted 1 to {_MOST:,} ladders"
            )
        return tuple(_spec(home, args, name, one) for name in strategies for one in markets)

    specs = await asyncio.to_thread(made)
    return _start(commands, specs, args, f"sweep of {len(specs)} ladders", who)


def _living(commands: "Commands", instead: str) -> None:
    if commands.supervisor is None:
        raise Refused(f"no supervisor runs; use: {instead}")


def _names(args: Args, name: str) -> list[str]:
    given = args.get(name) or ()
    listed = given if isinstance(given, list | tuple) else str(given).split(",")
    return [str(one).strip() for one in listed if str(one).strip()]


def _spec(home: Home, args: Args, strategy: str, market: str) -> BacktestSpec:
    from clearedge_tui.runs.spec.resolve import resolve

    asked = SpecV2(
        strategy=strategy, market=market, timeframe=text(args, "timeframe"),
        start=text(args, "start"), end=text(args, "end"), seed=number(args, "seed", 1),
        config=table(args, "config"),
    )  # fmt: skip
    return resolve(home, asked)


def _symbol(home: Home, spec: BacktestSpec) -> str:
    market = load_markets(home).get(spec.market)
    return market.symbol if market else spec.market


def _start(
    commands: "Commands", specs: tuple[BacktestSpec, ...], args: Args, title: str, who: str
) -> Answer:
    busy = {job.title for job in commands.jobs.rows() if job.kind == KIND and job.state in ("queued", "running")}  # fmt: skip
    if title in busy:
        raise Refused(f"{title} is being judged already; cancel it, or wait for its end")
    more = {name: text(args, name) for name in ("only", "executor", "address")}
    task = StudyTask(str(commands.home.root), specs, options(args), _held_out(args), **more)
    row = commands.jobs.start(StudyWork(commands.home, task), KIND, title)
    commands.event("research.run", row.id, title, who, {"trace_id": row.trace_id})
    return f"judging {title}", {"job": row.id, "trace_id": row.trace_id}


def options(args: Args) -> dict[str, object]:
    """Return the options of a ladder as they were given; what was not given stays usual."""
    preset = text(args, "preset") or "standard"
    if preset not in PRESETS:
        raise UsageError(f"preset `{clean_text(preset, 40)}`; wanted {', '.join(PRESETS)}")
    out: dict[str, object] = {"trials": number(args, "trials", PRESETS[preset])}
    out |= {name: number(args, name, 0) for name in _NUMBERS if args.get(name)}
    out |= {name: text(args, name) for name in _WORDS if args.get(name)}
    out |= {name: True for name in _MARKS if _yes(args.get(name))}
    if _yes(args.get("engine")):
        out["quick"] = False
    return out


def _yes(value: object) -> bool:
    return value is True or str(value).lower() in ("yes", "true", "1")


def _held_out(args: Args) -> float:
    given = text(args, "held_out", "0.25")
    try:
        share = float(given)
    except ValueError:
        share = 0.0
    if not 0.05 <= share <= 0.6:
        raise UsageError(f"held-out share `{clean_text(given, 20)}`; wanted 0.05 to 0.6")
    return share


VERBS = {
    "research.list": list_,
    "research.show": show,
    "research.threshold": threshold,
    "research.run": run,
    "research.sweep": sweep,
}
