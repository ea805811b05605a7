"""What an account received, tick by tick, as it came: kept with a size cap, to be played again.

One folder a session, `state/recordings/<account>/<start>/`, in it one a market with numbered Parquet
files of ticks in order of arrival. A file is there whole or not at all.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import BarRow
from clearedge_tui.settings import Home

_FLUSH_S = 5.0
_AT_ONCE = 50_000  # ticks that are written without waiting for the clock
_MOST_WAITING = 500_000  # ticks held while the disk is slow; beyond, they are dropped and counted
PAST = "past"  # a bar from before the first tick
_BASE = "base_s"
_NUMBERS = ("open", "high", "low", "close", "volume", "bid", "ask")
_LAYOUT = pa.schema(
    [
        pa.field("kind", pa.string(), False),
        pa.field("ts_ns", pa.int64(), False),
        *(pa.field(name, pa.float64(), False) for name in _NUMBERS),
    ]
)


class Recording(msgspec.Struct, frozen=True):
    """One session of one account."""

    name: str  # paper/20260102T030405
    account: str
    markets: tuple[str, ...]
    files: int
    bytes: int
    first_ns: int  # of the data
    last_ns: int


def root(home: Home) -> Path:
    return home.state / "recordings"


class Recorder:
    """Takes ticks and writes them beside the loop; never waits, never stops the data."""

    def __init__(self, home: Home, account: str, most_mb: int) -> None:
        start = datetime.fromtimestamp(now_ns() / 1e9, UTC).strftime("%Y%m%dT%H%M%S.%f")
        self.name = f"{account}/{start}"
        self._account = root(home) / account
        self._folder = root(home) / self.name
        self._most = most_mb * 1_000_000
        self._waiting: dict[str, list[TickMsg]] = {}
        self._held = 0
        self._files = 0
        self._bases: dict[str, int] = {}
        self._due = asyncio.Event()
        self.dropped = 0
        self.error = ""

    def begin(self, market: str, base_s: int, past: Iterable[BarRow]) -> None:
        """Note what a market's listeners knew before its first tick."""
        self._bases[market] = base_s
        for bar in past:
            self.take(
                TickMsg(
                    market, PAST, bar.ts_ns, bar.open, bar.high, bar.low, bar.close, bar.volume,
                    bar.close, bar.close,
                )
            )  # fmt: skip

    def take(self, tick: TickMsg) -> None:
        if not self._most:
            return
        if self._held >= _MOST_WAITING:
            self.dropped += 1
            return
        self._waiting.setdefault(tick.market, []).append(tick)
        self._held += 1
        if self._held == _AT_ONCE:
            self._due.set()

    async def run(self) -> None:
        """Write every few seconds, and sooner when much is waiting, until cancelled."""
        while self._most:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), _FLUSH_S)
            self._due.clear()
            waiting, self._waiting, self._held = self._waiting, {}, 0
            await asyncio.to_thread(self._write, waiting)

    def close(self) -> None:
        """Write what is left."""
        self._write(self._waiting)
        self._waiting = {}

    def _write(self, waiting: dict[str, list[TickMsg]]) -> None:
        try:
            for market, ticks in waiting.items():
                self._files += 1
                target = self._folder / market / f"{self._files:06d}.parquet"
                target.parent.mkdir(parents=True, exist_ok=True)
                base = target.parent / _BASE
                if not base.exists():
                    base.write_text(str(self._bases.get(market, 60)), "ascii")
                draft = target.with_suffix(".new")
                pq.write_table(_table(ticks), draft, compression="zstd")
                draft.replace(target)
            if waiting:
                _trim(self._account, self._most, keep=self._folder)
            self.error = ""
        except OSError as error:  # a full disk costs the recording, not the trading
            self.error = f"what is received cannot be recorded: {error.strerror or error}"


def _table(ticks: list[TickMsg]) -> pa.Table:
    columns = [[getattr(t, name) for t in ticks] for name in ("kind", "ts_ns", *_NUMBERS)]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, _LAYOUT, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_LAYOUT)


def _trim(account: Path, most: int, keep: Path) -> None:
    """Delete the oldest files of an account beyond its cap; sessions go before the present one does."""
    files = sorted(account.rglob("*.parquet"), key=lambda p: (p.is_relative_to(keep), str(p)))
    sizes = {path: path.stat().st_size for path in files}
    over = sum(sizes.values()) - most
    for path in files:
        if over <= 0:
            break
        path.unlink()
        over -= sizes[path]
        if not any(path.parent.glob("*.parquet")):
            (path.parent / _BASE).unlink(missing_ok=True)
        for parent in (path.parent, path.parent.parent):
            with contextlib.suppress(OSError):
                parent.rmdir()  # only when it is empty


def recordings(home: Home) -> list[Recording]:
    """Return every recorded session, oldest first."""
    found = []
    for folder in sorted(root(home).glob("*/*")):
        files = sorted(folder.rglob("*.parquet"))
        if not files:
            continue
        edges = [both for path in files if (both := _edges(path)) is not None]
        found.append(
            Recording(
                name=f"{folder.parent.name}/{folder.name}",
                account=folder.parent.name,
                markets=tuple(sorted({path.parent.name for path in files})),
                files=len(files),
                bytes=sum(_size(path) for path in files),
                first_ns=min((low for low, _ in edges), default=0),
                last_ns=max((high for _, high in edges), default=0),
            )
        )
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # trimmed a moment ago
        return 0


def _edges(path: Path) -> tuple[int, int] | None:
    """Return (first, last) of a file; None for one that is broken or was trimmed: playing it says so."""
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            stats = [meta.row_group(n).column(1).statistics for n in range(meta.num_row_groups)]
    except (pa.ArrowInvalid, OSError):
        return None
    return min(s.min for s in stats), max(s.max for s in stats)


def find(home: Home, name: str) -> Path:
    """Return a recording's folder. Raises NotFound naming those there are."""
    folder = root(home) / name
    known = [one.name for one in recordings(home)]
    if name not in known:
        listed = ", ".join(known[-5:]) or "none yet"
        raise NotFound(f"no recording `{name}`; there: {listed}")
    return folder


def base_s(home: Home, name: str, market: str) -> int:
    """Return the length of a recording's bars. Raises NotFound when it does not hold the market."""
    try:
        return int((find(home, name) / market / _BASE).read_text("ascii"))
    except FileNotFoundError:
        raise NotFound(f"recording `{name}` holds nothing of {market}") from None


def ticks(home: Home, name: str, market: str, after_ns: int = 0) -> Iterator[TickMsg]:
    """Yield what was received of a market, in order of arrival, later than `after_ns`."""
    return (t for t in _all(home, name, market) if t.kind != PAST and t.ts_ns > after_ns)


def before(home: Home, name: str, market: str, until_ns: int) -> list[BarRow]:
    """Return the bars that were known by a moment: those from before the recording, then its own."""
    return [
        BarRow(tick.ts_ns, tick.open, tick.high, tick.low, tick.close, tick.volume)
        for tick in _all(home, name, market)
        if tick.ts_ns <= until_ns and tick.kind in (PAST, "bar")
    ]


def _all(home: Home, name: str, market: str) -> Iterator[TickMsg]:
    for path in sorted((find(home, name) / market).glob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=8192):
                    rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
                    for kind, ts_ns, *numbers in rows:
                        yield TickMsg(market, kind, ts_ns, *numbers)
        except FileNotFoundError:
            raise NotFound(
                f"recording `{name}`: {path.name} of {market} has made room for newer ones"
            ) from None
        except (pa.ArrowInvalid, OSError) as error:
            raise BadData(
                f"{path}: not a readable recording ({str(error).splitlines()[0]}); delete it"
            ) from None


def remove(home: Home, name: str) -> None:
    shutil.rmtree(find(home, name))
