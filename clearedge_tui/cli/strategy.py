"""`clearedge strategy`: the files in `strategies/`."""

import click

from clearedge_tui.cli.act import JSON, act, tell
from clearedge_tui.cli.at_home import say_json


@click.group("strategy")
def strategy() -> None:
    """List, check and write strategy files."""


@strategy.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List strategy files; one that does not load is listed with its error."""
    rows = act("strategy.list", {}).data or []
    if as_json:
        say_json({"strategies": rows})
    elif not rows:
        click.echo("no strategies yet; write one: clearedge strategy new my_strategy")
    else:
        click.echo(f"{'strategy':<22}{'kind':<8}{'instances':>9}  about")
        for row in rows:
            about = row["error"] or row["doc"]
            click.echo(
                f"{row['strategy']:<22}{row['kind'] or '-':<8}{row['instances']:>9}  {about}"
            )


@strategy.command("check")
@click.argument("name")
@JSON
def check(name: str, as_json: bool) -> None:
    """Load strategy NAME as an engine would, and read its code. 5 with file and line when it fails."""
    result = act("strategy.check", {"strategy": name.removesuffix(".py").rpartition("/")[2]})
    if as_json:
        say_json({"message": result.message, "data": result.data})
        return
    click.echo(result.message)
    for one in result.data["remarks"]:
        click.echo(
            f"  {one['file']}:{one['line']}  {one['what']}\n    {one['why']}\n    {one['do']}"
        )


@strategy.command("new")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(["class", "module", "native"]), default="class", show_default=True
)
@JSON
def new(name: str, kind: str, as_json: bool) -> None:
    """Write strategies/NAME.py from a template."""
    tell("strategy.new", {"name": name, "kind": kind}, as_json)
