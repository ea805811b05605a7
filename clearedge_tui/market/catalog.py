"""The catalog on disk: NautilusTrader's own Parquet layout, written and read without the engine.

One series is one folder `catalog/data/bars/<bar type>/` of files that do not overlap, each named
after its first and last close. Times are UTC ns; a bar is stamped with its close.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.market import columns, timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.settings import Home

_ROW_GROUP = 131_072
_STAMP = "%Y-%m-%dT%H-%M-%S"


class Series(msgspec.Struct, frozen=True):
    """One stored series as a line of `data list`."""

    market: str  # as a person writes it
    market_id: str
    timeframe: str
    rows: int
    first_ns: int  # close of the first bar
    last_ns: int
    gaps: int | None  # places where a bar is missing; None where a market closes: no calendar yet
    bytes: int
    simulated: bool
    source: str


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    first_ns: int
    last_ns: int


def folder(home: Home, market_id: str, timeframe: str) -> Path:
    return home.catalog / "data" / "bars" / timeframes.bar_type(market_id, timeframe)


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the catalog against other writers; waits for them, and clears what a killed one left."""
    home.catalog.mkdir(parents=True, exist_ok=True)
    with (home.catalog / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for left in home.catalog.glob(".staging-*"):
            _recover(home, left)
        yield


def _recover(home: Home, staging: Path) -> None:
    """Put a series back that a killed writer had moved aside, and drop the rest of its work."""
    for old in staging.glob("old/*"):
        place = home.catalog / "data" / "bars" / old.name
        if not place.exists():
            old.rename(place)
    shutil.rmtree(staging, ignore_errors=True)


def _stamp(ts_ns: int) -> str:
    seconds, rest = divmod(ts_ns, timeframes.NS)
    return f"{datetime.fromtimestamp(seconds, UTC).strftime(_STAMP)}-{rest:09d}Z"


def _unstamp(text: str) -> int:
    moment, _, rest = text.removesuffix("Z").rpartition("-")
    whole = datetime.strptime(moment, _STAMP).replace(tzinfo=UTC)
    return int(whole.timestamp()) * timeframes.NS + int(rest)


def _files(where: Path) -> list[_File]:
    found = []
    for path in sorted(where.glob("*.parquet")):
        first, _, last = path.stem.partition("_")
        try:
            found.append(_File(path, _unstamp(first), _unstamp(last)))
        except ValueError:
            raise BadData(
                f"{path}: the name is not <first>_<last> of a bar file; move it away"
            ) from None
    return sorted(found, key=lambda file: file.first_ns)


def _read(path: Path, start_ns: int | None, end_ns: int | None) -> Bars:
    filters: list[tuple[str, str, object]] = []
    if start_ns is not None:
        filters.append(("ts_init", ">=", pa.scalar(start_ns, pa.timestamp("ns", tz="UTC"))))
    if end_ns is not None:
        filters.append(("ts_init", "<=", pa.scalar(end_ns, pa.timestamp("ns", tz="UTC"))))
    try:
        table = pq.read_table(path, filters=filters or None, partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(
            f"{path}: not a readable bar file ({error}); delete it and import it again"
        ) from None
    return columns.decode(table)


def stored(
    home: Home,
    market_id: str,
    timeframe: str,
    first_ns: int | None = None,
    last_ns: int | None = None,
) -> Bars:
    """Return the bars of one stored series that close in [first_ns, last_ns]."""
    parts = []
    for file in _files(folder(home, market_id, timeframe)):
        if (last_ns is not None and file.first_ns > last_ns) or (
            first_ns is not None and file.last_ns < first_ns
        ):
            continue
        inside = (first_ns is None or file.first_ns >= first_ns) and (
            last_ns is None or file.last_ns <= last_ns
        )
        parts.append(_read(file.path, *((None, None) if inside else (first_ns, last_ns))))
    return columns.joined(parts)


def span(home: Home, market_id: str, timeframe: str) -> tuple[int, int] | None:
    """Return (first close, last close) of a stored series from its file names; None when absent."""
    files = _files(folder(home, market_id, timeframe))
    return (files[0].first_ns, max(f.last_ns for f in files)) if files else None


def timeframes_of(home: Home, market_id: str) -> list[str]:
    """Return the stored timeframes of a market, shortest first."""
    found = []
    for where in sorted((home.catalog / "data" / "bars").glob(f"{market_id}-*")):
        named = timeframes.from_bar_type(where.name)
        if named and named[0] == market_id and any(where.glob("*.parquet")):
            found.append(named[1])
    return sorted(found, key=timeframes.seconds)


def base_timeframe(home: Home, market_id: str, timeframe: str) -> str:
    """Return the stored timeframe that bars of `timeframe` are made from."""
    wanted = timeframes.seconds(timeframe)
    known = timeframes_of(home, market_id)
    fitting = [t for t in known if wanted % timeframes.seconds(t) == 0]
    if not fitting:
        have = f"it has {', '.join(known)}" if known else "it has none"
        raise NotFound(
            f"{market_id} has no bars to make {timeframe} from; {have}. See: clearedge data list"
        )
    return max(fitting, key=timeframes.seconds)


def read_bars(
    home: Home, market_id: str, timeframe: str, start_ns: int = 0, end_ns: int = 0
) -> Bars:
    """Return the bars that open in [start_ns, end_ns); 0 is the edge of the data.

    A timeframe that is not stored is made from the longest stored one that divides it.
    """
    base = base_timeframe(home, market_id, timeframe)
    period, small = timeframes.period_ns(timeframe), timeframes.period_ns(base)
    first = start_ns + small if start_ns else None
    last = end_ns - 1 + period if end_ns else None
    bars = stored(home, market_id, base, first, last)
    if base != timeframe:
        bars = columns.resample(bars, period)
    opens = bars.ts_ns - period
    keep = (opens >= start_ns) & ((opens < end_ns) if end_ns else True)
    return bars if keep.all() else bars.take(keep)


def write_bars(home: Home, market: Market, timeframe: str, batches: Iterable[Bars]) -> int:
    """Write batches (ascending, after or before all that is stored) as one file; return the rows.

    The file takes its place when it is complete; an error leaves the catalog as it was.
    The caller holds `locked`.
    """
    where = folder(home, market.market_id, timeframe)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=_made(home.catalog)))
    try:
        draft = staging / "bars.parquet"
        rows, first_ns, last_ns = _write_file(draft, market, timeframe, batches)
        if rows:
            _refuse_overlap(where, first_ns, last_ns)
            _made(where)
            draft.replace(where / f"{_stamp(first_ns)}_{_stamp(last_ns)}.parquet")
        return rows
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def replace_series(home: Home, market: Market, timeframe: str, bars: Bars) -> None:
    """Put `bars` in the place of the whole stored series, at once. The caller holds `locked`."""
    where = folder(home, market.market_id, timeframe)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=_made(home.catalog)))
    try:
        fresh = _made(staging / "new")
        draft = fresh / "bars.parquet"
        _, first_ns, last_ns = _write_file(draft, market, timeframe, [bars])
        draft.replace(fresh / f"{_stamp(first_ns)}_{_stamp(last_ns)}.parquet")
        _made(where.parent)
        if where.exists():
            where.rename(_made(staging / "old") / where.name)
        fresh.rename(where)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_file(
    draft: Path, market: Market, timeframe: str, batches: Iterable[Bars]
) -> tuple[int, int, int]:
    name = timeframes.bar_type(market.market_id, timeframe)
    layout = columns.schema(name, market.price_precision, market.size_precision)
    rows, first_ns, last_ns = 0, 0, 0
    with pq.ParquetWriter(draft, layout, compression="zstd") as writer:
        for bars in batches:
            if not len(bars):
                continue
            first_ns = first_ns if rows else int(bars.ts_ns[0])
            last_ns = int(bars.ts_ns[-1])
            rows += len(bars)
            writer.write_batch(columns.encode(bars, layout), row_group_size=_ROW_GROUP)
    with draft.open("rb") as handle:
        os.fsync(handle.fileno())
    return rows, first_ns, last_ns


def _refuse_overlap(where: Path, first_ns: int, last_ns: int) -> None:
    for file in _files(where):
        if file.first_ns <= last_ns and first_ns <= file.last_ns:
            raise BadData(
                f"{file.path.name} already holds bars from {iso(file.first_ns)} to {iso(file.last_ns)}; "
                f"the new ones ({iso(first_ns)} to {iso(last_ns)}) overlap it"
            )


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def series(home: Home) -> list[Series]:
    """Return every stored series with its extent, gaps and size."""
    markets = load_markets(home)
    found = []
    for where in sorted((home.catalog / "data" / "bars").glob("*")):
        named = timeframes.from_bar_type(where.name)
        files = _files(where) if named else []
        if named and files:
            found.append(_describe(markets.get(named[0]), *named, files))
    return found


def _describe(market: Market | None, market_id: str, timeframe: str, files: list[_File]) -> Series:
    times = np.concatenate([_times(file.path) for file in files])
    return Series(
        market=market.symbol if market else market_id,
        market_id=market_id,
        timeframe=timeframe,
        rows=len(times),
        first_ns=int(times[0]),
        last_ns=int(times[-1]),
        gaps=_gaps(times, timeframe) if market and market.asset_class == "crypto" else None,
        bytes=sum(file.path.stat().st_size for file in files),
        simulated=market.simulated if market else False,
        source=market.source if market else "",
    )


def _gaps(times: columns.Ints, timeframe: str) -> int:
    return int((np.diff(times) > timeframes.period_ns(timeframe)).sum())


def _times(path: Path) -> columns.Ints:
    try:
        table = pq.read_table(path, columns=["ts_init"], partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(
            f"{path}: not a readable bar file ({error}); delete it and import it again"
        ) from None
    times: columns.Ints = table.column("ts_init").cast(pa.int64()).to_numpy()
    return times
