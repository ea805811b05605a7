"""`clearedge limit` and `clearedge approve`, without a supervisor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.core.clock import now_ns
from clearedge_tui.market.markets import load_markets, save_market
from clearedge_tui.runs import manifest
from clearedge_tui.runs.listing import SUMMARY
from clearedge_tui.runs.model import RunSummary
from clearedge_tui.settings import Home
from clearedge_tui.store import trading
from clearedge_tui.store.db import open_store
from clearedge_tui.supervisor.client import default_who
from tests.backtest.box import BTC, make_home

ACCOUNTS = "[paper]\nfeed = 'simulated'\n[eur]\nfeed = 'simulated'\ncurrency = 'EUR'\n"
STRATEGY = """
from clearedge_tui.contract import Strategy
from _sizes import usual
CONFIG_SCHEMA = {
    "size": {"type": "decimal", "default": "0.1"},
    "token": {"type": "string", "default": "hunter2", "secret": True},
}
class Mine(Strategy):
    def on_tick(self, tick): pass
"""
YES = ("--yes-i-am", "Ann", "--confirm", "one")


class Said(NamedTuple):
    code: int
    out: str
    err: str


Say = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    (home.config / "accounts.toml").write_text(ACCOUNTS)
    (home.strategies / "_sizes.py").write_text("usual = 1\n")
    (home.strategies / "mine.py").write_text(STRATEGY)
    home.catalog.mkdir(exist_ok=True)
    save_market(home, BTC)
    return home


@pytest.fixture
def say(home: Home, capsys: pytest.CaptureFixture[str]) -> Say:
    def do(*words: str) -> Said:
        capsys.readouterr()
        code = run(["--home", str(home.root), *words])
        return Said(code, *capsys.readouterr())

    return do


@pytest.fixture
def one(say: Say) -> Say:
    assert say("instance", "add", "mine", "--market", "BTC/USDT", "--id", "one").code == 0
    return say


# ---- limits -----------------------------------------------------------------------------------
def test_a_limit_is_declared_shown_changed_and_taken_away(one: Say) -> None:
    assert (
        one("limit", "set", "account", "paper", "daily_loss", "5%", "--action", "flatten").code == 0
    )
    assert one("limit", "set", "account", "paper", "daily_loss", "4%", "--warn", "50%").code == 0
    assert one("limit", "set", "instance", "all", "order_notional", "1000").code == 0
    assert one("limit", "set", "account", "eur", "leverage", "2").code == 0
    (row,) = [
        r
        for r in json.loads(one("limit", "list", "--json").out)["limits"]
        if r["name"] == "daily_loss"
    ]
    assert (row["value"], row["warn"], row["action"]) == ("4% UTC", "0.5", "flatten")
    shown = one("limit", "show", "one").out.splitlines()[1:]
    assert [line.split()[:4] for line in shown] == [
        ["instance", "all", "order_notional", "1000"],
        ["account", "paper", "daily_loss", "4%"],
        ["account", "all", "data_age_s", "120"],
    ]
    assert one("limit", "remove", "account", "paper", "daily_loss", "--yes").code == 0
    assert "daily_loss" not in one("limit", "list").out
    lines = one("journal", "--subject", "paper").out.splitlines()
    assert [line.split()[-1] for line in lines] == ["flatten", "0.5", "away"]


def test_every_sort_of_limit_is_told_with_an_example_that_can_be_set(say: Say) -> None:
    told = json.loads(say("limit", "show", "--json").out)["limits"]
    assert len(told) == 18
    for row in told:
        value = row["written"].partition(" or ")[0]
        assert say("limit", "set", "account", "all", row["name"], value).code == 0, row
    assert len(say("limit", "show").out.splitlines()) == 18


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["set", "account", "pape", "leverage", "2"], 2, "nearest: paper"),
        (["set", "instance", "two", "leverage", "2"], 2, "no instance `two`"),
        (["set", "portfolio", "USD", "leverage", "2"], 2, "named by its currency: EUR, USDT, or all"),
        (["set", "account", "paper", "leverag", "2"], 2, "known: leverage"),
        (["set", "account", "paper", "leverage", "two"], 2, "leverage: `two`; wanted more than 0"),
        (["set", "account", "paper", "leverage", "2", "--warn", "2"], 2, "wanted a share of the limit"),
        (["set", "account", "paper", "leverage", "2", "--cooldown", "soon"], 2, "is no duration"),
        (["set", "account", "all", "data_age_s", "900"], 3, "data_age_s 120 -> 900"),
        (["set", "account", "paper", "drawdown", "20%"], 3, "drawdown 10% -> 20%"),
        (["set", "account", "paper", "drawdown", "10%", "--action", "alert"], 3, "action kill -> alert"),
        (["remove", "account", "paper", "drawdown"], 3, "drawdown is taken away"),
        (["remove", "account", "paper", "leverage", "--yes"], 2, "no limit leverage of account paper"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_looser_is_refused_and_nothing_changed(
    say: Say, words: list[str], code: int, message: str
) -> None:
    assert say("limit", "set", "account", "paper", "drawdown", "10%", "--action", "kill").code == 0
    before = say("limit", "list").out
    done = say("limit", *words)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert say("limit", "list").out == before


# ---- approvals --------------------------------------------------------------------------------
def approvals(say: Say, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(say("approve", "show", *words, "--json").out)[
        "approvals"
    ]
    return found


def test_an_approval_is_given_by_a_named_person_who_typed_the_instance(one: Say) -> None:
    reason = ("--override", "a small size is known")
    for words, told in (
        ((), "--yes-i-am NAME and --confirm one"),
        (("--yes-i-am", "Ann"), "--yes-i-am NAME and --confirm one"),
        (
            ("--yes-i-am", "Ann", "--confirm", "two"),
            "nothing was approved: type the instance's name",
        ),
        (("--yes-i-am", "root", "--confirm", "one"), "wanted the name of a person"),
    ):
        done = one("approve", "one", *reason, *words)
        assert done.code in (2, 3) and told in done.err, words
    assert one("approve", "one", *YES).err == (
        "clearedge: no evidence; give evidence that passes, or an override with its reason\n"
    )
    assert approvals(one) == []
    done = one("approve", "one", *reason, *YES, "--expires", "2d")
    assert done.code == 0 and "one: approved by Ann until 20" in done.out
    (row,) = approvals(one)
    assert (row["holds"], row["who"], row["standing"]) == (True, "Ann", "valid")
    assert "hunter2" not in json.dumps(row)
    line = json.loads(one("journal", "--subject", "one", "--json").out)["journal"][0]
    assert (line["event"], line["who"], line["payload"]["login"]) == (
        "approve",
        "Ann",
        default_who(),
    )


def test_a_change_of_any_part_ends_it_and_is_named(one: Say, home: Home) -> None:
    one("approve", "one", *YES, "--override", "a test")
    assert approvals(one)[0]["holds"] is True
    one("instance", "set", "one", "size=0.2", "token=hunter3")
    one("limit", "set", "account", "paper", "leverage", "3")
    one("limit", "set", "account", "eur", "leverage", "3")  # another account's
    (home.strategies / "_sizes.py").write_text("usual = 2\n")
    (home.config / "accounts.toml").write_text(
        ACCOUNTS.replace("'simulated'\n[", "'simulated'\nleverage = 9\nspeed = 2\n[")
    )
    market = load_markets(home)["BTCUSDT.LOCAL"]
    save_market(home, msgspec.structs.replace(market, price_step=market.info.price_step * 5))
    (row,) = approvals(one)
    why = row["why_not"]
    assert isinstance(why, list)
    assert [line.partition(" ->")[0].rsplit(" ", 1)[0] for line in why if "limits" not in line] == [
        "code: _sizes.py", "config: size", "config: token", "account: leverage", "market: price_step",
    ]  # fmt: skip
    assert "config: size 0.1 -> 0.2" in why and "config: token changed" in why
    assert {line.partition(".")[0] for line in why if "limits" in line} == {
        "limits: account paper leverage"
    }
    assert "does not hold (valid), by Ann" in one("approve", "show").out


def test_a_later_approval_counts_and_a_revoked_one_does_not(one: Say) -> None:
    for _ in range(2):
        one("approve", "one", *YES, "--override", "a test")
    assert [row["why_not"] for row in approvals(one, "one")] == [[], ["a later one counts"]]
    assert "revoked by Bob" in one("approve", "revoke", "one", "--yes-i-am", "Bob").out
    (row,) = approvals(one)
    assert row["standing"] == "revoked"
    assert one("approve", "revoke", "one").code == 3
    one("approve", "one", *YES, "--override", "once more")
    assert approvals(one)[0]["holds"] is True


def test_an_instance_called_like_a_word_is_approved_by_the_whole_word(say: Say) -> None:
    say("instance", "add", "mine", "--market", "BTC/USDT", "--id", "show")
    done = say(
        "approve", "give", "show", "--override", "x", "--yes-i-am", "Ann", "--confirm", "show"
    )
    assert done.code == 0 and "account paper is paper and needs none" in done.out


# ---- evidence ---------------------------------------------------------------------------------
RUN = "20260101-000000-mine-0001"


def a_run(home: Home, run_id: str = RUN, **changes: object) -> str:
    """Put a run of today's code and settings of `one` into the home, or one that differs."""
    made = {"simulated": False, "status": "done", "strategy": "mine"} | changes
    summary = msgspec.convert(
        {"run_id": run_id, "kind": "backtest", "market": "BTC/USDT", "timeframe": "1m", "start_ns": 1, "end_ns": 2,
         "created_ns": 3, "duration_s": 1.0, "metrics": {"sharpe": 1.25, "trades": None}, **made}, RunSummary,
    )  # fmt: skip
    folder = home.runs / run_id
    folder.mkdir(parents=True)
    (folder / SUMMARY).write_bytes(msgspec.json.encode(summary))
    with open_store(home.database) as store:
        config = store.instance("one").config
    own = {"_sizes.py": manifest.file_sha256(home.strategies / "_sizes.py")}
    inputs = manifest.Inputs(
        "s", manifest.file_sha256(home.strategies / "mine.py"), manifest.canonical_sha256(config), (), "m", "1", "3",
        {}, 1, own,
    )  # fmt: skip
    manifest.seal(folder, inputs, home.strategies, home.root)
    return run_id


def test_evidence_is_looked_up_and_bound(one: Say, home: Home) -> None:
    a_run(home)
    assert one("approve", "one", *YES, "--evidence", f"sharpe>=1@{RUN}").code == 0
    (row,) = approvals(one)
    parts = row["parts"]
    assert isinstance(parts, dict)
    assert parts["evidence"] == [
        {"name": "sharpe", "value": "1.25", "threshold": ">=1", "passed": True, "run": RUN}
    ]
    assert f"sharpe 1.25 passed >=1 ({RUN})" in one("approve", "show").out


@pytest.mark.parametrize("asked", ["sharpe>=2", "trades>1"])
def test_evidence_that_fails_or_is_not_known_needs_an_override(
    one: Say, home: Home, asked: str
) -> None:
    evidence = ("--evidence", f"{asked}@{a_run(home)}")
    done = one("approve", "one", *YES, *evidence)
    assert done.code == 2 and "evidence that failed" in done.err
    assert one("approve", "one", *YES, *evidence, "--override", "we know").code == 0
    assert "FAILED" in one("approve", "show").out


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ("sharpe>=1", "wanted FIGURE>=NUMBER@RUN"),
        ("sharpe@RUN", "wanted one figure and a number"),
        ("sharp>1@RUN", "no field `sharp`"),
        ("sharpe>=1@20260101-000000-mine-9999", "no run"),
    ],
)
def test_evidence_that_says_nothing_is_refused(
    one: Say, home: Home, evidence: str, told: str
) -> None:
    done = one("approve", "one", *YES, "--evidence", evidence.replace("RUN", a_run(home)))
    assert done.code == 2 and told in done.err


def test_a_run_of_something_else_is_no_evidence(one: Say, home: Home) -> None:
    def refused(run_id: str) -> str:
        done = one("approve", "one", *YES, "--evidence", f"sharpe>=1@{run_id}")
        assert done.code == 3
        return done.err

    assert "is on simulated data" in refused(
        a_run(home, "20260101-000000-mine-0002", simulated=True)
    )
    assert "is failed" in refused(a_run(home, "20260101-000000-mine-0003", status="failed"))
    assert "by other code" in refused(a_run(home, "20260101-000000-mine-0004", strategy="other"))
    changed = a_run(home)
    (home.runs / changed / SUMMARY).write_bytes(
        (home.runs / changed / SUMMARY).read_bytes().replace(b"1.25", b"9.25")
    )
    assert "was changed after it ended (run.json)" in refused(changed)
    good = a_run(home, "20260101-000000-mine-0005")
    one("instance", "set", "one", "size=0.3")
    assert "another configuration" in refused(good)
    one("instance", "set", "one", "size=0.1")
    (home.strategies / "_sizes.py").write_text("usual = 3\n")
    assert "by other code (_sizes.py)" in refused(good)
    assert approvals(one) == []


def test_what_was_approved_is_asked_again_each_time(one: Say, home: Home) -> None:
    from clearedge_tui.supervisor.approved import why_not

    one("approve", "one", *YES, "--override", "a test")
    with open_store(home.database) as store:
        instance = store.instance("one")
        assert why_not(home, store, instance, now_ns()) == []
        (home.strategies / "mine.py").unlink()
        (told,) = why_not(home, store, instance, now_ns())
        assert "mine.py is not there" in told
        assert trading.approval(store, "one") is not None
