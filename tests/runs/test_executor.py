"""Many runs at once: each ends exactly once, whatever happens to the processes that do them."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from clearedge_tui.core.errors import Bug
from clearedge_tui.engine.inline import Inline
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import journal, listing
from clearedge_tui.runs.executor import Ended, Executor, Local, Told, capacity
from clearedge_tui.runs.farm import Farm
from clearedge_tui.runs.launch import Launch, run_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home
from tests.backtest.box import SLOW, add_strategy, make_home, sim_bars, store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = make_home(tmp_path_factory.mktemp("many") / "home")
    store(home, simulated_market(), "1m", sim_bars(1500))
    add_strategy(home, "ema_cross")
    add_strategy(home, "slow", SLOW)
    add_strategy(home, "broken", "raise RuntimeError('no')")
    return home


@pytest.fixture(scope="module")
def farm() -> Iterator[Farm]:
    made = Farm()
    yield made
    made.close()


def launch(home: Home, strategy: str = "ema_cross", **config: object) -> Launch:
    spec = BacktestSpec(strategy, "SIMUSDT.SIMULATED", "1m", config=config)
    return Launch(home, spec, again=True)


def ends(executor: Executor) -> dict[str, Ended]:
    found: dict[str, Ended] = {}
    for event in executor.events():
        if isinstance(event, Ended):
            assert event.run_id not in found
            found[event.run_id] = event
    return found


@pytest.mark.parametrize("kind", ["local", "inline"])
def test_every_run_ends_once_with_the_result_of_a_run_alone(
    kind: str, home: Home, farm: Farm
) -> None:
    executor = Local(farm if kind == "local" else Inline(), at_once=2)
    sent = [launch(home, fast=n, slow=30) for n in (5, 6, 7)]
    for one in sent:
        executor.submit(one)
    found = ends(executor)
    executor.close()
    assert set(found) == {one.run_id for one in sent}
    for one in sent:
        report = found[one.run_id].report
        assert report is not None and report.summary.status == "done"
        alone = run_backtest(home, one.spec)  # the same inputs: what is there, or as it would be
        assert alone.summary.metrics == report.summary.metrics


def test_runs_overlap_and_a_killed_worker_is_replaced_once(home: Home, farm: Farm) -> None:
    executor = Local(farm, at_once=2)
    sent = [launch(home, "slow") for _ in range(2)]
    for one in sent:
        executor.submit(one)
    killed: dict[str, int] = {}
    found = {}
    for event in executor.events():
        if isinstance(event, Told):
            one = next(one for one in sent if one.run_id == event.run_id)
            if not killed and all(other.pid for other in sent):
                assert len({other.pid for other in sent}) == 2
                killed[one.run_id] = one.pid
                os.kill(one.pid, signal.SIGKILL)
        else:
            found[event.run_id] = event
    executor.close()
    assert {end.report.summary.status for end in found.values() if end.report} == {"done"}
    (run_id,) = killed
    told = [entry.event for entry in journal.read(listing.run_folder(home, run_id))]
    assert told.count("worker_lost") == told.count("run_completed") == 1
    results = [end.report.summary.metrics for end in found.values() if end.report]
    assert results[0] == results[1]


def test_cancelled_and_broken_runs_end_too(home: Home, farm: Farm) -> None:
    executor = Local(farm, at_once=1)
    first, waits, broken = launch(home, "slow"), launch(home, "slow"), launch(home, "broken")
    for one in (first, waits, broken):
        executor.submit(one)
    executor.cancel(waits.run_id)
    with pytest.raises(Bug, match="handed in already"):
        executor.submit(waits)
    found = {}
    for event in executor.events():
        if isinstance(event, Told):
            executor.cancel(event.run_id)
        else:
            found[event.run_id] = event
    executor.close()
    for one in (first, waits):
        report = found[one.run_id].report
        assert report is not None and report.summary.status == "cancelled"
    assert found[broken.run_id].report is None and "RuntimeError" in found[broken.run_id].error


def test_a_farm_that_dies_is_made_anew(home: Home) -> None:
    farm = Farm()
    executor = Local(farm, at_once=1)
    executor.submit(launch(home))
    ends(executor)
    before = farm.pid
    os.kill(before, signal.SIGKILL)
    psutil.Process(before).wait(10) if psutil.pid_exists(before) else None
    executor.submit(one := launch(home))
    found = ends(executor)
    report = found[one.run_id].report
    assert report is not None and report.summary.status == "done"
    assert farm.pid != before
    executor.close()
    farm.close()


def test_closing_leaves_no_process_and_no_half_run(home: Home) -> None:
    executor = Local(at_once=2)
    sent = [launch(home, "slow") for _ in range(3)]
    for one in sent:
        executor.submit(one)
    started = threading.Event()
    pids: set[int] = set()

    def watch() -> None:
        for event in executor.events():
            if isinstance(event, Told):
                pids.update(one.pid for one in sent if one.pid)
                started.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    assert started.wait(60)
    executor.close()
    watcher.join(30)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not list(home.runs.glob(".[0-9]*"))


def test_workers_are_gone_with_their_run_and_the_farm_does_not_grow(home: Home, farm: Farm) -> None:
    executor = Local(farm, at_once=2)
    sizes = []
    for _ in range(2):
        for n in range(5):
            executor.submit(launch(home, fast=5, slow=20 + n))
        ends(executor)
        process = psutil.Process(farm.pid)
        assert process.children() == []
        sizes.append(process.memory_info().rss)
    executor.close()
    assert sizes[1] <= sizes[0] * 1.02


def test_at_least_one_run_at_a_time_and_no_more_than_cores() -> None:
    assert 1 <= capacity() <= (os.process_cpu_count() or 1)


@pytest.mark.parametrize(("free_mb", "runs"), [(100, 1), (800, 2), (1e6, 64)])
def test_as_many_at_once_as_cores_and_memory_hold(
    free_mb: float, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(available=int(free_mb * 2**20))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 64)
    assert capacity() == runs


def test_a_home_path_with_spaces_and_signs_is_no_trouble(tmp_path: Path, farm: Farm) -> None:
    home = make_home(tmp_path / "a home; $(x) ü")
    store(home, simulated_market(), "1m", sim_bars(200))
    add_strategy(home, "ema_cross")
    executor = Local(farm, at_once=1)
    executor.submit(one := launch(home))
    assert ends(executor)[one.run_id].report is not None
    executor.close()
