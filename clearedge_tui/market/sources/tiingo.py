"""Tiingo: daily bars of US equities and funds, daily and minute bars of crypto pairs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self

import msgspec
import numpy as np

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import columns
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.sources.http import Json
from clearedge_tui.market.sources.model import Ask, Cost, Listing, Page, bars_only
from clearedge_tui.market.sources.paging import forward
from clearedge_tui.market.sources.resilience import Guard
from clearedge_tui.market.timeframes import NS
from clearedge_tui.secrets import Secret

BASE_URL = "https://api.tiingo.com"
_YEAR_S = 366 * 86_400
# Where a long answer is cut, at its end or at its beginning, is not written anywhere: ask for few
_MOST_ROWS = 5_000
_CRYPTO_STEPS = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "1hour"}
_CRYPTO_STEPS["1d"] = "1day"


class _Ticker(msgspec.Struct):
    ticker: str


class _Row(msgspec.Struct):
    """One bar. The adjusted prices are there for equities only."""

    date: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    adjOpen: float | None = None  # their names
    adjHigh: float | None = None
    adjLow: float | None = None
    adjClose: float | None = None
    adjVolume: float | None = None


class _Crypto(msgspec.Struct):
    priceData: list[_Row]


class Tiingo:
    """Symbols are `SPY`, or `BTC/USD` for crypto. Asked for at most a year or 5,000 bars at once."""

    name = "tiingo"
    paid = False

    def __init__(
        self, guard: Guard, key: Secret, base_url: str = BASE_URL, adjusted: bool = True
    ) -> None:
        self._guard = guard
        self._adjusted = adjusted
        self._json = Json(self.name, base_url or BASE_URL, key, guard.clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Nothing stays open between two asks."""

    def revises(self, symbol: str) -> bool:
        return self._adjusted and "/" not in symbol

    async def estimate(self, ask: Ask) -> Cost | None:
        del ask
        return None

    async def listing(self, symbol: str) -> Listing:
        name = clean_text(symbol).strip().upper()
        return await (self._pair(name) if "/" in name else self._equity(name))

    async def _equity(self, name: str) -> Listing:
        await self._get(f"/tiingo/daily/{_plain(name).lower()}", {}, _Ticker)
        venue = "TIINGO" if self._adjusted else "TIINGORAW"  # two series that must never be joined
        digits = 6 if self._adjusted else 4  # a price divided by later dividends has many digits
        step = Decimal(1).scaleb(-digits)
        return Listing(
            symbol=name,
            name=name,
            market_id=f"{name.replace('-', '')}.{venue}",
            venue=venue,
            base=name.replace("-", ""),
            quote="USD",
            asset_class="equity",
            price_precision=digits,
            size_precision=0,
            price_step=step,
            size_step=Decimal(1),
            min_size=Decimal(1),
        )

    async def _pair(self, name: str) -> Listing:
        base, _, quote = name.partition("/")
        asked = {"tickers": _plain(base + quote).lower()}
        if not await self._get("/tiingo/crypto", asked, list[_Ticker]):
            raise NotFound(f"tiingo has no market `{name}`; crypto pairs are written like BTC/USD")
        return Listing(
            symbol=name,
            name=name,
            market_id=f"{base}{quote}.TIINGO",
            venue="TIINGO",
            base=base,
            quote=quote,
            asset_class="crypto",
            price_precision=8,
            size_precision=8,
            price_step=Decimal("1e-8"),
            size_step=Decimal("1e-8"),
            min_size=Decimal("1e-8"),
        )

    async def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        bars_only(self.name, ask)
        crypto = "/" in ask.symbol
        wanted = _CRYPTO_STEPS if crypto else {"1d": "daily"}
        if ask.timeframe not in wanted:
            raise UsageError(
                f"tiingo has no bars of {ask.timeframe} for {ask.symbol}; it has {', '.join(wanted)}"
            )

        async def fetch(since_ns: int, limit: int) -> Bars:
            first = to_datetime(since_ns)
            last = first + timedelta(seconds=limit * ask.period_ns // NS)
            rows = await (self._crypto if crypto else self._daily)(ask, first, last)
            return self._bars(rows)

        limit = min(_MOST_ROWS, max(1, _YEAR_S * NS // ask.period_ns))
        async with aclosing(forward(fetch, ask, limit, self._guard.clock.now_ns)) as pages:
            async for page in pages:
                yield page

    async def _daily(self, ask: Ask, first: datetime, last: datetime) -> list[_Row]:
        asked = {"startDate": f"{first:%Y-%m-%d}", "endDate": f"{last:%Y-%m-%d}", "format": "json"}
        path = f"/tiingo/daily/{_plain(ask.symbol).lower()}/prices"
        return await self._get(path, asked, list[_Row])

    async def _crypto(self, ask: Ask, first: datetime, last: datetime) -> list[_Row]:
        asked = {
            "tickers": _plain(ask.symbol.replace("/", "")).lower(),
            "startDate": f"{first:%Y-%m-%dT%H:%M:%SZ}",
            "endDate": f"{last:%Y-%m-%dT%H:%M:%SZ}",
            "resampleFreq": _CRYPTO_STEPS[ask.timeframe],
        }
        found = await self._get("/tiingo/crypto/prices", asked, list[_Crypto])
        return [row for one in found for row in one.priceData]

    def _bars(self, rows: list[_Row]) -> Bars:
        if not rows:
            return columns.empty()
        opens = np.array([int(row.date.timestamp()) * NS for row in rows], np.int64)
        return Bars.of([opens, *np.array([self._values(row) for row in rows]).T])

    def _values(self, row: _Row) -> tuple[float, ...]:
        plain = (row.open, row.high, row.low, row.close, row.volume)
        if not self._adjusted:
            return plain
        adjusted = (row.adjOpen, row.adjHigh, row.adjLow, row.adjClose, row.adjVolume)
        return tuple(p if a is None else a for p, a in zip(plain, adjusted, strict=True))

    async def _get[T](self, path: str, asked: dict[str, str], wanted: type[T]) -> T:
        return await self._guard.ask(lambda: self._json.get(path, asked, wanted))


def _plain(name: str) -> str:
    """Return a ticker that may stand in a path."""
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise UsageError(f"ticker `{clean_text(name, 40)}`: letters, digits and `-` only")
    return name
