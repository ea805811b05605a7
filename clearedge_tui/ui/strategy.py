"""What the console knows of a strategy file, and its settings as a person reads them. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from clearedge_tui.contract.field import Field, FieldType
from clearedge_tui.core.model import EngineState
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import InstanceRow
from clearedge_tui.ui.values import as_text, duration_text

RULES = "$rules"


class StrategyFile(msgspec.Struct, frozen=True):
    """One file, as the supervisor answers it. `error` is empty when it loads."""

    strategy: str
    kind: str = ""
    doc: str = ""
    schema: dict[str, object] = {}
    hooks: tuple[str, ...] = ()
    instances: int = 0  # declared
    error: str = ""
    words: str = ""  # the whole docstring
    line: int = 0
    detail: str = ""  # the traceback of the error
    path: str = ""
    changed_ns: int = 0


class Setting(NamedTuple):
    """One field of CONFIG_SCHEMA, every part as text."""

    name: str
    kind: str
    default: str
    limits: str
    unit: str
    live: bool
    about: str


def settings_of(schema: Mapping[str, object]) -> list[Setting]:
    """Return the fields in the order of the file; what is no field is left out."""
    found = []
    for name, plain in schema.items():
        if name == RULES:
            continue
        try:
            found.append(_setting(name, msgspec.convert(plain, Field)))
        except msgspec.ValidationError:
            found.append(Setting(clean_text(name, 40), "?", "", "", "", False, ""))
    return found


def rules_of(schema: Mapping[str, object]) -> list[str]:
    """Return the rules over more than one field."""
    rules = schema.get(RULES)
    return [clean_text(rule) for rule in rules] if isinstance(rules, list | tuple) else []


def _setting(name: str, field: Field) -> Setting:
    kind = str(field.type)
    shown = duration_text if field.type is FieldType.DURATION else as_text
    low, high = shown(field.min), shown(field.max)
    limits = " ".join(field.choices) if field.choices else f"{low}..{high}" if low or high else ""
    return Setting(
        clean_text(name, 40),
        f"{kind} of {field.item}" if field.item else kind,
        "•••" if field.secret else shown(field.default),
        clean_text(limits),
        clean_text(field.unit, 12),
        field.live,
        clean_text(field.help),
    )


def used_by(name: str, rows: Iterable[InstanceRow]) -> list[InstanceRow]:
    """Return the instances that run this file, those at work first."""
    return sorted(
        (row for row in rows if row.strategy == name), key=lambda row: (not at_work(row), row.id)
    )


def at_work(row: InstanceRow) -> bool:
    return row.state not in (EngineState.STOPPED, EngineState.FAILED, EngineState.FAULTED)


def share_text(rows: Iterable[InstanceRow]) -> str:
    """Return `1/2`: one runs of two that are declared; a dash when none is."""
    listed = list(rows)
    return f"{sum(map(at_work, listed))}/{len(listed)}" if listed else "–"


def places_text(rows: Iterable[InstanceRow]) -> str:
    """Return the markets and timeframes it is used on, each once."""
    return clean_text(", ".join(dict.fromkeys(f"{row.market} {row.timeframe}" for row in rows)))


def text_of(one: StrategyFile, rows: Iterable[InstanceRow]) -> str:
    """Return what a filter looks into."""
    users = " ".join(f"{row.id} {row.market}" for row in rows)
    return f"{one.strategy} {one.kind} {one.doc} {one.error} {users}".lower()
