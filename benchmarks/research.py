"""Studies: trials a second beside others, what a trial costs beyond its engine, memory, scaling."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import psutil

from benchmarks.backtests import REPO, installed_peers, peers_python
from benchmarks.race import contract
from benchmarks.table import Row
from clearedge_tui.research.ground import ground
from clearedge_tui.research.pool import Local
from clearedge_tui.research.rule_test import rule_test
from clearedge_tui.research.study import Study
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.memory import private_mb
from tests.backtest.box import BTC, add_strategy, make_home, sim_bars, store

YEAR, WINDOW = 525_600, 46_000


@contextmanager
def _world(count: int) -> Iterator[tuple[Home, Setup]]:
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        home.config.mkdir(exist_ok=True)
        store(home, BTC, "1m", sim_bars(count))
        add_strategy(home, "ema_cross")
        stands = ground(home, BacktestSpec("ema_cross", "BTC/USDT", "1m", fetch=False))
        yield home, stands.whole()


def pairs(count: int) -> list[dict[str, object]]:
    """Return so many different pairs of averages."""
    return [{"fast": 3 + n % 40, "slow": 50 + 6 * (n // 40)} for n in range(count)]


def _run(pool: Local, asks: Sequence[Ask]) -> float:
    return _trials_of(pool, asks)[0]


def _trials_of(pool: Local, asks: Sequence[Ask]) -> tuple[float, list[Trial]]:
    began = perf_counter()
    found = dict(pool.run(asks))
    took = perf_counter() - began
    wrong = [trial.error for trial in found.values() if trial.status != "done"]
    if wrong:
        raise RuntimeError(wrong[0])
    return took, list(found.values())


def studies(small: bool) -> list[Row]:
    """Rule test, trials a second, overhead, scaling, memory."""
    window, year = (3_000, 5_000) if small else (WINDOW, YEAR)
    rows = []
    with _world(window) as (home, setup):
        rows += _rule(home, setup, 20 if small else 200)
        rows += _overhead(setup, 6 if small else 40)
        rows += _memory(setup, 20 if small else 1000)
    with _world(year) as (home, setup):
        rows += _trials(setup, 2 if small else 12, small)
        rows.append(_what_if(home, setup, year))
    return rows


def _what_if(home: Home, setup: Setup, bars: int) -> Row:
    """Change a setting and wait for its equity, as the console does: over the pipe of its process."""
    words = [sys.executable, "-m", "clearedge_tui.research.asked", str(home.root)]
    spec = setup.spec
    about = {"strategy": spec.strategy, "market": spec.market, "timeframe": spec.timeframe}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPO
    ) as asked:
        _answered(asked, about)  # the bars are read, and the two paths compared
        _answered(asked, {"set": {"fast": 5}})
        took, found = [], {}
        for fast in (8, 10, 14, 17, 20):
            began = perf_counter()
            found = _answered(asked, {"set": {"fast": fast}})
            took.append(perf_counter() - began)
        if asked.stdin is not None:
            asked.stdin.close()
    fills = found["metrics"]["fills"]
    note = f"median of five; {min(took):.2f} to {max(took):.2f} s; by the {found['path']} path, {fills:,.0f} fills"
    what = f"what if: a changed setting to its equity, {bars:,} bars"
    return Row(what, statistics.median(took), "s", 1.0, note)


def _answered(asked: "subprocess.Popen[str]", question: dict[str, Any]) -> dict[str, Any]:
    """Ask, pass over what is told on the way, and return the answer."""
    if asked.stdin is None or asked.stdout is None:
        raise RuntimeError("no pipe")
    asked.stdin.write(json.dumps(question) + "\n")
    asked.stdin.flush()
    for line in asked.stdout:
        told = json.loads(line)
        if "answer" in told:
            found: dict[str, Any] = told["answer"]
            return found
        if "error" in told:
            raise RuntimeError(told["error"])
    raise RuntimeError("the process that answers has ended")


def _rule(home: Home, setup: Setup, twins: int) -> list[Row]:
    rows = []
    for quick, limit in ((True, 10.0), (False, 60.0)):
        study = Study(setup, home.state / f"bench-{quick}", quick=quick)
        try:
            study.do("warm", [Ask()])
            began = perf_counter()
            found = rule_test(study, {"fast": 12, "slow": 48}, twins)
            took = perf_counter() - began
        finally:
            study.close()
        how = "screened" if quick else "on the engine"
        note = f"{found.trades} trades; paths {found.paths}; p {found.p}"
        rows.append(Row(f"rule test of {twins} twins, {how}", took, "s", limit, note))
    return rows


def _overhead(setup: Setup, count: int) -> list[Row]:
    """Wall time of trials with one worker, its start included, less their time in the engine.

    The same backtest with nothing around it, in a process that has not forked, stands beside it.
    """
    from clearedge_tui.market import catalog

    bars = catalog.read_bars(Home(Path(setup.root)), setup.spec.market, "1m")
    config: dict[str, object] = {"fast": 12, "slow": 48}
    contract(bars.slice(0, 2000))
    bare = min(_wall(lambda: contract(bars, config)) for _ in range(5))
    pool = Local(setup, 1)
    try:
        _run(pool, [Ask(config=config)])
        took, found = _trials_of(pool, [Ask(config=config, warm=n) for n in range(count)])
    finally:
        pool.close()
    each = (took - sum(trial.ran_s for trial in found)) / count * 1000
    note = f"a trial {took / count * 1000:.0f} ms with its worker's start and its figures, the backtest alone {bare * 1000:.0f}"
    return [Row(f"a trial beyond its engine, of {count}", each, "ms", 20, note)]


def _wall(call: object) -> float:
    began = perf_counter()
    call()  # type: ignore[operator]
    return perf_counter() - began


def _memory(setup: Setup, count: int) -> list[Row]:
    """The study's own processes over many trials; workers are replaced, the rest stays."""
    pool, us = Local(setup, 2), psutil.Process()
    try:
        configs = pairs(count)
        _run(pool, [Ask(config=one, end_ns=0, path="light") for one in configs[:20]])
        before = us.memory_info().rss, psutil.Process(pool.pids[0]).memory_info().rss
        _run(pool, [Ask(config=one, start_ns=1) for one in configs])
        after = us.memory_info().rss, psutil.Process(pool.pids[0]).memory_info().rss
    finally:
        pool.close()
    grown = [(b - a) / 2**20 for a, b in zip(before, after, strict=True)]
    note = f"on the engine; the study {grown[0]:+.1f} MB (it holds the trials), the mother {grown[1]:+.1f} MB"
    return [Row(f"memory grown over {count} trials", max(grown), "MB", 32, note)]


def _trials(setup: Setup, count: int, small: bool) -> list[Row]:
    configs = pairs(count)
    took = {}
    private = 0.0
    for workers in (1, 2):
        pool = Local(setup, workers)
        try:
            _run(pool, [Ask(config={"fast": 2, "slow": 90 + n}) for n in range(workers)])
            for path in ("engine", "light"):
                took[workers, path] = _run(pool, [Ask(config=one, path=path) for one in configs])
            private = max(private, _private(pool, configs[0]))
        finally:
            pool.close()
    rows = [
        Row("trials a second a core, a year of minutes, engine", count / took[2, "engine"] / 2, "/s"),
        Row("the same screened by the light loop", count / took[2, "light"] / 2, "/s"),
        _scale("engine", took[1, "engine"], took[2, "engine"]),
        _scale("light", took[1, "light"], took[2, "light"]),
        Row("private memory of a worker over a year", private, "MB", None, "bars are shared: 25 MB of columns are read once"),
    ]  # fmt: skip
    return rows + _others(setup, count, small)


def _private(pool: Local, config: dict[str, object]) -> float:
    """Look at a worker while it works."""
    seen = [0.0]

    def look() -> bool:
        for pid in pool.pids[1:]:
            try:
                seen.append(private_mb(pid))
            except (psutil.Error, OSError, StopIteration):
                continue
        return False

    for _ in pool.run(
        [Ask(config={**config, "slow": 300 + n}, path="light") for n in range(6)], look
    ):
        pass
    return max(seen)


def _scale(path: str, one: float, two: float) -> Row:
    # a limit from below is shown turned over: seconds on two cores in half-seconds of one
    note = f"{one:.1f} s on one worker, {two:.1f} s on two: {one / two:.2f} times as fast"
    return Row(f"two cores' time over half of one's, {path}", two / (one / 2), "x", 2 / 1.8, note)


def _others(setup: Setup, count: int, small: bool) -> list[Row]:
    """The same work by Optuna and the bare engine in a pool, by freqtrade and by vectorbt."""
    from clearedge_tui.market import catalog

    bars = catalog.read_bars(Home(Path(setup.root)), setup.spec.market, "1m")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.npy"
        np.save(path, np.array(bars.columns(), np.float64))
        words = [sys.executable, "-m", "benchmarks.research_bare", str(path), str(count)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPO)
        seconds = json.loads(done.stdout.splitlines()[-1])["seconds"]
        rows.append(Row("peer: Optuna and the bare engine in a pool", count / seconds / 2, "/s"))
        rows += [_peer(name, path, small) for name in ("freqtrade", "vectorbt")]
        rows.append(_hyperopt(path, small))
    return rows


def _peer(name: str, path: Path, small: bool) -> Row:
    what = f"peer: {name}, one trial at a time"
    found = _asked(name, name, path, small)
    if isinstance(found, str):
        return Row(what, None, "/s", None, found)
    return Row(what, 1 / found["seconds"], "/s", None, f"vectorised; {found['fills']} fills")


def _hyperopt(path: Path, small: bool) -> Row:
    what = "peer: freqtrade's hyperopt, trials a second a core"
    found = _asked("freqtrade_hyperopt", "freqtrade", path, small)
    if isinstance(found, str):
        return Row(what, None, "/s", None, found)
    note = f"{found['fills']} trials of both averages in one job, its reading of the bars included"
    return Row(what, found["fills"] / found["seconds"], "/s", None, note)


def _asked(name: str, package: str, path: Path, small: bool) -> dict[str, Any] | str:
    """Return what a peer measured, or why it did not."""
    if small or package not in installed_peers():
        return "not in a small run, or not installed"
    words = [peers_python(), "-m", "benchmarks.peers", name, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=REPO)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1][:80]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def grid(small: bool) -> list[Row]:
    """A thousand parameter sets over a year of minutes, screened; what vectorbt takes beside it."""
    count, bars = (10, 5_000) if small else (1000, YEAR)
    with _world(bars) as (_home, setup):
        pool = Local(setup)
        try:
            _run(pool, [Ask(path="light")])
            took = _run(pool, [Ask(config=one, path="light") for one in pairs(count)])
        finally:
            pool.close()
        rows = [
            Row(f"{count} parameter sets over {bars:,} bars, screened", took, "s", 600,
                f"{took / count / bars * 2e6:.2f} µs a bar and core, figures included"),
        ]  # fmt: skip
        if small or "vectorbt" not in installed_peers():
            return [*rows, Row("peer: vectorbt, the same signals", None, "s", None, "not here")]
        from clearedge_tui.market import catalog

        path = Path(setup.root) / "bars.npy"
        columns = catalog.read_bars(Home(Path(setup.root)), setup.spec.market, "1m").columns()
        np.save(path, np.array(columns, np.float64))
        words = [peers_python(), "-m", "benchmarks.peers", "vectorbt_grid", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPO)
        found = json.loads(done.stdout.splitlines()[-1])
        note = f"one core; {found['fills']:,} fills"
        return [*rows, Row("peer: vectorbt, the same signals", found["seconds"], "s", None, note)]
