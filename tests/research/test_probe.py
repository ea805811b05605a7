"""The look-ahead probe: planted leaks are caught, honest strategies are not accused."""

import json
import shutil

import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.research import board, finding, ledger
from clearedge_tui.research.probe import PARTS, Found, judged, warm_up
from clearedge_tui.research.probing import Probe, Probed, Touch
from clearedge_tui.research.study import Study
from clearedge_tui.research.trial import Ask, Trial
from clearedge_tui.settings import Home
from tests.backtest.box import REPO, add_strategy
from tests.research.box import home_of, stands, study_of

pytestmark = pytest.mark.slow
COUNT = 1_600
SAMPLES = ("ema_cross", "donchian_breakout", "rsi_pullback", "grid_maker")
DIFFER = ("ahead", "mean_of_all", "near_the_end", "length", "frames", "collector")
REACH = {
    "catalog": "pyarrow.parquet", "a_file": "future.csv", "kept_file": "kept.txt",
    "process": "subprocess.Popen", "network": "socket.connect",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = home_of(tmp_path_factory.mktemp("probe"), COUNT)
    add_strategy(made, "leaky", (REPO / "tests" / "research" / "leaky.py").read_text())
    for name in SAMPLES:
        add_strategy(made, name)
    (parquet,) = (p for p in made.catalog.rglob("*.parquet") if "BTC" in str(p))
    shutil.copy(parquet, made.root / "bars.parquet")
    bars = stands(made, "leaky").bars
    rises = zip(bars.ts_ns.tolist(), bars.close[5:] > bars.close[:-5], strict=False)
    (made.root / "future.csv").write_text(
        "".join(f"{ts // 60_000_000_000},{int(up)}\n" for ts, up in rises)
    )
    return made


@pytest.fixture(scope="module")
def found(home: Home) -> dict[str, Found]:
    """Probe every way of the leaky strategy, all in one pool."""
    study = study_of(home, "leaky")
    names = [*DIFFER, *REACH, "cache", "honest"]
    asks = [
        Ask({"leak": name, "home": str(home.root)}, probe=Probe(part, cuts=5, starts=1))
        for name in names
        for part in PARTS
    ]
    trials = study.do("probes", asks)
    study.close()
    return {name: judged(trials[2 * n : 2 * n + 2]) for n, name in enumerate(names)}


@pytest.mark.parametrize("leak", DIFFER)
def test_a_decision_that_hangs_on_the_future_is_shown_with_and_without_it(
    found: dict[str, Found], leak: str
) -> None:
    one = found[leak]
    assert one.verdict == "looks ahead", one
    first = one.differences[0]
    assert first.kind in ("end", "future")
    assert first.bar_ns <= first.cut_ns
    assert first.whole != first.other
    assert one.alarm


@pytest.mark.parametrize("leak", REACH)
def test_what_reaches_outside_is_told_with_its_line(found: dict[str, Found], leak: str) -> None:
    one = found[leak]
    assert one.alarm
    told = [f"{touch.event} {touch.what}" for touch in one.touches]
    assert any(REACH[leak] in text for text in told), told
    assert all(touch.place.startswith("leaky.py:") for touch in one.touches)


def test_a_file_that_is_missing_is_told_although_the_run_failed() -> None:
    touch = Touch("open", "/future.csv", "leaky.py:3")
    failed = Probed(100, touches=(touch,), error="leaky.py:3: FileNotFoundError")
    one, two = (Trial("done", probed=seen) for seen in (failed, Probed(100, error="the same")))
    assert judged([one, two]).verdict == "reads"
    assert judged([two, two]).verdict == "insufficient"
    assert "the same" in judged([two, two]).why


def test_what_an_earlier_run_left_behind_is_told(found: dict[str, Found]) -> None:
    assert found["cache"].verdict == "not the same twice"


def test_an_honest_strategy_is_clean_and_its_cuts_are_where_it_decided(
    found: dict[str, Found],
) -> None:
    one = found["honest"]
    assert one.verdict == "clean", one
    assert len(one.cuts_ns) == 5
    assert not one.touches
    assert one.decisions > 50
    assert "after" in warm_up(one)


def test_no_sample_is_accused(home: Home) -> None:
    for name in SAMPLES:
        ground = stands(home, name)
        study = Study(ground.train(), home.state / "samples")
        asks = [Ask(probe=Probe(part, cuts=5, starts=1)) for part in PARTS]
        one = judged(study.do("probe", asks))
        study.close()
        assert not one.alarm, (name, one)
        assert not one.touches


def test_a_strategy_that_looks_ahead_passes_no_gate(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--home", str(home.root), "research"]
    code = run([*words, "probe", "leaky", "--market", "BTC/USDT", "--set", "leak=ahead", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 4
    assert told["verdict"] == "looks ahead"
    kept = finding.load(home, told["run"])
    assert kept is not None
    assert kept.kind == "probe"
    quick = ["--as-is", "--twins", "20", "--windows", "2", "--set", "leak=ahead"]
    assert run([*words, "run", "leaky", "--market", "BTC/USDT", *quick]) == 4
    out = capsys.readouterr().out
    assert "looks ahead" in out
    (made,) = board.ladders(home)
    assert made.readiness.score == 0
    assert made.runs["probe"] == told["run"]
    assert {gate.state for gate in made.gates} <= {"stale", "not_run", "insufficient"}
    assert any(gate.state == "stale" and "looks ahead" in gate.why for gate in made.gates)
    assert made.looks == 0, "no look at held-out data is spent on it"
    lines, count = len(ledger.read(home)), len(list(home.runs.iterdir()))
    capsys.readouterr()
    for step in ("rule", "robust"):
        assert run([*words, "run", "leaky", "--market", "BTC/USDT", *quick, "--only", step]) == 3
        said = capsys.readouterr()
        assert not said.out
        assert "looks ahead" in said.err
        assert f"run show {told['run']}" in said.err
    assert len(ledger.read(home)) == lines, "nothing was tried"
    assert len(list(home.runs.iterdir())) == count, "and the probe that is there is taken"


def test_a_single_step_probes_first_when_nobody_did(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--home", str(home.root), "research", "run", "leaky", "--market", "BTC/USDT"]
    more = ["--set", "leak=mean_of_all", "--only", "rule", "--twins", "20"]
    assert run([*words, *more]) == 3
    assert "the look-ahead probe says" in capsys.readouterr().err


def test_a_native_strategy_is_refused_with_the_reason(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    add_strategy(home, "native_ema")
    code = run(
        ["--home", str(home.root), "research", "probe", "native_ema", "--market", "BTC/USDT"]
    )
    assert code == 2
    assert "native" in capsys.readouterr().err
