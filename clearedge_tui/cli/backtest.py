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
    from clearedge_tui.runs.launch import Launch
    from clearedge_tui.runs.model import Progress, RunReport
    from clearedge_tui.runs.spec.v2 import SpecV2
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
    "--maker-fee", help="share of the notional; by default the market's own or its class's"
)
@click.option(
    "--taker-fee", help="share of the notional; by default the market's own or its class's"
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
    "--fees",
    default="",
    metavar="MODEL",
    help="rates, per_share:0.005:min=1:max=1% or none; usual by default",
)
@click.option(
    "--slippage",
    default="",
    metavar="MODEL",
    help="bps:1, ticks:1, impact:0.01 or none; usual by default",
)
@click.option(
    "--latency",
    default="",
    metavar="MODEL",
    help="ms:250: how late orders reach the venue; none by default",
)
@click.option(
    "--funding",
    default="",
    metavar="MODEL",
    help="rate:0.0001/8h: what a perpetual position pays, or none",
)
@click.option(
    "--borrow", default="", metavar="MODEL", help="rate:0.01: what a short pays a year, or none"
)
@click.option("--seed", default=1, show_default=True, help="of all randomness")
@click.option(
    "--accept",
    default="",
    metavar="NAME,…",
    help="findings about the data to run with all the same: gaps, splits …",
)
@click.option("--no-fetch", is_flag=True, help="do not ask the market's source for what is missing")
@click.option("--again", is_flag=True, help="run although the same was run before")
@click.option("--tag", "tags", multiple=True, help="a word to find the run by; repeatable")
@click.option("--note", default="", help="a line of your own on the run")
@click.option("--save", default="", metavar="FILE", help="write it down as a specification first")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def backtest(strategy: str, as_json: bool, again: bool, save: str, **asked: object) -> int:
    """Run STRATEGY over stored bars. Exit code 5: the strategy failed."""
    where = home()
    wanted = _wanted(where, strategy, asked)
    if save:
        from clearedge_tui.cli.spec import write_new

        write_new(save, wanted)
    return run_wanted(where, wanted, again=again, as_json=as_json)


def run_wanted(
    where: "Home", wanted: "SpecV2", *, again: bool, as_json: bool, config_sha256: str = ""
) -> int:
    """Run what is asked for, say how it went, and return the exit code."""
    from clearedge_tui.runs import labels
    from clearedge_tui.runs.launch import Launch
    from clearedge_tui.runs.spec.resolve import resolve

    launch = Launch(where, resolve(where, wanted), again=again, config_sha256=config_sha256)
    code = finish(launch, as_json=as_json)
    if (wanted.tags or wanted.note) and launch.report is not None:
        labels.add(where, launch.report.summary.run_id, wanted.tags, wanted.note)
    return code


def finish(launch: "Launch", *, as_json: bool) -> int:
    """Run to the end, say how it went, and return the exit code."""
    report = _run(launch)
    if as_json:
        say_json(as_object(report, cached=launch.cached))
    else:
        from clearedge_tui.runs.text_report import render

        click.echo(render(report, min(columns(), 120)), nl=False)
        if launch.cached:
            click.echo(
                f"The same was run before: this is run {report.summary.run_id}. "
                "To run it all the same: --again"
            )
    if report.summary.status != "done":
        click.echo(f"clearedge: {clean_text(report.summary.error)}", err=True)
    return {"done": 0, "failed": 5, "cancelled": 130}.get(report.summary.status, 1)


def _wanted(where: "Home", strategy: str, asked: dict[str, object]) -> "SpecV2":
    from clearedge_tui.runs.spec.v2 import Costs, Data, SpecV2

    def text(name: str) -> str:
        return str(asked[name] or "")

    sets, tags = asked["sets"], asked["tags"]
    return SpecV2(
        strategy=strategy,
        market=which.market(where, text("market")),
        timeframe=text("timeframe"),
        start=text("start"),
        end=text("end"),
        balance=_number(asked["balance"], "--balance"),
        fill=text("fill_at"),
        seed=int(text("seed")),
        config=settings(sets if isinstance(sets, tuple) else ()),
        costs=Costs(
            text("fees"),
            None if asked["maker_fee"] is None else _number(asked["maker_fee"], "--maker-fee"),
            None if asked["taker_fee"] is None else _number(asked["taker_fee"], "--taker-fee"),
            text("slippage"),
            text("latency"),
            text("funding"),
            text("borrow"),
        ),
        data=Data([one for one in text("accept").split(",") if one.strip()], not asked["no_fetch"]),
        tags=[str(one) for one in tags] if isinstance(tags, tuple) else [],
        note=text("note"),
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


def _number(value: object, name: str) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise UsageError(f"{name} `{value}` is not a number") from None


def _run(launch: "Launch") -> "RunReport":
    from contextlib import closing

    from clearedge_tui.runs.listing import load_report

    shown = sys.stderr.isatty()
    try:
        with closing(launch.progress()) as steps:
            for step in steps:
                if shown:
                    click.echo(f"\r{bar(step)}", nl=False, err=True)
    except StrategyFault:  # it could not even be loaded; the run is on record with the reason
        return load_report(launch.home, launch.run_id)
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


def as_object(report: "RunReport", *, cached: bool = False) -> dict[str, object]:
    """Return what `--json` prints."""
    from clearedge_tui.runs.text_report import COUNTS

    run = report.summary
    whole = {n: int(v) if n in COUNTS and v is not None else v for n, v in run.metrics.items()}
    return {
        "run_id": run.run_id,
        "cached": cached,
        "trace_id": run.trace_id,
        "status": run.status,
        "error": run.error,
        "strategy": run.strategy,
        "market": run.market,
        "timeframe": run.timeframe,
        "simulated": run.simulated,
        "stamps": run.stamps,
        "bars": report.bars,
        "metrics": whole,
        "conventions": report.conventions,
        "data": report.data,
        "paths": report.paths,
        "spec": report.spec,
    }
