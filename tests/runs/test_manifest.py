"""A manifest tells where a run comes from, and which of its inputs are others today."""

import hashlib
import subprocess
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.engine.inline import Inline
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import listing, manifest
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.runs.verify import _CAUSES, _changed
from clearedge_tui.settings import Home
from tests.backtest.box import add_strategy, make_home, sim_bars, store

SPEC = BacktestSpec("ema_cross", "SIMUSDT.SIMULATED", "1m")
MADE = manifest.inputs(SPEC, "code", None, {"tick": "0.01"})
OTHER: dict[str, object] = {
    "spec_sha256": "x", "code_sha256": "x", "config_sha256": "x", "data": ("x",), "market_sha256": "x",
    "product": "x", "python": "x", "libraries": {"nautilus_trader": "x"}, "seed": 99,
    "imports": {"_help.py": "x"}, "environment": "x",
}  # fmt: skip


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_commit_changes_machine_and_locks_are_kept(tmp_path: Path) -> None:
    strategies, run = tmp_path / "strategies", tmp_path / "run"
    strategies.mkdir()
    run.mkdir()
    (run / "metrics.json").write_text("{}")
    (strategies / "one.py").write_text("1\n")
    assert manifest.seal(run, MADE, strategies, tmp_path).git_commit == ""
    (tmp_path / "uv.lock").write_text("locked")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "strategies")
    git(tmp_path, "commit", "-q", "-m", "one", "--no-verify")
    manifest.seal(run, MADE, strategies, tmp_path)
    kept = manifest.load(run)
    assert (kept.git_commit, kept.git_dirty) == (git(tmp_path, "rev-parse", "HEAD"), False)
    assert kept.locks == {"uv.lock": hashlib.sha256(b"locked").hexdigest()}
    assert "cores" in kept.machine and "GiB" in kept.machine
    (strategies / "one.py").write_text("2\n")
    assert manifest.seal(run, MADE, strategies, tmp_path).git_dirty


@pytest.mark.parametrize("name", MADE.__struct_fields__)
def test_every_input_that_is_another_today_is_named_as_a_cause(name: str, tmp_path: Path) -> None:
    assert list(_changed(MADE, tmp_path)) == [], "a run that left no manifest has no causes"
    manifest.seal(tmp_path, MADE, tmp_path, tmp_path)
    assert list(_changed(MADE, tmp_path)) == []
    before = msgspec.structs.replace(MADE, **{name: OTHER[name]})
    assert list(_changed(before, tmp_path)) == [_CAUSES[name]]


def here(home: Home, spec: BacktestSpec) -> RunReport:
    """Run in this process: another one takes a second to import the engine."""
    launch = Launch(home, spec, workers=Inline())
    for _ in launch.progress():
        pass
    assert launch.report is not None
    return launch.report


REWRITES = """
from pathlib import Path
from clearedge_tui.contract import Strategy
class Rewrites(Strategy):
    def on_tick(self, tick):
        path = Path({path!r})
        text = path.read_text()
        if not text.endswith("# another"):
            path.write_text(text + "# another")
"""


def test_a_strategy_that_changes_while_it_runs_is_named_as_it_was_loaded(tmp_path: Path) -> None:
    home: Home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(200))
    path = home.strategies / "rewrites.py"
    add_strategy(home, "rewrites", REWRITES.format(path=str(path)))
    loaded = hashlib.sha256(path.read_bytes()).hexdigest()
    spec = msgspec.structs.replace(SPEC, strategy="rewrites")
    first = here(home, spec)
    folder = listing.run_folder(home, first.summary.run_id)
    made = manifest.load(folder)
    assert first.summary.status == "done" and path.read_text().endswith("# another")
    assert made.inputs.code_sha256 == loaded
    kept = hashlib.sha256((folder / manifest.CODE).read_bytes()).hexdigest()
    assert kept == loaded, "what was run is kept, and not what lies there now"
    assert manifest.damaged(folder, made) == ()
    assert here(home, spec).summary.run_id != first.summary.run_id
