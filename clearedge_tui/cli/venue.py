"""`clearedge venue`: the venues that accounts may name."""

import click

from clearedge_tui.cli.act import JSON, act
from clearedge_tui.cli.at_home import say_json


@click.group("venue")
def venue() -> None:
    """List the venues, and what may be set about each."""


@venue.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the venues, what keys each needs, and what our tests have driven of it."""
    rows = act("venue.list", {}).data or []
    if as_json:
        say_json({"venues": rows})
        return
    for row in rows:
        keys = ", ".join(row["keys"]) or "none"
        proven = row["proven"] or "wired, not driven by our tests"
        click.echo(f"{row['name']:<21}{row['title']:<21}keys: {keys:<40}{proven}")


@venue.command("show")
@click.argument("name")
@JSON
def show(name: str, as_json: bool) -> None:
    """Show what may be set under [ACCOUNT.options] for venue NAME."""
    row = act("venue.list", {"venue": name}).data[0]
    if as_json:
        say_json(row)
        return
    for key, field in row["options"].items():
        choices = f" ({', '.join(field['choices'])})" if field.get("choices") else ""
        click.echo(f"{key:<24}{str(field['default']) or '-':<14}{field['help']}{choices}")
