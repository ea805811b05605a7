"""The columns and first rows of a file as they are, for somebody to say which column is what."""

import csv
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.imports.names import Columns
from clearedge_tui.market.imports.opening import Form, form_of, head, spoilt
from clearedge_tui.market.imports.sample import csv_style
from clearedge_tui.market.layout import Kind

_ROWS = 10
_LETTERS = 60  # of one cell


class Wanted(msgspec.Struct, frozen=True):
    """What one kind of data needs; `missing` are fields that no column's name stands for."""

    needed: tuple[str, ...]
    more: tuple[str, ...]
    missing: tuple[str, ...]


class Header(msgspec.Struct, frozen=True):
    """`columns` are the names as the file has them; none where the file itself says what they are."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    kind: str = ""  # what the names say the rows are
    found: dict[str, str] = msgspec.field(default_factory=dict)  # our fields -> the columns
    wanted: dict[str, Wanted] = msgspec.field(default_factory=dict)  # by kind


def read_header(path: Path) -> Header:
    """Read the beginning of a file. Raises BadData or UsageError for what is no table."""
    try:
        form, packing = form_of(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({clean_text(error.strerror)})") from None
    if form is Form.DBN:
        return Header()
    names, rows = _csv(path, packing) if form is Form.CSV else _parquet(path)
    columns = Columns(path, names, {})
    wanted = {str(kind): Wanted(*columns.wanted(kind)) for kind in Kind}
    fields = [f for one in wanted.values() for f in (*one.needed, *one.more)]
    found = {field: name for field in fields if (name := columns.told(field))}
    return Header(tuple(names), rows, str(columns.kind()), found, wanted)


def _csv(path: Path, packing: str) -> tuple[list[str], tuple[tuple[str, ...], ...]]:
    style = csv_style(path, packing)
    lines = head(path, packing).decode("utf-8-sig", "replace").splitlines()
    body = [line for line in lines[style.first_line - 1 :] if line.strip()][:_ROWS]
    rows = csv.reader(body, delimiter=style.delimiter)
    return list(style.header), tuple(tuple(_short(cell) for cell in row) for row in rows)


def _parquet(path: Path) -> tuple[list[str], tuple[tuple[str, ...], ...]]:
    try:
        with pq.ParquetFile(path) as file:
            first = next(file.iter_batches(batch_size=_ROWS), None)
            names = list(file.schema_arrow.names)
    except (pa.ArrowInvalid, OSError) as error:
        raise spoilt(path, error) from None
    rows = zip(*first.to_pydict().values(), strict=True) if first is not None else ()
    return names, tuple(tuple(_short(cell) for cell in row) for row in rows)


def _short(cell: object) -> str:
    return clean_text(str(cell), _LETTERS).strip()
