"""A file whose columns are known, as raw columns in batches that know their first line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.imports import dbn_file
from clearedge_tui.market.imports.names import Columns
from clearedge_tui.market.imports.newest_first import turned
from clearedge_tui.market.imports.opening import UNREADABLE, Form, form_of, spoilt, stream
from clearedge_tui.market.imports.sample import CsvStyle, csv_style
from clearedge_tui.market.layout import Kind

_BLOCK = 4 << 20
_SAMPLE = 256 << 10  # enough to see how a file is written
_ROWS = 131_072
_WORDS = ("time", "clock", "received", "side", "buyer_maker", "trade_id")


class NotPlain(Exception):
    """Some cell is no plain number: the file is read again as text, to find it or to mend it."""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Columns by field name (`time`, `open`, …); `line` is that of the first row.

    `step` is from one row's line to the next: -1 where a file is read from its end.
    """

    line: int
    fields: Mapping[str, pa.Array]
    step: int = 1

    def line_of(self, row: int) -> int:
        return self.line + self.step * row


@dataclass(frozen=True, slots=True)
class RawFile:
    """`mapping` is from our fields to the file's columns; `style` is there for a CSV."""

    path: Path
    form: Form
    kind: Kind
    mapping: Mapping[str, str]
    packing: str = ""
    style: CsvStyle | None = None
    timeframe: str = ""  # of the bars, where the file itself says so
    backwards: bool = False  # the newest row comes first
    closes: bool = False  # the file itself says that its bars are stamped with their close

    @property
    def told(self) -> str:
        return f"{self.form}, {self.packing}" if self.packing else str(self.form)

    @property
    def first_line(self) -> int:
        return self.style.first_line if self.style else 1

    def place(self, line: int) -> str:
        return f"{self.path}:{line}" if self.style else f"{self.path}, row {line}"

    def first(self, plain: bool) -> RawBatch | None:
        """Return some first rows; None when there are none. Raises as `batches` does."""
        if self.style is None:
            return next(iter(self._forwards(True)), None)
        return next(self._csv(self.style, plain, _SAMPLE), None)

    def batches(self, plain: bool = True) -> Iterator[RawBatch]:
        """Yield the rows in order; numbers as numbers when `plain`, else all cells as text.

        Raises NotPlain when plain reading fails, BadData with the line for a row of wrong width.
        """
        if self.backwards:
            return (RawBatch(*one, -1) for one in turned(self._forwards(plain)))
        return self._forwards(plain)

    def _forwards(self, plain: bool) -> Iterator[RawBatch]:
        if self.form is Form.PARQUET:
            return self._parquet()
        if self.form is Form.DBN:
            return self._dbn()
        return self._csv(self.style, plain) if self.style else iter(())

    def _csv(self, style: CsvStyle, plain: bool, block: int = _BLOCK) -> Iterator[RawBatch]:
        broken: list[int] = []
        line = style.first_line
        try:
            with stream(self.path, self.packing) as source:
                for batch in _opened(source, style, self.mapping, plain, broken, block):
                    yield self._named(line, batch)
                    line += batch.num_rows
        except pa.ArrowInvalid as error:
            if plain:
                raise NotPlain from None
            place = self.place(broken[0] + style.skip) if broken else f"{self.place(line)} or later"
            raise BadData(
                f"{place}: {_short(error)}; every row needs the columns of the header"
            ) from None
        except UnicodeDecodeError as error:
            raise BadData(f"{self.place(line)} or later: {_short(error)}; wanted UTF-8") from None
        except UNREADABLE as error:
            raise spoilt(self.path, error) from None

    def _parquet(self) -> Iterator[RawBatch]:
        line = 1
        names = list(dict.fromkeys(self.mapping.values()))
        try:
            # as it goes by: buffering ahead keeps every byte of the file until the end
            with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=1 << 20) as file:
                for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                    yield self._named(line, batch)
                    line += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise spoilt(self.path, error) from None

    def _dbn(self) -> Iterator[RawBatch]:
        line = 1
        for fields, count in dbn_file.batches(self.path, self.kind):
            yield RawBatch(line, fields)
            line += count

    def _named(self, line: int, batch: pa.RecordBatch) -> RawBatch:
        schema = batch.schema
        found = {f: batch.column(schema.get_field_index(n)) for f, n in self.mapping.items()}
        return RawBatch(line, found)


def _opened(
    source: Any,
    style: CsvStyle,
    mapping: Mapping[str, str],
    plain: bool,
    broken: list[int],
    block: int,
) -> Any:
    def refuse(row: pc_csv.InvalidRow) -> str:
        broken.append(row.number or 0)
        return "error"

    def kind(field: str) -> pa.DataType:
        return pa.float64() if plain and field not in _WORDS else pa.string()

    return pc_csv.open_csv(
        source,
        read_options=pc_csv.ReadOptions(
            block_size=block,
            use_threads=plain,  # lines are counted only without
            skip_rows=style.skip + style.blank,
            column_names=list(style.header) if style.named or style.blank else None,
        ),
        parse_options=pc_csv.ParseOptions(
            delimiter=style.delimiter, invalid_row_handler=None if plain else refuse
        ),
        convert_options=pc_csv.ConvertOptions(
            column_types={name: kind(field) for field, name in mapping.items()},
            include_columns=list(dict.fromkeys(mapping.values())),
            strings_can_be_null=False,
            null_values=[""],  # of numbers; whoever reads them says whether one may lack
            decimal_point="," if style.decimal_comma and plain else ".",
        ),
    )


def open_file(
    path: Path, chosen: Mapping[str, str] | None = None, kind: Kind | None = None
) -> RawFile:
    """Return the file with its columns guessed; `chosen` names columns that the guess misses."""
    form, packing = form_of(path)
    if form is Form.DBN:
        found, timeframe = dbn_file.kind_of(path, kind)
        mapping = dict.fromkeys(dbn_file.FIELDS[found], "")
        return RawFile(path, form, found, mapping, packing, timeframe=timeframe)
    if form is Form.CSV:
        style = csv_style(path, packing)
        columns = Columns(path, style.header, chosen or {})
        wanted = kind or columns.kind()
        mapping = _mapped(columns, wanted, style)
        return RawFile(path, form, wanted, mapping, packing, style)
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise spoilt(path, error) from None
    columns = Columns(path, schema.names, chosen or {})
    wanted = kind or columns.kind()
    closes = (schema.metadata or {}).get(b"type_name") == b"Bar"  # NautilusTrader's own
    return RawFile(path, form, wanted, columns.mapping(wanted), packing, closes=closes)


def _mapped(columns: Columns, kind: Kind, style: CsvStyle) -> dict[str, str]:
    try:
        return columns.mapping(kind)
    except BadData as error:
        if not style.named:
            raise
        width = len(style.header)
        raise BadData(
            f"{columns.path}:1: the file has no header, and its {width} columns leave in doubt what "
            f"they are; say it by their numbers: --column time=1 --column open=2 … ({error})"
        ) from None


def _short(error: BaseException) -> str:
    return clean_text(str(error).split("\n")[0], 160)
