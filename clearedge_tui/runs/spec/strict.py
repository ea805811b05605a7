"""Values into a struct, strictly: an unknown key is an error that names the nearest known one."""

from typing import Any, get_args

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text


def convert[T: msgspec.Struct](values: dict[str, Any], wanted: type[T]) -> T:
    """Return the struct. Raises BadData naming the key, what was found and what is wanted."""
    _known(values, wanted, "")
    try:
        return msgspec.convert(values, wanted)
    except msgspec.ValidationError as error:
        raise BadData(_told(str(error))) from None


def _known(values: dict[str, Any], wanted: type[msgspec.Struct], path: str) -> None:
    fields = {one.encode_name: one for one in msgspec.structs.fields(wanted)}
    for name, value in values.items():
        if name not in fields:
            raise BadData(f"`{path}{clean_text(name, 60)}` is no key here{nearest(name, fields)}")
        inner = _struct(fields[name].type)
        if inner is not None and isinstance(value, dict):
            _known(value, inner, f"{path}{name}.")
    missing = [n for n, one in fields.items() if one.required and n not in values]
    if missing:
        raise BadData(f"`{path}{missing[0]}` is missing")


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def _told(error: str) -> str:
    """Return msgspec's words with the key first: `Expected `int`, got `str` - at `$.seed``."""
    what, _, where = error.partition(" - at `$.")
    return clean_text(f"`{where.rstrip('`')}`: {what}" if where else what)
