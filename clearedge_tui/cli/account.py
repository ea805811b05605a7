"""`clearedge account`: the accounts of `config/accounts.toml`, and how fast their data play."""

import click
import msgspec

from clearedge_tui.cli.act import JSON, SET, act, pairs, tell
from clearedge_tui.cli.at_home import say_json
from clearedge_tui.core.model import TickCounts


@click.group("account")
def account() -> None:
    """List, write and probe accounts; set the speed of their data."""


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


_VENUES = click.option("--option", "options", multiple=True, metavar="KEY=VALUE",
                       help="an option of its venue; repeatable")  # fmt: skip


@account.command("readiness")
@click.argument("name", required=False)
@JSON
def readiness(name: str | None, as_json: bool) -> None:
    """Show whether account NAME, or each, could trade: keys, venue, clock, rights, ledger."""
    rows = act("account.readiness", {"account": name}).data or []
    if as_json:
        say_json({"accounts": rows})
        return
    for row in rows:
        where = f" at {row['venue']}" if row["venue"] else ""
        click.echo(f"{row['account']:<16}{row['kind']}{where}: {row['state']}")
        for check in row["checks"]:
            click.echo(f"  {check['state']:<9}{check['name']:<15}{check['text']}")


@account.command("probe")
@click.argument("name")
@JSON
def probe(name: str, as_json: bool) -> None:
    """Ask the venue of account NAME for its time and what the key may do; nothing is traded."""
    tell("account.probe", {"account": name}, as_json)


@account.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(["paper", "live"]), default="paper", show_default=True)
@click.option("--venue", help="whose live data, and with --kind live: where it trades")
@SET
@_VENUES
@JSON
def add(
    name: str,
    kind: str,
    venue: str | None,
    sets: tuple[str, ...],
    options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write account NAME into config/accounts.toml."""
    args = {"account": name, "kind": kind, "venue": venue}
    tell("account.add", {**args, "fields": typed(sets), "options": typed(options)}, as_json)


@account.command("set")
@click.argument("name")
@SET
@_VENUES
@JSON
def set_(name: str, sets: tuple[str, ...], options: tuple[str, ...], as_json: bool) -> None:
    """Change fields and venue options of account NAME; refused while an instance acts on it."""
    tell(
        "account.set",
        {"account": name, "fields": typed(sets), "options": typed(options)},
        as_json,
    )


@account.command("rm")
@click.argument("name")
@click.option("--confirm", metavar="NAME", help="the account's name once more")
@JSON
def remove(name: str, confirm: str | None, as_json: bool) -> None:
    """Take account NAME out of config/accounts.toml; its orders and fills stay."""
    import sys

    if confirm is None and sys.stdin.isatty():
        confirm = click.prompt(f"type {name} to remove it")
    tell("account.rm", {"account": name, "confirm": confirm}, as_json)


def typed(sets: tuple[str, ...]) -> dict[str, object]:
    """Return KEY=VALUE texts as TOML would read the values; what is no TOML value is a text."""
    import tomllib

    found: dict[str, object] = {}
    for key, text in pairs(sets).items():
        try:
            found[key] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            found[key] = text
    return found
