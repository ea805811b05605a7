"""The schema's rule as the database asks it, and the words for a change of configuration."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.core.text import clean_text
from clearedge_tui.store.rows import from_json


@lru_cache(maxsize=128)
def schema_of(text: str) -> Schema:
    """Return the parsed schema of its JSON; parsing builds a model, so it is kept."""
    return Schema.from_plain(from_json(text))


def config_ok(schema: str | None, config: str) -> int:
    """Whether a configuration is complete and fits; without a schema only an empty one does."""
    values = from_json(config)
    if schema is None:
        return int(values == {})
    try:
        return int(schema_of(schema).check(values) == (values, {}))
    except StrategyFault:
        return 0


def diff(before: Mapping[str, object], after: Mapping[str, object], secret: frozenset[str]) -> str:
    """Return `fast 12 -> 10, slow 48 -> 40`; secrets are named but not shown."""
    parts = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new and (name in before) == (name in after):
            continue
        parts.append(
            f"{name} changed" if name in secret else _change(name, name in before, old, new)
        )
    return ", ".join(parts)


def _change(name: str, was: bool, old: Any, new: Any) -> str:
    return f"{name} {_shown(old) if was else 'unset'} -> {_shown(new)}"


def _shown(value: Any) -> str:
    return "unset" if value is None else clean_text(value, 60)
