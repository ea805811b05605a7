"""One specification, from Python and from the command line: the same run."""

import json
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.cli.main import run as clearedge
from clearedge_tui.core.errors import ClearEdgeError, UsageError
from clearedge_tui.engine.inline import Inline
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.spec.run import run
from clearedge_tui.runs.workers import Spawn
from clearedge_tui.settings import Home
from tests.backtest.box import add_strategy, make_home, sim_bars, store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(300))
    add_strategy(home, "ema_cross")
    return home


@pytest.mark.parametrize(
    ("given", "name"),
    [({"seed": 1 << 64}, "seed"), ({"config": {"fast": -(1 << 70)}}, "config.fast")],
)
def test_a_number_beyond_64_bits_is_named(home: Home, given: dict[str, Any], name: str) -> None:
    spec = BacktestSpec("ema_cross", "SIMUSDT.SIMULATED", "1m", **given)
    with pytest.raises(UsageError, match=f"^{name} is .* at most 64 bits"):
        run_backtest(home, spec)
    assert not home.runs.exists() or not list(home.runs.iterdir())


def test_a_file_runs_from_python_and_from_the_command_line(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # another process takes a second to import the engine
    monkeypatch.setattr(Spawn, "start", lambda _self, *asked: Inline().start(*asked))
    file = tmp_path / "spec.toml"
    file.write_text('strategy = "ema_cross"\nmarket = "SIM/USDT"\nconfig = {fast = 4, slow = 9}\n')
    report = run(file, home=home.root)
    assert report.summary.status == "done" and report.spec.config["fast"] == 4
    assert clearedge(["--home", str(home.root), "--run", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["cached"]) == (report.summary.run_id, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no file"),
        ('strategy = "ema_crss"\nmarket = "SIM/USDT"\n', "ema_cross"),
        ('strategy = "ema_cross"\nmarket = "NO/USDT"\n', "no market `NO/USDT`"),
    ],
)
def test_a_specification_that_points_nowhere_is_one_line_and_leaves_no_run(
    text: str | None, words: str, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spec.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ClearEdgeError, match=words):
        run(file, home=home.root)
    assert clearedge(["--home", str(home.root), "--run", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("clearedge: ") and words in line
    assert not home.runs.exists() or not list(home.runs.glob("[.2]*_*"))
