"""One field of a CONFIG_SCHEMA: its type, its limits and how a raw value becomes a typed one."""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import msgspec

MOST_TEXT = 1000
MOST_ITEMS = 200
_WHOLE = 2**63 - 1
_DURATION = re.compile(r"(?:\d{1,9}[wdhms])+")
_PART = re.compile(r"(\d+)([wdhms])")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MARKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._:-]{0,63}")


class FieldType(StrEnum):
    INT = "int"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOL = "bool"
    ENUM = "enum"
    STRING = "string"
    DURATION = "duration"  # "90s", "5m", "1h30m"; plain value: whole seconds
    MARKET = "market"
    LIST = "list"


NUMBERS = frozenset({FieldType.INT, FieldType.FLOAT, FieldType.DECIMAL, FieldType.DURATION})


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field as plain data. `min`, `max` and `step` are plain values of the field's own type.

    For a string `min` and `max` bound its length; for a list they bound each item.
    """

    type: FieldType
    default: object = None
    min: object = None
    max: object = None
    step: object = None
    unit: str = ""
    help: str = ""
    secret: bool = False
    live: bool = False
    search: object = None
    choices: tuple[str, ...] = ()
    item: FieldType | None = None

    @property
    def value_type(self) -> FieldType:
        """The type of one value: a list's item type, else the field's own."""
        return self.item if self.type is FieldType.LIST and self.item else self.type

    def read(self, raw: object) -> Any:
        """Return the typed value of text or JSON. ValueError says what was wanted."""
        if self.type is not FieldType.LIST:
            return read(self.type, raw)
        return [read(self.value_type, one) for one in items(raw)]


def read(kind: FieldType, raw: object) -> Any:
    """Return one typed value (Decimal for decimal, seconds for duration)."""
    if isinstance(raw, str) and kind is not FieldType.STRING:
        raw = raw.strip()
    return _READERS[kind](raw)


def plain(value: object) -> Any:
    """Return a typed value as JSON can hold it: Decimal becomes text, never a float."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def _int(raw: object) -> int:
    value: int
    if isinstance(raw, int) and not isinstance(raw, bool):
        value = raw
    elif (isinstance(raw, float) and raw.is_integer()) or (
        isinstance(raw, str) and re.fullmatch(r"[+-]?\d{1,19}", raw)
    ):
        value = int(raw)
    else:
        raise ValueError(f"{_shown(raw)} is no whole number")
    if abs(value) > _WHOLE:
        raise ValueError(f"{_shown(raw)} is too large a number")
    return value


def _float(raw: object) -> float:
    try:
        value = math.nan if isinstance(raw, bool) else float(raw)  # type: ignore[arg-type]  # caught
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{_shown(raw)} is no number")
    return value


def _decimal(raw: object) -> Decimal:
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
            raise InvalidOperation
        value = Decimal(str(raw))
    except InvalidOperation:
        raise ValueError(f"{_shown(raw)} is no number") from None
    if not value.is_finite():
        raise ValueError(f"{_shown(raw)} is no number")
    if (value and not -30 <= value.adjusted() <= 30) or len(value.as_tuple().digits) > 60:
        raise ValueError(f"{_shown(raw)} has too many digits")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > 60:
        return Decimal(0)  # a zero such as 0e-999: the only value left with such an exponent
    return value


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        word = raw.lower()
        if word in ("true", "yes", "on", "1"):
            return True
        if word in ("false", "no", "off", "0"):
            return False
    raise ValueError(f"{_shown(raw)} is neither yes nor no")


def _string(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"{_shown(raw)} is no text")
    if len(raw) > MOST_TEXT:
        raise ValueError(f"{len(raw)} characters; at most {MOST_TEXT}")
    if not raw.isprintable():
        raise ValueError("control characters are not allowed")
    return raw


def _duration(raw: object) -> int:
    if isinstance(raw, str) and _DURATION.fullmatch(raw):
        value = sum(int(n) * _SECONDS[unit] for n, unit in _PART.findall(raw))
    else:
        try:
            value = _int(raw)
        except ValueError:
            raise ValueError(f"{_shown(raw)} is no duration; wanted 90s, 5m, 1h30m") from None
    if value < 0:
        raise ValueError("a duration cannot be negative")
    return value


def _market(raw: object) -> str:
    if isinstance(raw, str) and _MARKET.fullmatch(raw):
        return raw
    raise ValueError(f"{_shown(raw)} is no market; wanted a name such as BTC/USDT")


def _enum(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    raise ValueError(f"{_shown(raw)} is no choice")


def _nested(raw: object) -> Any:
    raise ValueError("a list cannot hold lists")


_READERS = {
    FieldType.INT: _int,
    FieldType.FLOAT: _float,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOL: _bool,
    FieldType.ENUM: _enum,
    FieldType.STRING: _string,
    FieldType.DURATION: _duration,
    FieldType.MARKET: _market,
    FieldType.LIST: _nested,
}


def items(raw: object) -> list[object]:
    """Return the raw values of a list given as such, as JSON text or with commas between."""
    if isinstance(raw, str):
        text = raw.strip()
        if text.startswith("["):
            try:
                raw = json.loads(text)
            except ValueError:
                raise ValueError(f"{_shown(text)} is no list") from None
        else:
            raw = [part.strip() for part in text.split(",")] if text else []
    if not isinstance(raw, list | tuple):
        raise ValueError(f"{_shown(raw)} is no list; wanted values with commas between")
    if len(raw) > MOST_ITEMS:
        raise ValueError(f"{len(raw)} values; at most {MOST_ITEMS}")
    return list(raw)


def _shown(raw: object) -> str:
    text = str(raw)
    return f"`{text if len(text) <= 40 else text[:39] + '…'}`"
