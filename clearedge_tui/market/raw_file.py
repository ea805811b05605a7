"""Read a CSV or Parquet file of bars as raw columns in batches, each knowing its first line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text

_BLOCK = 8 << 20
_TIME_NAMES = (
    *("timestamp", "ts", "datetime", "date_time", "open_time", "opentime", "close_time"),
    *("closetime", "time", "date", "ts_event", "unix", "gmt_time"),
)
_NAMES: dict[str, tuple[str, ...]] = {
    "time": _TIME_NAMES,
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price", "last"),
    "volume": ("volume", "vol", "v", "base_volume", "volume_base", "tick_volume"),
}
FIELDS = tuple(_NAMES)


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Columns by field name (`time`, `open`, …); `line` is the place of the first row."""

    line: int
    fields: Mapping[str, pa.Array]


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file whose columns are known. `word` is what its rows are called in messages."""

    path: Path
    kind: str  # csv | parquet
    mapping: Mapping[str, str]  # our field -> the file's column
    word: str

    def place(self, line: int) -> str:
        return f"{self.path}:{line}" if self.kind == "csv" else f"{self.path}, row {line}"

    def batches(self) -> Iterator[RawBatch]:
        """Yield the rows in order. A row of the wrong width is BadData with its line."""
        return self._csv() if self.kind == "csv" else self._parquet()

    def _csv(self) -> Iterator[RawBatch]:
        broken: list[int] = []

        def refuse(row: pc_csv.InvalidRow) -> str:
            broken.append(row.number or 0)
            return "error"

        names = list(self.mapping.values())
        options = pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=names,
            strings_can_be_null=False,
            null_values=[],
        )
        line = 2
        try:
            reader = pc_csv.open_csv(
                self.path,
                read_options=pc_csv.ReadOptions(block_size=_BLOCK, use_threads=False),
                parse_options=pc_csv.ParseOptions(
                    delimiter=_delimiter(self.path), invalid_row_handler=refuse
                ),
                convert_options=options,
            )
            for batch in reader:
                fields = {
                    f: batch.column(batch.schema.get_field_index(n))
                    for f, n in self.mapping.items()
                }
                yield RawBatch(line, fields)
                line += batch.num_rows
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            place = self.place(broken[0]) if broken and broken[0] else str(self.path)
            raise BadData(
                f"{place}: {_short(error)}; every row needs the columns of the header"
            ) from None

    def _parquet(self) -> Iterator[RawBatch]:
        line = 1
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=131_072, columns=list(self.mapping.values())):
                fields = {
                    f: batch.column(batch.schema.get_field_index(n))
                    for f, n in self.mapping.items()
                }
                yield RawBatch(line, fields)
                line += batch.num_rows


def open_file(path: Path, chosen: Mapping[str, str] | None = None) -> RawFile:
    """Return the file with its columns guessed; `chosen` names columns that the guess misses."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    kind = "parquet" if _is_parquet(path) else "csv"
    header = _header(path, kind)
    return RawFile(
        path, kind, _guess(path, header, chosen or {}), "line" if kind == "csv" else "row"
    )


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(4) == b"PAR1"


def _delimiter(path: Path) -> str:
    with pa.input_stream(str(path), compression="detect") as stream:
        first = stream.read(65_536).partition(b"\n")[0].decode("utf-8", "replace")
    return max(",;\t|", key=first.count)


def _header(path: Path, kind: str) -> list[str]:
    try:
        if kind == "parquet":
            return list(pq.read_schema(path).names)
        options = pc_csv.ParseOptions(
            delimiter=_delimiter(path), invalid_row_handler=lambda _row: "skip"
        )
        strings = pc_csv.ReadOptions(block_size=1 << 20)
        return list(pc_csv.open_csv(path, read_options=strings, parse_options=options).schema.names)
    except pa.ArrowInvalid as error:
        raise BadData(
            f"{path}: {_short(error)}; wanted a CSV with a header line, or Parquet"
        ) from None


def _guess(path: Path, header: list[str], chosen: Mapping[str, str]) -> dict[str, str]:
    by_key = {
        name.strip().strip("\ufeff<>").lower().replace(" ", "_"): name for name in reversed(header)
    }
    mapping: dict[str, str] = {}
    for field, names in _NAMES.items():
        if field in chosen:
            if chosen[field] not in header:
                raise BadData(f"{path}: no column `{chosen[field]}`; it has: {_listed(header)}")
            mapping[field] = chosen[field]
            continue
        hit = next((by_key[name] for name in names if name in by_key), None)
        if hit is not None:
            mapping[field] = hit
        elif field != "volume":
            raise BadData(
                f"{path}:1: no column for `{field}`; it has: {_listed(header)}. "
                f"Name it with: --column {field}=NAME"
            )
    return mapping


def _listed(names: list[str]) -> str:
    return ", ".join(clean_text(name, 40) for name in names[:12])


def _short(error: BaseException) -> str:
    return clean_text(str(error).split("\n")[0], 160)
