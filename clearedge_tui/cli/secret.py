"""`clearedge secret`: keys of sources and venues, set without ever standing on a command line."""

import sys

import click

from clearedge_tui.cli.at_home import home, say_json


@click.group("secret")
def secret() -> None:
    """Set, list and remove keys. Their values are never shown."""


@secret.command("set")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def set_(name: str, as_json: bool) -> None:
    """Set NAME to what is typed at the prompt, or to the first line of standard input."""
    from clearedge_tui import secrets

    where = home()
    if sys.stdin.isatty():
        value = click.prompt(f"value of {name}", hide_input=True, err=True)
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    secrets.put(where, name, value)
    say_json({"set": name}) if as_json else click.echo(f"secret {name} is set")


@secret.command("list")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def list_(as_json: bool) -> None:
    """List the names of what is set."""
    from clearedge_tui import secrets

    found = secrets.names(home())
    if as_json:
        say_json({"secrets": found})
    else:
        click.echo("\n".join(found) if found else "none; set one: clearedge secret set NAME")


@secret.command("rm")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def remove(name: str, as_json: bool) -> None:
    """Forget NAME."""
    from clearedge_tui import secrets

    secrets.remove(home(), name)
    say_json({"removed": name}) if as_json else click.echo(f"secret {name} is gone")


@secret.command("seal")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def seal(as_json: bool) -> None:
    """Encrypt the file of keys (age). Its identity lies elsewhere: keep a copy of it."""
    from clearedge_tui import sealed, secrets

    count = secrets.seal_all(home())
    where = str(sealed.identity_path())
    if as_json:
        say_json({"sealed": count, "identity": where})
    else:
        click.echo(f"{count} secrets are in config/secrets.age; the identity is {where}")
