"""The orders and fills of a run as lines of a timeline: the first and the last ones, and how many.

They stand where the engine ended its work: when that was by the clock on the wall. When it was in
the data is said on each line.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.read_table import read_table
from clearedge_tui.runs.trade_pages import short
from clearedge_tui.store.rows import JournalRow

ENDS = 5  # lines at each end
_ORDER = ("id", "ts_ns", "side", "kind", "size", "price", "filled", "status", "reason", "tag")
_FILL = ("order", "ts_ns", "side", "size", "price", "fee", "maker", "tag")
_Line = tuple[int, int, str, str, dict[str, object]]  # data time, rank, event, text, payload


def lines(folder: Path, run_id: str, trace: str, at_ns: int) -> list[JournalRow]:
    """Return them oldest first, all at `at_ns`. Raises BadData; a run without tables has none."""
    orders, fills = (_read(folder / f"{name}.parquet") for name in ("orders", "fills"))
    if orders is None or fills is None:
        return []
    return lines_of(orders, fills, run_id, trace, at_ns)


def lines_of(
    orders: pa.Table, fills: pa.Table, run_id: str, trace: str, at_ns: int
) -> list[JournalRow]:
    """Return the lines of these tables."""
    left = [max(0, len(table) - 2 * ENDS) for table in (orders, fills)]
    found = sorted([*_orders(orders), *_fills(fills, orders)], key=lambda line: line[:2])
    if any(left):
        found.insert(_middle(found), _gap(run_id, *left))
    return [
        JournalRow(
            number, at_ns, event, run_id, "run", text, {**payload, "trace_id": trace, "run_id": run_id}
        )
        for number, (_, _, event, text, payload) in enumerate(found, 1)
    ]  # fmt: skip


def _orders(table: pa.Table) -> Iterator[_Line]:
    for row in _ends(table, _ORDER):
        price = row["kind"] if row["price"] is None else f"{row['kind']} at {row['price']}"
        filled = f" {row['filled']} of {row['size']}" if row["filled"] != row["size"] else ""
        why = f": {row['reason']}" if row["reason"] else ""
        text = (
            f"{row['id']} {row['side']} {row['size']} {price}, {row['status']}{filled}{why}, "
            f"data {iso(row['ts_ns'])}"
        )
        yield row["ts_ns"], 0, "order", text, _plain(row)


def _fills(table: pa.Table, orders: pa.Table) -> Iterator[_Line]:
    shown = list(_ends(table, _FILL))
    named = pa.array(sorted({str(row["order"]) for row in shown}), pa.string())
    part = orders.filter(pc.is_in(orders["id"], named)).select(["id", "status"])
    status = dict(zip(*(part[name].to_pylist() for name in ("id", "status")), strict=True))
    for row in shown:
        how = {True: " maker", False: " taker"}.get(row["maker"], "")
        text = (
            f"{row['order']} {row['side']} {row['size']} at {row['price']}, fee {row['fee']}{how}, "
            f"order {clean_text(status.get(row['order'], 'unknown'))}, data {iso(row['ts_ns'])}"
        )
        yield row["ts_ns"], 1, "fill", text, _plain(row)


def _gap(run_id: str, orders: int, fills: int) -> _Line:
    text = (
        f"{orders:,} orders and {fills:,} fills between; all of them: "
        f"clearedge run export {run_id} orders FILE"
    )
    return 0, 0, "orders_between", text, {"orders": orders, "fills": fills}


def _middle(found: list[_Line]) -> int:
    """Return the place of what is left out: behind the widest pause of the lines shown."""
    times = np.array([line[0] for line in found])
    return int(np.argmax(np.diff(times))) + 1


def _ends(table: pa.Table, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    count = len(table)
    at = [n for n in range(count) if n < ENDS or n >= count - ENDS]
    part = table.select(names).take(pa.array(at, pa.int64()))
    columns = [_values(part[name]) for name in names]
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _values(column: Any) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        return list(column.cast(pa.int64()).to_pylist())
    if pa.types.is_string(column.type):
        return [clean_text(value or "", 200) for value in column.to_pylist()]
    return [short(value) for value in column.to_pylist()]


def _plain(row: dict[str, Any]) -> dict[str, object]:
    """Return a row for a payload: money as text, the time of the data under a name of its own."""
    plain: dict[str, object] = {
        name: value if value is None or isinstance(value, int | str) else f"{value:f}"
        for name, value in row.items()
    }
    plain["data_ns"] = plain.pop("ts_ns")
    return plain


def _read(path: Path) -> pa.Table | None:
    try:
        return read_table(path)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowInvalid) as error:
        raise BadData(f"{path}: {str(error).splitlines()[0]}") from None
