"""One data file: written as it streams by, read by the slice. Rows are sorted by `ts_init`."""

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clearedge_tui.core.errors import BadData, ClearEdgeError, Refused, RetryLater
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.columns import Ints, finest
from clearedge_tui.market.columns import layout as layout_for
from clearedge_tui.market.layout import Key, interval, key_of
from clearedge_tui.market.place import Place

ROW_GROUP = 131_072
TIME = "ts_init"
_DAY_NS = 86_400_000_000_000
_MOST_GAPS = 20_000
ASKED = b"clearedge_asked"  # the file holds all that a source had for its interval
SOURCE = b"clearedge_source"


class Facts(msgspec.Struct, frozen=True):
    """What is known of a file without reading its rows again."""

    rows: int
    first_ns: int
    last_ns: int
    gap_count: int = -1  # places where a bar is missing, by the clock alone; -1 was not counted
    missing: int = -1  # bars missing there
    gaps: tuple[tuple[int, int], ...] = ()  # (time before, time after)
    days: tuple[tuple[int, int, int], ...] = ()  # (first day since 1970, days, rows a day)
    asked: bool = False
    source: str = ""


class Counter:
    """Counts rows, gaps and days while rows stream by."""

    def __init__(self, key: Key, most_gaps: int = _MOST_GAPS) -> None:
        self._most_gaps = most_gaps
        self._step = key.step_ns if key.timeframe else 0
        self._last: int | None = None
        self._days: dict[int, int] = {}
        self.rows = self.first_ns = self.last_ns = 0
        self.gap_count = self.missing = 0
        self.gaps: list[tuple[int, int]] = []

    def see(self, times: Ints) -> None:
        if not len(times):
            return
        if self._last is None:
            self.first_ns = int(times[0])
        if self._step:
            self._gaps(times)
        days = (times - 1) // _DAY_NS
        starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))  # sorted already
        counts = np.diff(starts, append=len(days))
        for one, rows in zip(days[starts].tolist(), counts.tolist(), strict=True):
            self._days[one] = self._days.get(one, 0) + rows
        self.rows += len(times)
        self._last = self.last_ns = int(times[-1])

    def _gaps(self, times: Ints) -> None:
        before = times[0] - self._step if self._last is None else self._last
        steps = np.diff(times, prepend=before)
        wide = np.flatnonzero(steps > self._step)
        self.gap_count += len(wide)
        self.missing += int((steps[wide] // self._step - 1).sum())
        room = self._most_gaps - len(self.gaps)
        self.gaps += [(int(times[at] - steps[at]), int(times[at])) for at in wide[:room]]

    def facts(self, asked: bool = False, source: str = "") -> Facts:
        counted = bool(self._step)
        return Facts(
            self.rows,
            self.first_ns,
            self.last_ns,
            self.gap_count if counted else -1,
            self.missing if counted else -1,
            tuple(self.gaps),
            _runs(self._days),
            asked,
            source,
        )


def _runs(days: dict[int, int]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    for day in sorted(days):
        if runs and runs[-1][0] + runs[-1][1] == day and runs[-1][2] == days[day]:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, runs[-1][2])
        else:
            runs.append((day, 1, days[day]))
    return tuple(runs)


def joined_sources(names: Iterable[str]) -> str:
    """Return each source once; a name may be a list already."""
    return ", ".join(dict.fromkeys(one for name in names for one in name.split(", ") if one))


def times_of(rows: Any) -> Ints:
    """Return `ts_init` of a batch or table as integers."""
    times: Ints = rows.column(TIME).cast(pa.int64()).to_numpy()
    return times


def write(
    where: Place,
    path: str,
    key: Key,
    layout: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    asked: bool = False,
    source: str = "",
) -> Facts:
    """Write batches as they come and return what was seen. A full disk is Refused; it leaves nothing."""
    kept = {k: v for k, v in (layout.metadata or {}).items() if k not in (ASKED, SOURCE)}
    marks = kept | ({ASKED: b"1"} if asked else {})
    layout = layout.with_metadata(marks | ({SOURCE: source.encode()} if source else {}))
    counter = Counter(key)
    try:
        with (
            where.writing(path) as file,
            pq.ParquetWriter(
                file,
                layout,
                compression="zstd",
                use_dictionary=_texts(layout),
                column_encoding=_split(layout),
            ) as writer,
            ThreadPoolExecutor(1) as aside,
        ):
            written: Future[None] | None = None
            for group in _groups_of(batches, layout):
                counter.see(times_of(group))
                if written is not None:
                    written.result()
                # compressing lets the next rows be read meanwhile
                written = aside.submit(writer.write_table, group, ROW_GROUP)
            if written is not None:
                written.result()
    except OSError as error:
        raise Refused(
            f"{where.name}: {error.strerror or clean_text(str(error), 200)} while writing {key}; "
            "nothing was changed. Make room and try again"
        ) from None
    return counter.facts(asked, source)


def _split(layout: pa.Schema) -> dict[str, str]:
    """Bytes of equal weight side by side: a tenth smaller, and half again as quick to compress."""
    return {f.name: "BYTE_STREAM_SPLIT" for f in layout if pa.types.is_decimal(f.type)}


def _texts(layout: pa.Schema) -> list[str]:
    """Only text repeats enough for a dictionary to pay; for prices it costs a third of the time."""
    return [
        f.name for f in layout if not (pa.types.is_decimal(f.type) or pa.types.is_timestamp(f.type))
    ]


def _groups_of(batches: Iterable[pa.RecordBatch], layout: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows again in tables of a row group each, whatever pieces they come in."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        rest = batch.replace_schema_metadata(layout.metadata)
        while rows + rest.num_rows >= ROW_GROUP:
            room = ROW_GROUP - rows
            yield pa.Table.from_batches([*waiting, rest.slice(0, room)], layout)
            rest, waiting, rows = rest.slice(room), [], 0
        if rest.num_rows:
            waiting.append(rest)
            rows += rest.num_rows
    if waiting:
        yield pa.Table.from_batches(waiting, layout)


def opened(where: Place, path: str) -> pq.ParquetFile:
    """Open a file. Raises BadData naming it when it holds no such rows, FileNotFoundError."""
    try:
        # reading ahead keeps every byte until the end: only worth it where each request takes long
        file = pq.ParquetFile(where.open(path), pre_buffer=where.local is None)
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        raise broken(where, path, error) from None
    strange = _strange(path, file.schema_arrow)
    if strange:
        file.close()
        raise BadData(
            f"{where.name}/{path}: its columns are not those of {key_of(path)} (see "
            f"{', '.join(strange)}); move it away and import it"
        )
    return file


def _strange(path: str, found: pa.Schema) -> list[str]:
    """Return the columns that a file of its folder must have and this one has not, or not as numbers."""
    key = key_of(path)
    wanted = layout_for(key, 0, 0) if key else ()
    return [
        f.name
        for f in wanted
        if f.name not in found.names
        or (pa.types.is_decimal(f.type) and not pa.types.is_decimal(found.field(f.name).type))
    ]


def layout_of(where: Place, paths: Iterable[str]) -> pa.Schema:
    """Return the layout that holds the rows of all these files: the first one's, at its finest."""
    found = []
    for path in paths:
        with opened(where, path) as file:
            found.append(file.schema_arrow)
    return found[0].with_metadata(finest([one.metadata or {} for one in found]))


def broken(where: Place, path: str, error: BaseException) -> ClearEdgeError:
    """Return what to raise: BadData for bad content; what the disk or S3 refuses is no fault of it."""
    name, words = f"{where.name}/{path}", clean_text(str(error).split("\n")[0], 160)
    if isinstance(error, OSError) and error.errno:
        return ClearEdgeError(f"{name}: {error.strerror}; mend that and try again")
    if where.local is None and "AWS Error" in words:
        return RetryLater(f"{name}: {words}")
    return BadData(f"{name}: not a readable data file ({words}); delete it and import it again")


def batches(
    where: Place,
    path: str,
    first_ns: int | None = None,
    last_ns: int | None = None,
    size: int = ROW_GROUP,
    columns: list[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows in [first_ns, last_ns], reading only the row groups that hold some."""
    with opened(where, path) as file:
        groups = _groups(file, first_ns, last_ns)
        try:
            for batch in file.iter_batches(size, row_groups=groups, columns=columns):
                kept = _clipped(batch, first_ns, last_ns)
                if kept.num_rows:
                    yield kept
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(where, path, error) from None


def table(
    where: Place, path: str, first_ns: int | None = None, last_ns: int | None = None
) -> pa.Table:
    """Return the rows in [first_ns, last_ns] at once, decoded on every core."""
    with opened(where, path) as file:
        try:
            whole = file.read_row_groups(_groups(file, first_ns, last_ns))
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(where, path, error) from None
    return _clipped(whole, first_ns, last_ns)


def _groups(file: pq.ParquetFile, first_ns: int | None, last_ns: int | None) -> list[int]:
    meta = file.metadata
    if first_ns is None and last_ns is None:
        return list(range(meta.num_row_groups))
    leaf = next(n for n in range(meta.num_columns) if meta.schema.column(n).path == TIME)
    found = []
    for number in range(meta.num_row_groups):
        stats = meta.row_group(number).column(leaf).statistics
        if stats is None or not stats.has_min_max:
            found.append(number)
            continue
        if (last_ns is None or stats.min_raw <= last_ns) and (
            first_ns is None or stats.max_raw >= first_ns
        ):
            found.append(number)
    return found


def _clipped(batch: Any, first_ns: int | None, last_ns: int | None) -> Any:
    if first_ns is None and last_ns is None:
        return batch
    times = times_of(batch)
    low = 0 if first_ns is None else int(np.searchsorted(times, first_ns, "left"))
    high = len(times) if last_ns is None else int(np.searchsorted(times, last_ns, "right"))
    return batch if (low, high) == (0, len(times)) else batch.slice(low, max(0, high - low))


def survey(where: Place, path: str, key: Key, deep: bool = False) -> Facts:
    """Return what a file's footer says; `deep` reads its times too and counts gaps and days."""
    with opened(where, path) as file:
        marks = file.schema_arrow.metadata or {}
        asked, source = ASKED in marks, marks.get(SOURCE, b"").decode("utf-8", "replace")
        if not deep:
            first, last = interval(path)
            return Facts(file.metadata.num_rows, first, last, asked=asked, source=source)
        counter = Counter(key)
        try:
            for batch in file.iter_batches(batch_size=ROW_GROUP, columns=[TIME]):
                counter.see(times_of(batch))
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(where, path, error) from None
        return counter.facts(asked, source)


def gaps(where: Place, path: str, key: Key) -> list[tuple[int, int]]:
    """Return every gap of a file, reading its times."""
    counter = Counter(key, sys.maxsize)
    for batch in batches(where, path, columns=[TIME]):
        counter.see(times_of(batch))
    return counter.gaps


def sorted_rows(rows: pa.Table) -> pa.Table:
    """Return a table sorted by time; equal times keep their order."""
    times = times_of(rows)
    if len(times) < 2 or bool((np.diff(times) >= 0).all()):
        return rows
    return rows.take(pa.array(np.argsort(times, kind="stable"))).combine_chunks()
