"""The sample home: built-in data, three instances in three modes, one finished backtest."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.runs.model import RunReport


class Planned(msgspec.Struct, frozen=True):
    id: str
    strategy: str
    mode: str
    timeframe: str = "1m"


MARKET = "SIM/USDT"
INSTANCES = (
    Planned("ema-active", "ema_cross", "active"),
    Planned("donchian-observe", "donchian_breakout", "observe"),
    Planned("rsi-off", "rsi_pullback", "off", "5m"),
)
BACKTEST_STRATEGY, BACKTEST_MARKET = "ema_cross", "SP500"


def add_sample(ctx: click.Context, home: Home) -> None:
    """Add what is missing of the sample; the second time there is nothing to do."""
    done = home.state / "sample"
    if done.exists():
        return
    _copy_strategies(home)
    _add_data(ctx)
    _add_instances(home)
    _add_backtest(home)
    done.write_text("the sample was made; remove this file to add what is missing of it\n", "utf-8")


def _copy_strategies(home: Home) -> None:
    """Copy the sample strategies of the checkout into a home elsewhere."""
    source = Path(__file__).resolve().parent.parent.parent / "strategies"
    if not source.is_dir() or source == home.strategies.resolve():
        return
    for path in sorted(source.glob("*.py")):
        if not (home.strategies / path.name).exists():
            shutil.copyfile(path, home.strategies / path.name)


def _add_data(ctx: click.Context) -> None:
    from clearedge_tui.cli.data import sample

    ctx.invoke(sample, days=60, as_json=False)


def _add_instances(home: Home) -> None:
    from clearedge_tui.cli.act import Failed
    from clearedge_tui.supervisor.client import call

    there = {row["id"] for row in _rows(call(home, "instance.list", {}).data)}
    for one in INSTANCES:
        if one.id in there or not (home.strategies / f"{one.strategy}.py").is_file():
            continue
        args = msgspec.to_builtins(one) | {"account": "paper", "market": MARKET}
        result = call(home, "instance.add", args)
        if result.status == "refused":
            raise Failed(result.message, result.code or 3)
        click.echo(f"{one.id}: {one.strategy} on {MARKET} {one.timeframe}, {one.mode}")


def _rows(data: object) -> list[dict[str, object]]:
    return data if isinstance(data, list) else []


def _add_backtest(home: Home) -> None:
    from clearedge_tui.runs.listing import list_runs

    if not any(run.status == "done" for run in list_runs(home)):
        click.echo(_backtest_line(run_sample_backtest(home)))


def run_sample_backtest(home: Home) -> "RunReport":
    """Backtest the sample strategy over the built-in index bars. NotFound: either is missing."""
    from clearedge_tui.market import markets
    from clearedge_tui.runs.launch import run_backtest
    from clearedge_tui.runs.spec.resolve import resolve
    from clearedge_tui.runs.spec.v2 import SpecV2

    market = markets.resolve(home, BACKTEST_MARKET)
    asked = SpecV2(BACKTEST_STRATEGY, market.market_id, timeframe="1d", config={"size": "40"})
    return run_backtest(home, resolve(home, asked), again=True)


def _backtest_line(report: "RunReport") -> str:
    run = report.summary
    gain = (run.metrics.get("total_return") or 0.0) * 100
    return (
        f"backtest {run.strategy} on {run.market} {run.timeframe}: {report.bars:,} bars,"
        f" {run.metrics.get('trades') or 0:g} trades, {gain:+.1f} %  ({run.run_id})"
    )
