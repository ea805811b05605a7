"""Files whose newest row comes first, read from their end: a spool on disk keeps memory constant."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearedge_tui.core.errors import Refused


class Spooled(NamedTuple):
    """Rows turned round; `line` is that of the first, and each next row is one line further up."""

    line: int
    fields: Mapping[str, pa.Array]


def turned(batches: Iterator[Any]) -> Iterator[Spooled]:
    """Yield the rows of raw batches from the last to the first."""
    with tempfile.TemporaryFile(prefix="clearedge-import-") as spool:
        try:
            lines = _spool(batches, spool)
        except OSError as error:
            raise Refused(
                f"{tempfile.gettempdir()}: {error.strerror or error} while turning a file round whose "
                "newest row comes first; nothing was written. Make room and try again"
            ) from None
        if not lines:
            return
        spool.seek(0)
        with pa.ipc.open_file(spool) as reader:
            for number in reversed(range(len(lines))):
                batch = reader.get_batch(number)
                order = pa.array(np.arange(batch.num_rows - 1, -1, -1))
                fields = {n: c.take(order) for n, c in zip(batch.schema.names, batch, strict=True)}
                yield Spooled(lines[number] + batch.num_rows - 1, fields)


def _spool(batches: Iterator[Any], spool: Any) -> list[int]:
    lines: list[int] = []
    writer: Any = None
    for raw in batches:
        batch = pa.RecordBatch.from_pydict(dict(raw.fields))
        if writer is None:
            writer = pa.ipc.new_file(spool, batch.schema)
        writer.write_batch(batch)
        lines.append(raw.line)
    if writer is not None:
        writer.close()
    return lines
