"""The whole ladder by one command: evidence runs, the ledger, held-out looks, thresholds, a sweep."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.research import board, finding, ledger
from clearedge_tui.runs.listing import SUMMARY
from clearedge_tui.settings import Home
from tests.research.box import home_of

pytestmark = pytest.mark.slow
QUICK = ("--trials", "12", "--twins", "20", "--windows", "3")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which ema_cross was judged once."""
    made = home_of(tmp_path_factory.mktemp("ladders") / "home")
    assert run(["--home", str(made.root), "research", "run", "ema_cross", "--market", "BTC/USDT",
                *QUICK]) == 4  # fmt: skip
    return made


def say(home: Home, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["--home", str(home.root), *words])
    out, err = capsys.readouterr()
    return code, out, err


def judged(home: Home, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    _, out, err = say(
        home,
        capsys,
        "research",
        "run",
        "ema_cross",
        "--market",
        "BTC/USDT",
        *QUICK,
        *more,
        "--json",
    )
    assert not err
    found: dict[str, object] = json.loads(out)
    return found


def gates(made: dict[str, object]) -> dict[str, dict[str, object]]:
    rows = made["gates"]
    assert isinstance(rows, Sequence)
    return {row["name"]: row for row in rows}


def test_every_gate_says_its_value_threshold_evidence_and_next_step(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    made = judged(home, capsys)
    rows = gates(made)
    assert len(rows) == 15
    assert rows["rule"]["state"] == "insufficient"  # 20 twins are not enough, and that is no zero
    assert rows["breadth"]["state"] == "not_run"
    for name, row in rows.items():
        assert row["state"] in ("pass", "fail", "not_run", "insufficient")
        assert row["why"]
        assert row["action"] or row["state"] == "pass"
        if row["state"] in ("pass", "fail"):
            assert isinstance(row["value"], float)
            found = finding.load(home, str(row["evidence"]))
            assert found is not None, name
            assert (home.runs / found.run_id / SUMMARY).is_file()
    assert made["variants"] == ledger.variants(ledger.read(home), "ema_cross") >= 12


def test_a_ladder_that_is_there_is_answered_without_a_trial_or_another_look(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    first = judged(home, capsys)
    before = {
        file.name: file.stat().st_size for file in (home.state / "research" / "trials").iterdir()
    }
    lines, runs = len(ledger.read(home)), len(list(home.runs.iterdir()))
    again = judged(home, capsys)
    after = {
        file.name: file.stat().st_size for file in (home.state / "research" / "trials").iterdir()
    }
    assert after == before
    assert len(ledger.read(home)) == lines
    assert len(list(home.runs.iterdir())) == runs
    assert again["looks"] == first["looks"]
    assert again["gates"] == first["gates"]


def test_other_settings_are_another_look_and_raise_its_threshold(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = judged(home, capsys)
    made = judged(home, capsys, "--as-is", "--set", "fast=4", "--set", "slow=15")
    looks = before["looks"]
    assert isinstance(looks, int)
    assert made["looks"] == looks + 1
    assert gates(made)["held_out"]["threshold"] == pytest.approx(0.5 + 0.1 * looks)
    assert f"looked at {looks + 1} times" in str(gates(made)["held_out"]["why"])
    assert gates(made)["pbo"]["state"] == "not_run"


def test_the_best_of_a_search_see_the_held_out_part_when_asked_and_each_is_a_look(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = judged(home, capsys)
    made = judged(home, capsys, "--top-held-out")
    found = finding.load(home, made["runs"]["held_out"])  # type: ignore[index]
    assert found is not None
    others = found.result["others"]
    assert 1 <= len(others) <= 5
    assert all(isinstance(one["sharpe"], float | None) for one in others)
    assert made["looks"] > before["looks"]  # type: ignore[operator]
    code, out, _ = say(
        home, capsys, "research", "run", "ema_cross", "--market", "BTC/USDT", *QUICK,
        "--top-held-out",
    )  # fmt: skip
    assert code == 4
    assert "the best of the search on the held-out part" in out


def test_a_changed_file_makes_its_ladder_stale(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home.strategies / "ema_cross.py"
    source = file.read_text()
    file.write_text(source + "# another revision\n")
    try:
        (made,) = (one for one in board.ladders(home) if one.strategy == "ema_cross")
        assert {gate.state for gate in made.gates} <= {"stale", "not_run", "insufficient"}
        assert made.readiness.score == 0
        assert "changed since" in made.gates[2].why
        code, out, _ = say(home, capsys, "research", "list")
        assert code == 0
        assert "~" in out
    finally:
        file.write_text(source)


def test_a_threshold_is_raised_freely_and_eased_with_a_reason_that_is_kept(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(home, capsys, "research", "threshold", "trades", "40")[0] == 0
    code, _, err = say(home, capsys, "research", "threshold", "trades", "10")
    assert code == 3
    assert "easier" in err
    words = ("research", "threshold", "trades", "10", "--reason", "a slow strategy trades seldom")
    assert say(home, capsys, *words)[0] == 0
    assert board.read_thresholds(home)["trades"] == 10
    kept = [line for line in ledger.read(home) if line.kind == ledger.THRESHOLD]
    assert kept[-1].note == "a slow strategy trades seldom"
    (home.config / "research.toml").write_text("[thresholds]\ndsr = 0.5\n")
    code, _, err = say(home, capsys, "research", "list")
    assert code == 3
    assert "no reason is recorded" in err
    (home.config / "research.toml").unlink()


def test_a_sweep_tells_what_cannot_be_run_and_goes_on(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    (home.strategies / "broken.py").write_text("raise RuntimeError('no')\n")
    try:
        code, out, _ = say(
            home, capsys, "research", "sweep", "broken", "ema_cross", *QUICK, "--json"
        )
    finally:
        (home.strategies / "broken.py").unlink()
    rows = json.loads(out)["ladders"]
    assert code == 4
    assert [row["ladder"] is None for row in rows] == [True, False]
    assert "broken.py:1" in rows[0]["error"]


def test_a_mistyped_objective_sampler_or_strategy_is_told_before_anything_runs(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("research", "run", "ema_cross", "--market", "BTC/USDT")
    for more, wanted in (
        (("--objective", "sharp"), "no figure is called `sharp`"),
        (("--sampler", "tpo", "--seed", "9"), "sampler `tpo`"),
    ):
        code, out, err = say(home, capsys, *words, *QUICK, *more)
        assert code == 2
        assert not out
        assert wanted in err
    code, _, err = say(home, capsys, "research", "run", "nobody", "--market", "BTC/USDT")
    assert code == 2
    assert "nobody" in err


@pytest.mark.parametrize(
    ("step", "kinds"),
    [("rule", ["rule_test"]), ("search", ["optimize"]), ("walk", ["walk_forward", "wfo"]),
     ("robust", ["robust"])],
)  # fmt: skip
def test_one_step_is_done_alone_and_takes_no_look(
    home: Home, capsys: pytest.CaptureFixture[str], step: str, kinds: list[str]
) -> None:
    looks = [line for line in ledger.read(home) if line.kind == ledger.LOOK]
    words = ("research", "run", "ema_cross", "--market", "BTC/USDT", *QUICK, "--only", step)
    code, out, _ = say(home, capsys, *words, "--json")
    assert code == 0
    assert [one["kind"] for one in json.loads(out)["findings"]] == kinds
    assert say(home, capsys, *words)[0] == 0
    assert [line for line in ledger.read(home) if line.kind == ledger.LOOK] == looks
    assert say(home, capsys, *words[:-1], "held_out")[0] == 2


def test_findings_are_runs_that_the_list_of_runs_finds(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = say(home, capsys, "run", "list", "kind:walk_forward", "--json")
    assert code == 0
    rows = json.loads(out)["runs"]
    assert rows
    assert all(row["kind"] == "walk_forward" for row in rows)
    assert say(home, capsys, "run", "show", rows[0]["run_id"])[0] == 0


def test_a_study_is_asked_anew_and_not_run_as_a_backtest(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = judged(home, capsys)["runs"]
    assert isinstance(runs, dict)
    for verb, kind in (("again", "rule_test"), ("verify", "walk_forward"), ("again", "probe")):
        code, out, err = say(home, capsys, "run", verb, runs[kind])
        assert (code, out) == (3, "")
        assert f"is a study ({kind.replace('_', ' ')}) and no backtest" in err
        word = "probe" if kind == "probe" else "run"
        assert f"clearedge research {word} ema_cross --market BTCUSDT.LOCAL --timeframe 1m" in err


def start(home: Home, *more: str) -> subprocess.Popen[bytes]:
    words = ["research", "run", "moody", "--market", "BTC/USDT", "--set", "nap=0.02", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "clearedge_tui", "--home", str(home.root), *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def wait_for_trials(home: Home, grown_from: int) -> int:
    """Return how many bytes of trials are kept, once there are more."""
    folder, end = home.state / "research" / "trials", time.monotonic() + 60
    while (size := sum(file.stat().st_size for file in folder.glob("*"))) <= grown_from + 20_000:
        assert time.monotonic() < end, "no trials"
        time.sleep(0.02)
    return size


def test_a_ladder_that_is_killed_or_interrupted_goes_on_where_it_was(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--trials", "16", "--twins", "40", "--windows", "2", "--seed", "7")
    size = sum(file.stat().st_size for file in (home.state / "research" / "trials").glob("*"))
    killed = start(home, *more)
    size = wait_for_trials(home, size)
    killed.kill()
    killed.communicate()
    stopped = start(home, *more)
    wait_for_trials(home, size)
    stopped.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, told = stopped.communicate(timeout=30)
    assert time.monotonic() - began < 5  # a second, and what a busy box adds
    assert stopped.returncode == 130
    assert b"kept" in told
    words = ("research", "run", "moody", "--market", "BTC/USDT", "--set", "nap=0.02", *more)
    code, out, _ = say(home, capsys, *words, "--only", "rule", "--json")
    assert code == 0
    (found,) = json.loads(out)["findings"]
    assert len(found["result"]["sharpes"]) + found["result"]["dropped"] == 40


def test_the_ledger_counts_a_variant_once_and_survives_a_torn_line(tmp_path: Path) -> None:
    from tests.backtest.box import make_home

    home = make_home(tmp_path / "home")
    for config in ({"a": 1}, {"a": 1}, {"a": 2}):
        ledger.note(home, ledger.STUDY, "s", "M", "1m", "code1", [config])
    ledger.note(home, ledger.RUN, "s", "M", "1m", "code2", [{"a": 1}])
    assert ledger.variants(ledger.read(home), "s") == 3
    assert ledger.revisions(ledger.read(home), "s") == 2
    with ledger.path(home).open("ab") as file:
        file.write(b'{"at_ns": 1, "kind"')
    ledger.note(home, ledger.RUN, "s", "M2", "1m", "code2", [{"a": 1}])
    assert ledger.variants(ledger.read(home), "s") == 4
    assert ledger.variants(ledger.read(home), "t") == 0


def test_a_backtest_by_hand_and_an_edit_of_the_file_count_as_variants(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    def tried() -> int:
        return ledger.variants(ledger.read(home), "moody")

    def backtest(length: int) -> None:
        words = (
            "backtest",
            "moody",
            "--market",
            "BTC/USDT",
            "--set",
            f"length={length}",
            "--again",
        )
        assert say(home, capsys, *words)[0] == 0

    backtest(7)
    before = tried()
    backtest(7)
    assert tried() == before
    backtest(8)
    assert tried() == before + 1
    file = home.strategies / "moody.py"
    file.write_text(file.read_text() + "# edited\n")
    backtest(8)
    assert tried() == before + 2
    assert ledger.revisions(ledger.read(home), "moody") == 2
