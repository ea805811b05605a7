"""Finding a market by what a person types."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.market.markets import (
    Ambiguous,
    describe,
    load_markets,
    resolve,
    save_market,
)
from clearedge_tui.market.timeframes import bar_type, from_bar_type, seconds
from clearedge_tui.settings import Home
from tests.backtest.box import make_home

OLD = """{"markets": [{"symbol": "BTC/USDT", "venue": "LOCAL", "market_id": "BTCUSDT.LOCAL",
  "base": "BTC", "quote": "USDT", "asset_class": "crypto", "price_precision": 3,
  "size_precision": 6, "min_size": "0.000001", "simulated": false, "source": "old.csv"}]}"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    for text, venue in (("BTC/USDT", ""), ("ETH/USDT", ""), ("ETH/USDT", "BINANCE"), ("SP500", "")):
        save_market(home, describe(text, venue))
    return home


@pytest.mark.parametrize(
    "text", ["BTC/USDT", "btc/usdt", "BTCUSDT", "BTCUSDT.LOCAL", "btc/usdt.local"]
)
def test_a_market_is_found_however_it_is_written(text: str, home: Home) -> None:
    assert resolve(home, text).market_id == "BTCUSDT.LOCAL"


@pytest.mark.parametrize("text", ["SPY", "spy", "SPY.XNAS", "spy.xnas"])
def test_a_share_is_found_with_and_without_its_venue(text: str, home: Home) -> None:
    save_market(home, describe("SPY", "XNAS"))
    assert resolve(home, text).market_id == "SPY.XNAS"


@pytest.mark.parametrize("text", ["ETH/USDT", "eth-usdt", "ETHUSDT"])
def test_a_name_at_two_venues_asks_which(text: str, home: Home) -> None:
    with pytest.raises(Ambiguous, match=r"ETHUSDT.BINANCE, ETHUSDT.LOCAL") as several:
        resolve(home, text)
    assert several.value.choices == ("ETHUSDT.BINANCE", "ETHUSDT.LOCAL")
    for named in ("ETHUSDT.BINANCE", "eth/usdt.binance", "eth-usdt.Binance"):
        assert resolve(home, named).venue == "BINANCE"


def test_the_symbol_as_it_is_written_goes_before_one_that_reads_alike(home: Home) -> None:
    perpetual = msgspec.structs.replace(
        describe("BTC/USDT"), symbol="BTC-USDT", market_id="BTC-USDT.LOCAL"
    )
    save_market(home, perpetual)
    assert resolve(home, "BTC/USDT").market_id == "BTCUSDT.LOCAL"
    assert resolve(home, "BTC-USDT").market_id == "BTC-USDT.LOCAL"
    with pytest.raises(Ambiguous, match=r"fits more than one|more than one venue"):
        resolve(home, "BTC_USDT")


def test_a_list_of_before_there_were_steps_and_fees_loads(home: Home) -> None:
    (home.catalog / "markets.json").write_text(OLD)
    market = load_markets(home)["BTCUSDT.LOCAL"]
    usual = describe("BTC/USDT", price_precision=3, source="old.csv")
    assert market == usual
    assert (market.info.price_step, market.info.limits) == (Decimal("0.001"), None)
    save_market(home, market)
    assert load_markets(home)["BTCUSDT.LOCAL"] == usual


def test_a_step_that_the_decimals_cannot_write_is_named(home: Home) -> None:
    path = home.catalog / "markets.json"
    path.write_text(OLD.replace('"simulated": false', '"size_step": "0.0000005"'))
    with pytest.raises(BadData, match=r"step of 5E-7 is not above 0 with 6 decimals"):
        load_markets(home)


def test_an_unknown_name_lists_the_nearest(home: Home) -> None:
    with pytest.raises(NotFound, match=r"no market `BTC/USD`; nearest: BTC/USDT"):
        resolve(home, "BTC/USD")
    with pytest.raises(NotFound, match="catalog is empty"):
        resolve(Home(home.root / "nowhere"), "BTC/USDT")


@pytest.mark.parametrize(
    ("text", "kind", "digits"),
    [
        ("BTC/USDT", "crypto", 6),
        ("GBP/USD", "fx", 0),
        ("AAPL", "equity", 0),
        ("DOGE/USD", "crypto", 6),
    ],
)
def test_the_asset_class_is_guessed(text: str, kind: str, digits: int) -> None:
    market = describe(text)
    assert (market.asset_class, market.size_precision) == (kind, digits)


@pytest.mark.parametrize("text", ["", "../x", "BTC/", "a b", "BTC/USDT/X", "BTC/USDT.A/B"])
def test_names_that_are_no_market_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        describe(text)


def test_a_broken_list_is_named(home: Home) -> None:
    path = home.catalog / "markets.json"
    path.write_text('{"markets": [{"symbol": 3}]}')
    with pytest.raises(BadData, match=r"markets.json: .*symbol"):
        load_markets(home)


@pytest.mark.parametrize("text", ["7m", "90m", "2d", "1w", "1M", "0m", "m", "25h", ""])
def test_only_lengths_that_divide_a_day_are_stored(text: str) -> None:
    with pytest.raises(UsageError, match=r"timeframe|not stored"):
        seconds(text)
    assert from_bar_type(f"BTCUSDT.LOCAL-{text[:-1] or 1}-WEEK-LAST-EXTERNAL") is None
    assert from_bar_type("BTCUSDT.LOCAL-7-MINUTE-LAST-EXTERNAL") is None


@pytest.mark.parametrize("text", ["1s", "1m", "5m", "15m", "1h", "4h", "1d"])
def test_a_series_name_leads_back(text: str) -> None:
    assert from_bar_type(bar_type("BTCUSDT.LOCAL", text)) == ("BTCUSDT.LOCAL", text)
