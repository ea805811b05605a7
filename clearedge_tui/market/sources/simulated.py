"""The built-in market as a source: no network, no key, every minute of it the same everywhere."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal
from typing import Self

from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import simulated
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.samples import SEED
from clearedge_tui.market.sources.model import Ask, Cost, Listing, Page, bars_only
from clearedge_tui.market.sources.paging import forward
from clearedge_tui.market.sources.resilience import Guard

_LIMIT = 10_080


class Simulated:
    """Minutes of `SIM/USDT`, as `data sample` writes them."""

    name = "simulated"
    paid = False

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Nothing stays open."""

    def revises(self, symbol: str) -> bool:
        del symbol
        return False

    async def estimate(self, ask: Ask) -> Cost | None:
        del ask
        return None

    async def listing(self, symbol: str) -> Listing:
        market = simulated.market()
        if symbol.strip().upper() not in (market.symbol, market.market_id):
            raise NotFound(f"simulated has no market `{clean_text(symbol, 40)}`; it has SIM/USDT")
        step = Decimal(1).scaleb(-market.price_precision)
        return Listing(
            symbol=market.symbol,
            name=market.symbol,
            market_id=market.market_id,
            venue=market.venue,
            base=market.base,
            quote=market.quote,
            asset_class=market.asset_class,
            price_precision=market.price_precision,
            size_precision=market.size_precision,
            price_step=step,
            size_step=market.min_size,
            min_size=market.min_size,
        )

    async def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        bars_only(self.name, ask)
        if ask.timeframe != "1m":
            raise UsageError("simulated has bars of 1m; longer ones are made on the fly")

        async def made(since_ns: int, limit: int) -> Bars:
            rows = simulated.bars(SEED, -(-since_ns // simulated.MINUTE_NS), limit)
            return Bars.of([rows.ts_ns - simulated.MINUTE_NS, *rows.columns()[1:]])

        async with aclosing(forward(made, ask, _LIMIT, self._guard.clock.now_ns)) as pages:
            async for page in pages:
                yield page
