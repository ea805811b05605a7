"""Databento's own client against a server that streams its encoding."""

import builtins
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard
from aiohttp import web

from clearedge_tui import secrets
from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.market import catalog, fetch
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.pull import Rule
from clearedge_tui.market.pull_model import Pulled, Wanted
from clearedge_tui.market.sources import dbn as decode
from clearedge_tui.market.sources import registry
from clearedge_tui.market.sources.model import Cost
from clearedge_tui.settings import Home
from tests.sources.clocks import Hours
from tests.sources.loopback import Fault, Handler, Loopback, serving

dbn: Any = importlib.import_module("databento_dbn")  # its stubs call enums strings
KEY = "db-planted-key-0123456789abcdefgh"
DAY = 86_400 * 10**9
T0 = int(datetime(2024, 1, 2, tzinfo=UTC).timestamp()) * 10**9
END = T0 + 40 * DAY
MINUTE = 60 * 10**9
SCHEMAS = {
    "ohlcv-1m": dbn.Schema.OHLCV_1M,
    "trades": dbn.Schema.TRADES,
    "mbp-1": dbn.Schema.MBP_1,
}


def bar(at: int, price: int = 470_120_000_000) -> Any:
    rtype = dbn.RType.from_schema(dbn.Schema.OHLCV_1M)
    return dbn.OHLCVMsg(rtype, 2, 15, at, price, price + 10**9, price - 10**9, price, 250)


def trade(at: int, number: int) -> Any:
    return dbn.TradeMsg(
        publisher_id=2,
        instrument_id=15,
        ts_event=at - 300,
        price=470_123_456_700,
        size=100 + number,
        action=dbn.Action.TRADE,
        side=dbn.Side.BID if number % 2 else dbn.Side.ASK,
        depth=0,
        ts_recv=at,
        sequence=number,
    )


def quote(at: int, number: int) -> Any:
    level = dbn.BidAskPair(
        bid_px=470_100_000_000,
        ask_px=(2**63 - 1) if number == 3 else 470_110_000_000,
        bid_sz=3,
        ask_sz=4,
    )
    return dbn.MBP1Msg(
        publisher_id=2,
        instrument_id=15,
        ts_event=at,
        price=470_100_000_000,
        size=1,
        action=dbn.Action.ADD,
        side=dbn.Side.BID,
        depth=0,
        ts_recv=at,
        levels=level,
    )


def records(schema: str, start: int, end: int) -> list[Any]:
    """Return what the server holds: 200 minutes and ticks at the beginning of each day."""
    days = range(T0, END, DAY)
    if schema == "ohlcv-1m":
        every = [bar(day + n * MINUTE) for day in days for n in range(200)]
        return [one for one in every if start <= one.ts_event < end]
    make = trade if schema == "trades" else quote
    ticks = [make(day + (n // 2) * 1000, n) for day in days for n in range(10)]
    return [one for one in ticks if start <= one.ts_recv < end]


def encoded(asked: Any, rows: list[Any]) -> bytes:
    schema = SCHEMAS[asked["schema"]]
    head = dbn.Metadata(
        dataset=asked["dataset"],
        start=T0,
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=schema,
        symbols=[asked["symbols"]],
        end=END,
        version=3,
    )
    return zstandard.ZstdCompressor().compress(bytes(head) + b"".join(map(bytes, rows)))


async def stream(request: web.Request) -> web.Response:
    asked = await request.post()
    start, end = int(str(asked["start"])), int(str(asked["end"]))
    return web.Response(body=encoded(asked, records(str(asked["schema"]), start, end)))


async def cost(request: web.Request) -> web.Response:
    return web.json_response(1.25)


async def count(request: web.Request) -> web.Response:
    return web.json_response(4200)


async def until(request: web.Request) -> web.Response:
    end = datetime.fromtimestamp(END // 10**9, UTC)
    return web.json_response({"start": "2018-05-01T00:00:00Z", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"})


ROUTES: dict[str, Handler] = {
    "/v0/timeseries.get_range": stream,
    "/v0/metadata.get_cost": cost,
    "/v0/metadata.get_record_count": count,
    "/v0/metadata.get_billable_size": count,
    "/v0/metadata.get_dataset_range": until,
}


class Place:
    def __init__(self, root: Path, server: Loopback) -> None:
        self.home, self.server = Home(root), server
        self.hours = Hours(END + 10 * DAY)
        self.said: list[str] = []
        self.asked: list[Cost] = []
        self.agree = True
        self.home.config.mkdir(parents=True, exist_ok=True)
        table = f'[databento]\nbase_url = "{server.url}"\ndataset = "XNAS.ITCH"\n'
        (self.home.config / "sources.toml").write_text(table)
        secrets.put(self.home, "databento", KEY)

    async def pull(
        self, first: int, last: int, kind: Kind = Kind.BARS, symbol: str = "SPY"
    ) -> Pulled:
        async def confirm(cost: Cost) -> bool:
            self.asked.append(cost)
            return self.agree

        timeframe = "1m" if kind is Kind.BARS else ""
        wanted = Wanted(symbol, timeframe, T0 + first * DAY, T0 + last * DAY, kind)
        ways = fetch.Ways(told=self.said.append, confirm=confirm, clock=self.hours.clock)
        (done,) = await fetch.fetch(
            self.home, "databento", [wanted], Rule(padding_days=0, keep_rows=1), ways
        )
        return done


@asynccontextmanager
async def place(root: Path) -> AsyncIterator[Place]:
    async with serving(ROUTES) as server:
        yield Place(root, server)


async def test_minutes_come_month_by_month_after_the_price_was_agreed_to(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        done = await here.pull(0, 40)
        assert (done.error, done.missing, done.market_id, done.rows) == ("", (), "SPY.XNAS", 8000)
        assert here.asked == [Cost(Decimal("1.25"), 4200, 4200)]
        bars = catalog.stored(here.home, "SPY.XNAS", "1m")
        assert [int(t) for t in bars.ts_ns[:2]] == [T0 + MINUTE, T0 + 2 * MINUTE]
        assert bars.open[0] == 470.12 and bars.volume[0] == 250
        assert len(here.server.to("get_range")) == 2
        assert (await here.pull(0, 40)).rows == 0
        assert len(here.server.to("get_range")) == 2 and len(here.asked) == 1


async def test_without_consent_nothing_is_fetched(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.agree = False
        with pytest.raises(Refused, match=r"1\.25 USD for 4,200 rows"):
            await here.pull(0, 3)
        assert here.server.to("get_range") == []


async def test_more_than_the_dataset_has_stays_missing(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        done = await here.pull(38, 45)
        assert (done.rows, done.missing) == (400, ((END, T0 + 45 * DAY),))


@pytest.mark.parametrize("batch", [1, 3, 200_000])
async def test_trades_come_exactly_once_however_the_pages_fall(
    tmp_path: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "_BATCH", batch)
    async with place(tmp_path) as here:
        done = await here.pull(0, 2, Kind.TRADES)
        assert (done.error, done.rows, done.missing) == ("", 20, ())
        found = catalog.table(here.home, Key("SPY.XNAS", Kind.TRADES))
        assert found is not None
        rows = found.to_pylist()
        assert [r["size"] for r in rows[:10]] == [Decimal(100 + n) for n in range(10)]
        assert rows[0]["price"] == Decimal("470.1234567")
        assert [r["aggressor_side"] for r in rows[:2]] == ["SELL", "BUY"]
        assert rows[0]["ts_init"].value - rows[0]["ts_event"].value == 300


async def test_quotes_without_one_side_are_left_out(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        done = await here.pull(0, 1, Kind.QUOTES)
        assert (done.error, done.rows) == ("", 9)
        found = catalog.table(here.home, Key("SPY.XNAS", Kind.QUOTES))
        assert found is not None
        assert found.column("ask_price")[0].as_py() == Decimal("470.11")
        assert len(here.server.to("get_range")) == 24  # an hour at a time


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(429, '{"detail":"too many"}', {"Retry-After": "11"}), "again in 11"),
        (Fault(504, "<html>"), "again in 1"),
    ],
    ids=["429", "504"],
)
async def test_a_fault_that_passes_is_waited_out(tmp_path: Path, fault: Fault, words: str) -> None:
    async with place(tmp_path) as here:
        fault.headers = {"Content-Type": "application/json", **fault.headers}
        here.server.faults["get_range"] = [fault]
        assert (await here.pull(0, 1)).rows == 200
        assert len(here.said) == 1 and words in here.said[0]


async def test_a_stream_that_breaks_is_asked_for_again(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.server.faults["get_range"] = [Fault(cut=True)]
        assert (await here.pull(0, 1)).rows == 200
        assert len(here.said) == 1


async def test_a_wrong_key_fails_at_once_and_is_not_repeated(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        words = f'{{"detail":"invalid API key {KEY}"}}'
        here.server.faults["get_dataset_range"] = [Fault(401, words)]
        async with registry.opened(here.home, "databento", clock=here.hours.clock) as source:
            listing = await source.listing("SPY")
            assert listing.market_id == "SPY.XNAS"
        done = await here.pull(0, 1)
        assert "clearedge secret set databento" in done.error and KEY not in done.error
        assert here.hours.waits == []


async def test_garbage_is_no_data(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.server.faults["get_range"] = [Fault(200, "not an encoding of theirs")] * 3
        done = await here.pull(0, 1)
        assert done.error and done.rows == 0
        assert done.missing == ((T0, T0 + DAY),)


async def test_prices_finer_than_the_market_are_refused(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        with (here.home.config / "sources.toml").open("a") as file:
            file.write("price_precision = 1\n")
        assert "price_precision" in (await here.pull(0, 1)).error


async def test_a_symbol_without_a_dataset_is_asked_about(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        done = await here.pull(0, 1, symbol="GLBX.MDP3:ESH4")
        assert (done.market_id, here.server.to("get_range")[0]["dataset"]) == (
            "ESH4.GLBX",
            "GLBX.MDP3",
        )
        table = f'[databento]\nbase_url = "{here.server.url}"\n'
        (here.home.config / "sources.toml").write_text(table)
        assert "XNAS.ITCH:QQQ" in (await here.pull(0, 1, symbol="QQQ")).error


async def test_without_the_package_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    secrets.put(home, "databento", KEY)
    real = builtins.__import__

    def absent(name: str, *more: Any) -> Any:
        if name.startswith("databento"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"pip install 'clearedge-tui\[sources\]'"):
        async with registry.opened(home, "databento"):
            pass
