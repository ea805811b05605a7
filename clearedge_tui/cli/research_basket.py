"""`clearedge research baskets` and `rebalance`: what many markets' research holds, as instances."""

from typing import TYPE_CHECKING

import click

from clearedge_tui.cli.act import JSON
from clearedge_tui.cli.at_home import home, say_json

if TYPE_CHECKING:
    from clearedge_tui.settings import Home
    from clearedge_tui.supervisor.rebalance import Balanced


@click.command("baskets")
@click.option("--rm", "gone", default="", metavar="NAME", help="forget one; its instances stay")
@JSON
def baskets(gone: str, as_json: bool) -> int:
    """List the baskets of config/baskets.toml, or forget one."""
    import msgspec

    from clearedge_tui.research import baskets as kept

    where = home()
    if gone:
        return _forget(where, gone, as_json)
    found = kept.read(where)
    if as_json:
        rows = [{"name": name, **msgspec.to_builtins(one)} for name, one in found.items()]
        say_json({"baskets": rows})
        return 0
    for name, one in found.items():
        every = f"every {one.every}" if one.every else "by hand"
        sets = "".join(f" {k}={v}" for k, v in one.settings.items())
        click.echo(
            f"{name:16s}  {one.kind}{sets}, {len(one.markets)} markets {one.timeframe}, "
            f"{one.capital:,.0f} on {one.account}, {every}"
        )
    if not found:
        click.echo("no basket yet; make one with: clearedge research multi KIND … --basket NAME")
    return 0


def _forget(where: "Home", name: str, as_json: bool) -> int:
    """Take a basket out of the file; its instances hold what they were told last."""
    from clearedge_tui.research import baskets as kept

    made = [kept.instance_id(name, one) for one in kept.named(where, name).markets]
    kept.remove(where, name)
    if as_json:
        say_json({"removed": name, "instances": made})
    else:
        click.echo(f"{name} is no basket any more; its instances stay: {', '.join(made)}")
    return 0


@click.command("rebalance")
@click.argument("name")
@click.option("--dry", is_flag=True, help="only show what would change")
@JSON
def rebalance(name: str, dry: bool, as_json: bool) -> int:
    """Tell the instances of a basket what they are to hold by the newest bars."""
    import msgspec

    from clearedge_tui.supervisor.client import default_who
    from clearedge_tui.supervisor.rebalance import rebalance as put_right

    done = put_right(home(), name, default_who(), dry)
    if as_json:
        say_json({**msgspec.to_builtins(done), "dry": dry})
    else:
        click.echo(_table(done))
    return 0


def _table(done: "Balanced") -> str:
    lines = [f"{'INSTANCE':32s}{'MARKET':24s}{'HELD TO':>14s}{'NOW':>14s}"]
    for one in done.changes:
        before = "new" if one.before is None else f"{one.before:,.2f}"
        lines.append(f"{one.instance:32.32s}{one.market:24.24s}{before:>14s}{one.value:>14,.2f}")
    return "\n".join([*lines, done.text])
