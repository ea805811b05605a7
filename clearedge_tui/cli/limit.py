"""`clearedge limit`: risk limits of the portfolio, of accounts and of instances."""

import sys
from typing import Any

import click

from clearedge_tui.cli.act import JSON, Failed, act, tell
from clearedge_tui.cli.at_home import say_json

_SCOPE = click.Choice(["portfolio", "account", "instance"])
_ACTION = click.Choice(["alert", "observe", "reduce_only", "cancel", "flatten", "kill"])
_REFUSED = 3
_YES = click.option("--yes", is_flag=True, help="also when it lets more through than before")


@click.group("limit")
def limit() -> None:
    """Declare and list risk limits."""


@limit.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List what is declared, and the defaults."""
    _tell_rows(act("limit.list", {}).data or [], as_json)


@limit.command("show")
@click.argument("id", required=False)
@JSON
def show(id: str | None, as_json: bool) -> None:
    """Show the limits that hold for instance ID; without one: which limits there are."""
    rows = act("limit.show", {"id": id}).data or []
    if id or as_json:
        _tell_rows(rows, as_json)
        return
    for row in rows:
        click.echo(f"{row['name']:<20}{row['about']}; e.g. {row['written']}")


def _tell_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say_json({"limits": rows})
        return
    click.echo(f"{'scope':<11}{'of':<16}{'limit':<20}{'value':<24}{'warn':>5}  {'action':<13}by")
    for row in rows:
        warn = f"{float(row['warn']):.0%}"
        click.echo(
            f"{row['scope']:<11}{row['key']:<16}{row['name']:<20}{row['value']:<24}{warn:>5}  "
            f"{row['action']:<13}{row['who']}"
        )


@limit.command("set")
@click.argument("scope", type=_SCOPE)
@click.argument("key")
@click.argument("name")
@click.argument("value")
@click.option("--warn", help="tell it from this share of the limit on (80%)")
@click.option("--action", type=_ACTION, help="what is done when it is broken (alert)")
@click.option("--cooldown", help="when that may be done again: 10m; 0 is after a clear only")
@click.option("--resume", type=click.Choice(["person", "auto"]), help="who ends it (person)")
@_YES
@JSON
def set_(yes: bool, as_json: bool, **asked: str | None) -> None:
    """Limit NAME of SCOPE KEY to VALUE: `limit set account paper daily_loss 5% --action flatten`.

    KEY is a currency, an account or an instance; `all` is each of them. See `limit show` for names.
    """
    _asked("limit.set", asked, yes, as_json)


@limit.command("remove")
@click.argument("scope", type=_SCOPE)
@click.argument("key")
@click.argument("name")
@_YES
@JSON
def remove(yes: bool, as_json: bool, **asked: str | None) -> None:
    """Take the limit NAME of SCOPE KEY away."""
    _asked("limit.remove", asked, yes, as_json)


@limit.command("clear")
@click.argument("scope", type=_SCOPE)
@click.argument("key")
@click.argument("name")
@JSON
def clear(as_json: bool, **asked: str | None) -> None:
    """End what the limit NAME of SCOPE KEY did: new risk is let in again, its count begins anew."""
    tell("limit.clear", asked, as_json)


@limit.command("status")
@click.argument("account", required=False)
@JSON
def status(account: str | None, as_json: bool) -> None:
    """Show every limit with its figure as the gateways see it now, the worst first."""
    rows = act("risk.list", {"account": account}).data or []
    if as_json:
        say_json({"limits": rows})
        return
    for row in rows:
        held = f"  [{row['held']}]" if row["held"] else ""
        click.echo(f"{row['state']:<8} {row['scope']:<10}{row['key']:<16}{row['text']}{held}")
    if not rows:
        click.echo("no gateway runs, so nothing is watched")


def _asked(verb: str, asked: dict[str, str | None], yes: bool, as_json: bool) -> None:
    """Do it; what would let more through is asked about once more where somebody can answer."""
    try:
        tell(verb, {**asked, "yes": yes}, as_json)
    except Failed as refused:
        can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
        if refused.exit_code != _REFUSED or "--yes" not in str(refused) or not can_ask:
            raise
        click.echo(str(refused).partition(";")[0], err=True)
        click.confirm("Is it meant?", default=False, abort=True, err=True)
        tell(verb, {**asked, "yes": True}, as_json)
