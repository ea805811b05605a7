"""The tables of a session as Parquet: as those of any run, with the book each row belongs to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clearedge_tui.core.model import Fill, Order
from clearedge_tui.runs.fill_columns import MONEY, money
from clearedge_tui.runs.sessions import Point

_TIME, _TEXT = pa.timestamp("ns", tz="UTC"), pa.string()
_ORDERS: dict[str, tuple[pa.DataType, str]] = {
    "id": (_TEXT, "id"), "ts_ns": (_TIME, "at_ns"), "side": (_TEXT, "side"),
    "kind": (_TEXT, "kind"), "size": (MONEY, "size"), "price": (MONEY, "price"),
    "trigger": (MONEY, "trigger"), "filled": (MONEY, "filled"), "status": (_TEXT, "status"),
    "reason": (_TEXT, "reason"), "tag": (_TEXT, "tag"), "book": (_TEXT, "book"),
}  # fmt: skip
_FILLS: dict[str, tuple[pa.DataType, str]] = {
    "ts_ns": (_TIME, "at_ns"), "order": (_TEXT, "order"), "side": (_TEXT, "side"),
    "size": (MONEY, "size"), "price": (MONEY, "price"), "fee": (MONEY, "fee"),
    "realised": (MONEY, "realised"), "id": (_TEXT, "id"), "book": (_TEXT, "book"),
}  # fmt: skip
_POINTS: dict[str, tuple[pa.DataType, str]] = {
    "ts_ns": (_TIME, "at_ns"), "data_ns": (_TIME, "data_ns"), "book": (_TEXT, "book"),
    "position": (MONEY, "position"), "price": (MONEY, "price"), "total": (MONEY, "total"),
    "fees": (MONEY, "fees"),
}  # fmt: skip


def write(
    folder: Path,
    orders: Sequence[Order],
    fills: Sequence[Fill],
    points: Sequence[Point],
    balance: Any,
) -> None:
    """Write the three. Times of orders and fills are of the data, those of equity of the wall."""
    equity = _table(points, _POINTS)
    worth = pa.array([float(balance + one.total) for one in points], pa.float64())
    for name, table in (
        ("orders", order_table(orders)),
        ("fills", fill_table(fills, orders)),
        ("equity", equity.add_column(1, "equity", worth)),
    ):
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def order_table(orders: Sequence[Order]) -> pa.Table:
    return _table(orders, _ORDERS)


def fill_table(fills: Sequence[Fill], orders: Sequence[Order]) -> pa.Table:
    """Return fills with the tags of their orders. Who made and who took the books do not say."""
    tags = {order.id: order.tag for order in orders}
    made = _table(fills, _FILLS).append_column("maker", pa.nulls(len(fills), pa.bool_()))
    return made.append_column("tag", pa.array([tags.get(f.order, "") for f in fills], _TEXT))


def _table(rows: Sequence[Any], kinds: dict[str, tuple[pa.DataType, str]]) -> pa.Table:
    return pa.table(
        {n: _column([getattr(row, at) for row in rows], kind) for n, (kind, at) in kinds.items()}
    )


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == MONEY:
        return money(values)
    if kind == _TIME:
        return pa.array(values, pa.int64()).view(_TIME)
    return pa.array([str(value) for value in values], _TEXT)
