"""`clearedge init`, `demo` and `stop`: a home comes to be, shows what it can, and ends."""

from pathlib import Path

import click

from clearedge_tui.cli.at_home import home
from clearedge_tui.settings import MARKER, Home

_SETTINGS = """\
# This file marks the home of a ClearEdge console.
# stop_grace_s = 10                # so long a stop waits for a choice while something acts
# callback_limit_s = 5             # a call of a strategy that takes longer is broken off
# catalog = "s3://bucket/prefix"   # the market data; without this line: the folder `catalog`
# [s3]                             # keys: clearedge secret set s3_access_key, s3_secret_key
# endpoint = "https://s3.example.com"
# region = "eu-central-1"
# [sync]                           # pulled series are brought up to now by themselves
# every = "1h"
[home]
name = "sample"
"""
_ACCOUNTS = """\
# Accounts: where orders go. `paper` fills them against replayed or simulated data.
#   feed      replay (the catalog), simulated (an invented market that runs for ever), or
#             recording (with recording = "NAME": what an account received, once more)
#   speed     times real time, 1 to 1000; 0 is as fast as possible
#   leverage  gross notional at most this many times the equity
#   stale_s   nothing is entered on a price older than this (60; 0 is never)
#   gap_bars  whole bars after a gap in the data before anything is entered (1); a gap is
#             gap_s of silence (120)
#   record_mb how much of what it receives is kept (200; 0 is nothing)

[paper]
kind = "paper"
feed = "simulated"
speed = 300.0
balance = "100000"
currency = "USDT"
maker_fee = "0.0002"
taker_fee = "0.0005"
leverage = "2"

[replay]
kind = "paper"
feed = "replay"
speed = 60.0
balance = "100000"
currency = "USDT"
"""


@click.command("init")
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--sample", is_flag=True, help="with sample data, three instances and a finished backtest"
)
@click.pass_context
def init(ctx: click.Context, directory: Path | None, sample: bool) -> None:
    """Make a home in DIRECTORY (default: here). What is there already stays as it is."""
    chosen = directory or Path((ctx.obj or {}).get("home") or ".")
    found = make_home(chosen.expanduser().resolve())
    ctx.ensure_object(dict)["home"] = str(found.root)
    if sample:
        from clearedge_tui.cli.sample import add_sample

        add_sample(ctx, found)
    click.echo(f"home: {found.root}")


def make_home(root: Path) -> Home:
    """Create what a home needs and return it. Never writes over a file."""
    found = Home(root)
    for folder in (found.config, found.strategies, found.catalog, found.runs, found.logs):
        folder.mkdir(parents=True, exist_ok=True)
    found.state.chmod(0o700)
    for path, text in ((root / MARKER, _SETTINGS), (found.config / "accounts.toml", _ACCOUNTS)):
        if not path.exists():
            path.write_text(text, "utf-8")
    return found


@click.command("demo")
@click.option(
    "--seconds", default=15, show_default=True, type=click.IntRange(1, 3600), help="how long"
)
def demo(seconds: int) -> int:
    """Without a terminal: the sample backtest, some seconds of the instances, and a summary."""
    from clearedge_tui.cli.supervise import demo as run_demo

    return run_demo(home(), seconds)


@click.command("stop")
@click.option(
    "--policy",
    type=click.Choice(["leave", "cancel", "flatten"]),
    help="what instances that act do with orders and positions (else each by its exit policy)",
)
def stop(policy: str | None) -> int:
    """End the headless supervisor, or its countdown. What is declared comes back with the next one."""
    from clearedge_tui.cli.supervise import stop as end

    return end(home(), policy)


@click.command("restart")
def restart() -> int:
    """Replace the supervisor by a new one. The engines live on, orders and positions untouched."""
    from clearedge_tui.cli.supervise import restart as replace

    return replace(home())
