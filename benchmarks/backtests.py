"""The same EMA cross on our host, the bare engine and two peers, in turns and in fresh processes.

Processor time, so that other work on the box counts less; the engine and the peers run in one
thread. The limit is against the faster of the two bare forms.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Row

REPO = Path(__file__).resolve().parent.parent
REAL = REPO.parent / "shared" / "data" / "btc-perp-20211231-20220201_1m.csv"
_FIRST_MINUTE = 29_000_000
_REAL_BARS = 50_000
_NS = 60_000_000_000
PEERS = ["backtrader", "backtesting", "vectorbt", "freqtrade"]


def bars(count: int) -> tuple[Any, str]:
    """Return the real bars where they are and enough, else simulated ones, and which they are."""
    if count <= _REAL_BARS and REAL.is_file():
        from clearedge_tui.cli.init import make_home
        from clearedge_tui.market import catalog, ingest

        with tempfile.TemporaryDirectory() as folder:
            home = make_home(Path(folder))
            ingest.run(home, ingest.plan(home, ingest.Request(REAL, "BTC/USDT", "1m")))
            found = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
            return found.slice(0, count), "real BTC minutes"
    from clearedge_tui.market import simulated

    return simulated.bars(3, _FIRST_MINUTE, count), "simulated minutes"


def race(count: int, rounds: int) -> list[Row]:
    """Return one row a racer; the limit is on our host against the bare engine."""
    data, kind = bars(count)
    there = installed_peers()
    names = ["contract", "bare", "sliced", "busy", "busy_sliced", *there]
    took: dict[str, list[float]] = {name: [] for name in names}
    fills: dict[str, int] = {}
    with tempfile.NamedTemporaryFile(suffix=".npy") as saved:
        columns = (data.ts_ns, data.open, data.high, data.low, data.close, data.volume)
        # float64 holds whole minutes exactly, which is what these times are
        np.save(saved, np.array([np.asarray(c, dtype=np.float64) for c in columns]))
        saved.flush()
        for _ in range(rounds):
            for name in names:
                found = _run(name, saved.name)
                took[name].append(found["seconds"])
                fills[name] = found["fills"]
    return _rows(took, fills, len(data), kind, [n for n in PEERS if n not in there])


def installed_peers() -> list[str]:
    """Return the peers that are installed, in an interpreter of their own or beside us."""
    ask = f"import importlib.util as u; print(*[n for n in {PEERS} if u.find_spec(n)])"
    done = subprocess.run([peers_python(), "-c", ask], capture_output=True, text=True, timeout=60)
    return done.stdout.split()


def peers_python() -> str:
    own = REPO / ".venv-peers" / "bin" / "python"
    return str(own) if own.is_file() else sys.executable


def _rows(
    took: dict[str, list[float]], fills: dict[str, int], count: int, kind: str, missing: list[str]
) -> list[Row]:
    # turns are paired, so that a busy moment of the box weighs on both sides of a ratio
    best = min(("bare", "sliced"), key=lambda name: statistics.median(took[name]))
    ratio = _ratio(took["contract"], took[best])
    often = _ratio(took["busy"], took["busy_sliced"])
    note = f"{count:,} {kind}, EMA 12/48, {fills['contract']} fills ({best}: {fills[best]})"
    busy = f"{fills['busy']:,} fills, where the engine itself is most of it"
    rows = [
        Row("contract strategy against the bare engine", ratio, "x", 1.10, note),
        Row("  the same with an order every four bars", often, "x", None, busy),
    ]
    for name, seconds in took.items():
        middle = statistics.median(seconds)
        said = f"{count / middle / 1000:,.0f} thousand bars/s, {fills[name]} fills"
        rows.append(Row(f"  backtest: {name}", middle, "s", None, said))
    rows += [
        Row(f"  backtest: {name}", None, "s", None, "see benchmarks/requirements.txt")
        for name in missing
    ]
    return rows


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def _run(name: str, path: str) -> dict[str, Any]:
    module, python = ("peers", peers_python()) if name in PEERS else ("race", sys.executable)
    command = [python, "-m", f"benchmarks.{module}", name, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=REPO)
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    return found
