"""What every command needs first: the home it works in, and a way to say things."""

import sys

import click
import msgspec

from clearedge_tui.settings import Home, find_home


def home() -> Home:
    """Return the home of the running command (`--home`, CLEAREDGE_HOME, or the folder's own)."""
    chosen = (click.get_current_context().obj or {}).get("home")
    return find_home(chosen)


def say_json(value: object) -> None:
    """Print one JSON object on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def columns() -> int:
    """Return the width to print at: the terminal's, 80 when there is none."""
    import shutil

    return shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
