"""The command line while a supervisor runs: one holder, one object, one rule, documented codes."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from clearedge_tui.cli import main, verbs
from clearedge_tui.core import errors
from clearedge_tui.store.db import open_store
from clearedge_tui.store.rules import config_ok
from clearedge_tui.supervisor.client import call
from tests.live.box import Box

REPO = Path(__file__).resolve().parent.parent.parent
WRONG = "fast: 1 is too low; at least 2 bars"
ADD = ("instance", "add", "ema_cross", "--market", "SIM/USDT", "--id")
# what each verb that takes --json is asked with, in an order in which they follow on each other
ASKED = {
    "data import": ("FILE", "--market", "NEW/USDT", "--timeframe", "1m", "--yes"),
    "data sample": ("--days", "1"),
    "data list": (),
    "data pull": ("simulated", "SIM/USDT", "--from", "2026-01-01", "--to", "2026-01-02"),
    "data sync": ("NEW/USDT",),
    "data sources": (),
    "data recordings": (),
    "data check": ("SP500",),
    "data coverage": ("SP500",),
    "data fingerprint": ("SP500",),
    "data compact": ("SP500",),
    "data dedupe": ("SP500",),
    "data rm": ("NEW/USDT", "--yes"),
    "market list": (),
    "market add": ("ES.CME", "price_step=0.25"),
    "market show": ("ES.CME",),
    "market set": ("SP500", "taker_fee=0.001"),
    "market load": ("simulated", "SIM/USDT"),
    "market export": (),
    "market import": ("TABLE", "--yes"),
    "market rm": ("ES.CME",),
    "secret set": ("acme",),
    "secret list": (),
    "secret seal": (),
    "secret rm": ("acme",),
    "strategy list": (),
    "strategy new": ("my_own",),
    "strategy check": ("my_own",),
    "account list": (),
    "account add": ("other", "--venue", "bybit", "--option", "product=spot"),
    "account set": ("other", "--set", "leverage=3"),
    "account readiness": ("other",),
    "account rm": ("other", "--confirm", "other"),
    "research list": (),
    "research threshold": (),
    "research baskets": (),
    "venue list": (),
    "venue show": ("bybit",),
    "instance add": ("ema_cross", "--market", "SIM/USDT", "--id", "one", "--mode", "observe"),
    "instance list": (),
    "instance set": ("one", "fast=10"),
    "limit list": (),
    "limit set": ("account", "paper", "daily_loss", "5%", "--action", "flatten"),
    "limit show": ("one",),
    "limit remove": ("account", "paper", "daily_loss", "--yes"),
    "limit status": ("paper",),
    "approve give": ("one", "--override", "a test", "--yes-i-am", "Ann", "--confirm", "one"),
    "approve show": ("one",),
    "approve revoke": ("one",),
    "reconcile list": (),
    "reconcile history": (),
    "reconcile check": ("SIDE", "SIDE"),
    "kill on": ("instance", "one", "--reason", "a test", "--wait", "3"),
    "kill reason": ("instance.one.cancel", "a better one"),
    "kill status": (),
    "kill clear": ("instance.one.cancel", "--confirm", "one", "--unconfirmed"),
    "instance mode": ("one", "off"),
    "instance start": ("one",),
    "account speed": ("paper", "900"),
    "order list": (),
    "order preview": ("buy", "0.1", "--instance", "one"),
    "order place": ("buy", "0.1", "--instance", "one", "--price", "0.1"),
    "order cancel": ("ORDER",),
    "position list": (),
    "position close": ("one",),
    "account rewind": ("paper",),
    "instance pause": ("one",),
    "instance resume": ("one",),
    "instance stop": ("one",),
    "instance clear": ("one",),
    "instance rm": ("one",),
    "backtest": ("ema_cross", "--market", "SP500", "--set", "size=1"),
    "run list": (),
    "run show": ("RUN",),
    "run verify": ("RUN",),
    "verify": ("RUN",),
    "run journal": ("RUN",),
    "run again": ("RUN",),
    "spec save": ("RUN",),
    "spec check": ("SPEC",),
    "run export": ("RUN", "trades", "TRADES"),
    "run tag": ("RUN", "tried"),
    "run note": ("RUN", "a line"),
    "run star": ("RUN",),
    "run rm": ("RUN",),
    "run restore": ("RUN",),
    "journal": (),
}


def hold(box: Box) -> None:
    """Have something that can be closed."""
    ask = {"instance": "one", "side": "buy", "size": "0.1"}
    box.until(lambda: box.do("order.place", **ask).status == "done", "a price was seen")
    box.until(lambda: box.do("book.positions", words="one").data["rows"], "it is held")  # type: ignore[index]  # a table


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "home")
    yield made.start()
    made.close()


def takes_json() -> set[str]:
    """Return every verb with --json, as it is typed."""
    found = set()
    group = verbs.LazyGroup("clearedge")
    for name in verbs.VERBS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        for more, one in inner.items():
            if any("--json" in option.opts for option in one.params):
                found.add(f"{name} {more}".strip())
    return found


def clearedge(home: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "clearedge_tui", "--home", str(home), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=90)


@pytest.mark.slow
def test_a_second_supervisor_is_refused_and_the_holder_named(box: Box) -> None:
    assert box.process is not None
    done = clearedge(box.home.root, "--run")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    holder = rf"process {box.process.pid} on \S+ \(headless, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.search(holder, done.stderr)
    assert box.answers()


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_every_verb_with_json_prints_one_object_and_nothing_else(
    box: Box,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a secret\n"))
    monkeypatch.setenv("CLEAREDGE_AGE_IDENTITY", str(tmp_path / "identity.txt"))
    file = tmp_path / "bars.csv"
    rows = [f"2020-01-01 00:{n:02d}:00,10,12,9,11,5" for n in range(60)]
    file.write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    elsewhere = {
        "data move",
        "run resume",
        "run compare",
        "reconcile resolve",
        "account probe",
        "drill kill",
        "limit clear",
        "research run",
        "research probe",
        "research multi",
        "research rebalance",
        "research sweep",
        "research show",
        "research what-if",
    }
    assert {*ASKED, *elsewhere} == takes_json(), (
        "a move wants a bucket: tests/market/test_upkeep.py; a resumed run: tests/runs/test_run_ends.py;"
        " a difference a venue: tests/trading/test_recon.py;"
        " a limit that holds: tests/live/test_limits.py; a ladder: tests/research/test_ladders.py; a basket: tests/live/test_baskets.py"
    )
    listed = tmp_path / "markets.csv"
    listed.write_text("symbol,venue,min_size\nES,CME,1\n")
    side = tmp_path / "side.json"
    side.write_text(json.dumps({
        "schema_version": "v1", "run_id": "r", "as_of_utc": "2026-01-01T00:00:00Z",
        "position": {"symbol": "S", "side": "flat", "qty": "0"},
        "freshness": {"position_ts_utc": "2026-01-01T00:00:00Z", "max_age_seconds": 1,
                      "orders_ts_utc": "2026-01-01T00:00:00Z"},
    }))  # fmt: skip
    given = {"FILE": str(file), "TABLE": str(listed), "TRADES": str(tmp_path / "t.csv"),
             "SIDE": str(side)}  # fmt: skip
    for verb, more in ASKED.items():
        args = [given.get(one, one) for one in more]
        capfd.readouterr()
        if verb == "account speed":
            box.running("one")  # an account that nobody uses has nothing to play
        if verb == "position close":
            hold(box)
        if verb == "instance rm":
            box.wait_row("one", lambda row: row.state == "stopped", "it has stopped")
        code = main.run(["--home", str(box.home.root), *verb.split(), *args, "--json"])
        said = capfd.readouterr()
        assert (code, said.err) == (0, ""), f"{verb}: {said.err}"
        answer = json.loads(said.out)
        assert isinstance(answer, dict), verb
        given["RUN"] = answer.get("run_id", given.get("RUN", ""))
        if verb == "order place":
            given["ORDER"] = answer["data"]["id"]
        given["SPEC"] = answer.get("written", given.get("SPEC", ""))


@pytest.mark.slow
def test_a_value_out_of_range_is_refused_everywhere_by_the_same_rule(box: Box) -> None:
    assert clearedge(box.home.root, *ADD, "one").returncode == 0
    assert clearedge(box.home.root, "data", "sample", "--days", "1").returncode == 0
    for args in (
        ("instance", "set", "one", "fast=1"),
        (*ADD, "two", "--set", "fast=1"),
        ("backtest", "ema_cross", "--market", "SP500", "--set", "fast=1"),
    ):
        done = clearedge(box.home.root, *args)
        assert (done.returncode, done.stdout) == (2, ""), args
        assert WRONG in done.stderr, args
    result = call(box.home, "instance.set", {"id": "one", "config": {"fast": 1}}, "tester")
    assert (result.status, result.code) == ("refused", 2)
    assert WRONG in result.message


@pytest.mark.slow
def test_the_database_refuses_it_in_the_same_words_and_holds_against_any_writer(box: Box) -> None:
    from pysqlite3 import dbapi2

    assert clearedge(box.home.root, *ADD, "one").returncode == 0
    assert box.stop() == 0
    store = open_store(box.home.database)
    wrong = {**store.instance("one").config, "fast": 1}
    with pytest.raises(errors.UsageError, match=WRONG):
        store.set_config("one", wrong, "tester", 1)
    store.close()
    raw = dbapi2.connect(str(box.home.database), isolation_level=None)
    raw.create_function("config_ok", 2, config_ok, deterministic=True)
    with pytest.raises(dbapi2.IntegrityError, match="does not fit the schema"):
        raw.execute(
            "INSERT INTO config_versions VALUES ('one', 2, 1, 'x', '', ?)", (json.dumps(wrong),)
        )
    raw.close()


def test_the_documented_exit_codes_are_those_in_use() -> None:
    def codes(kind: type[errors.ClearEdgeError]) -> set[int]:
        return {kind.exit_code}.union(*map(codes, kind.__subclasses__()))

    used = codes(errors.ClearEdgeError) | {0, 130}  # done, interrupted
    table = (REPO / "docs" / "commands.md").read_text().split("## Exit codes")[1].split("##")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == used
    assert {int(code) for code in re.findall(r"\b(\d+) [a-z]", main.EPILOG)} == used
