"""A market's name that fits several is asked about where somebody sits at a terminal."""

import sys

import click

from clearedge_tui.settings import Home


def market(where: Home, text: str) -> str:
    """Return the name, or the id of the one that was chosen when it fits several.

    Where nobody can be asked the name comes back as it is: who uses it says what the choices are.
    """
    from clearedge_tui.core.errors import NotFound
    from clearedge_tui.market.markets import Ambiguous, resolve

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return text
    try:
        resolve(where, text)
    except Ambiguous as several:
        return _chosen(text, several.choices)
    except NotFound:
        return text
    return text


def series(where: Home, text: str) -> str:
    """Return the name of a series (`BTC/USDT 1m`) with its market asked about in the same way."""
    name, space, what = text.strip().partition(" ")
    return f"{market(where, name)}{space}{what}"


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    click.echo(f"`{text}` fits more than one market:", err=True)
    for number, name in enumerate(choices, 1):
        click.echo(f"  {number}  {name}", err=True)
    wanted = click.prompt("Which one", type=click.IntRange(1, len(choices)), err=True)
    return choices[int(wanted) - 1]
