"""Runs of several markets once more: verified over the bars of then, and judged on those of today."""

import json
from typing import Any

import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.research import finding
from clearedge_tui.settings import Home
from tests.research.markets import leading, tied
from tests.research.test_several import DAY, PAIR, SIX, Call, call, put

pytestmark = pytest.mark.slow
__all__ = ["call"]  # a fixture


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("repeat")
    assert run(["init", str(root)]) == 0
    made = Home(root)
    put(made, SIX, leading(500, 6), DAY, "1d")
    put(made, PAIR, tied(500, back=0.2), DAY, "1d")
    return made


def test_a_run_of_several_markets_is_verified_and_run_again(
    home: Home, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = run(["--home", str(home.root), "run", *words, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else said.err

    for kind, names, more in (
        ("cross_sectional", SIX[:4], ()),
        ("pairs", PAIR, ("--held-out", "0.3", "--set", "stop=4", "--twins", "50")),
        ("pair_screen", PAIR, ()),
    ):
        _, told = call(kind, names, *more, "--json")
        if kind == "cross_sectional":  # variants and looks have grown since
            _, other = call(kind, names, "--set=top=2", "--json")
            assert other["looks"] == told["looks"] + 1
        code, done = say("verify", told["run"])
        assert (code, done["same"], done["difference"]) == (0, True, "")
        code, same = say("again", told["run"])
        assert same["run"] == told["run"]
        assert code == (0 if kind == "pair_screen" or told["readiness"]["ready"] else 4)


def test_a_run_that_was_changed_or_stands_on_other_bars_is_told(
    home: Home, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("GGG/USDT", "HHH/USDT")
    prices = tied(600, back=0.2, seed=5)
    put(home, names, prices, DAY, "1d")
    _, told = call("pair_screen", names, "--json")
    file = home.runs / told["run"] / finding.STUDY
    kept = file.read_bytes()
    made = json.loads(kept)
    made["result"]["pairs"][0]["q"] = 0.5
    file.chmod(0o600)
    file.write_text(json.dumps(made))
    capsys.readouterr()
    assert run(["--home", str(home.root), "run", "verify", told["run"]]) == 1
    said = capsys.readouterr().out
    assert "pairs 1 q was 0.5 and is" in said
    assert "damaged: study.json" in said
    file.write_bytes(kept)
    later, earlier = tied(700, back=0.2, seed=6)[600:], tied(700, back=0.2, seed=6)[:50]
    put(home, names, later, DAY, "1d", 20_601)
    words = ["--home", str(home.root), "run", "verify", told["run"]]
    assert run(words) == 0, "bars that came later are no part of it"
    put(home, names, earlier, DAY, "1d", 19_951)
    assert run(words) == 1
    assert "changed since: the data" in capsys.readouterr().out
