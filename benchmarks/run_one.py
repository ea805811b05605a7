"""One measurement of runs, in a process of its own: `python -m benchmarks.run_one WHAT N …`."""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic, process_time
from typing import Any

_FIRST_MINUTE = 29_000_000
SIM = "SIMUSDT.SIMULATED"
EVERY = """
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {"every": {"type": "int", "default": 100, "min": 1}}
class Every(Strategy):
    def init(self):
        return {"seen": 0}
    def on_tick(self, tick):
        self.state["seen"] += 1
        if self.state["seen"] % self.config["every"] == 0:
            flat = self.context.get_position().is_flat
            self.context.place_order("buy" if flat else "sell", "0.1")
"""


@contextmanager
def made_home(count: int) -> Iterator[Any]:
    """A home with so many simulated minutes, the sample strategy, and one that trades on a beat."""
    from clearedge_tui.cli.init import make_home
    from clearedge_tui.market import catalog, simulated
    from clearedge_tui.market.markets import save_market

    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder))
        market = simulated.market()
        with catalog.locked(home):
            parts = range(0, count, 500_000)
            bars = (
                simulated.bars(3 + n, _FIRST_MINUTE + start, min(500_000, count - start))
                for n, start in enumerate(parts)
            )
            catalog.write_bars(home, market, "1m", list(bars))
            save_market(home, market)
        samples = Path(__file__).resolve().parent.parent / "strategies"
        home.strategies.mkdir(exist_ok=True)
        (home.strategies / "ema_cross.py").write_text((samples / "ema_cross.py").read_text())
        (home.strategies / "every.py").write_text(EVERY)
        yield home


def spec_of(strategy: str, **config: object) -> Any:
    """Return a backtest of everything in such a home."""
    from clearedge_tui.runs.model import BacktestSpec

    return BacktestSpec(strategy, SIM, "1m", config=config)


class _Watch:
    """Adds up the processor time spent in what it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._inside = False

    def over(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **more: Any) -> Any:
            if self._inside:  # one watched thing inside another counts once
                return call(*args, **more)
            self._inside, began = True, process_time()
            try:
                return call(*args, **more)
            finally:
                self.seconds += process_time() - began
                self._inside = False

        return timed


def share(count: int, fast: int, slow: int) -> dict[str, float]:
    """A run as a worker of the farm does it: the engine's part, and all that is told and written."""
    import_module("clearedge_tui.engine.farm")  # has imported what its workers use
    import_module("pyarrow.pandas_compat")
    from clearedge_tui.engine import backtest, worker
    from clearedge_tui.runs import artifacts, journal, report

    beside, engine = _Watch(), _Watch()
    for module, name in ((artifacts, "write"), (report, "build"), (journal, "append")):
        setattr(module, name, beside.over(getattr(module, name)))
    execute = backtest.execute
    backtest.execute = engine.over(execute)
    with made_home(count) as home:
        report_of = _job(home, spec_of("ema_cross", fast=fast, slow=slow, short=True), beside)
        worker.run_job(report_of[0], beside.over(lambda _: None), own_process=True)
        fills = report_of[1]()
    told = beside.seconds
    return {
        "share": told / (told + engine.seconds),
        "beside": told,
        "engine": engine.seconds,
        "fills": fills,
    }


def _job(home: Any, spec: Any, beside: _Watch) -> tuple[Any, Callable[[], int]]:
    from clearedge_tui.runs import drafts, listing
    from clearedge_tui.runs.ids import new_run_id
    from clearedge_tui.runs.job import Job
    from clearedge_tui.runs.journal import About

    run_id = new_run_id("bench")
    asked = drafts.Asked(About(run_id, "trace", "", ""), spec, "SIM/USDT", 1, again=True)
    beside.over(drafts.begin)(home, asked, "")

    def fills() -> int:
        return int(listing.load_report(home, run_id).summary.metrics["fills"] or 0)

    return Job(str(home.root), asked), fills


def grow(count: int, fast: int, slow: int) -> dict[str, float]:
    """A whole run in a worker process, data read and report written."""
    return _whole(count, spec_of("ema_cross", fast=fast, slow=slow))


def orders(count: int, wanted: int, _: int) -> dict[str, float]:
    return _whole(count, spec_of("every", every=max(1, count // wanted)))


def _whole(count: int, spec: Any) -> dict[str, float]:
    from clearedge_tui.runs.launch import run_backtest

    with made_home(count) as home:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = run_backtest(home, spec)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if report.summary.status != "done":
        raise RuntimeError(report.summary.error)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    peak = after.ru_maxrss / 1024
    return {"seconds": seconds, "fills": report.summary.metrics["fills"] or 0, "peak_mb": peak}


def many(runs: int, *_: int) -> dict[str, float]:
    """So many backtests in a row through the executor; what its processes hold at the end."""
    import psutil

    from clearedge_tui.runs.executor import Ended, Local
    from clearedge_tui.runs.farm import Farm
    from clearedge_tui.runs.launch import Launch

    count, began = 2_000, monotonic()
    sizes = []
    farm = Farm()
    with made_home(count) as home:
        executor = Local(farm)
        for tenth in range(10):
            for n in range(max(1, runs // 10)):
                spec = spec_of("ema_cross", fast=3 + n % 40, slow=60 + tenth)
                executor.submit(Launch(home, spec, again=True))
            for event in executor.events():
                if isinstance(event, Ended) and (event.error or event.report is None):
                    raise RuntimeError(event.error)
            stays = (psutil.Process(), psutil.Process(farm.pid))
            sizes.append(sum(one.memory_info().rss for one in stays) / 1e6)
        executor.close()
        farm.close()
    return {
        "runs": max(1, runs // 10) * 10, "bars": count, "wall": monotonic() - began,
        "first_mb": sizes[0], "last_mb": sizes[-1],
    }  # fmt: skip


WHATS: dict[str, Callable[..., dict[str, float]]] = {
    "share": share,
    "grow": grow,
    "orders": orders,
    "many": many,
}


def main() -> None:
    name, *numbers = sys.argv[1:]
    answer = os.fdopen(os.dup(1), "w")  # a worker's output goes to its log from some moment on
    print(json.dumps(WHATS[name](*map(int, numbers))), file=answer, flush=True)


if __name__ == "__main__":
    main()
