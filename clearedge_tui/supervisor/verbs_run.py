"""`backtest.run`, `job.…` and `run.…`: start, follow, read and remove runs."""

import asyncio
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import now_ns, to_datetime
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.market.markets import load_markets
from clearedge_tui.runs import labels, listing, trash
from clearedge_tui.runs.compare import compare
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import RunReport
from clearedge_tui.runs.recover import take_up
from clearedge_tui.runs.search import NEWEST, Page, search
from clearedge_tui.runs.session_look import load_any, with_sessions
from clearedge_tui.runs.spec.v2 import Costs, Data, SpecV2
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.arguments import Args, need, number, plain, table, text
from clearedge_tui.supervisor.verbs_instance import schema_of
from clearedge_tui.supervisor.work import BacktestWork

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]


def _money(args: Args, name: str, default: Decimal) -> Decimal:
    try:
        return Decimal(text(args, name, str(default)))
    except InvalidOperation:
        raise UsageError(f"`{name}` is `{args.get(name)}`; wanted a number") from None


def _fee(args: Args, name: str) -> Decimal | None:
    return None if args.get(name) in (None, "") else _money(args, name, Decimal(0))


def wanted(args: Args) -> SpecV2:
    """Return what the arguments of a form or a palette ask for."""
    given = args.get("accept") or ()
    accepted = given if isinstance(given, list | tuple) else str(given).split(",")
    return SpecV2(
        strategy=need(args, "strategy"),
        market=need(args, "market"),
        timeframe=text(args, "timeframe"),
        start=text(args, "start"),
        end=text(args, "end"),
        balance=_money(args, "balance", Decimal(100_000)),
        fill=text(args, "fill_at", "next_open"),
        seed=number(args, "seed", 1),
        config=table(args, "config"),
        costs=Costs(
            text(args, "fees"),
            _fee(args, "maker_fee"),
            _fee(args, "taker_fee"),
            text(args, "slippage"),
            text(args, "latency"),
            text(args, "funding"),
            text(args, "borrow"),
        ),
        data=Data(
            [str(one) for one in accepted if str(one).strip()], args.get("fetch") is not False
        ),
        tags=[one for one in text(args, "tags").split(",") if one.strip()],
        note=text(args, "note"),
    )


async def backtest(commands: "Commands", args: Args, who: str) -> Answer:
    """Start a backtest in the background; the answer names its job and run."""
    _living(commands, "clearedge backtest STRATEGY --market …")
    return await _start(commands, wanted(args), who, again=bool(args.get("again")))


async def start(commands: "Commands", args: Args, who: str) -> Answer:
    """Start what a file asks for."""
    _living(commands, "clearedge --run FILE")
    from clearedge_tui.runs.spec.resolve import read  # late: brings YAML along

    found = await asyncio.to_thread(read, _path(need(args, "file")))
    again = bool(args.get("again"))
    return await _start(commands, found.spec, who, again=again, config_sha256=found.config_sha256)


async def again(commands: "Commands", args: Args, who: str) -> Answer:
    """Start what a run was asked to be once more, on the data and code of today."""
    _living(commands, "clearedge run again RUN")
    report = listing.load_report(commands.home, need(args, "run_id"))
    spec = listing.require_alone(report, "run again").spec
    return _put(commands, Launch(commands.home, spec, again=True), who)


async def resume(commands: "Commands", args: Args, who: str) -> Answer:
    """Take an interrupted run up again."""
    _living(commands, "clearedge run resume RUN")
    asked = await asyncio.to_thread(take_up, commands.home, need(args, "run_id"))
    return _put(commands, Launch(commands.home, asked.spec, taken_up=asked), who)


def _path(given: str) -> Path:
    return Path(given).expanduser()


def _living(commands: "Commands", instead: str) -> None:
    if commands.supervisor is None:
        raise Refused(f"no supervisor runs; use: {instead}")


async def _start(
    commands: "Commands", asked: SpecV2, who: str, *, again: bool = False, config_sha256: str = ""
) -> Answer:
    from clearedge_tui.runs.spec.resolve import resolve

    schema = await schema_of(commands, asked.strategy.removesuffix(".py").rpartition("/")[2])
    spec = await asyncio.to_thread(resolve, commands.home, asked)
    spec = msgspec.structs.replace(spec, config=schema.validate(spec.config))
    launch = Launch(commands.home, spec, again=again, config_sha256=config_sha256)
    return _put(commands, launch, who, labels.Labels(tuple(asked.tags), asked.note))


def _put(
    commands: "Commands", launch: Launch, who: str, written: labels.Labels | None = None
) -> Answer:
    spec = launch.spec
    market = load_markets(commands.home).get(spec.market)
    launch.market_name = market.symbol if market else spec.market
    launch.workers = commands.farm
    title = f"{spec.strategy} {launch.market_name} {spec.timeframe}"
    work = BacktestWork(launch, written)
    row = commands.jobs.start(work, "backtest", title, launch.run_id, launch.trace_id)
    commands.event("backtest.run", row.run_id, title, who, {"trace_id": launch.trace_id})
    return f"backtest of {title} started", {
        "job": row.id,
        "run_id": row.run_id,
        "trace_id": launch.trace_id,
    }


async def save(commands: "Commands", args: Args, who: str) -> Answer:
    """Write the specification of a run, or of what a form asks for, to a new file."""
    from clearedge_tui.runs.spec.saved import of_run, write

    run_id = text(args, "run_id")
    asked = of_run(commands.home, run_id) if run_id else wanted(args)
    name = run_id or f"{asked.strategy}-{to_datetime(now_ns()):%Y%m%d-%H%M%S}"
    given = text(args, "file")
    path = _path(given) if given else commands.home.specs / f"{name}.yaml"
    await asyncio.to_thread(write, path, asked)
    commands.event("spec.save", run_id or asked.strategy, str(path), who)
    root = commands.home.root
    shown = path.relative_to(root) if path.is_relative_to(root) else path  # a line has little room
    return f"{shown} written; run it with: clearedge --run {path}", {"file": str(path)}


async def cancel(commands: "Commands", args: Args, who: str) -> Answer:
    del who
    return commands.jobs.cancel(need(args, "id")), None


async def show(commands: "Commands", args: Args, who: str) -> Answer:
    del who
    run_id = need(args, "run_id")
    return "", plain(await asyncio.to_thread(_dated, commands.home, run_id))


def _dated(home: Home, run_id: str) -> RunReport:
    from clearedge_tui.runs.data_used import dated

    return dated(home, load_any(home, run_id))


async def find(commands: "Commands", args: Args, who: str) -> Answer:
    """Return a page of the runs that a filter leaves."""
    del who
    given = text(args, "filter"), text(args, "sort") or NEWEST
    part = number(args, "offset", 0), number(args, "limit", 200)

    def made() -> Page:
        return search(with_sessions(commands.home, commands.ended.load()), *given, *part)

    return "", plain(await asyncio.to_thread(made))


async def label(commands: "Commands", args: Args, who: str) -> Answer:
    """Change tags (`-word` takes one off), note or star of a run."""
    run_id, tags = need(args, "run_id"), args.get("tags") or ()
    words = [str(one) for one in tags] if isinstance(tags, list | tuple) else str(tags).split()
    note, star = args.get("note"), args.get("star")
    kept = labels.change(
        commands.home,
        run_id,
        words,
        None if note is None else str(note),
        None if star is None else bool(star),
    )
    said = (
        f"{'★ ' if kept.star else ''}{' '.join(kept.tags)} {kept.note}".strip() or "nothing on it"
    )
    commands.event("run.label", run_id, said, who)
    return f"{run_id}: {said}", plain(kept)


async def compared(commands: "Commands", args: Args, who: str) -> Answer:
    """Return two to eight runs side by side."""
    del who
    names = args.get("run_ids")
    listed = [str(one) for one in names] if isinstance(names, list | tuple) else []
    return "", plain(await asyncio.to_thread(compare, commands.home, listed))


async def remove(commands: "Commands", args: Args, who: str) -> Answer:
    run_id = need(args, "run_id")
    trash.remove(commands.home, run_id)
    commands.event("run.rm", run_id, "removed; it can be brought back for a week", who)
    return f"{run_id} removed; for a week restore-run brings it back", None


async def restore(commands: "Commands", args: Args, who: str) -> Answer:
    run_id = text(args, "run_id") or next(iter(trash.removed(commands.home)), "")
    if not run_id:
        raise NotFound("nothing was removed in the last week")
    trash.restore(commands.home, run_id)
    commands.event("run.restore", run_id, "brought back", who)
    return f"{run_id} is back", {"run_id": run_id}


VERBS = {
    "backtest.run": backtest,
    "run.start": start,
    "run.again": again,
    "run.resume": resume,
    "spec.save": save,
    "job.cancel": cancel,
    "run.show": show,
    "run.rm": remove,
    "run.restore": restore,
    "run.search": find,
    "run.label": label,
    "run.compare": compared,
}
