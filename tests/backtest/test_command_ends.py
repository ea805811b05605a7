"""However a backtest ends: one object for `--json`, one line on standard error, an exit code."""

import json
from pathlib import Path

import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import launch, listing
from clearedge_tui.settings import Home
from tests.backtest.box import add_strategy, make_home, sim_bars, store

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("farmed")]
HEAD = "from clearedge_tui.contract import Strategy\nclass Bad(Strategy):\n    def on_tick(self, tick):\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(600))
    add_strategy(home, "ema_cross")
    return home


def ask(home: Home, *words: str) -> int:
    return run(["--home", str(home.root), "backtest", *words])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (HEAD + "        raise ValueError('one\\ntwo\\x1b[31m')\n", "ValueError: one"),
        (HEAD + "        import os; os._exit(7)\n", "ended with code 7"),
        ("x = 1\ndef on_tick(context, tick)\n    pass\n", "bad.py:2: "),
        (HEAD + "        pass\n    def init(self):\n        return 5\n", "init returned int"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_failed_strategy_is_one_object_and_one_line(
    source: str, words: str, as_json: bool, home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    add_strategy(home, "bad", source)
    code = ask(home, "bad", "--market", "SIM/USDT", *(["--json"] if as_json else []))
    out, err = capfd.readouterr()
    assert code == 5
    assert err.count("\n") == 1
    assert err.startswith("clearedge: ")
    assert words in err
    assert "\x1b" not in out + err
    (on_disk,) = listing.list_runs(home)
    if as_json:
        found = json.loads(out)
        assert (found["run_id"], found["status"]) == (on_disk.run_id, "failed")
        assert words in found["error"]
    else:
        assert "· failed" in out


@pytest.mark.parametrize(
    "words",
    [
        ["ema_cross"],
        ["ema_cross", "--market", "SIM/USDT", "--nonsense"],
        ["ema_cross", "--market", "SIM/USDT", "--fill", "best"],
        ["ema_cross", "--market", "NO/SUCH"],
        ["ema_cros", "--market", "SIM/USDT"],
        ["ema_cross", "--market", "SIM/USDT", "--set", "fast=1000"],
        ["ema_cross", "--market", "SIM/USDT", "--to", "2001-01-01"],
    ],
)
def test_a_wrong_question_is_one_line_and_no_object(
    words: list[str], home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(home, *words, "--json") == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert (err.count("\n"), err.startswith("clearedge: ")) == (1, True)
    assert listing.list_runs(home) == []


def test_a_bug_of_ours_is_one_line(
    home: Home, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: launch.Launch) -> None:
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr(launch.Launch, "progress", broken)
    assert ask(home, "ema_cross", "--market", "SIM/USDT", "--json") == 70
    out, err = capfd.readouterr()
    assert (out, err.count("\n"), "ZeroDivisionError" in err) == ("", 1, True)


def test_an_interrupt_is_one_line_and_a_cancelled_run(
    home: Home, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: launch.Launch, job: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(launch.Launch, "_listen", interrupted)
    assert ask(home, "ema_cross", "--market", "SIM/USDT", "--json") == 130
    out, err = capfd.readouterr()
    assert (err.count("\n"), json.loads(out)["status"]) == (1, "cancelled")
    assert listing.list_runs(home)[0].status == "cancelled"
