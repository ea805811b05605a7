"""`clearedge approve`: a named person lets an instance trade real money as it is now."""

import sys
from typing import Any

import click

from clearedge_tui.cli.act import JSON, act
from clearedge_tui.cli.at_home import say_json
from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import Refused


class WithGive(click.Group):
    """`approve INSTANCE` is `approve give INSTANCE`; an instance called `show` is given its word."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["give", *args]
        return super().resolve_command(ctx, args)


@click.group("approve", cls=WithGive)
def approve() -> None:
    """Let an instance trade real money as it is now: `clearedge approve INSTANCE`."""


@approve.command("give")
@click.argument("id")
@click.option(
    "--evidence", multiple=True, metavar="FIGURE>=N@RUN", help="a figure of a run; repeatable"
)
@click.option(
    "--override", metavar="REASON", help="why it is approved without evidence, or against it"
)
@click.option("--reason", help="what else is to be remembered")
@click.option("--expires", default="30d", show_default=True, help="how long it holds, at most 365d")
@click.option("--yes-i-am", "name", metavar="NAME", help="who approves; asked for at a terminal")
@click.option("--confirm", metavar="INSTANCE", help="the instance's name once more; as above")
@JSON
def give(
    id: str,
    evidence: tuple[str, ...],
    name: str | None,
    confirm: str | None,
    as_json: bool,
    **asked: str | None,
) -> None:
    """Approve instance ID with its code, settings, account, market and limits as they are now."""
    if not (name and confirm):
        name, confirm = _asked(id, name, confirm, as_json)
    given = {"id": id, "confirm": confirm, "name": name, "evidence": list(evidence), **asked}
    result = act("approve.give", given)
    if as_json:
        say_json({"message": result.message, "data": result.data})
        return
    click.echo(result.message)


def _asked(id: str, name: str | None, confirm: str | None, as_json: bool) -> tuple[str, str]:
    """Return who approves and the typed name of the instance."""
    from clearedge_tui.core.approval import names_a_person
    from clearedge_tui.supervisor.client import default_who

    if as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            "nothing was approved: nobody can be asked here; say --yes-i-am NAME and "
            f"--confirm {id}"
        )
    login = default_who()
    if not name:
        usual = login if names_a_person(login) else None
        name = str(click.prompt("Who approves", default=usual, err=True))
    if not confirm:
        click.echo(f"{id} may then trade real money as it is now.", err=True)
        confirm = str(click.prompt("Type the instance's name to approve", err=True))
    return name, confirm


@approve.command("revoke")
@click.argument("id")
@click.option("--yes-i-am", "name", metavar="NAME", help="who revokes it; else the login name")
@JSON
def revoke(id: str, name: str | None, as_json: bool) -> None:
    """End the approval of instance ID."""
    result = act("approve.revoke", {"id": id, "name": name})
    say_json({"message": result.message, "data": result.data}) if as_json else click.echo(
        result.message
    )


@approve.command("show")
@click.argument("id", required=False)
@JSON
def show(id: str | None, as_json: bool) -> None:
    """Show what counts for each instance, or all approvals of instance ID; and what differs now."""
    rows = act("approve.show", {"id": id}).data or []
    if as_json:
        say_json({"approvals": rows})
    elif not rows:
        click.echo("nothing was approved; approve an instance: clearedge approve INSTANCE")
    for row in [] if as_json else rows:
        _tell(row)


def _tell(row: dict[str, Any]) -> None:
    holds = "holds" if row["holds"] else "does not hold"
    click.echo(
        f"{row['instance']}  {holds} ({row['standing']}), by {row['who']} at {iso(row['at_ns'])} UTC, "
        f"until {iso(row['expires_ns'])}"
    )
    for why in row["why_not"]:
        click.echo(f"  {why}")
    for one in row["parts"]["evidence"]:
        passed = "passed" if one["passed"] else "FAILED"
        click.echo(f"  {one['name']} {one['value']} {passed} {one['threshold']} ({one['run']})")
    for name in ("override", "reason"):
        said = row["parts"]["override"] if name == "override" else row["reason"]
        if said:
            click.echo(f"  {name}: {said}")
    click.echo(f"  sha256 {row['digest']}")
