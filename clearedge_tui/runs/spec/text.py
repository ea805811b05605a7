"""YAML and TOML as plain values, with nothing guessed: no double keys, no anchors, money stays exact."""

import tomllib
from collections.abc import Hashable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.core.text import clean_text

_MOST_BYTES = 1_000_000


class _Strict(yaml.SafeLoader):
    """PyYAML's safe loader without its surprises."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not read here; write the value out",
                problem_mark=event.start_mark,
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key `{name}` is no text; write it in quotes",
                    problem_mark=key.start_mark,
                )
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"`{name}` is there twice", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def _number(loader: _Strict, node: Any) -> Decimal:
    written = str(loader.construct_scalar(node))
    try:
        return Decimal(written.replace("_", ""))
    except ArithmeticError:
        raise yaml.MarkedYAMLError(
            problem=f"`{written}` is no number that can be used here", problem_mark=node.start_mark
        ) from None


def _whole(loader: _Strict, node: Any) -> int:
    written = str(loader.construct_scalar(node))
    plain = written.lstrip("+-").replace("_", "")
    if ":" in plain or (plain[0] == "0" and plain[1:].isdigit()):
        raise yaml.MarkedYAMLError(
            problem=f"`{written}` is of base 60 or 8 in YAML; write it as a number, or in quotes",
            problem_mark=node.start_mark,
        )
    return int(written.replace("_", ""), 0)


def _as_written(loader: _Strict, node: Any) -> str:
    return str(loader.construct_scalar(node))


_Strict.add_constructor("tag:yaml.org,2002:float", _number)
_Strict.add_constructor("tag:yaml.org,2002:int", _whole)
_Strict.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def read(path: Path) -> dict[str, Any]:
    """Return a file's values: texts, ints, Decimals, bools, lists and tables; dates are texts.

    `.toml` is TOML, everything else YAML (JSON is YAML). Raises NotFound, or BadData with the line.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)  # a device has no end
    except FileNotFoundError:
        raise NotFound(f"no file {path}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a NUL in it
        raise UsageError(f"{clean_text(path)} cannot be read: {error}") from None
    if len(raw) > _MOST_BYTES:
        raise BadData(
            f"{path} has more than {_MOST_BYTES:,} bytes; a specification has a few hundred"
        )
    try:
        return parse(raw.decode("utf-8"), toml=path.suffix == ".toml")
    except UnicodeDecodeError:
        raise BadData(f"{path} is no UTF-8 text") from None
    except BadData as error:
        raise BadData(f"{path}: {error}") from None


def parse(text: str, *, toml: bool = False) -> dict[str, Any]:
    """Return the values of a text. Raises BadData with the place of what is wrong."""
    found = _toml(text) if toml else _yaml(text)
    if not isinstance(found, dict):
        raise BadData("it holds no `name: value` lines")
    return found


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Strict)  # noqa: S506  # a safe loader, stricter than PyYAML's own
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadData(f"{where}{clean_text(error.problem or 'not YAML')}") from None
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        raise BadData(f"not YAML: {clean_text(error, 200)}") from None


def _toml(text: str) -> Any:
    try:
        return _plain(tomllib.loads(text, parse_float=Decimal))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadData(f"not TOML: {clean_text(error, 200)}") from None


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


def write(values: dict[str, Any]) -> str:
    """Return values as YAML, in their order."""
    return str(yaml.dump(values, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100))


class _Plain(yaml.SafeDumper):
    """PyYAML's safe dumper, with short lists in one line and money as exact text."""


def _text(dumper: _Plain, value: Decimal) -> yaml.Node:
    return dumper.represent_str(f"{value:f}")


def _list(dumper: _Plain, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Plain.add_representer(Decimal, _text)
_Plain.add_representer(list, _list)
