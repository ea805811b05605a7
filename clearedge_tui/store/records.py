"""The statements behind what engines report: orders, fills, ledgers, status. No rules in here."""

from collections.abc import Iterable
from typing import Any

import msgspec

from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import Book, Fill, Order, Position
from clearedge_tui.store import rows


def _insert(table: str, names: Iterable[str], tail: str, where: str = "WHERE true") -> str:
    listed = list(names)
    columns = ", ".join(f'"{name}"' for name in listed)
    marks = ", ".join(f":{name}" for name in listed)
    return f"INSERT INTO {table} ({columns}) SELECT {marks} {where} {tail}"  # our own names


def _replacing(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}" = excluded."{name}"' for name in names)


# an order keeps its owner: after `remove_instance` that is a retired name
_ORDER_CHANGES = ("filled", "avg_price", "status", "reason", "price", "size", "updated_ns")
_LEDGER_KEYS = tuple(rows.ledger_columns(LedgerRow("", Book.SHADOW, Position())))

PUT_ORDER = _insert(
    "orders",
    Order.__struct_fields__,
    f"ON CONFLICT (id) DO UPDATE SET {_replacing(_ORDER_CHANGES)}",
)
PUT_FILL = _insert("fills", Fill.__struct_fields__, "ON CONFLICT DO NOTHING")
PUT_LEDGER = _insert(
    "ledgers",
    _LEDGER_KEYS,
    f"ON CONFLICT (instance, book) DO UPDATE SET {_replacing(_LEDGER_KEYS[2:])}",
    # a late one must not come back under the id of a removed instance
    where="WHERE EXISTS (SELECT 1 FROM instances WHERE id = :instance)",
)
PUT_STATUS = """INSERT INTO status (id, mode, state, error, at_ns)
    SELECT :id, :mode, :state, :error, :at_ns WHERE EXISTS (SELECT 1 FROM instances WHERE id = :id)
    ON CONFLICT (id) DO UPDATE SET
        mode = excluded.mode, state = excluded.state, error = excluded.error, at_ns = excluded.at_ns"""
RETIRE = ("orders", "fills", "ledgers", "approvals", "risk_states")


def values(structs: Iterable[msgspec.Struct]) -> list[dict[str, Any]]:
    return [
        rows.ledger_columns(one) if isinstance(one, LedgerRow) else rows.columns(one)
        for one in structs
    ]
