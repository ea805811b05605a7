"""What a whole run costs beside its engine, how runs grow, and that many of them leave nothing.

Each measurement is a process of its own; processor seconds unless it says otherwise.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.table import Row

REPO = Path(__file__).resolve().parent.parent
_YEAR = 525_600  # minutes
_LIMIT_S = 1_800


def whole(small: bool) -> list[Row]:
    """The share of journal, progress, report and files in a run; cost by bars and by orders."""
    year = 3_000 if small else _YEAR
    rows = []
    for fast, slow, limit, name in ((10, 20, 5.0, "usual"), (2, 3, None, "trading all the time")):
        turns = 1 if small or limit is None else 3
        found = [_run("share", year, fast, slow) for _ in range(turns)]
        share = statistics.median(one["share"] for one in found) * 100
        first = found[0]
        rows.append(
            Row(
                f"journal, progress, report and files, {name}",
                share,
                "%",
                limit,
                f"{first['beside'] * 1e3:,.0f} ms beside {first['engine']:.2f} s; {year:,} minutes, "
                f"EMA {fast}/{slow}, {first['fills']:,} fills",
            )
        )
    return [*rows, *_by_bars(small), *_by_orders(small), *_many(small)]


def _by_bars(small: bool) -> list[Row]:
    rows = []
    for count in (2_000,) if small else (100_000, _YEAR, 1_000_000, 5_000_000):
        found = _run("grow", count, 12, 48)
        note = (
            f"{count / found['seconds'] / 1e3:,.0f} thousand bars/s, {found['fills']:,} fills, "
            f"{found['peak_mb']:,.0f} MB at most"
        )
        rows.append(Row(f"  run over {count:,} bars", found["seconds"], "s", None, note))
    return rows


def _by_orders(small: bool) -> list[Row]:
    rows = []
    bars = 3_000 if small else _YEAR
    for orders in (100,) if small else (100, 1_000, 10_000, 50_000):
        found = _run("orders", bars, orders, 0)
        each = found["seconds"] / found["fills"] * 1e6
        note = (
            f"over {bars:,} bars, {found['fills']:,} fills; {each:,.0f} µs an order, bars included"
        )
        rows.append(Row(f"  run with {orders:,} orders", found["seconds"], "s", None, note))
    return rows


def _many(small: bool) -> list[Row]:
    found = _run("many", 10 if small else 1_000, 0, 0)
    note = (
        f"{found['runs']:,} backtests of {found['bars']:,} bars in a row in {found['wall']:,.0f} s; "
        f"the processes that stay: {found['first_mb']:.1f} MB after the first tenth, "
        f"{found['last_mb']:.1f} MB at the end"
    )
    growth = (found["last_mb"] / found["first_mb"] - 1) * 100
    return [Row("memory growth over many backtests", growth, "%", 1.0, note)]


def _run(what: str, *args: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.run_one", what, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, cwd=REPO)
    if done.returncode:
        raise RuntimeError(f"{what} {args} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    return found
