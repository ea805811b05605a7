"""`clearedge drill`: rehearse what has to work when it matters."""

import click
import msgspec

from clearedge_tui.cli.act import JSON
from clearedge_tui.cli.at_home import say_json

_FAILED = 4


@click.group("drill")
def drill() -> None:
    """Rehearse on an account of its own; nothing of this home is touched."""


@drill.command("kill")
@click.option("--instances", type=click.IntRange(1, 100), default=5, show_default=True)
@JSON
def kill(instances: int, as_json: bool) -> int:
    """Kill a throwaway paper account and measure how long it takes to be flat; 4 if it failed."""
    from clearedge_tui.drills.kill import run

    found = run(instances)
    if as_json:
        say_json(msgspec.to_builtins(found))
    else:
        click.echo(f"{'passed' if found.passed else 'FAILED'}  {instances} instances")
        click.echo(f"  nothing accepted after   {found.time_to_block_ms:8,.0f} ms")
        click.echo(f"  every cancel sent after  {found.time_to_cancel_ms:8,.0f} ms")
        click.echo(f"  flat after               {found.time_to_flat_ms:8,.0f} ms")
        click.echo(f"  {found.orders} orders cancelled, {found.positions} positions closed, "
                   f"{found.accepted_after} orders accepted after it")  # fmt: skip
        if found.error:
            click.echo(f"  {found.error}")
    return 0 if found.passed else _FAILED
