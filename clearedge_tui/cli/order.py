"""`clearedge order` and `clearedge position`: what is open, and what a person does with it."""

import sys
from collections.abc import Callable
from typing import Any

import click

from clearedge_tui.cli.act import JSON, act, tell
from clearedge_tui.cli.at_home import say_json
from clearedge_tui.core.clock import iso

_Command = Callable[..., Any]


@click.group("order")
def order() -> None:
    """Orders over all instances: list, preview, place by hand, cancel."""


@click.group("position")
def position() -> None:
    """Positions over all instances: list, close."""


def _asked(command: _Command) -> _Command:
    """Give a command the words that say what order is meant."""
    for option in (
        click.option("--reduce-only", is_flag=True, help="never more than the position"),
        click.option("--stop", help="the price that sets it off"),
        click.option("--price", help="a limit; without one it is at the market"),
        click.option("--market", help="with --account: the only instance that trades it there"),
        click.option("--account", help="instead of --instance"),
        click.option("--instance", help="whose order it is"),
        click.argument("size"),
        click.argument("side", type=click.Choice(["buy", "sell"])),
    ):
        command = option(command)
    return command


@order.command("preview")
@_asked
@JSON
def preview(as_json: bool, **asked: object) -> None:
    """Say what an order would do to position, exposure and limits; nothing is placed."""
    data = act("order.preview", asked).data
    if as_json:
        say_json(data)
        return
    click.echo(f"{data['instance']} on {data['market']}: {data['kind']} at {data['price']}")
    click.echo(f"position {data['position']} -> {data['after']}, worth {data['worth']}")
    click.echo(
        f"gross {data.get('gross')} -> {data.get('gross_then')}, equity {data.get('equity')}"
    )
    for one in data.get("limits", []):
        left = f"left {one['left']} -> {one['left_then']}" if one["left"] is not None else ""
        click.echo(f"  {one['state']:<8}{one['scope']} {one['key']} {one['name']} {left}")
    click.echo(f"REFUSED: {data['refused']}" if data["refused"] else "it would be placed")


@order.command("place")
@_asked
@click.option("--confirm", metavar="INSTANCE", help="the instance's name once more: real money")
@JSON
def place(as_json: bool, confirm: str | None, **asked: object) -> None:
    """Place an order by hand, by the same gate and limits as a strategy's."""
    tell("order.place", {**asked, "confirm": confirm or _typed(asked)}, as_json)


def _typed(asked: dict[str, object]) -> str | None:
    """Ask for the instance's name at a terminal where it is real money."""
    if not sys.stdin.isatty():
        return None
    found = act("order.preview", asked).data
    if not found["live"]:
        return None
    click.echo(f"REAL MONEY: {asked['side']} {asked['size']} on {found['market']}")
    return str(click.prompt(f"type {found['instance']} to place it"))


@order.command("cancel")
@click.argument("id")
@JSON
def cancel(id: str, as_json: bool) -> None:
    """Cancel the order ID."""
    tell("order.cancel", {"id": id}, as_json)


@order.command("list")
@click.argument("words", nargs=-1)
@click.option("--open", "only_open", is_flag=True, help="only those that work")
@click.option("--limit", default=50, show_default=True)
@click.option("--offset", default=0, show_default=True)
@JSON
def list_(words: tuple[str, ...], only_open: bool, limit: int, offset: int, as_json: bool) -> None:
    """List orders that hold every word, newest first."""
    args = {"words": " ".join(words), "open": only_open, "limit": limit, "offset": offset}
    data = act("book.orders", args).data
    if as_json:
        say_json({"orders": data["rows"], "total": data["total"]})
        return
    for row in data["rows"]:
        price = f" @ {row['price']}" if row["price"] else ""
        who = "EXTERNAL" if row["external"] else row["instance"]
        click.echo(
            f"{iso(row['at_ns'])}  {row['status']:<10}{row['book']:<7}{who:<20} {row['market']:<24}"
            f"{row['side']} {row['size']}{price}  {row['id']}  {row['reason']}"
        )
    click.echo(f"{len(data['rows'])} of {data['total']}")


@position.command("list")
@click.argument("words", nargs=-1)
@JSON
def positions(words: tuple[str, ...], as_json: bool) -> None:
    """List what is held, real money first, and what a venue holds beyond it."""
    data = act("book.positions", {"words": " ".join(words)}).data
    if as_json:
        say_json({"positions": data["rows"], "total": data["total"]})
        return
    for row in data["rows"]:
        who = "EXTERNAL" if row["external"] else row["instance"]
        gain = row["unrealised"] if row["unrealised"] is not None else "unknown"
        click.echo(
            f"{row['book']:<7}{who:<20} {row['market']:<24}{row['size']:>14} @ {row['avg_price']}"
            f"  unrealised {gain}"
        )
    if not data["rows"]:
        click.echo("nothing is held")


@position.command("close")
@click.argument("instance")
@click.option("--confirm", metavar="INSTANCE", help="the instance's name once more: real money")
@JSON
def close(instance: str, confirm: str | None, as_json: bool) -> None:
    """Close INSTANCE's position on its account's own book, at the market."""
    if confirm is None and sys.stdin.isatty():
        confirm = str(click.prompt(f"type {instance} to close its position"))
    tell("position.close", {"instance": instance, "confirm": confirm}, as_json)
