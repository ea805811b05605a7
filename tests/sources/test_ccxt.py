"""ccxt's own client against servers that speak as Binance and Bybit do."""

import builtins
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from clearedge_tui.core.errors import ClearEdgeError, NotFound, RetryLater, UsageError
from clearedge_tui.market import fetch
from clearedge_tui.market.catalog import stored
from clearedge_tui.market.layout import Kind
from clearedge_tui.market.pull import Rule
from clearedge_tui.market.pull_model import Wanted
from clearedge_tui.market.sources import breaker, registry
from clearedge_tui.market.sources.model import Ask, Source
from clearedge_tui.market.sources.paging import SETTLE_NS
from clearedge_tui.settings import Home
from tests.sources.clocks import Hours
from tests.sources.loopback import Fault, Handler, Loopback, serving
from tests.sources.symbols import BINANCE_SYMBOL, BINANCE_USDM, BYBIT_SYMBOL
from tests.sources.venues import MINUTE, Venue

FIRST = 29_000_000  # a minute of 2025
THERE = [FIRST + m for m in range(-100, 3000) if not 1200 <= m < 1300]
NOW = FIRST + 3000
TOKEN = "BTC/USDT"


def rows(venue: Venue, request: web.Request, start: str, most: int) -> list[list[str]]:
    """Return the candles asked for, as strings, the growing one among them."""
    since = int(request.query[start]) // 60_000
    limit = min(int(request.query["limit"]), most)
    found = [m for m in [*venue.minutes, NOW] if m >= since][:limit]
    return [
        [str(m * 60_000), *(f"{100 + m % 1000 + d:.2f}" for d in (0, 1, -1, 0.5)), str(m % 7 + 1)]
        for m in found
    ]


def binance(venue: Venue) -> dict[str, Handler]:
    async def info(request: web.Request) -> web.Response:
        return web.json_response({"timezone": "UTC", "symbols": [BINANCE_SYMBOL]})

    async def futures(request: web.Request) -> web.Response:
        return web.json_response({"timezone": "UTC", "symbols": [BINANCE_USDM]})

    async def nothing(request: web.Request) -> web.Response:
        return web.json_response({"timezone": "UTC", "symbols": []})

    async def klines(request: web.Request) -> web.Response:
        found = [
            [int(r[0]), *r[1:], int(r[0]) + 59_999, "0", 7, "0", "0", "0"]
            for r in rows(venue, request, "startTime", 400)
        ]
        return web.json_response(found)

    return {
        "/api/v3/exchangeInfo": info,
        "/fapi/v1/exchangeInfo": futures,
        "/dapi/v1/exchangeInfo": nothing,
        "/api/v3/klines": klines,
    }


def bybit(venue: Venue) -> dict[str, Handler]:
    async def info(request: web.Request) -> web.Response:
        known = [BYBIT_SYMBOL] if request.query["category"] == "spot" else []
        return web.json_response(said({"category": request.query["category"], "list": known}))

    async def kline(request: web.Request) -> web.Response:
        found = [[*r, "0"] for r in rows(venue, request, "start", 700)]
        return web.json_response(
            said({"symbol": "BTCUSDT", "category": "spot", "list": found[::-1]})
        )

    def said(result: dict[str, Any]) -> dict[str, Any]:
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}

    return {"/v5/market/instruments-info": info, "/v5/market/kline": kline}


SPEAKERS = {"binance": binance, "bybit": bybit}


class Place:
    """A home set up for one venue on loopback, with a clock that nobody waits for."""

    def __init__(self, root: Path, name: str, server: Loopback) -> None:
        self.home, self.name, self.server = Home(root), name, server
        self.hours = Hours(NOW * MINUTE + SETTLE_NS)
        self.said: list[str] = []
        self.home.config.mkdir(parents=True, exist_ok=True)
        table = f'[{name}]\nbase_url = "{server.url}"\nfailures = 2\n'
        (self.home.config / "sources.toml").write_text(table)

    def source(self) -> Any:
        return registry.opened(self.home, self.name, self.said.append, self.hours.clock)

    async def pull(self, first: int, last: int, symbol: str = TOKEN) -> Any:
        wanted = Wanted(symbol, "1m", (FIRST + first) * MINUTE, (FIRST + last) * MINUTE)
        ways = fetch.Ways(told=self.said.append, clock=self.hours.clock)
        (done,) = await fetch.fetch(
            self.home, self.name, [wanted], Rule(padding_days=0, keep_rows=1), ways
        )
        return done

    def stored(self) -> list[int]:
        bars = stored(self.home, f"BTCUSDT.{self.name.upper()}", "1m")
        return [int(close) // MINUTE - 1 for close in bars.ts_ns]


@asynccontextmanager
async def place(root: Path, name: str = "binance") -> AsyncIterator[Place]:
    async with serving(SPEAKERS[name](Venue(THERE))) as server:
        yield Place(root, name, server)


def inside(first: int, last: int) -> list[int]:
    return [m for m in THERE if first <= m - FIRST < last]


@pytest.mark.parametrize("name", SPEAKERS)
async def test_a_pull_brings_every_bar_once_and_again_asks_nothing(
    tmp_path: Path, name: str
) -> None:
    async with place(tmp_path, name) as here:
        done = await here.pull(0, 4000)
        assert (done.error, done.missing, done.market_id) == ("", (), f"BTCUSDT.{name.upper()}")
        assert here.stored() == inside(0, 3000)  # not the growing one
        asked = len(here.server.asked)
        assert (await here.pull(0, 4000)).rows == 0
        assert len(here.server.asked) == asked
        bars = stored(here.home, done.market_id, "1m")
        assert bars.open.tolist() == [100 + m % 1000 for m in here.stored()]


@pytest.mark.parametrize("name", SPEAKERS)
async def test_a_market_comes_with_its_steps_and_fees(tmp_path: Path, name: str) -> None:
    async with place(tmp_path, name) as here, here.source() as source:
        for written in ("BTC/USDT", "btc/usdt", "BTCUSDT"):
            found = await source.listing(written)
            assert (found.price_precision, found.size_precision) == (2, 5)
            assert (str(found.price_step), str(found.min_notional)) in (
                ("0.01", "5"),
                ("0.01", "5.0"),
            )
            assert str(found.taker_fee) == "0.001" and found.base == "BTC"


async def test_a_perpetual_is_asked_for_by_any_of_its_names(tmp_path: Path) -> None:
    async with place(tmp_path) as here, here.source() as source:
        found = await source.listing("BTC/USDT:USDT")
        assert (found.name, found.market_id) == ("BTC/USDT-PERP", "BTCUSDT-PERP.BINANCE")
        assert await source.listing("BTC/USDT-PERP") == found


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            Fault(429, '{"code":-1003,"msg":"Too many requests"}', {"Retry-After": "7"}),
            "again in 7",
        ),
        (Fault(418, '{"code":-1003,"msg":"banned"}', {"Retry-After": "9"}), "again in 9"),
        (Fault(500, "oops"), "again in 1"),
        (Fault(503, "<html>maintenance</html>"), "again in 1"),
        (Fault(cut=True), "again in 1"),
        (Fault(200, "<html>a proxy speaks</html>"), "again in 1"),
        (Fault(200, '[["x", null'), "again in 1"),
        (Fault(200, '{"surprise": 1}'), "again in 1"),
    ],
    ids=["429", "418", "500", "503", "reset", "html", "garbage", "shape"],
)
async def test_a_fault_that_passes_is_waited_out(tmp_path: Path, fault: Fault, words: str) -> None:
    async with place(tmp_path) as here:
        fault.after = 2
        here.server.faults["/klines"] = [fault]
        done = await here.pull(0, 3000)
        assert (done.error, here.stored()) == ("", inside(0, 3000))
        assert len(here.said) == 1 and words in here.said[0]


async def test_a_break_keeps_what_came_and_the_next_pull_goes_on_there(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/klines"] = [Fault(503, "x", after=2), Fault(503, "x"), Fault(503, "x")]
        done = await here.pull(0, 1200)
        assert "tried 3 times" in done.error.lower() and done.exit_code == RetryLater.exit_code
        assert here.stored() == inside(0, 800)
        assert done.missing == (((FIRST + 800) * MINUTE, (FIRST + 1200) * MINUTE),)
        before = len(here.server.to("/klines"))
        assert (await here.pull(0, 1200)).missing == ()
        again = [int(q["startTime"]) // 60_000 - FIRST for q in here.server.to("/klines")[before:]]
        assert again == [800]


async def test_a_venue_that_stays_down_is_left_alone_and_shown_so(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/api"] = [Fault(503, "x")] * 6
        for _ in range(2):
            assert (await here.pull(0, 500)).error
        asked = len(here.server.asked)
        assert "left alone" in (await here.pull(0, 500)).error
        assert len(here.server.asked) == asked
        light = breaker.states(here.home)["binance"].light(here.hours.now_ns)
        assert light is breaker.Light.OPEN
        here.hours.pass_s(61)
        assert (await here.pull(0, 500)).error == ""


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}', UsageError),
        ('{"code":-1121,"msg":"Invalid symbol."}', NotFound),
    ],
)
async def test_what_waiting_cannot_mend_fails_at_once(
    tmp_path: Path, body: str, error: type[ClearEdgeError]
) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/klines"] = [Fault(400, body)]
        done = await here.pull(0, 500)
        assert done.exit_code == error.exit_code and "binance" in done.error
        assert len(here.server.to("/klines")) == 1 and max(here.hours.waits, default=0) < 1


async def test_an_unknown_market_or_length_names_what_there_is(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        assert "nearest: BTC/USDT" in (await here.pull(0, 9, "BTC/USDX")).error
        wanted = Ask("BTC/USDT", "BTCUSDT.BINANCE", "10m", Kind.BARS, 0, MINUTE)
        async with here.source() as source:
            with pytest.raises(UsageError, match="it has 1s, 1m, 3m"):
                await first_page(source, wanted)
            with pytest.raises(UsageError, match="not trades"):
                await first_page(source, Ask("BTC/USDT", "X.Y", "", Kind.TRADES, 0, MINUTE))


async def first_page(source: Source, wanted: Ask) -> object:
    return await anext(source.pages(wanted))


async def test_without_ccxt_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def absent(name: str, *more: Any) -> Any:
        if name.startswith("ccxt"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"pip install 'clearedge-tui\[sources\]'"):
        async with registry.opened(Home(tmp_path), "binance"):
            pass


async def test_an_exchange_nobody_knows_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nearest: binance"):
        async with registry.opened(Home(tmp_path), "binanze"):
            pass
