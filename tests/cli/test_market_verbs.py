"""`clearedge market`: the table from the command line, with and without a supervisor."""

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

from clearedge_tui.cli import which
from clearedge_tui.cli.main import run
from clearedge_tui.market.markets import describe, load_markets, save_market
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, add_strategy, flat_bars, make_home, store
from tests.live.box import Box


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", flat_bars([20.125] * 40))
    save_market(home, describe("ES", "CME"))
    return home


@pytest.fixture
def say(home: Home, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def do(*words: str) -> Said:
        code = run(["--home", str(home.root), *words])
        return Said(code, *capsys.readouterr())

    return do


def test_a_change_is_told_written_and_in_the_journal(home: Home, say: Callable[..., Said]) -> None:
    done = say("market", "set", "btc-usdt", "size-step=0.25", "taker_fee=0.001")
    assert done == (
        0, "BTCUSDT.LOCAL: size_step – → 0.25, min_size 0.000001 → 0.25, taker_fee – → 0.001\n", "",
    )  # fmt: skip
    assert load_markets(home)["BTCUSDT.LOCAL"].size_step == Decimal("0.25")
    assert "market.set" in say("journal").out
    shown = json.loads(say("market", "show", "BTC/USDT", "--json").out)
    assert (shown["size_step"], shown["price_step"], shown["maker_fee"]) == ("0.25", "0.001", None)
    assert (shown["days_a_year"], shown["calendar"], shown["series"]) == (365, "24/7", ["1m"])
    assert "taker fee         0.001" in say("market", "show", "BTC/USDT").out
    assert "0.25" in say("market", "list").out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["set", "BTC/USDT", "taker_fe=1"], 2, "nearest: taker_fee"),
        (["set", "BTC/USDT", "taker_fee"], 2, "write it as KEY=VALUE"),
        (["set", "BTC/USDT"], 2, "nothing to set"),
        (["set", "BTC/USDT", "price_precision=2"], 3, "stored with prices such as 20.125"),
        (["set", "NOBODY", "taker_fee=0"], 2, "no market `NOBODY`"),
        (["add", "ES.CME"], 3, "is there already"),
        (["add", "a b"], 2, "letters and digits only"),
        (["rm", "BTC/USDT"], 3, "has data (BTCUSDT.LOCAL 1m)"),
        (["load", "binanc", "X"], 2, "nearest: binance"),
        (["import", "/nowhere.csv", "--yes"], 2, "/nowhere.csv"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    words: list[str], code: int, message: str, home: Home, say: Callable[..., Said]
) -> None:
    before = load_markets(home)
    done = say("market", *words)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert load_markets(home) == before


def test_a_table_goes_out_is_edited_and_comes_back(
    home: Home, say: Callable[..., Said], tmp_path: Path
) -> None:
    path = tmp_path / "markets.csv"
    assert say("market", "export", str(path)).code == 0
    text = path.read_text()
    assert text == say("market", "export").out
    path.write_text(text.replace("ES,USD,,equity,2,", "ES,USD,,index,2,0.25"))
    asked = say("market", "import", str(path))
    assert asked.code == 3  # nobody can be asked
    assert "asset_class equity → index, price_step – → 0.25" in asked.out
    assert "BTCUSDT.LOCAL: nothing changed" in asked.out
    assert load_markets(home)["ES.CME"].price_step is None
    assert say("market", "import", str(path), "--yes").out.endswith("1 of 2 markets written\n")
    assert load_markets(home)["ES.CME"].price_step == Decimal("0.25")
    assert say("market", "export", "--json").out.startswith('{\n  "markets": [')


def test_a_market_comes_from_a_source_and_goes(home: Home, say: Callable[..., Said]) -> None:
    assert "SIMUSDT.SIMULATED: new" in say("market", "load", "simulated", "SIM/USDT").out
    assert "nothing changed" in say("market", "load", "simulated", "SIM/USDT").out
    assert say("market", "rm", "SIM/USDT").out == "SIMUSDT.SIMULATED removed\n"
    assert "SIMUSDT.SIMULATED" not in load_markets(home)


def test_a_backtest_pays_the_markets_fees_unless_others_are_asked_for(
    home: Home, say: Callable[..., Said]
) -> None:
    add_strategy(home, "ema_cross")
    assert say("market", "set", "BTC/USDT", "maker_fee=0", "taker_fee=0.002").code == 0
    base = ("backtest", "ema_cross", "--market", "BTC/USDT", "--json", "--accept", "gaps")
    for more, taker, told in (
        ((), "0.002", "(the market's own)"),
        (("--taker-fee", "0.003"), "0.003", "(maker: the market's own; taker: as asked for)"),
    ):
        done = say(*base, *more)
        assert done.code == 0, done.err
        report = json.loads(done.out)
        assert report["spec"]["taker_fee"] == taker
        assert any(line.startswith("fees") and told in line for line in report["conventions"])


# ---- which one --------------------------------------------------------------------------------
def test_an_ambiguous_name_is_asked_about_at_a_terminal(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_market(home, describe("BTC/USDT", "BINANCE"))

    @click.command()
    def ask() -> None:
        for stream in (sys.stdin, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True)
        click.echo(which.market(home, "btc-usdt"))
        click.echo(which.series(home, "BTC/USDT 1m"))
        click.echo(which.series(home, "ES"))

    done = CliRunner().invoke(ask, input="7\n1\n2\n")
    assert done.stdout == "BTCUSDT.BINANCE\nBTCUSDT.LOCAL 1m\nES\n"
    assert "1  BTCUSDT.BINANCE" in done.stderr and "2  BTCUSDT.LOCAL" in done.stderr


def test_where_nobody_can_be_asked_the_choices_are_listed(
    home: Home, say: Callable[..., Said]
) -> None:
    save_market(home, describe("BTC/USDT", "BINANCE"))
    done = say("market", "set", "BTC/USDT", "taker_fee=0")
    assert done.code == 2
    assert "write one of: BTCUSDT.BINANCE, BTCUSDT.LOCAL" in done.err


# ---- while engines run ------------------------------------------------------------------------
@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "box")
    yield made.start()
    made.close()


KEEPER = """
from clearedge_tui.contract import Strategy
class Keeper(Strategy):
    def on_tick(self, tick):
        if self.context.get_orders():
            return
        if self.context.get_position().is_flat:
            self.context.place_order("buy", "0.9")
        else:
            self.context.place_order("buy", "0.1", price="100.012")
"""


@pytest.mark.slow
def test_engines_that_run_take_over_what_a_market_says(box: Box) -> None:
    market = "SIM/USDT"
    box.write("keeper", KEEPER)
    asked = {"strategy": "keeper", "account": "paper", "market": market, "id": "one"}
    assert box.do("instance.add", **asked, timeframe="1m", mode="active").status == "done"

    native = asked | {"strategy": "native_ema", "id": "two"}
    assert box.do("instance.add", **native, timeframe="1m", mode="observe").status == "done"
    box.running("two")

    def working(price: str) -> bool:
        found = [str(o.price) for o in box.orders("one") if o.status == "open"]
        return found == [price]

    box.until(lambda: working("100.01"), "its order works")
    asset = box.do("market.set", market=market, values={"asset_class": "equity"})
    assert "asset_class cannot change while one, two is not off" in asset.message
    held = box.do("market.set", market=market, values={"size_step": "0.25"})
    assert "holds 0.9" in held.message and "could not close" in held.message
    assert "traded by one, two" in box.do("market.rm", market=market).message

    gateway = box.account().pid
    done = box.do("market.set", market=market, values={"price_step": "0.05"})
    assert "account paper takes it over" in done.message
    box.until(lambda: working("100.00"), "it has another order, on the new tick")
    gone = next(o for o in box.orders("one") if str(o.price) == "100.01")
    assert (gone.status, gone.reason) == (
        "cancelled",
        "the market's tick is 0.05 now, and 100.01 is no multiple of it",
    )
    assert box.account().pid == gateway, "the account has run on"
    box.wait_row("two", lambda r: (r.restarts, r.state) == (1, "running"), "its node is another")

    finer = {"price_precision": "3", "price_step": "0.001"}
    done = box.do("market.set", market=market, values=finer)
    assert "account paper starts anew with it" in done.message
    box.until(lambda: working("100.012"), "an order counts in the new decimals")
    assert box.account().pid != gateway
    row = box.running("one")
    assert (str(row.position.normalize()), row.restarts) == ("0.9", 0), "its own process ran on"
    said = box.story()
    assert "market.applied SIMUSDT.SIMULATED" in said
    assert "account.restart paper SIMUSDT.SIMULATED has other decimals" in said
