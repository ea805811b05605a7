"""Several markets at once: aligned, judged by gates, kept as runs, and declared as instances."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import describe
from clearedge_tui.research import finding, jury, kinds, ledger, several
from clearedge_tui.research.stats.series import Floats
from clearedge_tui.runs.listing import load_report
from clearedge_tui.settings import Home
from tests.backtest.box import MINUTE, add_strategy, execute, flat_bars, sim_bars, store
from tests.research.markets import leading, tied, walks

pytestmark = pytest.mark.slow
DAY = 1440 * MINUTE
SIX = tuple(f"{name}/USDT" for name in ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF"))
PAIR = ("XXX/USDT", "YYY/USDT")
HOURLY = ("HHA/USDT", "HHB/USDT", "HHC/USDT")
MOMENTUM: dict[str, object] = {"top": "2", "lookback": "40", "every": "10"}
Call = Callable[..., tuple[int, Any]]


def put(
    home: Home, names: tuple[str, ...], prices: Floats, step: int, frame: str, first: int = 20_001
) -> None:
    for column, name in enumerate(names):
        known = np.isfinite(prices[:, column])
        close = np.round(prices[known, column], 3)
        opened = np.concatenate([close[:1], close[:-1]])
        ts = (np.arange(len(prices), dtype=np.int64)[known] + first) * step
        high, low = np.maximum(opened, close) * 1.001, np.minimum(opened, close) * 0.999
        bars = Bars(ts, opened, high, low, close, np.full(len(close), 10.0))
        store(home, describe(name, price_precision=3), frame, bars)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("several")
    assert run(["init", str(root)]) == 0
    made = Home(root)
    prices = leading(1300, 6)
    prices[:300, 0] = np.nan  # listed late
    put(made, SIX, prices, DAY, "1d")
    put(made, PAIR, tied(1500, back=0.2), DAY, "1d")
    put(made, HOURLY, walks(1200, 3), 60 * MINUTE, "1h")
    add_strategy(made, "holder")
    return made


@pytest.fixture
def call(home: Home, capsys: pytest.CaptureFixture[str]) -> Call:
    def do(kind: str, names: tuple[str, ...], *more: str) -> tuple[int, Any]:
        capsys.readouterr()
        words = [word for name in names for word in ("--market", name)]
        code = run(["--home", str(home.root), "research", "multi", kind, *words, *more])
        said = capsys.readouterr()
        text = said.out or said.err
        return code, json.loads(text) if "--json" in more and code in (0, 4) else text

    return do


def of(home: Home, kind: str, names: tuple[str, ...]) -> several.Several:
    return several.of_markets(home, kind, names, "", (0, 0))


def gates(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {gate["name"]: gate for gate in told["gates"]}


def test_winners_that_go_on_winning_pass_and_the_same_words_are_the_same_run(
    home: Home, call: Call
) -> None:
    sets = [f"--set={name}={value}" for name, value in MOMENTUM.items()]
    code, told = call("cross_sectional", SIX, *sets, "--json")
    rows = gates(told)
    assert code == 0
    assert told["readiness"]["ready"]
    assert {row["state"] for row in rows.values() if row["hard"]} == {"pass"}
    assert {rows[name]["state"] for name in ("breadth", "permutation", "spa", "regimes")} == {
        "pass"
    }
    assert {row["evidence"] for row in rows.values()} == {told["run"]}
    assert sum(told["holds"].values()) == pytest.approx(1.0, abs=0.3)
    report = load_report(home, told["run"])
    assert report.summary.kind == "cross_sectional"
    assert len(report.data) == len(SIX)
    assert min(report.drawdown.value) < 0
    assert run(["--home", str(home.root), "run", "show", told["run"]]) == 0
    lines = len(ledger.read(home))
    _, again = call("cross_sectional", SIX, *sets, "--json")
    assert again == told
    assert len(ledger.read(home)) == lines
    first, other = (
        call("cross_sectional", SIX, *sets, f"--set=lookback={n}", "--json")[1] for n in (45, 50)
    )
    assert (other["looks"], other["variants"]) == (first["looks"] + 1, first["variants"] + 1)
    wanted = 0.5 + 0.1 * (other["looks"] - 1)
    assert gates(other)["held_out"]["threshold"] == pytest.approx(wanted)


def test_walks_reach_nowhere(call: Call) -> None:
    sets = [f"--set={name}={value}" for name, value in {**MOMENTUM, "top": 1}.items()]
    code, told = call("cross_sectional", HOURLY, *sets, "--json")
    rows = gates(told)
    assert code == 4
    assert {rows[name]["state"] for name in ("permutation", "spa")} == {"fail"}
    assert all(isinstance(rows[name]["value"], float) for name in ("regimes", "breadth"))


def test_a_market_that_is_listed_late_has_no_price_before(home: Home) -> None:
    table = of(home, "cross_sectional", SIX)
    assert table.prices.shape == (1300, 6)
    assert np.isnan(table.prices[:300, 0]).all()
    assert np.isfinite(table.prices[300:]).all()
    assert table.at == 974
    assert table.a_year() == 365


def test_nothing_but_the_held_out_gate_hangs_on_the_held_out_part(home: Home) -> None:
    table = of(home, "cross_sectional", SIX)
    prices = table.prices.copy()
    prices[table.at + 1 :] = prices[table.at + 1 :][::-1]
    other = replace(table, prices=prices, used=_named(table, "other"))
    found = [jury.of(jury.judge(one, "cross_sectional", {**MOMENTUM, "top": 3}, 200)) for one in (table, other)]  # fmt: skip
    one, two = found
    assert isinstance(one, jury.Judged)
    assert isinstance(two, jury.Judged)
    assert one.figures == two.figures
    said = [
        {gate.name: msgspec.structs.replace(gate, evidence="") for gate in found.gates}
        for found in (one, two)
    ]
    for name in said[0].keys() - {"held_out", "dsr"}:
        assert said[0][name] == said[1][name]
    assert one.held_out != two.held_out


def _named(table: several.Several, name: str) -> Any:
    return msgspec.structs.replace(table.used, sha256=name)


def test_a_pair_that_comes_back_passes_the_shuffles_and_two_walks_do_not(call: Call) -> None:
    sets = ("--set=window=30", "--set=entry=1.5", "--json")
    _, told = call("pairs", PAIR, *sets)
    rule = gates(told)["rule"]
    assert (rule["state"], rule["value"] < 0.01) == ("pass", True)
    assert gates(told)["spa"]["state"] == "pass"
    assert "two legs are one bet" in gates(told)["breadth"]["why"]
    assert "shuffles its moves already" in gates(told)["permutation"]["why"]
    code, other = call("pairs", ("CCC/USDT", "DDD/USDT"), *sets)
    assert gates(other)["rule"]["state"] in ("fail", "insufficient")
    assert code == 4
    code, said = call("pairs", SIX)
    assert code == 2
    assert "two markets, not 6" in said


def test_a_screen_finds_the_pair_and_counts_its_tests_as_tries(home: Home, call: Call) -> None:
    before = ledger.variants(ledger.read(home), "pairs")
    code, told = call("pair_screen", (*PAIR, "CCC/USDT"), "--json")
    assert code == 0
    assert (told["pairs"][0]["a"], told["pairs"][0]["b"]) == PAIR
    assert told["pairs"][0]["q"] < 0.01
    assert told["tests"] == 3
    assert ledger.variants(ledger.read(home), "pairs") == before + 3
    kept = finding.load(home, told["run"])
    assert kept is not None
    assert "1 of 3 pairs" in kept.verdict


def test_a_portfolio_says_what_its_parts_have_to_do_with_each_other(call: Call) -> None:
    _, told = call("portfolio", SIX, "--set", "how=min_variance", "--set", "cap=0.4", "--json")
    assert len(told["correlation"]) == 6
    assert told["correlation"][2][2] == 1.0
    assert told["diversification"] > 1.5
    assert max(told["holds"].values()) < 0.45
    rows = gates(told)
    for name in ("rule", "permutation"):  # no meaning here, and it says so
        assert (rows[name]["state"], rows[name]["action"]) == ("not_run", "")
        assert "random" in rows[name]["why"] or "order" in rows[name]["why"]
    assert told["readiness"]["next_gate"] not in ("rule", "permutation")
    assert rows["breadth"]["state"] in ("pass", "fail")
    _, said = call("portfolio", SIX, "--set", "how=min_variance", "--set", "cap=0.4")
    assert "calmer than its parts" in said
    assert "holds now" in said
    assert said.count("clearedge instance add holder --market") == len(told["holds"])


def test_intraday_is_flat_at_the_end_of_each_day(home: Home) -> None:
    table = of(home, "intraday_relval", HOURLY)
    assert (table.bars[table.ends][:-1] % DAY == 0).all()
    made = kinds.settings("intraday_relval", {"wait": "3"}, table)
    result = kinds.run("intraday_relval", table, len(table.bars), made)
    assert result.changes > 20
    assert not np.abs(result.weights[table.ends]).any()


def test_a_book_is_made_of_runs_with_weights_within_its_limits(home: Home, call: Call) -> None:
    add_strategy(home, "ema_cross")
    store(home, describe("BTC/USDT", price_precision=3), "1m", sim_bars(1500))
    for fast in ("5", "9"):
        words = ["backtest", "ema_cross", "--market", "BTC/USDT", "--set", f"fast={fast}"]
        assert run(["--home", str(home.root), *words]) == 0
    ids = sorted(path.name for path in home.runs.glob("*ema_cross*"))[:2]
    runs = [f"--run={one}" for one in ids]
    code, told = call("book", (), *runs, "--set", "weights=0.6,0.3", "--json")
    assert code == 4
    assert sum(told["holds"].values()) == pytest.approx(0.9, abs=0.02)
    assert 0.3 < told["correlation"][0][1] < 1.0
    code, said = call("book", (), *runs, "--set", "weights=0.9,0.3")
    assert code == 2
    assert "1 in all" in said
    code, said = call("book", (), "--run", "nobody", "--run", ids[0])
    assert code == 2
    assert "nobody" in said
    named = several.of_runs(home, "book", ["ema_cross", ids[0]])
    assert named.sleeves[0].config["fast"] == 9


def test_what_is_held_becomes_instances_that_observe(
    home: Home, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = [f"--set={name}={value}" for name, value in MOMENTUM.items()]
    _, told = call(
        "cross_sectional", SIX, *sets, "--instances", "replay", "--capital", "5000", "--json"
    )
    assert len(told["instances"]) == len(told["holds"]) == 2
    capsys.readouterr()
    assert run(["--home", str(home.root), "instance", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["instances"]
    rows = [row for row in found if not row["id"].startswith("six-")]  # of the basket below
    assert {(row["mode"], row["strategy"], row["account"]) for row in rows} == {
        ("observe", "holder", "replay")
    }
    worth = {row["symbol"]: float(row["config"]["value"]) for row in rows}
    assert worth == {
        name: pytest.approx(5000 * share, abs=0.01) for name, share in told["holds"].items()
    }


def test_a_basket_has_an_instance_for_each_market_and_is_listed(
    home: Home, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = [f"--set={name}={value}" for name, value in MOMENTUM.items()]
    more = ("--instances", "replay", "--capital", "5000", "--basket", "six", "--every", "1d")
    _, told = call("cross_sectional", SIX, *sets, *more, "--json")
    assert told["instances"][-1] == "six: 6 of 6 changed, nothing has been played yet"
    capsys.readouterr()
    assert run(["--home", str(home.root), "research", "baskets", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["baskets"]
    assert (one["name"], one["every"], one["capital"]) == ("six", "1d", 5000)
    assert one["settings"] == MOMENTUM
    assert run(["--home", str(home.root), "research", "rebalance", "six", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["changes"]
    assert [(row["before"], row["value"], row["said"]) for row in rows] == [(0.0, 0.0, "")] * 6
    code, said = call("pair_screen", SIX[:3], "--instances", "replay", "--basket", "screen")
    assert (code, "kind `pair_screen`; wanted cross_sectional" in said) == (2, True)
    code, said = call("cross_sectional", SIX, "--every", "1d")
    assert (code, "--every wants --basket" in said) == (2, True)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("cross_sectional", SIX, "--set", "tops=2"), "no setting is called `tops`"),
        (("cross_sectional", SIX, "--set", "top=two"), "settings"),
        (("cross_sectional", SIX[:1]), "1 different markets"),
        (("cross_sectional", (SIX[0], SIX[0])), "1 different markets"),
        (("pairs", (), "--run", "one"), "pairs is made of markets"),
        (("pairs", ()), "wanted --market"),
    ],
)
def test_what_makes_no_sense_is_said_in_words(
    call: Call, words: tuple[Any, ...], wanted: str
) -> None:
    code, said = call(*words)
    assert code == 2
    assert wanted in said


@pytest.mark.parametrize("value", ["1000", "-1000"])
def test_a_holder_holds_its_worth_and_puts_it_right_when_it_drifted(
    home: Home, tmp_path: Path, value: str
) -> None:
    bars = flat_bars([100.0] * 5 + [150.0] * 5 + [151.0] * 5)
    outcome = execute(home.strategies / "holder.py", bars, tmp_path, {"value": value})
    assert outcome.status == "done", outcome.error
    sides = [fill.side for fill in outcome.fills]
    assert sides == (["buy", "sell"] if value[0] != "-" else ["sell", "buy"])
    held = sum(float(f.size) * (1 if f.side == "buy" else -1) for f in outcome.fills)
    assert held * 150.0 == pytest.approx(float(value), rel=0.01)
