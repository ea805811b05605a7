"""The catalog: every stored series, written at once or not at all, read without the engine.

One series is one folder of Parquet files that do not overlap, in NautilusTrader's own layout. A
file's name is the interval it speaks for. Times are UTC ns; a bar is stamped with its close.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec
import numpy as np
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, NotFound, RetryLater
from clearedge_tui.core.resample import DAY_NS, fits
from clearedge_tui.market import change as changes
from clearedge_tui.market import columns, index, layout, series_file, spans, timeframes
from clearedge_tui.market.change import Change, locked
from clearedge_tui.market.columns import Bars, Ints
from clearedge_tui.market.layout import Key, Kind, bars_key
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.market.merge import Conflict, Merge, in_order
from clearedge_tui.market.place import Item, Place, place
from clearedge_tui.market.series_file import Facts, sorted_rows
from clearedge_tui.market.spans import Spans
from clearedge_tui.settings import Home

__all__ = ["Key", "Kind", "bars_key", "locked"]


class Series(msgspec.Struct, frozen=True):
    """One stored series as a line of `data list`."""

    market: str  # as a person writes it
    market_id: str
    timeframe: str  # empty for what is not bars
    rows: int
    first_ns: int  # close of the first bar
    last_ns: int
    gaps: int | None  # places where a bar is missing; None when nobody has counted yet
    bytes: int
    simulated: bool
    source: str
    kind: Kind = Kind.BARS
    files: int = 1
    missing: int | None = None
    error: str = ""  # a file that cannot be read, by name


class Added(msgspec.Struct, frozen=True):
    """What a write did to a series."""

    added: int
    already: int
    first_ns: int = 0  # of the rows given
    last_ns: int = 0


class _File(msgspec.Struct, frozen=True):
    item: Item
    first_ns: int
    last_ns: int

    @property
    def path(self) -> str:
        return self.item.path


def ready(home: Home) -> Place:
    """Return where the catalog lies, with no change half-way."""
    where = place(home)
    changes.settle(home, where)
    return where


def _files(where: Place, key: Key) -> list[_File]:
    return _sorted(where.listing(key.folder))


def _sorted(items: Iterable[Item]) -> list[_File]:
    found = [_File(i, *layout.interval(i.path)) for i in items if i.path.endswith(".parquet")]
    return sorted(found, key=lambda file: file.first_ns)


def _at_rest(home: Home, key: Key) -> tuple[Place, list[_File]]:
    """Return a series' files as they are before or after a change, never half-way through it.

    What is the same before and after a moment without a change under way was not half-way.
    """
    where = ready(home)
    items = where.listing(key.folder)
    while True:
        changes.settle(home, where)
        again = where.listing(key.folder)
        if again == items:
            return where, _sorted(items)
        items = again


def _as_listed(
    where: Place, file: _File, first_ns: int | None, last_ns: int | None
) -> Iterator[pa.RecordBatch]:
    """Yield a file's rows. Raises RetryLater when a writer has replaced it since it was listed."""
    rows = series_file.batches(where, file.path, first_ns, last_ns)
    try:
        head = next(rows, None)  # opens it: what is open stays as it is
        same = where.item(file.path) == file.item
    except FileNotFoundError:
        same = False
    if not same:
        raise RetryLater(f"{where.name}/{file.path}: changed while it was read; try again")
    if head is not None:
        yield head
        yield from rows


def _within(files: list[_File], first_ns: int | None, last_ns: int | None) -> list[_File]:
    return [
        f
        for f in files
        if (last_ns is None or f.first_ns <= last_ns)
        and (first_ns is None or f.last_ns >= first_ns)
    ]


def _overlap(files: list[_File]) -> bool:
    return any(a.last_ns >= b.first_ns for a, b in pairwise(files))


# ---- reading ----------------------------------------------------------------------------------
def batches(
    home: Home, key: Key, first_ns: int | None = None, last_ns: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield a series' rows in [first_ns, last_ns] in order, in constant memory."""
    where, files = _at_rest(home, key)
    files = _within(files, first_ns, last_ns)
    parts = [_as_listed(where, f, first_ns, last_ns) for f in files]
    if _overlap(files):  # another program wrote them so
        yield from in_order(parts, series_file.layout_of(where, (f.path for f in files)))
        return
    for part in parts:
        yield from part


def table(
    home: Home, key: Key, first_ns: int | None = None, last_ns: int | None = None
) -> pa.Table | None:
    """Return a series' rows in [first_ns, last_ns]; None when the series has no file there."""
    where, files = _at_rest(home, key)
    files = _within(files, first_ns, last_ns)
    try:
        parts = [series_file.table(where, f.path, first_ns, last_ns) for f in files]
        if any(where.item(f.path) != f.item for f in files):
            raise FileNotFoundError
    except FileNotFoundError:  # a writer has just replaced one
        return table(home, key, first_ns, last_ns)
    if not parts:
        return None
    finest = columns.finest([part.schema.metadata or {} for part in parts])
    whole = pa.concat_tables([p.replace_schema_metadata(finest) for p in parts])
    return sorted_rows(whole) if _overlap(files) else whole


def stored(
    home: Home,
    market_id: str,
    timeframe: str,
    first_ns: int | None = None,
    last_ns: int | None = None,
) -> Bars:
    """Return the bars of one stored series that close in [first_ns, last_ns]."""
    found = table(home, bars_key(market_id, timeframe), first_ns, last_ns)
    return columns.empty() if found is None else columns.decode(found)


def span(home: Home, market_id: str, timeframe: str) -> tuple[int, int] | None:
    """Return (first close, last close) of a stored series from its file names; None when absent."""
    files = _files(place(home), bars_key(market_id, timeframe))
    return (files[0].first_ns, max(f.last_ns for f in files)) if files else None


def keys(home: Home, market_id: str = "") -> list[Key]:
    """Return the stored series (of one market), found by their folders."""
    where = place(home)
    found = set()
    for folder in ("bars", "quotes", "trades", "order_book_depths"):
        for name in where.folders(f"{layout.DATA}/{folder}"):
            key = layout.key_of(f"{layout.DATA}/{folder}/{name}")
            if key is not None and market_id in ("", key.market_id):
                found.add(key)
    return sorted(key for key in found if where.listing(key.folder))


def timeframes_of(home: Home, market_id: str) -> list[str]:
    """Return the stored timeframes of a market, shortest first."""
    found = (key.timeframe for key in keys(home, market_id) if key.timeframe)
    return sorted(found, key=timeframes.seconds)


def base_timeframe(home: Home, market_id: str, timeframe: str) -> str:
    """Return the stored timeframe that bars of `timeframe` are made from."""
    wanted = timeframes.grid(timeframe)
    known = timeframes_of(home, market_id)
    fitting = [t for t in known if fits(timeframes.seconds(t), wanted)]
    if not fitting:
        have = f"it has {', '.join(known)}" if known else "it has none"
        raise NotFound(
            f"{market_id} has no bars to make {timeframe} from; {have}. See: clearedge data list"
        )
    return max(fitting, key=timeframes.seconds)


def sessions_for(
    home: Home, market_id: str, base: str, timeframe: str, first_ns: int, last_ns: int
) -> tuple[tuple[int, int], ...]:
    """Return the sessions longer bars keep to between two closes; none where the UTC grid holds.

    Of an exchange they are its trading days, by their hours, or whole where the base is days. Of
    foreign exchange only weeks have any: they last from Sunday to Friday.
    """
    from clearedge_tui.market import calendars, hours_kept

    market = load_markets(home).get(market_id)
    if market is None or timeframe == base:
        return ()
    base_ns, grid = timeframes.period_ns(base), timeframes.grid(timeframe)
    hours_kept.learn(home, market.hours, grid.around(first_ns)[0], grid.around(last_ns)[1])
    return calendars.kept_to(market.hours, base_ns, grid, first_ns, last_ns)


def selection(
    home: Home, market_id: str, timeframe: str, start_ns: int = 0, end_ns: int = 0
) -> tuple[Key, int | None, int | None]:
    """Return the stored series, and the closes from and to, that bars of a window are made from."""
    base = base_timeframe(home, market_id, timeframe)
    first = start_ns + timeframes.period_ns(base) if start_ns else None
    if not end_ns:
        return bars_key(market_id, base), first, None
    grid = timeframes.grid(timeframe)
    if grid.by_days and base != timeframe:
        last = grid.around(end_ns - 1 + DAY_NS)[1]  # a session may begin on the day before its date
    else:
        last = end_ns - 1 + grid.seconds * timeframes.NS
    return bars_key(market_id, base), first, last


def read_bars(
    home: Home, market_id: str, timeframe: str, start_ns: int = 0, end_ns: int = 0
) -> Bars:
    """Return the bars that open in [start_ns, end_ns); 0 is the edge of the data.

    A timeframe that is not stored is made from the longest stored one that divides it.
    """
    key, first, last = selection(home, market_id, timeframe, start_ns, end_ns)
    bars = stored(home, market_id, key.timeframe, first, last)
    opens = bars.ts_ns - key.step_ns
    if key.timeframe != timeframe and len(bars):
        ends = int(bars.ts_ns[0]), int(bars.ts_ns[-1])
        grid = timeframes.grid(timeframe)
        sessions = sessions_for(home, market_id, key.timeframe, timeframe, *ends)
        bars = columns.resample(bars, key.step_ns, grid, sessions)
        opens = columns.opens(bars.ts_ns, grid, sessions)
    keep = np.ones(len(bars), np.bool_)
    if start_ns:  # 0 is the edge of the data, which may lie before 1970
        keep &= opens >= start_ns
    if end_ns:
        keep &= opens < end_ns
    return bars if keep.all() else bars.take(keep)


# ---- coverage ---------------------------------------------------------------------------------
def covered(home: Home, key: Key) -> Spans:
    """Return what the files of a series speak for, by their names: spans of bar opens (or ticks)."""
    return _covered(_files(place(home), key), key)


def _covered(files: list[_File], key: Key) -> Spans:
    back = key.step_ns if key.timeframe else 0
    ahead = 0 if key.timeframe else 1
    return spans.merged((f.first_ns - back, f.last_ns + ahead) for f in files)


def holes(home: Home, key: Key) -> Spans:
    """Return the spans inside a series' files where rows are missing and no source was asked."""
    return _holes(home, ready(home), key)


def _holes(home: Home, where: Place, key: Key) -> Spans:
    step = key.step_ns
    return spans.merged(
        (before, after - step)
        for entry in index.details(home, where, key)
        if not entry.facts.asked
        for before, after in index.gaps(where, key, entry)
    )


def missing(home: Home, key: Key, start_ns: int, end_ns: int, closed: Spans = ()) -> Spans:
    """Return what of [start_ns, end_ns) has to be fetched. `closed`: when the market does not trade."""
    where = ready(home)
    have = spans.without(_covered(_files(where, key), key), _holes(home, where, key))
    return spans.without(spans.without([(start_ns, end_ns)], have), closed)


# ---- writing ----------------------------------------------------------------------------------
class Staged:
    """Rows written aside: to be looked at, then committed or thrown away."""

    def __init__(self, home: Home, market: Market, key: Key) -> None:
        self.home, self.key = home, key
        self.place = place(home)
        self.layout = columns.layout(key, market.price_precision, market.size_precision)
        self.facts = Facts(0, 0, 0)
        self._change = Change(self.place)
        self._draft = self._change.draft()

    def __enter__(self) -> "Staged":
        return self

    def __exit__(self, *_: object) -> None:
        self._change.close()

    def fill(self, rows: Iterable[pa.RecordBatch], asked: bool = False, source: str = "") -> Facts:
        """Write sorted rows as they come. Raises what the stream raises; nothing is visible yet."""
        self.facts = series_file.write(
            self.place, self._draft, self.key, self.layout, rows, asked, source
        )
        return self.facts

    def commit(self, check: Conflict | None = None, span: tuple[int, int] | None = None) -> Added:
        """Join the rows with the series. The caller holds `locked`.

        `check` is called with stored and new rows of one moment that are both bars; it may raise.
        `span` is what the rows speak for when that is more than from the first to the last.
        """
        if not self.facts.rows and span is None:
            return Added(0, 0)
        first, last = _named(self.key, self.facts, span)
        touched = _within(_files(self.place, self.key), first, last)
        if not touched:
            path = f"{self.key.folder}/{layout.file_name(first, last)}"
            self._put(self._draft, path, self.facts, set())
            return Added(self.facts.rows, 0, self.facts.first_ns, self.facts.last_ns)
        return self._merge(touched, first, last, check or refuse_conflict)

    def compare(self, check: Conflict) -> Added:
        """Return what a commit would do, and write nothing; `check` as there."""
        touched = _within(_files(self.place, self.key), self.facts.first_ns, self.facts.last_ns)
        if not touched:
            return Added(self.facts.rows, 0, self.facts.first_ns, self.facts.last_ns)
        merge = self._joined(touched, check)[0]
        for _ in merge.batches():
            continue
        return Added(merge.added, merge.already, self.facts.first_ns, self.facts.last_ns)

    def _joined(self, touched: list[_File], check: Conflict) -> tuple[Merge, pa.Schema]:
        old = (b for f in touched for b in series_file.batches(self.place, f.path))
        new = series_file.batches(self.place, self._draft)
        stored = series_file.layout_of(self.place, (f.path for f in touched))
        finest = columns.finest([self.layout.metadata, stored.metadata])
        layout_ = self.layout.with_metadata(finest)
        return Merge(old, new, layout_, bool(self.key.timeframe), check), layout_

    def _merge(self, touched: list[_File], first: int, last: int, check: Conflict) -> Added:
        merge, layout_ = self._joined(touched, check)
        draft = self._change.draft()
        known = [series_file.survey(self.place, f.path, self.key) for f in touched]
        asked = self.facts.asked and all(one.asked for one in known)
        source = series_file.joined_sources([*(one.source for one in known), self.facts.source])
        facts = series_file.write(
            self.place, draft, self.key, layout_, merge.batches(), asked, source
        )
        first, last = min(first, touched[0].first_ns), max(last, *(f.last_ns for f in touched))
        path = f"{self.key.folder}/{layout.file_name(first, last)}"
        if merge.added or {f.path for f in touched} != {path}:
            self._put(draft, path, facts, {f.path for f in touched})
        return Added(merge.added, merge.already, self.facts.first_ns, self.facts.last_ns)

    def _put(self, draft: str, path: str, facts: Facts, gone: set[str]) -> None:
        for old in gone:
            self._change.drop(old)
        self._change.put(draft, path)
        self._change.commit()
        index.remember(self.home, self.place, {path: facts}, gone)


def _named(key: Key, facts: Facts, span: tuple[int, int] | None) -> tuple[int, int]:
    """Return the interval of a file's name: its rows, and the span of opens it speaks for."""
    if span is None:
        return facts.first_ns, facts.last_ns
    low, high = span[0] + (key.step_ns if key.timeframe else 0), span[1] - (not key.timeframe)
    return (min(low, facts.first_ns), max(high, facts.last_ns)) if facts.rows else (low, high)


def refuse_conflict(old: pa.Table, new: pa.Table, at: Ints) -> None:
    """Raise BadData when a new bar differs from the stored one of the same moment."""
    del at
    differs = differing(old, new)
    if differs.any():
        row = int(np.argmax(differs))
        when = iso(int(series_file.times_of(new)[row]))
        raise BadData(
            f"the bar closing {when} has close {new.column('close')[row].as_py().normalize()} here and "
            f"{old.column('close')[row].as_py().normalize()} in the catalog ({int(differs.sum())} bars "
            "differ); nothing was written"
        )


def differing(old: pa.Table, new: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return where two tables of the same length differ in more than times."""
    import pyarrow.compute as pc

    found = np.zeros(new.num_rows, np.bool_)
    for name in new.column_names:
        if not name.startswith("ts_"):
            found |= pc.not_equal(old.column(name), new.column(name)).to_numpy()
    return found


def add(
    home: Home,
    market: Market,
    key: Key,
    rows: Iterable[pa.RecordBatch],
    span: tuple[int, int] | None = None,
    source: str = "",
) -> Added:
    """Join sorted rows with a series; rows that are there already are left out.

    `span` is given by who asked a source: the whole time [start, end) of opens it has spoken for,
    also where it had nothing. The caller holds `locked`.
    """
    with Staged(home, market, key) as staged:
        staged.fill(rows, asked=span is not None, source=source)
        return staged.commit(span=span)


def write_bars(home: Home, market: Market, timeframe: str, parts: Iterable[Bars]) -> int:
    """Join bars with their series; returns how many were new. The caller holds `locked`."""
    key = bars_key(market.market_id, timeframe)
    with Staged(home, market, key) as staged:
        staged.fill(columns.encode(part, staged.layout) for part in parts if len(part))
        return staged.commit().added


# ---- listing ----------------------------------------------------------------------------------
def series(home: Home) -> list[Series]:
    """Return every stored series with its extent, gaps and size, from names and the index alone."""
    markets = load_markets(home)
    found: dict[Key, list[index.Entry]] = {}
    for entry in index.entries(home, ready(home)):
        key = layout.key_of(entry.path)
        if key is not None:
            found.setdefault(key, []).append(entry)
    return [_describe(markets.get(k.market_id), k, found[k]) for k in sorted(found)]


def _describe(market: Market | None, key: Key, entries: list[index.Entry]) -> Series:
    good = [e for e in entries if not e.error]
    counted = (
        all(e.deep for e in good)
        and bool(key.timeframe)
        and market is not None
        and market.asset_class == "crypto"
    )
    between = _between(good, key.step_ns) if counted else []
    return Series(
        market=market.symbol if market else key.market_id,
        market_id=key.market_id,
        timeframe=key.timeframe,
        rows=sum(e.facts.rows for e in good),
        first_ns=min((e.facts.first_ns for e in good), default=0),
        last_ns=max((e.facts.last_ns for e in good), default=0),
        gaps=sum(e.facts.gap_count for e in good) + len(between) if counted else None,
        bytes=sum(e.size for e in entries),
        simulated=market.simulated if market else False,
        source=series_file.joined_sources(e.facts.source for e in good)
        or (market.source if market else ""),
        kind=key.kind,
        files=len(entries),
        missing=sum(e.facts.missing for e in good) + sum(between) if counted else None,
        error="; ".join(e.error for e in entries if e.error),
    )


def _between(entries: list[index.Entry], step: int) -> list[int]:
    """Return how many bars are missing between one file and the next, where some are."""
    ordered = sorted((e.facts.first_ns, e.facts.last_ns) for e in entries)
    steps = [(b[0] - a[1]) // step - 1 for a, b in pairwise(ordered)]
    return [one for one in steps if one > 0]
