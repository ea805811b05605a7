"""Whatever a client says, the venue answers or refuses, and goes on."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.venue_sim.binance.public import PUBLIC as BINANCE_PUBLIC
from clearedge_tui.venue_sim.binance.rest import SIGNED
from clearedge_tui.venue_sim.binance.streams import Streams as BinanceStreams
from clearedge_tui.venue_sim.bybit.rest import PRIVATE, PUBLIC
from clearedge_tui.venue_sim.bybit.streams import Streams as BybitStreams
from clearedge_tui.venue_sim.bybit.writes import WRITES
from clearedge_tui.venue_sim.okx import calls as okx_calls
from clearedge_tui.venue_sim.okx.streams import Streams as OkxStreams
from clearedge_tui.venue_sim.sim import VenueSim
from tests.venue_sim.clients import running

STREAMS: dict[str, Any] = {"bybit": BybitStreams, "binance": BinanceStreams, "okx": OkxStreams}
PATHS = {
    "bybit": [*(("GET", p) for p in [*PUBLIC, *PRIVATE]), *(("POST", p) for p in WRITES)],
    "binance": [*(("GET", p) for p in BINANCE_PUBLIC), *SIGNED],
    "okx": [
        *(("GET", p) for p in [*okx_calls.PUBLIC, *okx_calls.PRIVATE]),
        *(("POST", p) for p in okx_calls.WRITES),
    ],
}
words = st.sampled_from(
    ["BTCUSDT", "BTC-USDT", "candle1m", "bbo-tbt", "limit", "buy", "linear", "spot", "Buy", "BUY", "Market", "LIMIT", "GTC", "0.1", "40000", "-1", "1e9",
     "NaN", "Infinity", "", "x" * 50, "\x00\x1b[31m"]
)  # fmt: skip
scalars = (
    words
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
names = st.sampled_from(
    ["category", "symbol", "side", "orderType", "type", "qty", "quantity", "price", "triggerPrice",
     "triggerDirection", "timeInForce", "orderId", "orderLinkId", "origClientOrderId", "apiKey",
     "request", "reduceOnly", "channel", "instId", "ordType", "sz", "px", "clOrdId", "ordId"]
)  # fmt: skip
params = st.dictionaries(names, scalars | st.lists(scalars, max_size=2), max_size=10)
said = st.one_of(
    st.fixed_dictionaries(
        {"op": st.sampled_from(
            ["auth", "subscribe", "ping", "order.create", "order.amend", "order.cancel",
             "order.create-batch", "order.cancel-all", "login", "order", "batch-orders",
             "amend-order", "cancel-order", "nothing"]
        ), "args": st.lists(params | scalars, max_size=2) | scalars}
    ),
    st.fixed_dictionaries(
        {"method": st.sampled_from(
            ["order.place", "order.modify", "order.cancel", "order.status", "SUBSCRIBE", "nothing"]
        ), "params": params | st.lists(scalars, max_size=2) | scalars, "id": scalars}
    ),
    params,
)  # fmt: skip


class Ear:
    """A socket without a network."""

    def __init__(self, kind: str) -> None:
        self.kind, self.about, self.account = kind, "linear", "main"
        self.topics: set[str] = set()
        self.heard: list[bytes] = []

    def put(self, message: bytes) -> None:
        self.heard.append(message)


@pytest.mark.parametrize("venue", STREAMS)
@pytest.mark.parametrize("kind", ["public", "private", "trade"])
@settings(max_examples=60, deadline=None)
@given(messages=st.lists(said, min_size=1, max_size=8))
def test_nonsense_on_a_socket_is_answered_each_time(
    venue: str, kind: str, messages: list[dict[str, Any]]
) -> None:
    sim = VenueSim(venue=venue)
    ear: Any = Ear(kind)

    async def speak() -> None:
        for message in messages:
            before = len(ear.heard)
            await STREAMS[venue](sim.floor).hear(ear, json.dumps(message), "/")
            assert len(ear.heard) > before
            json.loads(ear.heard[before])
        await STREAMS[venue](sim.floor).hear(ear, "{not json", "/")

    asyncio.run(speak())
    assert all(request.outcome and request.answered for request in sim.requests())
    assert all(order.size > 0 for order in sim.orders())


QUERIES: list[dict[str, str]] = [
    {},
    {"category": "linear", "symbol": "NOPE", "limit": "x"},
    {"category": "linear", "symbol": "BTCUSDT", "interval": "?", "startTime": "z", "cursor": "%%"},
    {"category": "spot", "symbol": "BTCUSDT", "interval": "0", "limit": "-5", "endTime": "-1"},
]


@pytest.mark.parametrize("venue", STREAMS)
async def test_nonsense_over_http_is_answered_each_time(venue: str) -> None:
    asks = [(method, path) for method, path in PATHS[venue] for _ in QUERIES]
    async with running(venue=venue) as sim, aiohttp.ClientSession() as session:
        keys = {"X-BAPI-API-KEY": "k", "X-MBX-APIKEY": "k", "OK-ACCESS-KEY": "k"}
        for (method, path), query in zip(asks, QUERIES * (len(asks) // len(QUERIES)), strict=True):
            url = sim.http_url + path
            said: Any = (
                {"params": query} if method == "GET" or venue == "binance" else {"json": query}
            )
            async with session.request(method, url, headers=keys, **said) as answer:
                assert answer.status < 500, (method, path, query)
                assert isinstance(await answer.json(), dict | list)
        assert len(sim.requests()) == len(asks)
        assert not sim.requests("unknown")
