"""Join new rows with stored ones, in order and in constant memory: two sorted streams in, one out."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from clearedge_tui.market.columns import Ints
from clearedge_tui.market.series_file import sorted_rows, times_of

Conflict = Callable[[pa.Table, pa.Table, Ints], None]  # stored, new, place of the new in its stream


class Stream:
    """Batches read ahead as far as wanted."""

    def __init__(self, batches: Iterable[pa.RecordBatch], layout: pa.Schema) -> None:
        self._source = iter(batches)
        self._layout = layout
        self._rest = layout.empty_table()
        self.dry = False

    def last_ns(self) -> int | None:
        """Return the time of the last row read ahead, reading some when there is none."""
        if not self._rest.num_rows:
            self._more()
        return int(times_of(self._rest)[-1]) if self._rest.num_rows else None

    def _more(self) -> None:
        batch = next(self._source, None)
        if batch is None:
            self.dry = True
            return
        table = pa.Table.from_batches([batch]).cast(self._layout)
        self._rest = pa.concat_tables([self._rest, table]).combine_chunks()

    def until(self, limit_ns: int) -> pa.Table:
        """Take every row up to and with `limit_ns`."""
        while not self.dry and (last := self.last_ns()) is not None and last <= limit_ns:
            self._more()
        at = int(np.searchsorted(times_of(self._rest), limit_ns, "right"))
        taken, self._rest = self._rest.slice(0, at), self._rest.slice(at)
        return taken


def in_order(
    sources: Sequence[Iterable[pa.RecordBatch]], layout: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Yield all rows of several sorted streams as one sorted stream; nothing is left out."""
    streams = [Stream(source, layout) for source in sources]
    while edges := [e for s in streams if (e := s.last_ns()) is not None]:
        taken = [stream.until(min(edges)) for stream in streams]
        yield from sorted_rows(pa.concat_tables(taken).combine_chunks()).to_batches()


class Merge:
    """The union of stored and new rows. `added` and `already` count the new ones as it goes by.

    `one_a_time`: at most one row a moment (bars): a new row at a stored moment is handed to `check`
    with the stored one and left out. Else only rows that are equal in every column are left out.
    """

    def __init__(
        self,
        old: Iterable[pa.RecordBatch],
        new: Iterable[pa.RecordBatch],
        layout: pa.Schema,
        one_a_time: bool,
        check: Conflict,
    ) -> None:
        self._stored, self._new = Stream(old, layout), Stream(new, layout)
        self._one_a_time = one_a_time
        self._check = check
        self.added = 0
        self.already = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        stored, new = self._stored, self._new
        while edges := [e for e in (stored.last_ns(), new.last_ns()) if e is not None]:
            left, right = stored.until(min(edges)), new.until(min(edges))
            fresh = self._fresh(left, right)
            self.added += fresh.num_rows
            self.already += right.num_rows - fresh.num_rows
            yield from sorted_rows(pa.concat_tables([left, fresh]).combine_chunks()).to_batches()

    def _fresh(self, left: pa.Table, right: pa.Table) -> pa.Table:
        """Return the rows of `right` that `left` does not hold."""
        if not left.num_rows or not right.num_rows:
            return right
        if not self._one_a_time:
            return right.filter(pa.array(~np.isin(marks_of(right), marks_of(left))))
        old, new = times_of(left), times_of(right)
        at = np.minimum(np.searchsorted(old, new), len(old) - 1)
        known = old[at] == new
        if known.any():
            where = np.flatnonzero(known) + self.added + self.already
            self._check(left.take(pa.array(at[known])), right.filter(pa.array(known)), where)
        return right.filter(pa.array(~known))


def marks_of(rows: pa.Table) -> Ints:
    """Return one 64-bit mark a row, equal for rows that are equal in every column but `ts_event`."""
    marks = times_of(rows).copy()
    with np.errstate(over="ignore"):
        for name in rows.column_names:
            if not name.startswith("ts_"):
                for part in _words(rows.column(name)):
                    marks = (marks ^ (marks >> 29)) * np.int64(-7046029254386353131) + part
    return marks


def _words(column: pa.ChunkedArray) -> Iterator[Ints]:
    whole = column.combine_chunks()
    whole = whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
    if pa.types.is_decimal128(whole.type):
        pairs = np.frombuffer(whole.buffers()[1], np.int64).reshape(-1, 2)
        part = pairs[whole.offset : whole.offset + len(whole)]
        yield part[:, 0]
        yield part[:, 1]
    elif pa.types.is_integer(whole.type):
        yield whole.cast(pa.int64(), safe=False).to_numpy()
    else:
        yield np.fromiter((hash(str(v)) for v in whole.to_pylist()), np.int64, len(whole))
