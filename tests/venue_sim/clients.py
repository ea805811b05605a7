"""ccxt's own clients pointed at our venue, with keys that are checked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from clearedge_tui.venue_sim.sim import VenueSim


def moved(urls: Any, base: str) -> Any:
    """Return ccxt's addresses with another host, paths kept."""
    if isinstance(urls, dict):
        return {name: moved(url, base) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    path = urls.split("://", 1)[-1].partition("/")
    return base + (path[1] + path[2])


@asynccontextmanager
async def ccxt_client(sim: VenueSim, **config: Any) -> AsyncIterator[Any]:
    """Give a client of ccxt that knows the markets."""
    import ccxt.async_support as ccxt

    words = {"apiKey": "sim-key", "secret": "sim-secret", "enableRateLimit": False, "timeout": 3000}
    exchange = getattr(ccxt, config.pop("exchange", sim.venue))(words | config)
    exchange.has["fetchCurrencies"] = False
    exchange.urls["api"] = moved(exchange.urls["api"], sim.http_url)
    try:
        await exchange.load_markets()
        yield exchange
    finally:
        await exchange.close()


@asynccontextmanager
async def running(**words: Any) -> AsyncIterator[VenueSim]:
    """Give a venue that listens, and close it."""
    sim = VenueSim(**words)
    await sim.start()
    try:
        yield sim
    finally:
        await sim.stop()
