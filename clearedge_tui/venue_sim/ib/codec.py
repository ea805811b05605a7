"""Protocol buffers as far as a TWS needs them: fields in, bytes out, and back.

A message is a mapping of field names to values. What a sender says beyond the fields of `SHAPES` is
passed over, and what is not given is not sent: the other side has defaults.
"""

import struct
from collections.abc import Mapping
from typing import Any

from clearedge_tui.venue_sim.ib.shapes import SHAPES, Field

Words = dict[str, Any]
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_DOUBLE = 8
_WHOLE = (1 << 64) - 1


def encode(shape: str, words: Mapping[str, Any]) -> bytes:
    """Return a message as bytes. Raises KeyError for a field that the message does not have."""
    fields = SHAPES[shape]
    out = bytearray()
    for name, value in words.items():
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            out += _field(fields[name], one)
    return bytes(out)


def _field(field: Field, value: Any) -> bytes:
    if field.kind == "double":
        return _varint(field.number << 3 | _EIGHT) + struct.pack("<d", value)
    if field.kind in ("int", "bool"):
        return _varint(field.number << 3 | _VARINT) + _varint(int(value) & _WHOLE)
    raw = str(value).encode() if field.kind == "text" else encode(field.kind, value)
    return _varint(field.number << 3 | _BYTES) + _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def decode(shape: str, raw: bytes) -> Words:
    """Return what a message says. Raises ValueError when it is cut short or no message at all."""
    by_number = {field.number: (name, field) for name, field in SHAPES[shape].items()}
    words: Words = {}
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        value, at = _value(raw, at, key & 7)
        if key >> 3 in by_number:
            name, field = by_number[key >> 3]
            words[name] = _typed(field, value)
    return words


def _value(raw: bytes, at: int, wire: int) -> tuple[int | bytes, int]:
    if wire == _VARINT:
        return _number(raw, at)
    if wire == _BYTES:
        size, at = _number(raw, at)
    elif wire in (_EIGHT, _FOUR):
        size = _DOUBLE if wire == _EIGHT else 4
    else:
        raise ValueError(f"wire type {wire}; wanted 0, 1, 2 or 5")
    if at + size > len(raw):
        raise ValueError(f"a field of {size} bytes; {len(raw) - at} are left")
    return raw[at : at + size], at + size


def _number(raw: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    while at < len(raw) and shift < 70:
        byte = raw[at]
        found |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return found, at
    raise ValueError("a number that does not end")


def _typed(field: Field, value: int | bytes) -> Any:
    """Return a value as its field has it. Raises ValueError for one that is sent as another kind."""
    if isinstance(value, int) and field.kind in ("int", "bool"):
        signed = value - (1 << 64) if value >> 63 else value
        return bool(value) if field.kind == "bool" else signed
    if isinstance(value, bytes) and field.kind == "double" and len(value) == _DOUBLE:
        return struct.unpack("<d", value)[0]
    if isinstance(value, bytes) and field.kind == "text":
        return value.decode()
    if isinstance(value, bytes) and field.kind in SHAPES:
        return decode(field.kind, value)
    raise ValueError(f"a value of another kind; wanted {field.kind}")
