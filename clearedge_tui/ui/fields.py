"""From a strategy's schema to form fields, and from what was typed back to checked values."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui.form import FormField

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema

_NO = {True: "yes", False: "no"}


def load(plain: Mapping[str, object]) -> "Schema | None":
    """Return the schema of plain data; None when it is none (the row already says why)."""
    from clearedge_tui.contract.schema import (
        Schema,
    )  # pydantic comes with it: only when a form opens

    try:
        return Schema.from_plain(plain)
    except ClearEdgeError:
        return None


def as_text(value: object) -> str:
    """Return a config value as it is typed."""
    if isinstance(value, bool):
        return _NO[value]
    if isinstance(value, list | tuple):
        return ", ".join(as_text(v) for v in value)
    return "" if value is None else clean_text(value)


def form_fields(schema: "Schema", config: Mapping[str, object]) -> list[FormField]:
    """Return one form field a schema field, holding the value of `config`."""
    out = []
    for name, spec in schema.fields.items():
        kind = str(spec.type)
        choices = ("no", "yes") if kind == "bool" else tuple(spec.choices) if kind == "enum" else ()
        low, high = as_text(spec.min), as_text(spec.max)
        limits = f"{low}..{high}" if low or high else ""
        out.append(
            FormField(
                name,
                as_text(config.get(name, spec.default)),
                choices,
                clean_text(spec.unit, 8),
                "  ".join(part for part in (limits, clean_text(spec.help)) if part),
                bool(spec.live),
                bool(spec.secret),
            )
        )
    return out


def to_raw(schema: "Schema", typed: Mapping[str, str]) -> dict[str, object]:
    """Return what `Schema.check` takes: text as typed, yes and no as true and false."""
    raw: dict[str, object] = {}
    for name, text in typed.items():
        if name not in schema.fields:
            continue
        raw[name] = text == "yes" if str(schema.fields[name].type) == "bool" else text
    return raw
