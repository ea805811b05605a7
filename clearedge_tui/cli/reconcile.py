"""`clearedge reconcile`: the ledgers against what the venues themselves say."""

from typing import Any

import click

from clearedge_tui.cli.act import JSON, act, tell
from clearedge_tui.cli.at_home import say_json
from clearedge_tui.core.clock import iso, now_ns

_MISMATCH = 4


@click.group("reconcile")
def reconcile() -> None:
    """See and settle differences between our ledgers and the venues."""


@reconcile.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the live accounts: when each was last compared, and what differs."""
    rows = act("recon.list", {}).data or []
    if as_json:
        say_json({"accounts": rows})
        return
    if not rows:
        click.echo("no live account")
    for row in rows:
        _show(row)


def _show(row: dict[str, Any]) -> None:
    if not row["at_ns"]:
        click.echo(f"{row['account']:<16}never compared")
        return
    age = (now_ns() - int(row["at_ns"])) / 1e9
    state = row["error"] or (f"{len(row['differences'])} differ" if row["differences"] else "equal")
    wallet = f"; {row['wallet']}" if row.get("wallet") else ""
    click.echo(f"{row['account']:<16}{age:>6.0f} s ago  {state}{wallet}")
    for one in row["differences"]:
        since = iso(int(one["since_ns"]))
        click.echo(
            f"  {one['market']:<26}{one['kind']:<10}{one['subject']:<30}"
            f"ours {one['ours']}, the venue's {one['theirs']}  since {since}"
        )


@reconcile.command("resolve")
@click.argument("account")
@click.argument("market")
@click.argument("subject")
@click.argument("how", type=click.Choice(["adopt", "external", "flatten"]))
@click.option("--kind", type=click.Choice(["position", "order", "balance"]), default="position")
@click.option("--instance", help="who gets it: with adopt")
@click.option("--confirm", metavar="ACCOUNT", help="the account's name once more: with flatten")
@click.option("--reason", help="why the venue's balance is taken as agreed: with --kind balance")
@JSON
def resolve(as_json: bool, **asked: str | None) -> None:
    """Settle a difference: ACCOUNT, MARKET and SUBJECT as `reconcile list` names them.

    adopt writes it into an instance's ledger, external marks it as somebody else's, flatten trades
    or cancels it away at the venue.
    """
    tell("recon.resolve", asked, as_json)


@reconcile.command("history")
@click.argument("account", required=False)
@JSON
def history(account: str | None, as_json: bool) -> None:
    """List every difference that was seen, newest first: how it was decided, or that it is gone."""
    rows = act("recon.history", {"account": account}).data or []
    if as_json:
        say_json({"rows": rows})
        return
    for row in rows:
        end = row["resolved"]
        how = " ".join(str(end[k]) for k in ("how", "instance", "reason") if end.get(k))
        who = f" by {end['who']}" if end.get("who") else ""
        when = f"  {iso(int(end['at_ns']))}" if end.get("at_ns") else ""
        click.echo(
            f"{iso(int(row['at_ns']))}  {row['account']:<14}{row['market']:<26}{row['kind']:<10}"
            f"{end.get('subject', ''):<30}ours {row['ours']}, the venue's {row['theirs']}  "
            f"{how or row['state']}{who}{when}"
        )


@reconcile.command("check")
@click.argument("expected", type=click.Path(exists=True, dir_okay=False))
@click.argument("observed", type=click.Path(exists=True, dir_okay=False))
@JSON
def check(expected: str, observed: str, as_json: bool) -> int:
    """Compare two files of position and orders, in ops-lab's form; ends with 4 on a mismatch."""
    from pathlib import Path

    from clearedge_tui.core.recon_files import as_plain, check_files

    found = check_files(Path(expected), Path(observed), now_ns())
    if as_json:
        say_json(as_plain(found))
    else:
        for one in found.checks:
            click.echo(f"{one.name:<14}{one.severity:<10}{'; '.join(one.details)}".rstrip())
        click.echo(found.status)
    return 0 if found.passed else _MISMATCH
