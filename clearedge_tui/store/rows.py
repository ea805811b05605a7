"""Rows to structs and back. Decimals travel as text, maps as JSON, times as they are."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import EngineState, Fill, Instance, Mode, Order, Position

_position = ("size", "avg_price", "realised", "fees")


class StatusRow(msgspec.Struct, frozen=True):
    """What was last known to run. `mode` None is unknown."""

    id: str
    mode: Mode | None
    state: EngineState
    error: str
    at_ns: int


class JournalRow(msgspec.Struct, frozen=True):
    seq: int
    at_ns: int
    event: str
    subject: str
    who: str
    text: str
    payload: dict[str, object]


class CommandRow(msgspec.Struct, frozen=True):
    """A command and what became of it: pending, done or refused."""

    id: str
    verb: str
    args: dict[str, object]
    who: str
    status: str
    message: str
    at_ns: int


def to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def from_json(text: str) -> Any:
    return msgspec.json.decode(text)


def columns(struct: msgspec.Struct) -> dict[str, Any]:
    """Return a flat struct as SQLite values."""
    return {name: _value(getattr(struct, name)) for name in struct.__struct_fields__}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bool):
        return int(value)
    return value


def order(row: Mapping[str, Any]) -> Order:
    return msgspec.convert(dict(row), Order, strict=False)


def fill(row: Mapping[str, Any]) -> Fill:
    return msgspec.convert(dict(row), Fill, strict=False)


def instance(row: Mapping[str, Any]) -> Instance:
    flat = dict(row)
    flat["config"] = from_json(flat["config"])
    flat["armed"] = bool(flat["armed"])
    return msgspec.convert(flat, Instance)


def ledger(row: Mapping[str, Any]) -> LedgerRow:
    flat = dict(row)
    position = Position(**{name: Decimal(flat.pop(name)) for name in _position})
    flat["spark"] = from_json(flat["spark"])
    return msgspec.convert({**flat, "position": position}, LedgerRow)


def ledger_columns(row: LedgerRow) -> dict[str, Any]:
    flat = columns(row)
    del flat["position"]
    flat["spark"] = to_json(row.spark)
    return flat | columns(row.position)
