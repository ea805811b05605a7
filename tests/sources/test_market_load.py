"""`market load` by the venues' own client libraries: what venues say of a market, in the table."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.supervisor.client import call
from tests.backtest.box import make_home
from tests.sources import test_ccxt, test_venue
from tests.sources.loopback import Handler, serving
from tests.sources.symbols import BYBIT_LINEAR, BYBIT_SYMBOL, OKX_SPOT, OKX_SWAP
from tests.sources.venues import Venue

D = Decimal
FIELDS = (
    "price_precision", "size_precision", "price_step", "size_step", "min_size", "max_size", "min_notional",
    "maker_fee", "taker_fee", "margin_init", "margin_maint", "multiplier",
)  # fmt: skip


def bybit() -> dict[str, Handler]:
    async def info(request: web.Request) -> web.Response:
        category = request.query["category"]
        known = {"spot": [BYBIT_SYMBOL], "linear": [BYBIT_LINEAR]}.get(category, [])
        result = {"category": category, "list": known, "nextPageCursor": ""}
        return web.json_response(
            {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}
        )

    return {"/v5/market/instruments-info": info}


def okx() -> dict[str, Handler]:
    async def info(request: web.Request) -> web.Response:
        known = {"SPOT": [OKX_SPOT], "SWAP": [OKX_SWAP]}.get(request.query["instType"], [])
        return web.json_response({"code": "0", "msg": "", "data": known})

    return {"/api/v5/public/instruments": info}


async def loaded(root: Path, source: str, routes: dict[str, Handler], symbol: str) -> Market:
    """Return the one market that stands in the table after `market load`."""
    home = make_home(root)
    home.config.mkdir(exist_ok=True)
    async with serving(routes) as server:
        (home.config / "sources.toml").write_text(f'["{source}"]\nbase_url = "{server.url}"\n')
        asked = {"source": source, "symbols": [symbol]}
        done = await asyncio.to_thread(call, home, "market.load", asked)
    assert done.status == "done", done.message
    (found,) = load_markets(home).values()
    return found


def told(market: Market) -> tuple[Any, ...]:
    return tuple(getattr(market, name) for name in FIELDS)


@pytest.mark.parametrize(
    ("source", "routes", "symbol", "market_id", "wanted"),
    [
        ("binance", test_ccxt.binance(Venue([])), "BTC/USDT", "BTCUSDT.BINANCE",
         (2, 5, None, None, D("0.00001"), D(9000), D(5), D("0.001"), D("0.001"), None, None, D(1))),
        ("binance", test_ccxt.binance(Venue([])), "BTC/USDT:USDT", "BTCUSDT-PERP.BINANCE",
         (1, 3, None, None, D("0.001"), D(1000), D(100), D("0.0002"), D("0.0005"), None, None, D(1))),
        ("bybit", bybit(), "BTC/USDT", "BTCUSDT.BYBIT",
         (2, 5, None, None, D("0.00001"), D(71), D(5), D("0.001"), D("0.001"), None, None, D(1))),
        ("bybit", bybit(), "BTC/USDT:USDT", "BTCUSDT-PERP.BYBIT",
         (1, 3, None, None, D("0.001"), D(100), D(5), D("0.0001"), D("0.0006"), D("0.01"), None, D(1))),
        ("okx", okx(), "BTC/USDT", "BTCUSDT.OKX",
         (1, 8, None, None, D("0.00001"), D(9999999999), D(0), D("0.001"), D("0.0015"), None, None, D(1))),
        ("okx", okx(), "BTC/USDT:USDT", "BTCUSDT-PERP.OKX",
         (1, 2, None, None, D("0.01"), D(9999999999), D(0), D("0.0002"), D("0.0005"), D("0.01"), None, D("0.01"))),
    ],
    ids=["binance", "binance-perp", "bybit", "bybit-perp", "okx", "okx-perp"],
)  # fmt: skip
async def test_what_ccxt_tells_of_a_market_arrives_in_the_table(
    tmp_path: Path,
    source: str,
    routes: dict[str, Handler],
    symbol: str,
    market_id: str,
    wanted: tuple[Any, ...],
) -> None:
    market = await loaded(tmp_path / "home", source, routes, symbol)
    assert (market.market_id, market.source) == (market_id, source)
    assert dict(zip(FIELDS, told(market), strict=True)) == dict(zip(FIELDS, wanted, strict=True))


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("venue", "routes", "symbol", "market_id", "wanted"),
    [
        ("bybit", test_venue.bybit(), "BTC/USDT:USDT", "BTCUSDT-LINEAR.BYBIT",
         (2, 3, D("0.1"), None, D("0.001"), D(100), D(5), None, None, None, None, D(1))),
        ("okx", okx(), "BTC/USDT:USDT", "BTC-USDT-SWAP.OKX",
         (1, 2, None, None, D("0.01"), D(1000000), D(0), None, None, None, None, D("0.01"))),
        ("binance", test_venue.binance(), "BTC/USDT:USDT", "BTCUSDT-PERP.BINANCE",
         (2, 3, D("0.1"), None, D("0.001"), D(1000), D(100), None, None, None, None, D(1))),
    ],
    ids=["bybit", "okx", "binance"],
)  # fmt: skip
async def test_what_nautilus_tells_of_a_market_arrives_and_nothing_it_invents(
    tmp_path: Path,
    venue: str,
    routes: dict[str, Handler],
    symbol: str,
    market_id: str,
    wanted: tuple[Any, ...],
) -> None:
    """Its instruments carry a margin of a tenth, whatever the venue says: that is left out."""
    market = await loaded(tmp_path / "home", f"venue:{venue}", routes, symbol)
    assert (market.market_id, market.source) == (market_id, f"venue:{venue}")
    assert dict(zip(FIELDS, told(market), strict=True)) == dict(zip(FIELDS, wanted, strict=True))
