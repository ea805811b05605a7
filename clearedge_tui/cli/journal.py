"""`clearedge journal`: what was done, by whom and when."""

import click

from clearedge_tui.cli.act import JSON, act
from clearedge_tui.cli.at_home import say_json
from clearedge_tui.core.clock import iso


@click.command("journal")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 2000), help="newest lines"
)
@click.option("--subject", help="only of this instance, account or strategy")
@click.option("--trace", help="only of this trace id: a job, its run and what they did")
@JSON
def journal(limit: int, subject: str | None, trace: str | None, as_json: bool) -> None:
    """Show the newest lines of the journal, oldest of them first."""
    rows = act("journal.tail", {"limit": limit, "subject": subject, "trace": trace}).data or []
    if as_json:
        say_json({"journal": rows})
        return
    for row in reversed(rows):
        click.echo(
            f"{iso(row['at_ns'])}  {row['who']:<12}{row['event']:<18}{row['subject']:<22}{row['text']}"
        )
