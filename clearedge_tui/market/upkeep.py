"""Keeping the catalog: compact, drop duplicates, delete a range, move a series. Each shows first.

Every verb returns what it would do, or did, as the same `Upkeep`; with `dry` nothing is changed.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec
import numpy as np
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.market import catalog, change, index, layout, place, series_file
from clearedge_tui.market.change import Change
from clearedge_tui.market.fingerprint import Fingerprint, of_batches
from clearedge_tui.market.layout import Key
from clearedge_tui.market.merge import in_order, marks_of
from clearedge_tui.market.place import Place
from clearedge_tui.market.series_file import Facts, times_of
from clearedge_tui.settings import MARKER, Home

Through = Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]


class Upkeep(msgspec.Struct, frozen=True):
    """What changes: files and rows before and after. `dry` says that nothing has changed yet."""

    series: str
    what: str
    files_before: int
    files_after: int
    rows_before: int
    rows_after: int
    bytes_before: int
    dry: bool

    def line(self) -> str:
        would = "would be " if self.dry else ""
        return (
            f"{self.series}: {would}{self.what}; {self.files_before} → {self.files_after} files, "
            f"{self.rows_before:,} → {self.rows_after:,} rows"
        )


def compact(home: Home, key: Key, dry: bool) -> Upkeep:
    """Join a series' files into one. Rows stay as they are."""
    return _rewrite(home, key, "compacted", lambda parts: parts, dry)


def deduplicate(home: Home, key: Key, dry: bool) -> Upkeep:
    """Leave out rows that repeat: of bars one a moment (the first), of ticks what is equal in all."""

    def once(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        last: pa.Table | None = None
        for part in parts:
            kept = _without_repeats(pa.Table.from_batches([part]), last, bool(key.timeframe))
            if kept.num_rows:
                last = kept
                yield from kept.combine_chunks().to_batches()

    return _rewrite(home, key, "freed of duplicates", once, dry)


def _without_repeats(rows: pa.Table, last: pa.Table | None, one_a_time: bool) -> pa.Table:
    marks = times_of(rows) if one_a_time else marks_of(rows)
    _, first = np.unique(marks, return_index=True)
    keep = np.zeros(rows.num_rows, np.bool_)
    keep[first] = True
    if last is not None:
        seen = times_of(last) if one_a_time else marks_of(last)
        keep &= ~np.isin(marks, seen)
    return rows.filter(pa.array(keep))


def delete_range(home: Home, key: Key, start_ns: int, end_ns: int, dry: bool) -> Upkeep:
    """Delete the bars that open (the ticks that lie) in [start_ns, end_ns); 0 is the edge."""
    back = key.step_ns if key.timeframe else 0
    low = start_ns + back if start_ns else None
    high = end_ns + back - 1 if end_ns else None
    edge = "all" if low is None and high is None else f"{_when(start_ns)} to {_when(end_ns)}"
    with change.locked(home):
        where = place.place(home)
        files = _files(home, where, key)
        hit = [
            e
            for e in files
            if (high is None or layout.interval(e.path)[0] <= high)
            and (low is None or layout.interval(e.path)[1] >= low)
        ]
        kept = [e for e in files if e not in hit]
        kept_paths = {e.path for e in kept}
        after, facts = 0, {}
        with Change(where) as work:
            for entry in hit:
                for part in _rest(entry, low, high):
                    draft, fact = _piece(where, work, entry, key, *part)
                    first, last = _named(key, entry, part, fact)
                    if fact.rows or (fact.asked and first <= last):
                        path = f"{key.folder}/{layout.file_name(first, last)}"
                        if path in facts or path in kept_paths:
                            raise Refused(f"{key}: its files overlap; compact it first")
                        work.put(draft, path)
                        facts[path] = fact
                        after += fact.rows
                work.drop(entry.path)
            gone = {e.path for e in hit}
            if not dry and hit:
                work.commit()
                index.remember(home, where, facts, gone - set(facts))
        return _told(
            key, f"deleted ({edge})", files, len(kept) + len(facts),
            _rows(kept) + after, dry,
        )  # fmt: skip


def _when(ts_ns: int) -> str:
    return iso(ts_ns)[:16] if ts_ns else "the edge"


def _rest(
    entry: index.Entry, low: int | None, high: int | None
) -> Iterator[tuple[int | None, int | None]]:
    """Yield what of a file's interval lies before and after what is deleted."""
    first, last = layout.interval(entry.path)
    if low is not None and first < low:
        yield first, low - 1
    if high is not None and last > high:
        yield high + 1, last


def _named(
    key: Key, entry: index.Entry, part: tuple[int | None, int | None], fact: Facts
) -> tuple[int, int]:
    """What a source was asked for stays asked; else a file speaks for its rows."""
    if not fact.asked or part[0] is None or part[1] is None:
        return fact.first_ns, fact.last_ns
    whole = part[1] == layout.interval(entry.path)[1]
    last = part[1] if whole or not key.timeframe else part[1] + 1 - key.step_ns
    return (min(part[0], fact.first_ns), max(last, fact.last_ns)) if fact.rows else (part[0], last)


def _piece(
    where: Place, work: Change, entry: index.Entry, key: Key, low: int | None, high: int | None
) -> tuple[str, Facts]:
    draft = work.draft()
    with series_file.opened(where, entry.path) as file:
        schema = file.schema_arrow
    rows = series_file.batches(where, entry.path, low, high)
    old = entry.facts
    return draft, series_file.write(where, draft, key, schema, rows, old.asked, old.source)


def _files(home: Home, where: Place, key: Key) -> list[index.Entry]:
    files = index.entries(home, where, key.folder)
    if not files:
        raise NotFound(f"no series {key} in the catalog. See: clearedge data list")
    broken = [e.error for e in files if e.error]
    if broken:
        raise Refused(f"{key}: {broken[0]}")
    return sorted(files, key=lambda e: layout.interval(e.path))


def _rewrite(home: Home, key: Key, what: str, through: Through, dry: bool) -> Upkeep:
    with change.locked(home):
        where = place.place(home)
        files = _files(home, where, key)
        facts: dict[str, Facts] = {}
        with Change(where) as work:
            for group in _groups(key, files):
                path, fact = _joined(where, work, key, group, through)
                facts[path] = fact
            same = len(files) == len(facts) and _rows(files) == sum(f.rows for f in facts.values())
            if not dry and not same:
                for entry in files:
                    work.drop(entry.path)
                work.commit()
                index.remember(home, where, facts, {e.path for e in files} - set(facts))
        rows = sum(one.rows for one in facts.values())
        return _told(key, what, files, len(facts), rows, dry)


def _groups(key: Key, files: list[index.Entry]) -> list[list[index.Entry]]:
    """Return which files may become one without speaking for time that none of them speaks for.

    Holes between bars are seen in the rows; not so where a source had nothing, nor between ticks.
    """
    if key.timeframe and not any(e.facts.asked for e in files):
        return [files]
    groups: list[list[index.Entry]] = []
    end = 0
    for entry in files:
        first, last = layout.interval(entry.path)
        if groups and first - key.step_ns <= end:
            groups[-1].append(entry)
            end = max(end, last)
        else:
            groups.append([entry])
            end = last
    return groups


def _joined(
    where: Place, work: Change, key: Key, group: list[index.Entry], through: Through
) -> tuple[str, Facts]:
    schema = series_file.layout_of(where, (e.path for e in group))
    asked = all(e.facts.asked for e in group)
    source = series_file.joined_sources(e.facts.source for e in group)
    draft = work.draft()
    rows = in_order([series_file.batches(where, e.path) for e in group], schema)
    fact = series_file.write(where, draft, key, schema, through(rows), asked, source)
    first = layout.interval(group[0].path)[0]
    last = max(layout.interval(e.path)[1] for e in group)
    path = f"{key.folder}/{layout.file_name(first, last)}"
    work.put(draft, path)
    return path, fact


def _rows(files: list[index.Entry]) -> int:
    return sum(e.facts.rows for e in files)


def _told(
    key: Key, what: str, files: list[index.Entry], after: int, rows: int, dry: bool
) -> Upkeep:
    return Upkeep(
        str(key), what, len(files), after, _rows(files), rows,
        sum(e.size for e in files), dry,
    )  # fmt: skip


def copy_catalog(home: Home, there: Place, dry: bool) -> list[Upkeep]:
    """Copy every series to another place and prove each copy by its fingerprint.

    Returns what was (or would be) copied. A series that the other place has already is left as it
    is when it has the same rows, else Refused.
    """
    done = []
    with change.locked(home):
        here = place.place(home)
        keys = catalog.keys(home)
        change.recover(there)  # an earlier copy may have been killed
        copied = [key for key in keys if there.listing(key.folder)]
        for key in copied:
            if _named_at(here, key) != _named_at(there, key):
                raise Refused(f"{there.name} holds other rows of {key}; move them away first")
        for key in keys:
            files = [i for i in here.listing(key.folder) if i.path.endswith(".parquet")]
            rows = sum(e.facts.rows for e in index.entries(home, here, key.folder))
            if not dry and key not in copied:
                _copy_series(here, there, [item.path for item in files])
                if _named_at(here, key) != _named_at(there, key):
                    raise Refused(
                        f"{key}: the copy in {there.name} differs; the original is untouched"
                    )
            size = sum(i.size for i in files)
            what = f"copied to {there.name}"
            done.append(Upkeep(str(key), what, len(files), len(files), rows, rows, size, dry))
    return done


def _named_at(where: Place, key: Key) -> Fingerprint:
    paths = sorted(i.path for i in where.listing(key.folder) if i.path.endswith(".parquet"))
    rows = (batch for path in paths for batch in series_file.batches(where, path))
    return of_batches(str(key), rows)


def _copy_series(here: Place, there: Place, paths: list[str]) -> None:
    with Change(there) as work:
        for path in paths:
            draft = work.draft()
            _copy(here, path, there, draft)
            work.put(draft, path)
        work.commit()


def _copy(here: Place, source: str, there: Place, target: str) -> None:
    with here.open(source) as file, there.writing(target) as out:
        while block := file.read(8 << 20):
            out.write(block)


def retarget(home: Home, catalog_line: str) -> None:
    """Write a new `catalog = …` into the home's settings, leaving every other line as it stands."""
    path = home.root / MARKER
    lines = [
        line for line in path.read_text("utf-8").splitlines() if not line.startswith("catalog")
    ]
    head = [f'catalog = "{catalog_line}"'] if catalog_line else []
    draft = path.with_suffix(".new")
    draft.write_text("\n".join([*head, *lines]) + "\n", "utf-8")
    draft.replace(path)
