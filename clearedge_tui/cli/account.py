"""`clearedge account`: the accounts of `config/accounts.toml`, and how fast their data play."""

import click
import msgspec

from clearedge_tui.cli.act import JSON, act, tell
from clearedge_tui.cli.at_home import say_json
from clearedge_tui.core.model import TickCounts


@click.group("account")
def account() -> None:
    """List accounts and set the speed of their data."""


@account.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the accounts of config/accounts.toml, and what became of the ticks of those that run."""
    rows = act("account.list", {}).data or []
    if as_json:
        say_json({"accounts": rows})
        return
    click.echo(f"{'account':<16}{'kind':<8}{'feed':<12}{'speed':>7}  balance")
    for row in rows:
        speed = f"{float(row['speed']):g}x" if float(row["speed"]) else "max"
        money = f"{row['balance']} {row['currency']}"
        click.echo(f"{row['name']:<16}{row['kind']:<8}{row['feed']:<12}{speed:>7}  {money}")
        if row["ticks"] is not None:
            counts = msgspec.convert(row["ticks"], TickCounts)
            click.echo(f"{'':<16}ticks: {counts.text() or 'none yet'}")


@account.command("speed")
@click.argument("name")
@click.argument("speed")
@JSON
def speed(name: str, speed: str, as_json: bool) -> None:
    """Play the data of account NAME at SPEED times real time (1 to 1000, or max)."""
    tell("account.speed", {"account": name, "speed": speed}, as_json)


@account.command("rewind")
@click.argument("name")
@JSON
def rewind(name: str, as_json: bool) -> None:
    """Play the replays of account NAME from their beginning again. Books and positions stay."""
    tell("account.rewind", {"account": name}, as_json)
