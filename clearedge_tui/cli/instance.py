"""`clearedge instance`: what is declared, and every change of it."""

import click

from clearedge_tui.cli import which
from clearedge_tui.cli.act import JSON, SET, act, pairs, tell
from clearedge_tui.cli.at_home import home, say_json
from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import UsageError

_MODES = click.Choice(["off", "observe", "active"])
_ORDERS = click.Choice(["shadow", "deny"])
_EXITS = click.Choice(["leave", "cancel", "flatten"])
_STOP_AT = click.option(
    "--stop-at",
    metavar="WHEN",
    help="go to off by itself: `17:30 Europe/Berlin`, `8h` after the start, or never",
)


@click.group("instance")
def instance() -> None:
    """Add, change, start and stop instances."""


@instance.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List instances: what is declared and what runs."""
    rows = act("instance.list", {}).data or []
    if as_json:
        say_json({"instances": rows})
    elif not rows:
        click.echo("no instances yet; add one: clearedge instance add STRATEGY --market MARKET")
    else:
        click.echo(
            f"{'id':<24}{'mode':<9}{'state':<11}{'account':<12}{'strategy':<20}{'market':<18}bars"
        )
        for row in rows:
            mark = "" if row.get("actual") in (None, row["mode"]) else f"  runs as {row['actual']}"
            mark += f"  off at {iso(row['stop_ns'])} UTC" if row.get("stop_ns") else ""
            wrong = f"  {row['error']}" if row.get("error") else ""
            click.echo(
                f"{row['id']:<24}{row['mode']:<9}{row.get('state', ''):<11}{row['account']:<12}"
                f"{row['strategy']:<20}{_market(row):<18}{row['timeframe']}{mark}{wrong}"
            )


def _market(row: dict[str, object]) -> str:
    return f"{row['symbol']}{' sim' if row['simulated'] else ''}"


@instance.command("add")
@click.argument("strategy")
@click.option("--market", required=True, help="BTC/USDT, BTCUSDT or BTCUSDT.LOCAL")
@click.option(
    "--account", default="paper", show_default=True, help="a name in config/accounts.toml"
)
@click.option(
    "--timeframe", default="1m", show_default=True, help="1m, 90m, 1h, 1d, 1w, 1M (a month) …"
)
@click.option("--id", help="its name; made from strategy and market by default")
@click.option("--mode", type=_MODES, default="off", show_default=True)
@click.option(
    "--observe-orders", type=_ORDERS, help="orders while it observes: a shadow book, or denied"
)
@click.option("--exit-policy", type=_EXITS, help="what leaving `active` does")
@_STOP_AT
@SET
@JSON
def add(strategy: str, sets: tuple[str, ...], as_json: bool, **asked: str | None) -> None:
    """Declare an instance of STRATEGY. Its id, market and account never change."""
    asked["market"] = which.market(home(), str(asked["market"]))
    tell("instance.add", {"strategy": strategy, "config": pairs(sets), **asked}, as_json)


@instance.command("mode")
@click.argument("id")
@click.argument("mode", type=_MODES)
@JSON
def mode(id: str, mode: str, as_json: bool) -> None:
    """Set the mode of instance ID: off, observe or active."""
    tell("instance.mode", {"id": id, "mode": mode}, as_json)


@instance.command("set")
@click.argument("id")
@click.argument("values", nargs=-1, metavar="KEY=VALUE…")
@click.option(
    "--observe-orders", type=_ORDERS, help="orders while it observes: a shadow book, or denied"
)
@click.option("--exit-policy", type=_EXITS, help="what leaving `active` does")
@_STOP_AT
@click.option(
    "--armed", type=click.Choice(["yes", "no"]), help="may come back active after a crash"
)
@JSON
def set_(id: str, values: tuple[str, ...], as_json: bool, **policies: str | None) -> None:
    """Change config fields of instance ID, all or none of them."""
    if not values and all(value is None for value in policies.values()):
        raise UsageError("nothing to set; write KEY=VALUE, for example fast=10")
    tell("instance.set", {"id": id, "config": pairs(values), **policies}, as_json)


def _simple(verb: str, help_text: str) -> None:
    @instance.command(verb, help=help_text)
    @click.argument("id")
    @JSON
    def command(id: str, as_json: bool) -> None:
        tell(f"instance.{verb}", {"id": id}, as_json)


_simple("start", "Start instance ID in the mode it had.")
_simple("stop", "Set instance ID to off; orders follow its exit policy.")
_simple("pause", "Let running instance ID see no ticks; a stop ends the pause.")
_simple("resume", "Let paused instance ID see its ticks again.")
_simple("clear", "Let a failed or faulted instance ID try again.")
_simple("rm", "Remove a stopped instance ID. Its history is kept.")
