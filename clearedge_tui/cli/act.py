"""One act through the supervisor, told as text or JSON. Every verb that changes something uses it."""

from collections.abc import Mapping
from typing import Any

import click

from clearedge_tui.cli.at_home import home, say_json
from clearedge_tui.core.errors import ClearEdgeError


class Failed(ClearEdgeError):
    """A refusal that came back as a result; it ends with the code the result carries."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code


def act(verb: str, args: Mapping[str, object]) -> Any:
    """Do the verb and return its result; a refusal is raised with its own exit code."""
    from clearedge_tui.supervisor.client import call

    result = call(home(), verb, {key: value for key, value in args.items() if value is not None})
    if result.status == "refused":
        raise Failed(result.message, result.code or 3)
    return result


def tell(verb: str, args: Mapping[str, object], as_json: bool) -> None:
    """Do the verb and print its message, or one object with message and data."""
    result = act(verb, args)
    if as_json:
        say_json({"message": result.message, "data": result.data})
    elif result.message:
        click.echo(result.message)


def pairs(sets: tuple[str, ...]) -> dict[str, object]:
    """Return `--set key=value` options as texts by name; the schema reads them."""
    from clearedge_tui.cli.backtest import settings

    return settings(sets)


JSON = click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
SET = click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="a config value; repeatable"
)
