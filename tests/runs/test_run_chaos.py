"""Runs against killers: at every file, with the disk full, with strategies that do their worst."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import psutil
import pytest

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import Refused, RetryLater, UsageError
from clearedge_tui.engine.inline import Inline
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import drafts, journal, listing, manifest, recover
from clearedge_tui.runs.farm import Farm
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.runs.verify import verify
from clearedge_tui.runs.workers import Spawn, Workers
from clearedge_tui.settings import Home
from tests.backtest.box import REPO, SLOW, add_strategy, make_home, sim_bars, store

pytestmark = pytest.mark.slow

_HEAD = "import os, time\nfrom clearedge_tui.contract import Strategy\n"
LOOP = f"{_HEAD}class A(Strategy):\n  def on_tick(self, tick):\n    while True: pass\n"
ODD_SIGNAL = f"{_HEAD}class A(Strategy):\n  def on_tick(self, tick): os.kill(os.getpid(), 40)\n"
NOISE = f"""{_HEAD}class A(Strategy):
  def on_tick(self, tick):
    for one in range(3, 40):
      try: os.write(one, b"\\xff" * 4000)
      except OSError: pass
"""
FORKER = f"""{_HEAD}class A(Strategy):
  def init(self):
    if os.fork() == 0:
      time.sleep(60)
      os._exit(0)
    return {{}}
  def on_tick(self, tick): time.sleep(0.01)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(150))
    add_strategy(home, "ema_cross")
    return home


def launch(home: Home, workers: Workers, strategy: str = "ema_cross") -> Launch:
    spec = BacktestSpec(strategy, "SIMUSDT.SIMULATED", "1m")
    return Launch(home, spec, again=True, workers=workers)


def ended(one: Launch) -> RunReport:
    for _ in one.progress():
        pass
    assert one.report is not None
    return one.report


def whole(folder: Path) -> manifest.Manifest:
    """Return the manifest of a run: over every file that is there."""
    made = manifest.load(folder)
    assert manifest.damaged(folder, made) == ()
    beside = {manifest.MANIFEST, drafts.PIDS}  # the latter of one killed at its very last step
    assert {path.name for path in folder.iterdir()} - set(made.files) <= beside
    return made


def dying(home: Home, mode: str, every: int) -> list[list[str]]:
    args = [sys.executable, "-m", "tests.runs.dying", str(home.root), mode, str(every)]
    done = subprocess.run(args, capture_output=True, text=True, cwd=REPO, check=True, timeout=60)
    return [line.split(maxsplit=3) for line in done.stdout.splitlines()]


def test_killed_at_any_file_a_run_is_whole_or_can_go_on(home: Home, farm: Farm) -> None:
    told = dying(home, "kill", 1)
    *killed, through = told
    assert len(killed) > 20 and {line[2] for line in killed} == {"-9"} and through[3] == "report"
    recover.recover(home)
    assert not list(home.runs.glob(".[0-9]*"))
    found = {run.run_id: run.status for run in listing.list_runs(home)}
    assert set(found) == {line[1] for line in told}
    assert {found[line[1]] for line in killed} == {"done", "interrupted"}
    want = listing.load_report(home, through[1]).summary.metrics
    cut = [run_id for run_id in sorted(found) if found[run_id] == "interrupted"]
    for run_id in cut[::6]:
        one = launch(home, farm)
        again = Launch(home, one.spec, taken_up=recover.take_up(home, run_id), workers=farm)
        assert ended(again).summary.run_id == run_id
        found[run_id] = "done"
    for run_id, status in found.items():
        folder = listing.run_folder(home, run_id)
        assert journal.read_ended(folder)[-1].status == status
        made = whole(folder)
        if status == "done":
            assert listing.load_report(home, run_id).summary.metrics == want
        else:
            assert not made.inputs_sha256  # nobody knows all of what went in
            assert set(made.files).isdisjoint({"fills.parquet", "metrics.json", "report.html"})


def test_with_a_full_disk_at_any_file_there_is_no_half_run(home: Home) -> None:
    *told, through = dying(home, "full", 6)
    assert len(told) > 3 and through[3] == "report"
    assert all(line[2] == "4" and "No space left" in line[3] for line in told)
    assert [run.run_id for run in listing.list_runs(home)] == [through[1]]
    assert not list(home.runs.glob(".[0-9]*"))


@pytest.mark.parametrize(
    ("source", "words"),
    [(ODD_SIGNAL, "signal 40"), (NOISE, "made no sense")],
    ids=["signal", "noise"],
)
def test_a_worker_that_ends_oddly_leaves_a_failed_run(
    home: Home, farm: Farm, source: str, words: str
) -> None:
    add_strategy(home, "odd", source)
    report = ended(launch(home, farm, "odd"))
    assert report.summary.status == "failed" and words in report.summary.error
    whole(listing.run_folder(home, report.summary.run_id))
    with pytest.raises(Refused, match="left no result to compare"):
        verify(home, report.summary.run_id)
    assert not list(home.runs.glob(".[0-9]*"))


@pytest.mark.parametrize("kind", ["farm", "spawn"])
def test_cancel_ends_what_a_strategy_has_started_too(home: Home, farm: Farm, kind: str) -> None:
    add_strategy(home, "forker", FORKER)
    one = launch(home, farm if kind == "farm" else Spawn(), "forker")
    steps = one.progress()
    next(steps)
    members = [p for p in psutil.process_iter() if _group(p.pid) == one.pid]
    assert len(members) == 2
    at = monotonic()
    one.cancel()
    for _ in steps:
        pass
    assert monotonic() - at < 1
    assert one.report is not None and one.report.summary.status == "cancelled"
    gone, alive = psutil.wait_procs(members, 5)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE], (gone, alive)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def test_a_run_can_be_cancelled_after_its_farm_has_died(home: Home) -> None:
    farm = Farm()
    add_strategy(home, "loop", LOOP)
    one = launch(home, farm, "loop")
    thread = threading.Thread(target=ended, args=(one,), daemon=True)
    thread.start()
    limit = monotonic() + 20
    while not one.pid and monotonic() < limit:
        thread.join(0.01)
    os.kill(farm.pid, signal.SIGKILL)
    thread.join(0.5)
    assert thread.is_alive()  # the worker does not need its farm
    at = monotonic()
    one.cancel()
    thread.join(5)
    assert monotonic() - at < 1
    assert one.report is not None and one.report.summary.status == "cancelled"
    # and a farm that dies as it is asked is made anew
    os.kill(farm.pid, signal.SIGKILL)
    assert ended(launch(home, farm)).summary.status == "done"
    farm.close()


def test_a_worker_whose_owner_is_gone_ends_whatever_it_does(home: Home) -> None:
    add_strategy(home, "loop", LOOP)
    add_strategy(home, "slow", SLOW.replace("0.002", "0.05"))
    source = (
        "import sys, threading, time; from pathlib import Path\n"
        "from tests.runs.test_run_chaos import launch, ended\n"
        "from clearedge_tui.runs.farm import Farm\n"
        "from clearedge_tui.settings import Home\n"
        "home, farm = Home(Path(sys.argv[1])), Farm()\n"
        "for name in ('loop', 'slow'):\n"
        "    one = launch(home, farm, name)\n"
        "    threading.Thread(target=ended, args=(one,), daemon=True).start()\n"
        "    while not one.pid: time.sleep(0.01)\n"
        "    print(one.pid, one.run_id, flush=True)\n"
        "time.sleep(60)\n"
    )
    args = [sys.executable, "-c", source, str(home.root)]
    owner = subprocess.Popen(args, stdout=subprocess.PIPE, text=True, cwd=REPO)
    assert owner.stdout is not None
    said = [owner.stdout.readline().split() for _ in range(2)]
    workers = [psutil.Process(int(pid)) for pid, _ in said]
    ids = {run_id for _, run_id in said}
    limit = monotonic() + 20
    while len(_begun(home, ids)) < 2 and monotonic() < limit:
        threading.Event().wait(0.02)
    owner.kill()
    owner.wait(10)
    owner.stdout.close()
    alive = psutil.wait_procs(workers, 8)[1]
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]
    recover.recover(home)
    runs = {run.run_id: run for run in listing.list_runs(home)}
    assert {run.status for run in runs.values()} == {"interrupted"} and set(runs) == ids
    assert all("clearedge run resume" in run.error for run in runs.values())


def _begun(home: Home, ids: set[str]) -> list[str]:
    found = ((one, journal.read(listing.draft_folder(home, one))) for one in ids)
    return [one for one, told in found if "backtest_started" in {e.event for e in told}]


def test_a_run_that_was_taken_up_in_vain_is_not_lost(home: Home) -> None:
    run_id = ended(launch(home, Inline())).summary.run_id
    folder, draft = listing.run_folder(home, run_id), listing.draft_folder(home, run_id)
    asked = drafts.asked(folder)
    assert asked is not None
    folder.rename(draft)
    (draft / "report.json").unlink()
    (draft / drafts.PIDS).write_text(f"{os.getpid()}:1 {os.getpid()}:1")  # others of that number
    assert recover.recover(home) == [run_id]
    strategy = home.strategies / "ema_cross.py"
    source = strategy.read_bytes()
    strategy.unlink()
    again = Launch(home, asked.spec, taken_up=recover.take_up(home, run_id), workers=Inline())
    with pytest.raises(UsageError, match="no strategy"):
        ended(again)
    assert listing.load_report(home, run_id).summary.status == "interrupted"
    strategy.write_bytes(source)
    again = Launch(home, asked.spec, taken_up=recover.take_up(home, run_id), workers=Inline())
    assert ended(again).summary.status == "done"


def test_a_strange_draft_stops_no_other_run_and_a_name_is_given_once(home: Home) -> None:
    strange = home.runs / ".20260101-000000-x-0000"
    strange.mkdir(parents=True)
    about = journal.About("../../evil", "trace", "0" * 64, "place")
    spec = BacktestSpec("ema_cross", "SIMUSDT.SIMULATED", "1m")
    asked = drafts.Asked(about, spec, "SIM/USDT", 0)
    (strange / drafts.ASKED).write_bytes(msgspec.json.encode(asked))
    (strange / drafts.PIDS).write_text(f"{os.getpid()}:1 {os.getpid()}:1")
    report = ended(launch(home, Inline()))
    assert not strange.exists()
    taken = Launch(home, spec, run_id=report.summary.run_id, workers=Inline())
    with pytest.raises(RetryLater, match="already"):
        ended(taken)
    assert listing.load_report(home, report.summary.run_id) == report


def test_runs_leave_no_descriptor_no_zombie_and_no_draft(home: Home, farm: Farm) -> None:
    ended(launch(home, farm))
    before = len(list(Path("/proc/self/fd").iterdir()))
    others = set(psutil.Process().children(recursive=True))
    for _ in range(8):
        one = launch(home, farm)
        ended(one)
        one = launch(home, farm)
        one.cancel()  # before it has begun: no worker is made for it
        assert ended(one).summary.status == "cancelled" and not one.pid
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    mine = psutil.Process().children(recursive=True)
    assert not [p for p in mine if p not in others and p.status() == psutil.STATUS_ZOMBIE]
    assert not list(home.runs.glob(".[0-9]*"))
