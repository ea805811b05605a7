"""`backtest.run`, `job.…` and `run.…`: start, follow, read and remove runs."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.market import timeframes
from clearedge_tui.market.markets import resolve
from clearedge_tui.runs import fees, listing
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.arguments import Args, need, plain, table, text
from clearedge_tui.supervisor.verbs_instance import schema_of
from clearedge_tui.supervisor.work import BacktestWork

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]


def moment_ns(value: str, name: str) -> int:
    """Return an ISO date or time (UTC when it has no zone) in ns; empty is 0, the data's edge."""
    if not value:
        return 0
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(
            f"`{name}` is `{value}`; wanted a date like 2022-01-03 or 2022-01-03T14:30"
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * 1_000_000_000


def _fee(args: Args, name: str) -> Decimal | None:
    return None if args.get(name) in (None, "") else _money(args, name, Decimal(0))


def _money(args: Args, name: str, default: Decimal) -> Decimal:
    try:
        return Decimal(text(args, name, str(default)))
    except InvalidOperation:
        raise UsageError(f"`{name}` is `{args.get(name)}`; wanted a number") from None


async def backtest(commands: "Commands", args: Args, who: str) -> Answer:
    """Start a backtest in the background; the answer names its job and run."""
    if commands.supervisor is None:
        raise Refused("no supervisor runs; use: clearedge backtest STRATEGY --market …")
    strategy = need(args, "strategy")
    schema = await schema_of(commands, strategy)
    market = resolve(commands.home, need(args, "market"))
    paid = fees.of_run(market, _fee(args, "maker_fee"), _fee(args, "taker_fee"))
    spec = BacktestSpec(
        strategy=strategy,
        market=market.market_id,
        timeframe=timeframes.canonical(text(args, "timeframe", "1m")),
        start_ns=moment_ns(text(args, "start"), "start"),
        end_ns=moment_ns(text(args, "end"), "end"),
        config=schema.validate(table(args, "config")),
        balance=_money(args, "balance", Decimal(100_000)),
        maker_fee=paid.maker,
        taker_fee=paid.taker,
        fees_of=paid.told,
        fill_at=text(args, "fill_at", "next_open"),
        accept=_accepted(args),
        fetch=args.get("fetch") is not False,
    )
    title = f"{strategy} {market.symbol} {spec.timeframe}"
    launch = Launch(commands.home, spec, market.symbol)
    row = commands.jobs.start(BacktestWork(launch), "backtest", title, launch.run_id)
    commands.event("backtest.run", row.run_id, title, who)
    return f"backtest of {title} started", {"job": row.id, "run_id": row.run_id}


def _accepted(args: Args) -> tuple[str, ...]:
    """Return the findings somebody accepts, given as a list or as words between commas."""
    given = args.get("accept") or ()
    names = given if isinstance(given, list | tuple) else str(given).split(",")
    from clearedge_tui.market.checks import accepted

    return accepted(str(name) for name in names)


async def cancel(commands: "Commands", args: Args, who: str) -> Answer:
    del who
    return commands.jobs.cancel(need(args, "id")), None


async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    del args, who
    return "", [plain(run) for run in listing.list_runs(commands.home)]


async def show(commands: "Commands", args: Args, who: str) -> Answer:
    del who
    report = listing.load_report(commands.home, need(args, "run_id"))
    return "", plain(await asyncio.to_thread(_dated, commands.home, report))


def _dated(home: Home, report: RunReport) -> RunReport:
    from clearedge_tui.runs.data_used import dated

    return dated(home, report)


async def remove(commands: "Commands", args: Args, who: str) -> Answer:
    run_id = need(args, "run_id")
    listing.remove_run(commands.home, run_id)
    commands.event("run.rm", run_id, "removed", who)
    return f"{run_id} removed", None


VERBS = {
    "backtest.run": backtest,
    "job.cancel": cancel,
    "run.list": list_,
    "run.show": show,
    "run.rm": remove,
}
