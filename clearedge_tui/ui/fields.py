"""From a strategy's schema to form fields, and from what was typed back to checked values."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.values import as_text, duration_text

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema


def load(plain: Mapping[str, object]) -> "Schema | None":
    """Return the schema of plain data; None when it is none (the row already says why)."""
    from clearedge_tui.contract.schema import (
        Schema,
    )  # pydantic comes with it: only when a form opens

    try:
        return Schema.from_plain(plain)
    except ClearEdgeError:
        return None


def form_fields(
    schema: "Schema", config: Mapping[str, object], running: bool = False
) -> list[FormField]:
    """Return one form field a schema field, holding the value of `config`.

    `running` says of each field whether a change needs a reload.
    """
    out = []
    for name, spec in schema.fields.items():
        kind = str(spec.type)
        choices = ("no", "yes") if kind == "bool" else tuple(spec.choices) if kind == "enum" else ()
        shown = duration_text if kind == "duration" else as_text
        low, high = shown(spec.min), shown(spec.max)
        limits = f"{low}..{high}" if low or high else ""
        out.append(
            FormField(
                name,
                shown(config.get(name, spec.default)),
                choices,
                clean_text(spec.unit, 8),
                "  ".join(part for part in (limits, clean_text(spec.help)) if part),
                bool(spec.live) if running else None,
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
