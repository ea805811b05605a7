"""Finding a market by what a person types."""

from pathlib import Path

import pytest

from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.market.markets import describe, load_markets, resolve, save_market
from clearedge_tui.market.timeframes import bar_type, from_bar_type, seconds
from clearedge_tui.settings import Home
from tests.backtest.box import make_home


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


def test_a_name_at_two_venues_asks_which(home: Home) -> None:
    with pytest.raises(UsageError, match=r"ETHUSDT.BINANCE, ETHUSDT.LOCAL"):
        resolve(home, "ETH/USDT")
    assert resolve(home, "ETHUSDT.BINANCE").venue == "BINANCE"


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


@pytest.mark.parametrize("text", ["7m", "0m", "m", "1w", "1.5h", "25h", "-5m", ""])
def test_odd_timeframes_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="timeframe"):
        seconds(text)


@pytest.mark.parametrize("text", ["1s", "1m", "5m", "15m", "1h", "4h", "1d"])
def test_a_series_name_leads_back(text: str) -> None:
    assert from_bar_type(bar_type("BTCUSDT.LOCAL", text)) == ("BTCUSDT.LOCAL", text)
