"""A table of a run, read back."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a file's rows. Raises OSError, or ArrowInvalid when it is damaged.

    Arrow's own `read_table` brings its datasets along, and pandas where that is installed: 0.2 s
    before the first row, more than a report may take to open.
    """
    with pq.ParquetFile(path) as file:
        return file.read(None if columns is None else list(columns))
