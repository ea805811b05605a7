"""`clearedge backtest`: run a strategy over stored bars and print the report."""

import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from clearedge_tui.cli import which
from clearedge_tui.cli.at_home import columns, home, say_json
from clearedge_tui.core.errors import StrategyFault, UsageError
from clearedge_tui.core.text import clean_text

if TYPE_CHECKING:
    from clearedge_tui.runs.model import BacktestSpec, Progress, RunReport
    from clearedge_tui.settings import Home

_BAR = 30


class OneLine(click.Command):
    """A command whose mistyped options are told like every other error: in one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            said = clean_text(error.format_message())
            raise UsageError(f"{said} See: clearedge backtest --help") from None


@click.command("backtest", cls=OneLine)
@click.argument("strategy")
@click.option("--market", required=True, help="BTC/USDT, BTCUSDT or BTCUSDT.LOCAL")
@click.option(
    "--timeframe",
    default="",
    help="1m, 90m, 1h, 1d, 1w, 1M (a month) …; the shortest stored one by default",
)
@click.option("--from", "start", default="", help="first bar opens at or after this (UTC)")
@click.option("--to", "end", default="", help="last bar opens before this (UTC)")
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="a config value; repeatable"
)
@click.option(
    "--balance", default="100000", show_default=True, help="money at the start, quote currency"
)
@click.option(
    "--maker-fee", help="share of the notional; by default the market's own, 0.0002 if unknown"
)
@click.option(
    "--taker-fee", help="share of the notional; by default the market's own, 0.0005 if unknown"
)
@click.option(
    "--fill",
    "fill_at",
    type=click.Choice(["next_open", "same_close"]),
    default="next_open",
    show_default=True,
    help="where an order decided on a close is filled",
)
@click.option(
    "--accept",
    default="",
    metavar="NAME,…",
    help="findings about the data to run with all the same: gaps, splits …",
)
@click.option("--no-fetch", is_flag=True, help="do not ask the market's source for what is missing")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def backtest(strategy: str, as_json: bool, **asked: object) -> int:
    """Run STRATEGY over stored bars. Exit code 5: the strategy failed."""
    where = home()
    spec = _spec(where, strategy, asked)
    report = _run(where, spec)
    if as_json:
        say_json(as_object(report))
    else:
        from clearedge_tui.runs.text_report import render

        click.echo(render(report, min(columns(), 120)), nl=False)
    if report.summary.status != "done":
        click.echo(f"clearedge: {clean_text(report.summary.error)}", err=True)
    return {"done": 0, "failed": 5, "cancelled": 130}.get(report.summary.status, 1)


def _spec(where: "Home", strategy: str, asked: dict[str, object]) -> "BacktestSpec":
    from clearedge_tui.market import catalog, checks, markets, moments, timeframes
    from clearedge_tui.runs import fees
    from clearedge_tui.runs.model import BacktestSpec

    market = markets.resolve(where, which.market(where, str(asked["market"])))
    timeframe = str(asked["timeframe"])
    if not timeframe:
        stored = catalog.timeframes_of(where, market.market_id)
        timeframe = stored[0] if stored else "1m"
    timeframe = timeframes.canonical(timeframe)
    paid = fees.of_run(
        market,
        _fee(asked["maker_fee"], "--maker-fee", Decimal("-0.01")),
        _fee(asked["taker_fee"], "--taker-fee", Decimal(0)),
    )
    start_ns, end_ns = moments.span_ns(str(asked["start"]), str(asked["end"]))
    sets = asked["sets"]
    return BacktestSpec(
        strategy=strategy.removesuffix(".py").rpartition("/")[2],
        market=market.market_id,
        timeframe=timeframe,
        start_ns=start_ns,
        end_ns=end_ns,
        config=settings(sets if isinstance(sets, tuple) else ()),
        balance=_money(asked["balance"], "--balance", Decimal("0.01"), Decimal("1e12")),
        maker_fee=paid.maker,
        taker_fee=paid.taker,
        fees_of=paid.told,
        fill_at=str(asked["fill_at"]),
        accept=checks.accepted(str(asked["accept"]).split(",")),
        fetch=not asked["no_fetch"],
    )


def settings(pairs: tuple[str, ...]) -> dict[str, object]:
    """Return `--set key=value` options as a config of texts; the schema reads them."""
    found: dict[str, object] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"--set `{pair}`; write it as KEY=VALUE")
        found[name.strip()] = value.strip()
    return found


def _money(value: object, name: str, least: Decimal, most: Decimal) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise UsageError(f"{name} `{value}` is not a number") from None
    if not number.is_finite() or not least <= number <= most:
        raise UsageError(f"{name} {value}; wanted {least} to {most:f}")
    return number


def _fee(value: object, name: str, least: Decimal) -> Decimal | None:
    return None if value is None else _money(value, name, least, Decimal("0.1"))


def _run(where: "Home", spec: "BacktestSpec") -> "RunReport":
    from contextlib import closing

    from clearedge_tui.runs.launch import Launch
    from clearedge_tui.runs.listing import load_report

    launch = Launch(where, spec)
    shown = sys.stderr.isatty()
    try:
        with closing(launch.progress()) as steps:
            for step in steps:
                if shown:
                    click.echo(f"\r{bar(step)}", nl=False, err=True)
    except StrategyFault:  # it could not even be loaded; the run is on record with the reason
        return load_report(where, launch.run_id)
    except KeyboardInterrupt:
        if launch.report is None:  # before there was a worker
            raise
    finally:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)
    if launch.report is None:
        raise UsageError(f"run {launch.run_id} left no report")
    return launch.report


def bar(step: "Progress") -> str:
    """Return a progress line: share, bars, time left."""
    full = round(step.done * _BAR)
    left = f"{step.eta_s:,.0f} s left" if step.eta_s is not None else "…"
    return f"{'█' * full}{'░' * (_BAR - full)} {step.done:4.0%}  {step.bars:,} bars  {left:<14}"


def as_object(report: "RunReport") -> dict[str, object]:
    """Return what `--json` prints."""
    from clearedge_tui.runs.text_report import COUNTS

    run = report.summary
    whole = {n: int(v) if n in COUNTS and v is not None else v for n, v in run.metrics.items()}
    return {
        "run_id": run.run_id,
        "status": run.status,
        "error": run.error,
        "strategy": run.strategy,
        "market": run.market,
        "timeframe": run.timeframe,
        "simulated": run.simulated,
        "bars": report.bars,
        "metrics": whole,
        "conventions": report.conventions,
        "data": report.data,
        "paths": report.paths,
        "spec": report.spec,
    }
