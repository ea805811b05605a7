"""What is known of every file of the catalog, so that nobody reads data to show a list.

A cache in the home's own folder: it may be deleted at any time. Files that others wrote are known
by their footers until somebody asks for more.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import BadData, ClearEdgeError, RetryLater
from clearedge_tui.market import layout, series_file
from clearedge_tui.market.layout import Key
from clearedge_tui.market.place import Item, Place
from clearedge_tui.market.series_file import Facts
from clearedge_tui.settings import Home

_VERSION = 1
_NEVER = -1  # no file's time: this one is unknown


class Entry(msgspec.Struct, frozen=True):
    """One file. `error` is set when it cannot be read; its facts are then empty."""

    path: str
    size: int
    mtime_ns: int
    facts: Facts
    deep: bool = False  # gaps and days were counted
    error: str = ""


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """An entry without its lists: what the list of all series needs."""

    size: int
    mtime_ns: int
    rows: int
    first_ns: int
    last_ns: int
    gap_count: int
    missing: int
    asked: bool
    source: str
    deep: bool
    error: str


class _Table(msgspec.Struct, frozen=True, array_like=True):
    version: int = _VERSION
    place: str = ""
    lines: dict[str, _Line] = {}


def _folder(home: Home) -> Path:
    return home.catalog / ".index"


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(body)
    Path(draft.name).replace(path)


def _table(home: Home, where: Place) -> dict[str, _Line]:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        table = msgspec.msgpack.decode((_folder(home) / "all.msgpack").read_bytes(), type=_Table)
        if table.version == _VERSION and table.place == where.name:
            return table.lines
    return {}


def _detail(home: Home, path: str) -> Path:
    return _folder(home) / f"{hashlib.sha256(path.encode()).hexdigest()[:24]}.msgpack"


def _line(entry: Entry) -> _Line:
    facts = entry.facts
    return _Line(
        entry.size, entry.mtime_ns, facts.rows, facts.first_ns, facts.last_ns,
        facts.gap_count, facts.missing, facts.asked, facts.source, entry.deep, entry.error,
    )  # fmt: skip


def _entry(path: str, line: _Line) -> Entry:
    facts = Facts(
        line.rows, line.first_ns, line.last_ns, line.gap_count, line.missing,
        asked=line.asked, source=line.source,
    )  # fmt: skip
    return Entry(path, line.size, line.mtime_ns, facts, line.deep, line.error)


def entries(home: Home, where: Place, under: str = layout.DATA) -> list[Entry]:
    """Return every data file with its numbers (no lists), reading footers of unknown ones only."""
    known = _table(home, where)
    found, changed = [], False
    listing = [i for i in where.listing(under) if i.path.endswith(".parquet")]
    for item in listing:
        line = known.get(item.path)
        if line is None or (line.size, line.mtime_ns) != (item.size, item.mtime_ns):
            entry = _kept(home, item) or _look(where, item, deep=False)
            if entry is None:
                continue
            known[item.path] = line = _line(entry)
            changed = True
        found.append(_entry(item.path, line))
    gone = set(known) - {i.path for i in listing} if under == layout.DATA else set()
    if changed or gone:
        _save(home, where, {k: v for k, v in known.items() if k not in gone})
        _forget(home, gone)
    return found


def _save(home: Home, where: Place, lines: Mapping[str, _Line]) -> None:
    with contextlib.suppress(OSError):  # a cache: a full or read-only disk must not stop a reader
        _write(
            _folder(home) / "all.msgpack",
            msgspec.msgpack.encode(_Table(_VERSION, where.name, dict(lines))),
        )


def _look(where: Place, item: Item, deep: bool) -> Entry | None:
    key = layout.key_of(item.path)
    if key is None:
        return None
    try:
        layout.interval(item.path)
        facts = series_file.survey(where, item.path, key, deep)
    except FileNotFoundError:
        return None  # taken away between the listing and now
    except RetryLater:
        raise
    except ClearEdgeError as error:
        # only bad content lasts: another fault is looked at again
        seen = item.mtime_ns if isinstance(error, BadData) else _NEVER
        return Entry(item.path, item.size, seen, Facts(0, 0, 0), deep, str(error))
    return Entry(item.path, item.size, item.mtime_ns, facts, deep)


def remember(home: Home, where: Place, facts: Mapping[str, Facts], gone: set[str]) -> None:
    """Take in what a writer has just written and dropped. The caller holds the catalog's lock."""
    lines = {k: v for k, v in _table(home, where).items() if k not in gone}
    for folder in {path.rpartition("/")[0] for path in facts}:
        for item in where.listing(folder):
            if item.path in facts:
                entry = Entry(item.path, item.size, item.mtime_ns, facts[item.path], True)
                lines[item.path] = _line(entry)
                _keep(home, entry)
    _save(home, where, lines)
    _forget(home, gone - set(facts))


def _keep(home: Home, entry: Entry) -> None:
    with contextlib.suppress(OSError):
        _write(_detail(home, entry.path), msgspec.msgpack.encode(entry))


def _kept(home: Home, item: Item) -> Entry | None:
    """Return what was counted of a file when it is still the same one."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        entry = msgspec.msgpack.decode(_detail(home, item.path).read_bytes(), type=Entry)
        if (entry.size, entry.mtime_ns) == (item.size, item.mtime_ns):
            return entry
    return None


def _forget(home: Home, gone: Iterable[str]) -> None:
    with contextlib.suppress(OSError):
        for path in gone:
            _detail(home, path).unlink(missing_ok=True)


def gaps(where: Place, key: Key, entry: Entry) -> Sequence[tuple[int, int]]:
    """Return every gap of a file: its times are read again where it has more than are kept."""
    if entry.facts.gap_count <= len(entry.facts.gaps):
        return entry.facts.gaps
    return series_file.gaps(where, entry.path, key)


def details(home: Home, where: Place, key: Key) -> list[Entry]:
    """Return a series' files with their gaps and days, counting them where nobody has yet."""
    found = []
    for item in where.listing(key.folder):
        if not item.path.endswith(".parquet"):
            continue
        entry = _kept(home, item)
        if entry is None:
            entry = _look(where, item, deep=True)
            if entry is None:
                continue
            _keep(home, entry)
        found.append(entry)
    known = _table(home, where)
    told = {e.path: _line(e) for e in found}
    if any(known.get(path) != line for path, line in told.items()):
        _save(home, where, known | told)
    return sorted(found, key=lambda e: e.facts.first_ns)
