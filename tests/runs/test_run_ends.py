"""How runs end when processes die at the worst moment, and how they are taken up again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import Refused
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import artifacts, drafts, events, journal, listing, manifest, recover
from clearedge_tui.runs.launch import Launch, run_backtest
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.runs.verify import verify
from clearedge_tui.settings import Home
from tests.backtest.box import SLOW, add_strategy, make_home, sim_bars, store

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("farmed")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(700))
    add_strategy(home, "ema_cross")
    add_strategy(home, "slow", SLOW)
    return home


def spec(strategy: str = "ema_cross", **given: object) -> BacktestSpec:
    return BacktestSpec(strategy, "SIMUSDT.SIMULATED", "1m", **given)  # type: ignore[arg-type]


def told(home: Home, run_id: str) -> list[str]:
    return [entry.event for entry in journal.read(listing.run_folder(home, run_id))]


def go_on(home: Home, run_id: str) -> RunReport:
    launch = Launch(home, spec(), taken_up=recover.take_up(home, run_id))
    for _ in launch.progress():
        pass
    assert launch.report is not None
    return launch.report


def test_a_run_tells_its_life_and_everything_in_its_folder_has_its_hash(home: Home) -> None:
    report = run_backtest(home, spec())
    folder = listing.run_folder(home, report.summary.run_id)
    assert told(home, report.summary.run_id) == [
        "run_initialized", "run_started", "data_ready", "backtest_started", "backtest_completed",
        "artifacts_written", "run_completed",
    ]  # fmt: skip
    traces = {entry.trace_id for entry in journal.read(folder)}
    assert traces == {report.summary.trace_id} and len(report.summary.trace_id) == 32
    made = manifest.load(folder)
    assert manifest.damaged(folder, made) == ()
    assert made.inputs_sha256 == report.summary.inputs_sha256
    assert {"spec.yaml", "journal.jsonl", "metrics.json", "bars.json", "strategy.py"} <= set(
        made.files
    )
    on_disk = {path.name for path in folder.iterdir()}
    assert on_disk - set(made.files) == {"manifest.json"}
    (folder / "metrics.json").write_text("{}")
    assert manifest.damaged(folder, made) == ("metrics.json",)


def test_a_worker_killed_once_is_replaced_and_the_result_is_there_once(home: Home) -> None:
    sane = run_backtest(home, spec("slow"))
    launch = Launch(home, spec("slow"), again=True)
    killed = 0
    for _ in launch.progress():
        if not killed:
            killed = launch.pid
            os.kill(killed, signal.SIGKILL)
    report = launch.report
    assert report is not None and report.summary.status == "done"
    assert launch.pid != killed
    assert report.summary.metrics == sane.summary.metrics
    assert len(listing.list_runs(home)) == 2
    events_told = told(home, report.summary.run_id)
    assert events_told.count("worker_lost") == 1 and events_told.count("run_completed") == 1
    assert "data_reused" in events_told  # the step that was through is not done again


def test_the_same_inputs_give_the_run_that_is_there(home: Home) -> None:
    first = run_backtest(home, spec(config={"fast": 5, "slow": 20}))
    launch = Launch(home, spec(config={"slow": "20", "fast": "5"}))
    for _ in launch.progress():
        pass
    assert launch.cached and launch.report == first
    assert len(listing.list_runs(home)) == 1
    other = run_backtest(home, spec(config={"fast": 6, "slow": 20}))
    assert other.summary.run_id != first.summary.run_id


def test_a_damaged_or_removed_run_is_not_given_again(home: Home) -> None:
    first = run_backtest(home, spec())
    (listing.run_folder(home, first.summary.run_id) / "fills.parquet").write_bytes(b"no")
    second = run_backtest(home, spec())
    assert second.summary.run_id != first.summary.run_id
    listing.remove_run(home, second.summary.run_id)
    assert run_backtest(home, spec()).summary.run_id not in (
        first.summary.run_id,
        second.summary.run_id,
    )


def test_changed_code_is_another_run(home: Home) -> None:
    add_strategy(home, "helped", "from _help import Base\nclass Helped(Base): pass\n")
    helper = home.strategies / "_help.py"
    body = "from clearedge_tui.contract import Strategy\nclass Base(Strategy):\n  def on_tick(self, tick): pass\n"
    helper.write_text(body)
    first = run_backtest(home, spec("helped"))
    made = manifest.load(listing.run_folder(home, first.summary.run_id))
    assert "_help.py" in made.inputs.imports
    helper.write_text(body + "# another word\n")
    assert run_backtest(home, spec("helped")).summary.run_id != first.summary.run_id


CHANCE = """
import random
import numpy as np
from clearedge_tui.contract import Strategy
class Chance(Strategy):
    def on_tick(self, tick):
        names = {"alpha", "beta", "gamma", "delta", "omega"}
        first = next(iter(names))
        if random.random() + np.random.random() > 1.7 or (first < "b" and random.random() < 0.01):
            flat = self.context.get_position().is_flat
            self.context.place_order("buy" if flat else "sell", "1")
"""


def test_chance_is_part_of_the_inputs(home: Home) -> None:
    add_strategy(home, "chance", CHANCE)
    first = run_backtest(home, spec("chance"))
    assert (first.summary.metrics["fills"] or 0) > 10
    verdict = verify(home, first.summary.run_id)
    assert verdict.same, verdict
    other = run_backtest(home, spec("chance", seed=2))
    assert other.summary.metrics["net_profit"] != first.summary.metrics["net_profit"]


def owner(home: Home, strategy: str, seconds: float) -> str:
    """Start a run in a process, kill it and its worker after a while; return the run's id."""
    source = (
        "import sys; from pathlib import Path\n"
        "from clearedge_tui.settings import Home\n"
        "from clearedge_tui.runs.launch import Launch\n"
        "from clearedge_tui.runs.model import BacktestSpec\n"
        f"launch = Launch(Home(Path({str(home.root)!r})),"
        f" BacktestSpec({strategy!r}, 'SIMUSDT.SIMULATED', '1m'))\n"
        "print(launch.run_id, flush=True)\n"
        "for step in launch.progress(): print(launch.pid, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    pid = int(process.stdout.readline())
    process.kill()
    os.kill(pid, signal.SIGKILL)
    process.wait(10)
    limit = monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and monotonic() < limit:
        pass
    return run_id


def test_a_run_whose_owner_died_too_is_interrupted_and_can_go_on(home: Home) -> None:
    run_id = owner(home, "slow", 10)
    assert listing.list_runs(home) == []
    assert recover.recover(home) == [run_id]
    (run,) = listing.list_runs(home)
    assert (run.status, run.run_id) == ("interrupted", run_id)
    assert f"clearedge run resume {run_id}" in run.error
    assert recover.recover(home) == []

    report = go_on(home, run_id)
    assert (report.summary.status, report.summary.run_id) == ("done", run_id)
    events_told = told(home, run_id)
    assert events_told[-1] == "run_completed" and "run_resumed" in events_told
    assert events_told.count("data_ready") == 1 and "data_reused" in events_told
    assert len(listing.list_runs(home)) == 1


def test_a_finished_run_never_changes(home: Home) -> None:
    report = run_backtest(home, spec())
    folder = listing.run_folder(home, report.summary.run_id)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(Refused, match="run again"):
        recover.take_up(home, report.summary.run_id)
    entry = journal.read(folder)[-1]
    about = journal.About(entry.run_id, entry.trace_id, entry.config_sha256, entry.artifacts_dir)
    asked = drafts.asked(folder)
    assert asked is not None
    late = artifacts.record_end(home, asked, "too late", Status.CANCELLED)
    assert late.summary.status == "done"
    assert not journal.append(folder, about, events.RUN_FAILED, Status.FAILED)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_killed_at_the_last_step_the_run_is_whole(home: Home) -> None:
    report = run_backtest(home, spec())
    folder = listing.run_folder(home, report.summary.run_id)
    draft = listing.draft_folder(home, report.summary.run_id)
    folder.rename(draft)  # what is there when a worker dies before it renames
    pid = subprocess.Popen([sys.executable, "-c", ""])
    pid.wait()
    (draft / drafts.PIDS).write_text(f"{pid.pid} {pid.pid}")
    assert recover.recover(home) == [report.summary.run_id]
    assert listing.load_report(home, report.summary.run_id) == report


@pytest.mark.parametrize("lost", ["report.json", "run.json", "manifest.json", "equity.parquet"])
def test_a_half_written_folder_is_never_a_finished_run(home: Home, lost: str) -> None:
    report = run_backtest(home, spec())
    run_id = report.summary.run_id
    listing.run_folder(home, run_id).rename(listing.draft_folder(home, run_id))
    draft = listing.draft_folder(home, run_id)
    (draft / lost).unlink()
    pid = subprocess.Popen([sys.executable, "-c", ""])
    pid.wait()
    (draft / drafts.PIDS).write_text(f"{pid.pid} {pid.pid}")
    assert listing.list_runs(home) == []
    assert recover.recover(home) == [run_id]
    assert listing.list_runs(home)[0].status == "interrupted"
    assert go_on(home, run_id).summary.metrics == report.summary.metrics


def test_a_resumed_run_judges_data_again_that_have_changed(home: Home) -> None:
    run_id = owner(home, "slow", 10)
    recover.recover(home)
    store(home, simulated_market(), "1m", sim_bars(800).slice(700, 800))
    go_on(home, run_id)
    assert told(home, run_id).count("data_ready") == 2


def test_asked_for_other_data_than_there_are_a_run_is_refused(home: Home) -> None:
    with pytest.raises(Refused, match="wanted sha256 0123"):
        run_backtest(home, spec(data_sha256="0123456789abcdef"))
    done = run_backtest(home, spec())
    again = msgspec.structs.replace(done.spec, data_sha256=done.data[0].sha256)
    assert run_backtest(home, again).summary.run_id == done.summary.run_id
