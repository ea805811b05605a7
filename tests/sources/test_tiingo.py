"""Tiingo's wire format on loopback: equities by day, crypto by minute, and what goes wrong."""

import gzip
import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from clearedge_tui import secrets
from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.market import fetch
from clearedge_tui.market.catalog import stored
from clearedge_tui.market.markets import load_markets
from clearedge_tui.market.pull import Rule
from clearedge_tui.market.pull_model import Pulled, Wanted
from clearedge_tui.market.sources import registry
from clearedge_tui.settings import Home
from tests.sources.clocks import Hours
from tests.sources.loopback import Fault, Handler, Loopback, serving

KEY = "t1ngo-planted-key"
DAY0 = datetime(2022, 1, 1, tzinfo=UTC)
TODAY = datetime(2024, 3, 2, 12, tzinfo=UTC)
DAY_NS = 86_400 * 10**9
# weekdays, to yesterday
DAYS = [d for n in range(791) if (d := DAY0 + timedelta(days=n)).weekday() < 5]


def ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9


def daily(day: datetime) -> dict[str, Any]:
    price = 100 + (day - DAY0).days / 10
    return {
        "date": f"{day:%Y-%m-%dT%H:%M:%S}.000Z",
        "close": price,
        "high": price + 1,
        "low": price - 1,
        "open": price,
        "volume": 1000,
        "adjClose": price / 2,
        "adjHigh": price / 2 + 0.5,
        "adjLow": price / 2 - 0.5,
        "adjOpen": price / 2,
        "adjVolume": 2000,
        "divCash": 0.0,
        "splitFactor": 1.0,
    }


def minute(moment: datetime) -> dict[str, Any]:
    return {
        "date": f"{moment:%Y-%m-%dT%H:%M:%S}+00:00",
        "open": 1.0,
        "high": 2.0,
        "low": 0.5,
        "close": 1.5,
        "volume": 0.25,
        "volumeNotional": 0.3,
        "tradesDone": 7.0,
    }


async def describe(request: web.Request) -> web.Response:
    return web.json_response({"ticker": "SPY", "name": "SPDR", "exchangeCode": "NYSE ARCA"})


async def prices(request: web.Request) -> web.Response:
    first, last = request.query["startDate"], request.query["endDate"]
    return web.json_response([daily(d) for d in DAYS if first <= f"{d:%Y-%m-%d}" <= last])


async def pairs(request: web.Request) -> web.Response:
    known = [{"ticker": "btcusd", "baseCurrency": "btc", "quoteCurrency": "usd"}]
    return web.json_response(known if request.query["tickers"] == "btcusd" else [])


async def crypto(request: web.Request) -> web.Response:
    """Answer at most 500 minutes, as if the limit of rows cut the year short."""
    first = datetime.fromisoformat(request.query["startDate"])
    last = datetime.fromisoformat(request.query["endDate"])
    count = min(500, int((last - first).total_seconds() // 60) + 1)
    found = [minute(first + timedelta(minutes=n)) for n in range(count)]
    return web.json_response([{"ticker": "btcusd", "priceData": found}])


ROUTES: dict[str, Handler] = {
    "/tiingo/daily/spy": describe,
    "/tiingo/daily/spy/prices": prices,
    "/tiingo/crypto": pairs,
    "/tiingo/crypto/prices": crypto,
}


class Place:
    def __init__(self, root: Path, server: Loopback, more: str = "") -> None:
        self.home, self.server = Home(root), server
        self.hours = Hours(ns(TODAY))
        self.said: list[str] = []
        self.home.config.mkdir(parents=True, exist_ok=True)
        table = f'[tiingo]\nbase_url = "{server.url}"\n{more}'
        (self.home.config / "sources.toml").write_text(table)
        secrets.put(self.home, "tiingo", KEY)

    async def pull(
        self, symbol: str, timeframe: str, first: datetime, last: datetime | None = None
    ) -> Pulled:
        wanted = Wanted(symbol, timeframe, ns(first), ns(last) if last else 0)
        ways = fetch.Ways(told=self.said.append, clock=self.hours.clock)
        (done,) = await fetch.fetch(self.home, "tiingo", [wanted], Rule(padding_days=0), ways)
        return done


@asynccontextmanager
async def place(root: Path, more: str = "") -> AsyncIterator[Place]:
    async with serving(ROUTES) as server:
        yield Place(root, server, more)


async def test_adjusted_days_come_in_yearly_pieces_with_the_key_in_a_header(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        done = await here.pull("spy", "1d", DAY0)
        assert (done.error, done.missing, done.market_id) == ("", (), "SPY.TIINGO")
        bars = stored(here.home, "SPY.TIINGO", "1d")
        assert [int(t) for t in bars.ts_ns] == [ns(d) + DAY_NS for d in DAYS]
        assert bars.close.tolist() == [
            pytest.approx(50 + (d - DAY0).days / 20, abs=1e-6) for d in DAYS
        ]
        assert bars.volume[0] == 2000
        asked = here.server.to("/prices")
        spans = [
            datetime.fromisoformat(q["endDate"]) - datetime.fromisoformat(q["startDate"])
            for q in asked
        ]
        assert max(spans) <= timedelta(days=366) and len(asked) <= 4
        assert all(h["Authorization"] == f"Token {KEY}" for h in here.server.headers)
        assert KEY not in repr(here.server.asked)


async def test_prices_as_traded_are_a_market_of_their_own(tmp_path: Path) -> None:
    async with place(tmp_path, "adjusted = false\n") as here:
        done = await here.pull("SPY", "1d", DAY0, DAY0 + timedelta(days=20))
        assert done.market_id == "SPY.TIINGORAW"
        assert stored(here.home, done.market_id, "1d").close[0] == pytest.approx(100.2)


async def test_minutes_of_crypto_go_on_where_an_answer_was_cut_short(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        done = await here.pull("BTC/USD", "1m", DAY0, DAY0 + timedelta(minutes=1700))
        assert (done.error, done.rows, done.missing) == ("", 1700, ())
        market = load_markets(here.home)["BTCUSD.TIINGO"]
        assert (market.asset_class, market.source) == ("crypto", "tiingo")


async def test_sync_brings_the_new_days_only(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        await here.pull("SPY", "1d", DAY0, DAYS[-10])
        asked = len(here.server.to("/prices"))
        ways = fetch.Ways(clock=here.hours.clock)
        (done,) = await fetch.sync(here.home, ways=ways)
        assert (done.rows, done.missing) == (10, ())
        first = DAYS[-10] - timedelta(days=7)  # some known days come again, to be compared
        assert here.server.to("/prices")[asked]["startDate"] == f"{first:%Y-%m-%d}"
        assert await fetch.sync(here.home, ways=ways) == []


async def test_a_dividend_since_the_last_pull_is_noticed_and_nothing_is_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path) as here:
        await here.pull("SPY", "1d", DAY0, DAYS[-10])
        before = stored(here.home, "SPY.TIINGO", "1d")
        real = daily

        def lower(day: datetime) -> dict[str, Any]:
            found = real(day)
            return found | {k: found[k] * 0.99 for k in found if k.startswith("adj")}

        monkeypatch.setitem(globals(), "daily", lower)
        (done,) = await fetch.sync(here.home, ways=fetch.Ways(clock=here.hours.clock))
        assert "dividend" in done.error and done.rows == 0
        assert len(stored(here.home, "SPY.TIINGO", "1d")) == len(before)


async def test_a_run_can_ask_for_what_it_needs(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        await here.pull("SPY", "1d", DAYS[100], DAYS[200])
        market = load_markets(here.home)["SPY.TIINGO"]
        ways = fetch.Ways(clock=here.hours.clock)
        first, last = ns(DAYS[90]), ns(DAYS[210])
        done = await fetch.ensure(here.home, market, "1d", first, last, Rule(0), ways)
        assert (done.rows, done.missing) == (20, ())


async def test_compressed_answers_are_read_and_broken_ones_asked_for_again(tmp_path: Path) -> None:
    async def packed(request: web.Request) -> web.Response:
        body = gzip.compress(json.dumps([daily(d) for d in DAYS[:50]]).encode())
        answers.append(body if answers else body[:-20])
        return web.Response(body=answers[-1], headers={"Content-Encoding": "gzip"})

    answers: list[bytes] = []
    async with serving({**ROUTES, "/tiingo/daily/spy/prices": packed}) as server:
        here = Place(tmp_path, server)
        done = await here.pull("SPY", "1d", DAYS[0], DAYS[50])
        assert (done.error, done.rows, len(here.said)) == ("", 50, 1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(429, '{"detail":"hourly allocation"}', {"Retry-After": "30"}), "again in 30"),
        (Fault(502, "bad gateway"), "again in 1"),
        (Fault(cut=True), "again in 1"),
        (Fault(200, "<html>"), "again in 1"),
        (Fault(200, '[{"date": "yesterday"}]'), "again in 1"),
        (Fault(200, '{"detail": "odd"}'), "again in 1"),
    ],
    ids=["429", "502", "reset", "html", "row", "shape"],
)
async def test_a_fault_that_passes_is_waited_out(tmp_path: Path, fault: Fault, words: str) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/prices"] = [fault]
        done = await here.pull("SPY", "1d", DAY0, DAYS[50])
        assert (done.error, done.rows) == ("", 50)
        assert len(here.said) == 1 and words in here.said[0]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(401, '{"detail":"Invalid token."}'), UsageError, "clearedge secret set tiingo"),
        (Fault(403, '{"detail":"not your plan"}'), UsageError, "not your plan"),
        (Fault(404, '{"detail":"Error: Ticker \'SPY\' not found"}'), NotFound, "not found"),
        (Fault(302, "", {"Location": "https://elsewhere.example/"}), UsageError, "302"),
    ],
    ids=["key", "plan", "ticker", "redirect"],
)
async def test_what_waiting_cannot_mend_fails_at_once(
    tmp_path: Path, fault: Fault, error: type[UsageError], words: str
) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/tiingo"] = [fault]
        done = await here.pull("SPY", "1d", DAY0)
        assert done.exit_code == error.exit_code and words in done.error
        assert (len(here.server.asked), here.hours.waits) == (1, [])


@pytest.mark.parametrize("symbol", ["NO/PAIR", "../daily", "S P Y", "SPY?x=1", ""])
async def test_odd_names_are_refused(tmp_path: Path, symbol: str) -> None:
    async with place(tmp_path) as here:
        assert (await here.pull(symbol, "1d", DAY0)).exit_code == 2


async def test_a_length_it_does_not_have_names_what_it_has(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        assert "it has daily" not in (await here.pull("SPY", "1d", DAY0, DAYS[5])).error
        assert "it has 1d" in (await here.pull("SPY", "1m", DAY0)).error


async def test_without_a_key_it_says_how_to_set_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="clearedge secret set tiingo"):
        async with registry.opened(Home(tmp_path), "tiingo"):
            pass


@pytest.mark.parametrize("status", [200, 401, 429, 500])
async def test_the_key_is_in_no_message_log_or_trace(
    tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/tiingo"] = [Fault(status, f'"you sent {KEY}"')] * 3
        with caplog.at_level(logging.DEBUG):
            done = await here.pull("SPY", "1d", DAY0)
        left = "".join(p.read_text("utf-8", "replace") for p in here.home.state.rglob("*.json"))
        assert done.error
        assert KEY not in caplog.text + repr(done) + left + " ".join(here.said)


async def test_the_trace_of_a_failure_holds_no_key(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.server.faults["/tiingo"] = [Fault(400, f"you sent {KEY}")]
        async with registry.opened(here.home, "tiingo", clock=here.hours.clock) as source:
            with pytest.raises(UsageError, match="400") as caught:
                await source.listing("SPY")
        assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "table", ["[tiingo]\nadjusted = 5", "[tiingo]\nkey = 'x'", "[tiingo", "tiingo = 3"]
)
async def test_bad_settings_name_file_and_key(tmp_path: Path, table: str) -> None:
    home = Home(tmp_path)
    home.config.mkdir()
    (home.config / "sources.toml").write_text(table)
    with pytest.raises(UsageError, match=r"sources\.toml"):
        async with registry.opened(home, "tiingo"):
            pass
