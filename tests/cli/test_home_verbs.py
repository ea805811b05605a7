"""A home from nothing: init, strategies, instances and the journal, all without a supervisor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import is_running

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    assert run(["init", str(tmp_path)]) == 0
    capsys.readouterr()

    def do(*args: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = run(["--home", str(tmp_path), *args])
        said = capsys.readouterr()
        text = said.out or said.err
        return code, json.loads(text) if "--json" in args and code == 0 else text

    return do


@pytest.fixture
def market(call: Call, tmp_path: Path) -> str:
    file = tmp_path / "bars.csv"
    rows = [f"2026-01-01 00:{n:02d}:00,10,12,9,11,5" for n in range(60)]
    file.write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    code, said = call(
        "data", "import", str(file), "--market", "BTC/USDT", "--timeframe", "1m", "--yes"
    )
    assert code == 0, said
    return "BTC/USDT"


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path)]) == 0
    accounts = tmp_path / "config" / "accounts.toml"
    accounts.write_text("[mine]\n")
    assert run(["init", str(tmp_path)]) == 0
    assert accounts.read_text() == "[mine]\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["class", "module", "native"])
def test_each_template_is_a_strategy_that_loads(call: Call, kind: str) -> None:
    assert call("strategy", "new", "my_own", "--kind", kind)[0] == 0
    code, seen = call("strategy", "check", "my_own", "--json")
    assert code == 0
    assert seen["data"]["kind"] == kind
    assert {"length", "size"} == seen["data"]["schema"].keys()


def test_a_new_strategy_never_overwrites(call: Call) -> None:
    assert call("strategy", "new", "my_own")[0] == 0
    code, said = call("strategy", "new", "my_own")
    assert code == 3
    assert "is there already" in said


def test_a_broken_strategy_is_listed_with_its_place_and_checked_with_code_5(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "strategies" / "broken.py").write_text("x = 1\nx +\n")
    code, listed = call("strategy", "list", "--json")
    assert code == 0
    assert "broken.py:2: SyntaxError" in listed["strategies"][0]["error"]
    code, said = call("strategy", "check", "broken")
    assert code == 5
    assert "broken.py:2: SyntaxError" in said


def test_a_check_reads_the_code_and_says_what_may_be_wrong_with_it(
    call: Call, tmp_path: Path
) -> None:
    call("strategy", "new", "my_own")
    file = tmp_path / "strategies" / "my_own.py"
    file.write_text(file.read_text() + "\n\nimport time\nBEGAN = time.time()\n")
    code, seen = call("strategy", "check", "my_own", "--json")
    assert code == 0
    (one,) = seen["data"]["remarks"]
    assert (one["kind"], one["what"]) == ("clock", "time.time")
    code, said = call("strategy", "check", "my_own")
    assert code == 0
    assert f"my_own.py:{one['line']}" in said
    assert "context.now()" in said


def test_what_a_strategy_kept_goes_with_its_instance(
    call: Call, market: str, tmp_path: Path
) -> None:
    call("strategy", "new", "my_own")
    kept = Home(tmp_path).state / "instances" / "one" / "state.msgpack"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"of an instance that was removed by a version before")
    assert call("instance", "add", "my_own", "--market", market, "--id", "one")[0] == 0
    assert not kept.exists()
    kept.parent.mkdir()
    kept.write_bytes(b"of this one")
    assert call("instance", "add", "my_own", "--market", market, "--id", "one")[0] != 0
    assert kept.exists(), "an instance that is there already loses nothing"
    assert call("instance", "rm", "one")[0] == 0
    assert not kept.exists()


def test_an_instance_is_declared_changed_and_removed(call: Call, market: str) -> None:
    call("strategy", "new", "my_own")
    assert (
        call("instance", "add", "my_own", "--market", market, "--id", "one", "--set", "length=30")[
            0
        ]
        == 0
    )
    assert call("instance", "mode", "one", "observe")[0] == 0
    assert call("instance", "set", "one", "length=40", "size=0.20")[0] == 0
    code, listed = call("instance", "list", "--json")
    (row,) = listed["instances"]
    assert code == 0
    assert (row["mode"], row["config"]) == ("observe", {"length": 40, "size": "0.20"})
    assert call("instance", "rm", "one")[0] == 3
    assert call("instance", "stop", "one")[0] == 0
    assert call("instance", "rm", "one")[0] == 0
    code, lines = call("journal", "--json", "--subject", "one")
    assert code == 0
    assert {"instance.add", "instance.set", "instance.rm"} <= {
        line["event"] for line in lines["journal"]
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["length=1"], "length: 1 is too low; at least 2 bars"),
        (["lenght=5"], "lenght: unknown field; nearest: length"),
        (["length"], "write it as KEY=VALUE"),
        ([], "nothing to set"),
    ],
)
def test_a_bad_value_is_wrong_usage(call: Call, market: str, values: list[str], words: str) -> None:
    call("strategy", "new", "my_own")
    call("instance", "add", "my_own", "--market", market, "--id", "one")
    code, said = call("instance", "set", "one", *values)
    assert code == 2
    assert words in said


def test_an_unknown_instance_is_wrong_usage(call: Call) -> None:
    code, said = call("instance", "mode", "none", "off")
    assert code == 2
    assert "none" in said


def test_empty_lists_say_what_to_do_next(call: Call) -> None:
    assert "clearedge instance add" in call("instance", "list")[1]
    assert "clearedge strategy new" in call("strategy", "list")[1]


@pytest.mark.slow
def test_the_sample_home_has_data_instances_and_a_finished_backtest(
    call: Call, tmp_path: Path
) -> None:
    assert run(["init", str(tmp_path), "--sample"]) == 0
    assert {row["mode"] for row in call("instance", "list", "--json")[1]["instances"]} == {
        "off",
        "observe",
        "active",
    }
    (done,) = call("run", "list", "--json")[1]["runs"]
    assert done["status"] == "done"
    assert run(["init", str(tmp_path), "--sample"]) == 0
    assert len(call("run", "list", "--json")[1]["runs"]) == 1


@pytest.mark.slow
def test_the_demo_runs_backtest_and_instances_sums_up_and_leaves_nothing_running(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path), "--sample"]) == 0
    capsys.readouterr()
    assert run(["--home", str(tmp_path), "demo", "--seconds", "5"]) == 0
    said = capsys.readouterr().out
    for words in ("BACKTEST  ema_cross · SP500", "total return", "ema-active", "account paper"):
        assert words in said
    assert len(call("run", "list", "--json")[1]["runs"]) == 2, "each demo runs it anew"
    assert not is_running(Home(tmp_path))


@pytest.mark.slow
def test_the_demo_of_a_home_without_the_sample_says_so(call: Call) -> None:
    code, said = call("demo", "--seconds", "1")
    assert code == 0
    assert "no sample backtest: " in said
    assert "no account runs" in said
