"""Importing files against pyarrow alone, and asking a full catalog what it has.

Turns are taken in fresh processes. The limits are for a million rows; three and ten million show
how the cost grows, and ten million has the limit of memory.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Row, best

REPO = Path(__file__).resolve().parent.parent
_LIMITS = {"csv": 2.5, "parquet": 2.0}
_MEMORY_MB = 600
_ROUNDS = {1: 5, 3: 3, 10: 1}
_PART = 1_000_000
_SERIES = 1_000


def data(small: bool) -> list[Row]:
    """Return the rows of imports and of questions to the catalog."""
    sizes = (5_000,) if small else tuple(n * _PART for n in _ROUNDS)
    with tempfile.TemporaryDirectory(prefix="clearedge-bench-") as name:
        folder = Path(name)
        rows = [row for form in _LIMITS for row in _imports(folder, form, sizes, small)]
        rows += _first_bar(folder / "home", sizes[-1])
        rows += _questions(folder / "many", 20 if small else _SERIES)
    return rows


def _imports(folder: Path, form: str, sizes: tuple[int, ...], small: bool) -> list[Row]:
    rows, per_row = [], []
    for count in sizes:
        file = write(folder, form, count)
        theirs, mine, peak = _turns(file, folder, 1 if small else _ROUNDS[count // _PART])
        file.unlink()
        ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
        middle, base = statistics.median(mine), statistics.median(theirs)
        per_row.append(middle / count)
        note = f"{middle:.2f} s against {base:.2f} s, {count / middle / 1e6:.1f} million rows/s"
        limit = _LIMITS[form] if count <= _PART else None
        title = f"import {count / 1e6:g} million rows of {form}, against pyarrow"
        rows.append(Row(title, ratio, "x", limit, note))
        most = _MEMORY_MB if count == sizes[-1] else None
        rows.append(Row(f"  most memory, {count / 1e6:g} million rows", peak, "MB", most))
    if len(sizes) > 1:
        growth = per_row[-1] / per_row[0]
        said = f"seconds a row at {sizes[-1] / 1e6:g} million against {sizes[0] / 1e6:g} million"
        rows.append(Row(f"  how the cost of {form} grows", growth, "x", None, said))
    return rows


def _turns(file: Path, folder: Path, rounds: int) -> tuple[list[float], list[float], float]:
    theirs, mine, peak = [], [], 0.0
    target, home = folder / "plain.parquet", folder / "home"
    for _ in range(rounds):
        theirs.append(_run("pyarrow", file, target)["seconds"])
        target.unlink()
        shutil.rmtree(home, ignore_errors=True)
        found = _run("ours", file, home)
        mine.append(found["seconds"])
        peak = max(peak, found["peak_mb"])
    return theirs, mine, peak


def _run(who: str, file: Path, target: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.import_one", who, str(file), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=REPO)
    if done.returncode:
        raise RuntimeError(f"import by {who} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    return found


def write(folder: Path, form: str, count: int) -> Path:
    """Write minutes of a random walk, a part at a time."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    path = folder / f"bars.{form}"
    rng = np.random.default_rng(5)
    writer: Any = None
    for start in range(0, count, _PART):
        part = _part(rng, start, min(_PART, count - start), "s" if form == "csv" else "ns")
        if writer is None:
            make: Any = pyarrow.csv.CSVWriter if form == "csv" else pq.ParquetWriter
            writer = make(path, part.schema)
        writer.write_table(part)
    writer.close()
    assert isinstance(part, pa.Table)
    return path


def _part(rng: np.random.Generator, start: int, count: int, unit: str) -> Any:
    import pyarrow as pa

    cents = 4_000_000 + np.cumsum(rng.integers(-500, 501, count))
    after = np.append(cents[1:], cents[-1])
    high = np.maximum(cents, after) + rng.integers(0, 300, count)
    low = np.minimum(cents, after) - rng.integers(0, 300, count)
    minutes = np.datetime64("2004-01-01", "m") + np.arange(start, start + count)
    prices = {"open": cents, "high": high, "low": low, "close": after}
    columns = {"timestamp": pa.array(minutes.astype(f"datetime64[{unit}]"))}
    columns |= {name: pa.array(values / 100) for name, values in prices.items()}
    return pa.table(columns | {"volume": pa.array(rng.integers(0, 10**6, count) / 10_000)})


def _first_bar(root: Path, count: int) -> list[Row]:
    from clearedge_tui.market import catalog
    from clearedge_tui.market.layout import bars_key
    from clearedge_tui.settings import Home

    home, key = Home(root), bars_key("BTCUSDT.LOCAL", "1m")
    first, last = catalog.span(home, key.market_id, "1m") or (0, 0)
    middle = (first + last) // 2
    whole = best(5, _timed(lambda: next(catalog.batches(home, key))))
    inside = best(5, _timed(lambda: next(catalog.batches(home, key, middle, last))))
    note = f"of {count / 1e6:g} million bars"
    return [
        Row("first bar out of a selection", whole * 1000, "ms", 200, note),
        Row("  from the middle on", inside * 1000, "ms", 200, note),
    ]


def _questions(root: Path, count: int) -> list[Row]:
    from clearedge_tui.cli.init import make_home
    from clearedge_tui.market import catalog

    home = make_home(root)
    fill(home, count)
    catalog.series(home)  # files of others are looked at once
    keys = catalog.keys(home)
    low, high = 0, 2 * 10**18

    def missing() -> None:
        for key in keys:
            catalog.missing(home, key, low, high)

    note = f"{count:,} series"
    asked: dict[str, tuple[Callable[[], object], float | None]] = {
        "rows, spans and gaps of every series": (lambda: catalog.series(home), 100),
        "  what each lacks, asked one by one": (missing, None),
    }
    return [
        Row(name, best(3, _timed(call)) * 1000, "ms", limit, note)
        for name, (call, limit) in asked.items()
    ]


def fill(home: Any, count: int) -> None:
    """Make a catalog of many series: one written, the others copies of its file."""
    from clearedge_tui.market import catalog, simulated
    from clearedge_tui.market.layout import bars_key
    from clearedge_tui.market.markets import describe, save_market

    market = describe("M0/USDT", price_precision=2)
    with catalog.locked(home):
        catalog.write_bars(home, market, "1m", [simulated.bars(3, 29_000_000, 1_000)])
        save_market(home, market)
    folder = home.catalog / bars_key(market.market_id, "1m").folder
    (file,) = folder.glob("*.parquet")
    for n in range(1, count):
        there = home.catalog / bars_key(f"M{n}USDT.LOCAL", "1m").folder
        there.mkdir(parents=True)
        (there / file.name).write_bytes(file.read_bytes())


def _timed(call: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        started = time.perf_counter()
        call()
        return time.perf_counter() - started

    return measure
