"""Reading the arguments of a verb: plain data from a console or a command line."""

import difflib
from collections.abc import Iterable, Mapping

import msgspec

from clearedge_tui.contract.field import FieldType, read
from clearedge_tui.core.errors import NotFound, UsageError

Args = Mapping[str, object]


def need(args: Args, name: str) -> str:
    """Return a text argument or say that it is missing."""
    value = args.get(name)
    if not isinstance(value, str) or not value:
        raise UsageError(f"`{name}` is missing")
    return value


def text(args: Args, name: str, default: str = "") -> str:
    value = args.get(name)
    return default if value is None else str(value)


def number(args: Args, name: str, default: int) -> int:
    value = args.get(name, default)
    try:
        return int(str(value))
    except ValueError:
        raise UsageError(f"`{name}` is {value!r}; wanted a whole number") from None


def duration_s(args: Args, name: str, default: int) -> int:
    """Return seconds of `90s`, `15m`, `30d`, or of a plain number."""
    value = args.get(name)
    if value is None or value == "":
        return default
    try:
        return int(read(FieldType.DURATION, value))
    except ValueError as error:
        raise UsageError(f"`{name}`: {error}") from None


def table(args: Args, name: str) -> dict[str, object]:
    value = args.get(name) or {}
    if not isinstance(value, Mapping):
        raise UsageError(f"`{name}` is {type(value).__name__}; wanted field: value")
    return {str(k): v for k, v in value.items()}


def plain(struct: object) -> object:
    """Return a struct as plain data for a Result."""
    return msgspec.to_builtins(struct)


def not_found(kind: str, name: str, known: Iterable[str]) -> NotFound:
    names = list(known)
    near = difflib.get_close_matches(name, names, 3, 0.4)
    listed = ", ".join(near or sorted(names)[:8]) or "none"
    return NotFound(f"no {kind} `{name}`; {'nearest' if near else 'known'}: {listed}")
