"""All ended runs in one read: a cache beside them, kept true by each folder's own time.

The truth are the folders: the file may be deleted. A row is read again when its folder has changed
(an ended run never changes, so that is when somebody wrote labels on it).
"""

import contextlib
import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import BadData
from clearedge_tui.runs import labels
from clearedge_tui.runs.ids import is_one
from clearedge_tui.runs.listing import SUMMARY
from clearedge_tui.runs.model import RunSummary
from clearedge_tui.settings import Home

_FILE, _VERSION = ".index", 3
_TOO_NEW_NS = 100_000_000  # a clock of files ticks every few milliseconds
_LOOK_S = 10.0
_WORTH = 50  # changes that are worth writing the whole file
_APART = ("metrics", "stamps")


class RunRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One run as a list shows it, with what people wrote on it and the room it takes.

    `figures` are the values of its metrics in the order of the index's names.
    """

    run_id: str
    kind: str
    status: str
    strategy: str
    market: str
    timeframe: str
    start_ns: int
    end_ns: int
    created_ns: int
    duration_s: float
    simulated: bool
    error: str
    trace_id: str
    inputs_sha256: str
    stamps: tuple[str, ...]
    figures: tuple[float | None, ...]
    tags: tuple[str, ...]
    note: str
    star: bool
    size_bytes: int
    changed_ns: int  # of the folder
    phase: str = ""  # of a session


class Index(msgspec.Struct, frozen=True, array_like=True):
    """Every ended run, newest first. `names` are of the metrics."""

    version: int = _VERSION
    names: tuple[str, ...] = ()
    rows: list[RunRow] = []

    def figure(self, row: RunRow, name: str) -> float | None:
        """Return a metric of a row; None when it has none of that name."""
        try:
            return row.figures[self.names.index(name)]
        except (ValueError, IndexError):
            return None

    def summary(self, row: RunRow) -> RunSummary:
        plain = {name: getattr(row, name) for name in _SHARED}
        metrics = dict(zip(self.names, row.figures, strict=False))
        return RunSummary(**plain, metrics=metrics, stamps=row.stamps)

    @property
    def size_bytes(self) -> int:
        """The room all runs take."""
        return sum(row.size_bytes for row in self.rows)


_SHARED = tuple(n for n in RunSummary.__struct_fields__ if n not in _APART)
_decode = msgspec.msgpack.Decoder(Index).decode


def load(home: Home) -> Index:
    """Return every ended run. A folder that cannot be read is left out."""
    index, changes = _looked(home, _stored(home))
    if changes:
        _save(home, index)
    return index


class Kept:
    """The index in memory, for whoever is asked again and again; safe from several threads.

    The time of the folder of runs says whether one came, went or got another label (`labels.save`
    touches it). A time that is too new to be told from the next change is not trusted, and what
    was changed by hand inside a run is seen after some seconds.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._changed_ns = 0
        self._looked_s = 0.0
        self._unsaved = 0

    def load(self) -> Index:
        """Return every ended run, looking into no folder when none has changed."""
        with self._lock:
            changed_ns, now_s = _changed_ns(self._home), monotonic()
            if (
                self._index is None
                or changed_ns != self._changed_ns
                or now_s - self._looked_s > _LOOK_S
            ):
                known = _stored(self._home) if self._index is None else self._index
                self._index, changes = _looked(self._home, known)
                self._keep(changes)
                certain = now_ns() - changed_ns >= _TOO_NEW_NS
                self._changed_ns, self._looked_s = changed_ns if certain else -1, now_s
            return self._index

    def _keep(self, changes: int) -> None:
        """Write the file now and then: whoever reads it reads what changed since by itself."""
        self._unsaved += changes
        if self._index is not None and self._unsaved >= _WORTH:
            _save(self._home, self._index)
            self._unsaved = 0


def _changed_ns(home: Home) -> int:
    try:
        return home.runs.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _looked(home: Home, known: Index) -> tuple[Index, int]:
    """Return the index as the folders say it now, and how many came, went or changed.

    `known` saves reading those that are the same.
    """
    by_name = {row.run_id: row for row in known.rows}
    names, found, changes = list(known.names), [], 0
    for name, changed_ns in _folders(home):
        row = by_name.get(name)
        if row is None or row.changed_ns != changed_ns:
            try:
                row = _read(home.runs / name, changed_ns, names)
            except (OSError, msgspec.DecodeError, BadData):
                continue
            changes += 1
        found.append(row)
    changes += max(0, len(by_name) - len(found))
    if not changes:
        return known, 0
    found.sort(key=lambda row: row.run_id, reverse=True)
    return Index(_VERSION, tuple(names), found), changes


def _folders(home: Home) -> Iterator[tuple[str, int]]:
    with contextlib.suppress(FileNotFoundError), os.scandir(home.runs) as found:
        for one in found:
            if is_one(one.name):
                with contextlib.suppress(FileNotFoundError):  # just removed
                    yield one.name, one.stat(follow_symlinks=False).st_mtime_ns


def _read(folder: Path, changed_ns: int, names: list[str]) -> RunRow:
    summary = msgspec.json.decode((folder / SUMMARY).read_bytes(), type=RunSummary)
    with os.scandir(folder) as files:
        size = sum(one.stat(follow_symlinks=False).st_size for one in files)
    names += [name for name in summary.metrics if name not in names]
    try:
        written = labels.load(folder)
    except (OSError, BadData):  # said when somebody writes on it; the run is there all the same
        written = labels.Labels()
    plain = {name: getattr(summary, name) for name in _SHARED} | {"run_id": folder.name}
    return RunRow(
        **plain,
        stamps=summary.stamps,
        figures=tuple(summary.metrics.get(name) for name in names),
        tags=written.tags,
        note=written.note,
        star=written.star,
        size_bytes=size,
        changed_ns=changed_ns,
    )


def _stored(home: Home) -> Index:
    try:
        raw = (home.runs / _FILE).read_bytes()
        collecting = gc.isenabled()
        gc.disable()  # ten thousand rows that all live on: looking for garbage doubles the time
        try:
            index = _decode(raw)
        finally:
            if collecting:
                gc.enable()
    except (OSError, msgspec.DecodeError):
        return Index()
    return index if index.version == _VERSION else Index()


def _save(home: Home, index: Index) -> None:
    draft = home.runs / f"{_FILE}.{os.getpid()}"
    with contextlib.suppress(OSError):  # a full disk: the next reader reads the folders again
        draft.write_bytes(msgspec.msgpack.encode(index))
        draft.replace(home.runs / _FILE)
