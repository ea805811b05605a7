"""A name for the content of a selection: the same rows have the same one, in whatever files they lie.

SHA-256 over each column's canonical bytes (times as int64, prices as decimal128 of 16 places,
little-endian; text length-prefixed), then over the list of these, so that neither files nor row
groups nor compression play a part.
"""

import hashlib
import json
import struct
from collections.abc import Iterable
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from clearedge_tui.market import catalog
from clearedge_tui.market.layout import Key
from clearedge_tui.settings import Home

_ALGORITHM = "sha256-columns-1"


class Fingerprint(msgspec.Struct, frozen=True):
    """`sha256` names the rows of `series` from `first_ns` to `last_ns`, both within."""

    sha256: str
    series: str
    rows: int
    first_ns: int
    last_ns: int
    algorithm: str = _ALGORITHM


class _Sink(Protocol):
    def update(self, data: Any, /) -> None: ...


def fingerprint(
    home: Home, key: Key, first_ns: int | None = None, last_ns: int | None = None
) -> Fingerprint:
    """Return the fingerprint of a series' rows in [first_ns, last_ns], in constant memory."""
    return of_batches(str(key), catalog.batches(home, key, first_ns, last_ns))


def of_batches(series: str, batches: Iterable[pa.RecordBatch]) -> Fingerprint:
    """Return the fingerprint of rows that stream by in order."""
    sums: dict[str, Any] = {}
    rows, first, last = 0, 0, 0
    for batch in batches:
        if not batch.num_rows:
            continue
        times = batch.column("ts_init").cast(pa.int64())
        first = first if rows else times[0].as_py()
        last = times[-1].as_py()
        rows += batch.num_rows
        for name in batch.schema.names:
            _feed(sums.setdefault(name, hashlib.sha256()), batch.column(name))
    columns = {name: digest.hexdigest() for name, digest in sorted(sums.items())}
    body = json.dumps(
        {"series": series, "rows": rows, "columns": columns}, sort_keys=True, separators=(",", ":")
    )
    return Fingerprint(hashlib.sha256(body.encode()).hexdigest(), series, rows, first, last)


def _feed(sink: _Sink, column: Any) -> None:
    kind = column.type
    if pa.types.is_timestamp(kind):
        sink.update(column.cast(pa.int64()).to_numpy(zero_copy_only=False).tobytes())
    elif pa.types.is_decimal128(kind):
        width = kind.byte_width
        start = column.offset * width
        sink.update(memoryview(column.buffers()[1])[start : start + len(column) * width])
    elif pa.types.is_integer(kind):
        sink.update(column.cast(pa.int64()).to_numpy(zero_copy_only=False).tobytes())
    else:
        for value in column.to_pylist():
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            raw = text.encode()
            sink.update(struct.pack("<I", len(raw)) + raw)
