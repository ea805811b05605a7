"""History through NautilusTrader's own clients, in their own process, against loopback venues."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from clearedge_tui.core.errors import NotFound
from clearedge_tui.engine.venue_worker import kind_of
from clearedge_tui.market import fetch
from clearedge_tui.market.catalog import stored
from clearedge_tui.market.pull import Rule
from clearedge_tui.market.pull_model import Pulled, Wanted
from clearedge_tui.market.sources import registry
from clearedge_tui.market.sources.paging import SETTLE_NS
from clearedge_tui.settings import Home
from tests.sources.clocks import Hours
from tests.sources.loopback import Fault, Handler, Loopback, serving
from tests.sources.symbols import BINANCE_USDM, BYBIT_LINEAR, BYBIT_SYMBOL, OKX_SPOT
from tests.sources.venues import MINUTE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

FIRST = 28_000_000  # a minute of 2023
THERE = [FIRST + m for m in range(-100, 2500) if not 1200 <= m < 1300]
NOW = FIRST + 3000


def values(minute: int) -> list[str]:
    return [f"{100 + minute % 1000 + d:.1f}" for d in (0, 1, -1, 0.5)] + ["3.5"]


def bybit() -> dict[str, Handler]:
    def said(result: dict[str, Any]) -> web.Response:
        answer = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}
        return web.json_response(answer)

    async def info(request: web.Request) -> web.Response:
        category = request.query["category"]
        known = {"linear": BYBIT_LINEAR, "spot": BYBIT_SYMBOL}
        asked_for = request.query.get("symbol") == "BTCUSDT" and category in known
        found = [known[category]] if asked_for else []
        return said({"category": category, "nextPageCursor": "", "list": found})

    async def kline(request: web.Request) -> web.Response:
        start, end = int(request.query["start"]), int(request.query["end"])
        inside = [m for m in THERE if start <= m * 60_000 <= end][-1000:]
        rows = [[str(m * 60_000), *values(m), "0"] for m in inside]
        category = request.query["category"]
        return said({"symbol": "BTCUSDT", "category": category, "list": rows[::-1]})

    return {"/v5/market/instruments-info": info, "/v5/market/kline": kline}


def okx() -> dict[str, Handler]:
    async def info(request: web.Request) -> web.Response:
        known = [OKX_SPOT] if request.query["instType"] == "SPOT" else []
        return web.json_response({"code": "0", "msg": "", "data": known})

    async def candles(request: web.Request) -> web.Response:
        low = int(request.query.get("before", "0"))
        high = int(request.query.get("after", "9" * 15))
        limit = int(request.query["limit"])
        inside = [m for m in THERE if low < m * 60_000 < high][-limit:]
        rows = [[str(m * 60_000), *values(m), "0", "0", "1"] for m in inside]
        return web.json_response({"code": "0", "msg": "", "data": rows[::-1]})

    return {
        "/api/v5/public/instruments": info,
        "/api/v5/market/candles": candles,
        "/api/v5/market/history-candles": candles,
    }


def binance() -> dict[str, Handler]:
    async def info(request: web.Request) -> web.Response:
        head = {"timezone": "UTC", "serverTime": 1, "futuresType": "U_MARGINED", "assets": []}
        more = {"rateLimits": [], "exchangeFilters": [], "symbols": [BINANCE_USDM]}
        return web.json_response(head | more)

    async def klines(request: web.Request) -> web.Response:
        start, end = int(request.query["startTime"]), int(request.query["endTime"])
        limit = int(request.query["limit"])
        inside = [m * 60_000 for m in THERE if start <= m * 60_000 <= end][:limit]
        rows = [[t, *values(t // 60_000), t + 59_999, "0", 1, "0", "0", "0"] for t in inside]
        return web.json_response(rows)

    async def streams(request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for _ in line:
            continue
        return line

    return {"/fapi/v1/exchangeInfo": info, "/fapi/v1/klines": klines, "/": streams}


SPEAKERS: dict[str, Callable[[], dict[str, Handler]]] = {
    "binance": binance,
    "bybit": bybit,
    "okx": okx,
}
MARKETS = {
    "binance": ("BTC/USDT:USDT", "BTCUSDT-PERP.BINANCE", "klines"),
    "bybit": ("BTC/USDT", "BTCUSDT-SPOT.BYBIT", "kline"),
    "okx": ("BTC/USDT", "BTC-USDT.OKX", "candles"),
}


class Place:
    def __init__(self, root: Path, venue: str, server: Loopback) -> None:
        self.home, self.server, self.name = Home(root), server, f"venue:{venue}"
        self.hours = Hours(NOW * MINUTE + SETTLE_NS)
        self.said: list[str] = []
        self.home.config.mkdir(parents=True, exist_ok=True)
        table = f'["{self.name}"]\nbase_url = "{server.url}"\n'
        (self.home.config / "sources.toml").write_text(table)

    async def pull(self, first: int, last: int, symbol: str = "BTC/USDT") -> Pulled:
        wanted = Wanted(symbol, "1m", (FIRST + first) * MINUTE, (FIRST + last) * MINUTE)
        ways = fetch.Ways(told=self.said.append, clock=self.hours.clock)
        (done,) = await fetch.fetch(
            self.home, self.name, [wanted], Rule(padding_days=0, keep_rows=1), ways
        )
        return done


@asynccontextmanager
async def place(root: Path, venue: str = "bybit") -> AsyncIterator[Place]:
    async with serving(SPEAKERS[venue]()) as server:
        yield Place(root, venue, server)


def inside(first: int, last: int) -> list[int]:
    return [m for m in THERE if first <= m - FIRST < last]


def minutes(home: Home, market_id: str) -> list[int]:
    return [int(t) // MINUTE - 1 for t in stored(home, market_id, "1m").ts_ns]


@pytest.mark.parametrize("venue", SPEAKERS)
async def test_the_venues_own_client_brings_every_bar_once(tmp_path: Path, venue: str) -> None:
    symbol, market_id, path = MARKETS[venue]
    async with place(tmp_path, venue) as here:
        done = await here.pull(500, 2000, symbol)
        assert (done.error, done.missing, done.market_id) == ("", (), market_id)
        assert minutes(here.home, market_id) == inside(500, 2000)
        bars = stored(here.home, market_id, "1m")
        assert bars.open.tolist() == [100 + m % 1000 for m in inside(500, 2000)]
        asked = len(here.server.asked)
        assert (await here.pull(500, 2000, done.market)).rows == 0
        assert len(here.server.asked) == asked
        wider = await here.pull(400, 2100, symbol)
        assert (wider.error, wider.rows) == ("", 200)
        assert len(here.server.to(path)) > 0


async def test_a_perpetual_is_another_market_with_its_own_steps(tmp_path: Path) -> None:
    async with (
        place(tmp_path) as here,
        registry.opened(here.home, "venue:bybit", clock=here.hours.clock) as source,
    ):
        found = await source.listing("BTC/USDT:USDT")
        assert (found.market_id, found.name) == ("BTCUSDT-LINEAR.BYBIT", "BTC/USDT-LINEAR")
        assert (str(found.price_step), str(found.size_step)) == ("0.10", "0.001")
        assert str(found.min_notional) in ("5", "5.00000000")
        assert (await source.listing(found.symbol)).market_id == found.market_id


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, '{"retCode":10006,"retMsg":"Too many visits!"}'),
        Fault(503, "x"),
        Fault(200, "<html>"),
        Fault(cut=True),
    ],
    ids=["429", "503", "html", "reset"],
)
@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_a_fault_that_passes_is_waited_out(tmp_path: Path, venue: str, fault: Fault) -> None:
    async with place(tmp_path, venue) as here:
        here.server.faults["/kline"] = [fault]
        done = await here.pull(500, 600, MARKETS[venue][0])
        assert (done.error, minutes(here.home, done.market_id)) == ("", inside(500, 600))
        assert len(here.said) == 1 and "again in 1" in here.said[0]


@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_an_unknown_market_fails_at_once(tmp_path: Path, venue: str) -> None:
    async with place(tmp_path, venue) as here:
        done = await here.pull(0, 10, "NO/USDT:USDT")
        assert done.exit_code == NotFound.exit_code and "NOUSDT" in done.error
        assert here.hours.waits == []


async def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    async with (
        place(tmp_path) as here,
        registry.opened(here.home, "venue:bybit", here.said.append, here.hours.clock) as source,
    ):
        first = await source.listing("BTC/USDT")
        process: Any = source._process  # type: ignore[attr-defined]  # to kill the real one
        os.kill(process.pid, 9)
        assert await source.listing("BTC/USDT") == first
        assert source._process.pid != process.pid  # type: ignore[attr-defined]


async def test_a_venue_nobody_wrote_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="venue:bybit"):
        async with registry.opened(Home(tmp_path), "venue:nyse"):
            pass


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Bybit error 10001: params error: Symbol Is Invalid", "unknown"),
        ("OKX error 51001: Instrument ID does not exist", "unknown"),
        ("Bybit error 10003: API key is invalid", "key"),
        ("Unexpected HTTP status code 403: forbidden", "key"),
        ("Unexpected HTTP status code 429: slow down", "passing"),
        ("JSON error: expected value at line 1 column 1", "passing"),
        ("OKX does not support Tick aggregation", "usage"),
    ],
)
def test_the_clients_words_say_who_acts(words: str, kind: str) -> None:
    assert kind_of(words) == kind
