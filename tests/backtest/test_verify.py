"""A run can be made again: the same to the byte, or the first difference and what has changed."""

import json
import sys
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.cli.main import run as clearedge
from clearedge_tui.core.errors import ClearEdgeError, NotFound, Refused
from clearedge_tui.engine.inline import Inline
from clearedge_tui.market.fingerprint import fingerprint
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.markets import load_markets, save_market
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.market.upkeep import delete_range
from clearedge_tui.runs import data_used, listing, manifest
from clearedge_tui.runs.export import export
from clearedge_tui.runs.launch import Launch, run_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.verify import verify
from clearedge_tui.runs.workers import Spawn
from clearedge_tui.settings import Home
from tests.backtest.box import FRESH, MINUTE, add_strategy, make_home, sim_bars, store

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("farmed")]
SIM = simulated_market().market_id


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(2000))
    add_strategy(home, "ema_cross")
    return home


def made(
    home: Home, accept: tuple[str, ...] = (), size: str = "0.1", *, again: bool = False
) -> str:
    config: dict[str, object] = {"fast": 4, "slow": 12, "size": size}
    spec = BacktestSpec("ema_cross", SIM, "1m", config=config, fetch=False, accept=accept)
    return run_backtest(home, spec, again=again).summary.run_id


def folders(home: Home) -> list[str]:
    return sorted(path.name for path in home.runs.iterdir())


def test_the_same_inputs_give_the_same_bytes_and_leave_nothing_behind(home: Home) -> None:
    run_id = made(home)
    before = folders(home)
    verdict = verify(home, run_id)
    assert verdict.same, verdict.line()
    assert folders(home) == before
    assert made(home) == run_id  # still the one that is given for the same inputs
    again = made(home, again=True)
    first, second = (manifest.load(listing.run_folder(home, one)) for one in (run_id, again))
    assert first.inputs_sha256 == second.inputs_sha256
    for name in ("fills.parquet", "orders.parquet", "trades.parquet", "equity.parquet"):
        assert first.files[name] == second.files[name], name
    listing.remove_run(home, again)
    assert made(home) == run_id


def test_the_manifest_names_every_file_and_keeps_the_code(home: Home) -> None:
    folder = listing.run_folder(home, made(home))
    found = manifest.load(folder)
    written = {p.name for p in folder.iterdir() if p.name != manifest.MANIFEST}
    assert set(found.files) == written
    assert (folder / manifest.CODE).read_text() == (home.strategies / "ema_cross.py").read_text()
    assert found.files[manifest.CODE] == found.inputs.code_sha256
    assert found.inputs.libraries["nautilus_trader"] == "2.0.0rc7"


def test_changed_code_is_the_cause_that_is_named(home: Home) -> None:
    run_id = made(home)
    path = home.strategies / "ema_cross.py"
    path.write_text(
        path.read_text().replace('Ema(self.config["fast"])', 'Ema(self.config["fast"] + 1)')
    )
    verdict = verify(home, run_id)
    assert not verdict.same
    assert verdict.causes == ("the strategy's code",), verdict
    assert "differs first" in verdict.difference or "rows then" in verdict.difference


def test_changed_data_are_the_cause_that_is_named(home: Home) -> None:
    run_id = made(home, accept=("gaps",))
    first = int(sim_bars(1).ts_ns[0])
    delete_range(home, bars_key(SIM, "1m"), first + 500 * MINUTE, first + 700 * MINUTE, False)
    verdict = verify(home, run_id)
    assert not verdict.same
    assert "the data" in verdict.causes


def test_a_changed_market_is_the_cause_that_is_named(home: Home) -> None:
    run_id = made(home, size="0.55")
    market = load_markets(home)[SIM]
    save_market(home, msgspec.structs.replace(market, size_precision=1))
    verdict = verify(home, run_id)
    assert not verdict.same
    assert verdict.causes == ("the market's precision, steps or fees",)


def test_a_damaged_file_is_found(home: Home) -> None:
    run_id = made(home)
    (listing.run_folder(home, run_id) / "report.md").write_text("better than it was")
    verdict = verify(home, run_id)
    assert (verdict.same, verdict.difference, verdict.damaged) == (False, "", ("report.md",))


def test_the_command_says_it_and_exits_by_it(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = made(home)
    assert clearedge(["--home", str(home.root), "run", "verify", run_id]) == 0
    assert "to the byte" in capsys.readouterr().out
    (listing.run_folder(home, run_id) / "fills.parquet").unlink()
    assert clearedge(["--home", str(home.root), "run", "verify", run_id, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["damaged"] == ["fills.parquet"]


def test_a_run_without_a_manifest_is_named(home: Home) -> None:
    run_id = made(home)
    (listing.run_folder(home, run_id) / manifest.MANIFEST).unlink()
    with pytest.raises(NotFound, match="has no manifest"):
        verify(home, run_id)


def test_a_second_run_that_dies_is_the_difference(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = made(home)
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\ncat > /dev/null\nexit 3\n")
    dying.chmod(0o755)
    monkeypatch.setattr(Spawn, "start", FRESH)
    monkeypatch.setattr(sys, "executable", str(dying))
    before = folders(home)
    verdict = verify(home, run_id)
    assert not verdict.same
    assert verdict.difference == "it ended as done then and as failed now"
    assert folders(home) == before


COUNTS = """
import os
from clearedge_tui.contract import Strategy
class Counts(Strategy):
    def init(self): return {"seen": 0}
    def on_tick(self, tick):
        self.state["seen"] += 1
        %s
"""


def test_a_failed_run_that_now_fails_without_tables_differs(home: Home) -> None:
    add_strategy(home, "counts", COUNTS % "assert self.state['seen'] < 50")
    report = run_backtest(home, BacktestSpec("counts", SIM, "1m"))
    assert report.summary.status == "failed"
    add_strategy(home, "counts", COUNTS % "os._exit(3)")
    verdict = verify(home, report.summary.run_id)
    assert verdict.difference.startswith("fills: there then, and not now: the worker ended with")


LATE = """
from clearedge_tui.contract import Strategy
class Late(Strategy):
    def on_tick(self, tick):
        import _late
        if _late.BUYS and self.context.get_position().is_flat:
            self.context.place_order("buy", "1")
"""


def test_a_module_imported_on_the_way_is_part_of_the_inputs(home: Home) -> None:
    add_strategy(home, "late", LATE)
    helper = home.strategies / "_late.py"
    helper.write_text("BUYS = False\n")
    spec = BacktestSpec("late", SIM, "1m")
    first = run_backtest(home, spec)
    assert (
        "_late.py" in manifest.load(listing.run_folder(home, first.summary.run_id)).inputs.imports
    )
    assert run_backtest(home, spec).summary.run_id == first.summary.run_id
    helper.write_text("BUYS = True\n")
    verdict = verify(home, first.summary.run_id)
    assert not verdict.same and verdict.causes == ("a module of the strategy",)
    second = run_backtest(home, spec)
    assert (first.summary.metrics["fills"], second.summary.metrics["fills"]) == (0, 1)
    assert run_backtest(home, spec).summary.run_id == second.summary.run_id


REWRITES = """
from pathlib import Path
from clearedge_tui.contract import Strategy
class Rewrites(Strategy):
    def init(self):
        Path(__file__).write_text("raise RuntimeError")
        return {}
    def on_tick(self, tick): pass
"""


def test_code_that_changes_while_it_runs_is_kept_as_it_was_run(home: Home) -> None:
    add_strategy(home, "rewrites", REWRITES)
    report = run_backtest(home, BacktestSpec("rewrites", SIM, "1m"))
    folder = listing.run_folder(home, report.summary.run_id)
    assert (folder / manifest.CODE).read_text() == REWRITES
    assert manifest.load(folder).inputs.code_sha256 == manifest.file_sha256(folder / manifest.CODE)


LOUD = """
from clearedge_tui.contract import Strategy
ODD = "\\x1b[31m<b>\\u202e" + "x" * 100
class Loud(Strategy):
    def init(self): return {"seen": 0}
    def on_tick(self, tick):
        self.state["seen"] += 1
        self.context.log(ODD)
        if self.state["seen"] == 5: self.context.place_order("buy", "1", tag=ODD)
        if self.state["seen"] == 9: raise ValueError(ODD)
"""


def test_what_a_strategy_says_is_washed_in_every_file(home: Home, tmp_path: Path) -> None:
    add_strategy(home, "loud", LOUD)
    report = run_backtest(home, BacktestSpec("loud", SIM, "1m"))
    run_id = report.summary.run_id
    assert report.summary.status == "failed"
    out = export(home, run_id, "fills", tmp_path / "fills.csv")
    assert "[31m<b>" in out.read_text()
    texts = [path for path in listing.run_folder(home, run_id).iterdir() if path.suffix in _TEXTS]
    for path in (out, *texts):
        body = path.read_text("utf-8")
        assert not any(sign in body for sign in "\x1b\u202e"), path
        assert path.suffix != ".html" or "<b>\ufffd" not in body
    assert len(texts) > 8


_TEXTS = (".json", ".jsonl", ".md", ".html", ".log", ".yaml")


def test_what_keeps_a_run_from_being_made_again_is_said(home: Home) -> None:
    run_id = made(home)
    before = folders(home)
    lost = int(sim_bars(2000).ts_ns[1000])
    delete_range(home, bars_key(SIM, "1m"), lost, lost + 5 * MINUTE, dry=False)
    with pytest.raises(Refused, match="5 bars missing"):
        verify(home, run_id)
    (home.strategies / "ema_cross.py").unlink()
    with pytest.raises(ClearEdgeError, match="ema_cross"):
        verify(home, run_id)
    assert folders(home) == before


def test_data_that_change_while_they_are_named_are_looked_at_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fingerprint

    def named(*asked: object) -> object:
        found = real(*asked)  # type: ignore[arg-type]
        lost = int(sim_bars(2000).ts_ns[1000])
        delete_range(home, bars_key(SIM, "1m"), lost, lost + 5 * MINUTE, dry=False)
        return found

    spec = BacktestSpec("ema_cross", SIM, "1m", fetch=False)
    with monkeypatch.context() as now:
        now.setattr(data_used, "fingerprint", named)
        used = data_used.prepare(home, simulated_market(), spec, print)
    assert "has changed since this run: 2,000 rows then, 1,995 now" in data_used.changed(home, used)


def test_data_that_change_before_they_are_read_are_judged_and_named_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = fingerprint, []

    def named(*given: object) -> object:
        found = real(*given)  # type: ignore[arg-type]
        asked.append(found)
        lost = int(sim_bars(2000).ts_ns[1000])
        delete_range(home, bars_key(SIM, "1m"), lost, lost + 5 * MINUTE, dry=False)
        return found

    monkeypatch.setattr(data_used, "fingerprint", named)
    spec = BacktestSpec("ema_cross", SIM, "1m", fetch=False, accept=("gaps",))
    launch = Launch(home, spec, workers=Inline())
    for _ in launch.progress():
        pass
    report = launch.report
    assert report is not None and len(asked) == 2
    assert (report.data[0].rows, report.bars) == (1995, 1995)
