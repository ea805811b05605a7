"""Crypto venues through ccxt's asynchronous client: public bars, no key needed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import msgspec
import numpy as np

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import ClearEdgeError, NotFound, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import columns
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.sources import faults
from clearedge_tui.market.sources.model import Ask, Cost, Listing, Page, bars_only
from clearedge_tui.market.sources.paging import forward
from clearedge_tui.market.sources.resilience import Guard

_MS = 1_000_000
_TIMEOUT_MS = 20_000
_FALLBACK_LIMIT = 500
_Number = float | None
_Row = tuple[int, _Number, _Number, _Number, _Number, _Number]
_MISSING = "source {}: ccxt is not installed; install it: pip install 'clearedge-tui[sources]'"


class CcxtSource:
    """One venue. ccxt is imported when it is opened, which takes seconds the first time."""

    paid = False

    def __init__(
        self, venue: str, guard: Guard, base_url: str = "", options: dict[str, Any] | None = None
    ) -> None:
        self.name = venue
        self._guard = guard
        self._base_url = base_url
        self._options = options or {}
        self._ccxt: Any = None
        self._venue: Any = None

    async def __aenter__(self) -> Self:
        try:
            import ccxt.async_support as ccxt
        except ImportError:
            raise UsageError(_MISSING.format(self.name)) from None
        if self.name not in ccxt.exchanges:
            raise NotFound(
                f"no source `{clean_text(self.name)}`{nearest(self.name, ccxt.exchanges)}; "
                "see: clearedge data sources"
            )
        self._ccxt = ccxt
        # its own throttle sleeps on the real clock; pacing is the guard's
        self._venue = getattr(ccxt, self.name)(
            {
                "enableRateLimit": False,
                "enableLastJsonResponse": True,
                "timeout": _TIMEOUT_MS,
                "options": self._options,
            }
        )
        self._guard.pace_s = self._guard.pace_s or float(self._venue.rateLimit) / 1000
        if self._base_url:
            self._venue.urls["api"] = _moved(self._venue.urls["api"], self._base_url)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._venue is not None:
            await self._venue.close()

    def revises(self, symbol: str) -> bool:
        del symbol
        return False

    async def estimate(self, ask: Ask) -> Cost | None:
        del ask
        return None

    async def listing(self, symbol: str) -> Listing:
        if not self._venue.markets:
            await self._asked(self._venue.load_markets)
        wanted = clean_text(symbol).strip()
        found = self._venue.markets.get(wanted) or self._venue.markets.get(wanted.upper())
        if found is None:  # as the venue writes it: BTCUSDT. A spot market goes before the others
            same = self._venue.markets_by_id.get(wanted.upper(), [])
            named = (m for m in self._venue.markets.values() if _name(m) == wanted.upper())
            found = next(iter(sorted(same, key=lambda one: not one.get("spot"))), next(named, None))
        if found is None:
            raise NotFound(
                f"{self.name} has no market `{wanted}`{nearest(wanted, self._venue.symbols)}"
            )
        return _listing(self.name, found, int(self._venue.precisionMode))

    async def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        bars_only(self.name, ask)
        known = self._venue.timeframes or {}
        if ask.timeframe not in known:
            raise UsageError(
                f"{self.name} has no bars of {ask.timeframe}; it has {', '.join(known)}. "
                "Longer ones are made on the fly"
            )

        async def fetch(since_ns: int, limit: int) -> Bars:
            return await self._asked(lambda: self._fetch(ask, since_ns, limit))

        async with aclosing(
            forward(fetch, ask, self._limit(ask.symbol), self._guard.clock.now_ns)
        ) as pages:
            async for page in pages:
                yield page

    async def _fetch(self, ask: Ask, since_ns: int, limit: int) -> Bars:
        since = -(-since_ns // _MS)
        rows = await self._venue.fetch_ohlcv(ask.symbol, ask.timeframe, since, limit)
        if not rows and not _has_list(self._venue.last_json_response):
            # ccxt makes no rows of a web page or an odd answer: that must not pass for "no trades"
            raise faults.Passing(f"{self.name}: an answer without rows, and without room for any")
        return _bars(rows)

    def _limit(self, symbol: str) -> int:
        told = self._venue.feature_value(symbol, "fetchOHLCV", "limit", _FALLBACK_LIMIT)
        return int(told or _FALLBACK_LIMIT)

    async def _asked[T](self, call: Callable[[], Awaitable[T]]) -> T:
        async def translated() -> T:
            self._venue.last_response_headers = {}
            try:
                return await call()
            except self._ccxt.BaseError as error:
                raise self._fault(error) from None

        return await self._guard.ask(translated)

    def _fault(self, error: Exception) -> ClearEdgeError:
        known = self._ccxt
        said = f"{self.name}: {type(error).__name__}: {clean_text(error, 200)}"
        if isinstance(error, known.OperationFailed) or _broken_off(error):
            headers = self._venue.last_response_headers or {}
            return faults.Passing(said, faults.retry_after_s(headers, self._guard.clock.now_ns()))
        if isinstance(error, known.BadSymbol):
            return NotFound(said)
        return UsageError(said)


def _moved(urls: Any, base: str) -> Any:
    """Return the addresses of an API with another host; their paths stay."""
    if isinstance(urls, dict):
        return {name: _moved(url, base) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    there = urlsplit(base)
    path = there.path.rstrip("/") + urlsplit(urls).path
    return urlunsplit((there.scheme, there.netloc, path, "", ""))


def _broken_off(error: Exception) -> bool:
    """Tell a connection lost in the middle of an answer, which ccxt calls a plain ExchangeError."""
    import aiohttp

    return isinstance(error.__cause__, aiohttp.ClientError | OSError)


def _has_list(answer: Any) -> bool:
    """Tell whether an answer has a place where rows stand, be it empty."""
    if isinstance(answer, dict):
        return any(_has_list(part) for part in answer.values())
    return isinstance(answer, list)


def _bars(answer: Any) -> Bars:
    """Return what `fetch_ohlcv` gave, stamped with the open. Raises Passing for garbage."""
    try:
        rows = msgspec.convert(answer, list[_Row])
    except msgspec.ValidationError as error:
        raise faults.Passing(f"bars that are none: {error}") from None
    if not rows:
        return columns.empty()
    times, *values = zip(*rows, strict=True)
    opens = np.array(times, np.int64) * _MS
    return Bars.of([opens, *(np.array(column, np.float64) for column in values)])


def _name(market: dict[str, Any]) -> str:
    """Return how a market is called here: BTC/USDT, BTC/USDT-PERP."""
    kind = "" if market.get("spot") else _contract(market)
    return f"{market['base']}/{market['quote']}{kind}".upper()


def _listing(venue: str, market: dict[str, Any], mode: int) -> Listing:
    base, quote = str(market["base"]).upper(), str(market["quote"]).upper()
    name = _name(market)
    price_step = _step(market["precision"].get("price"), mode)
    size_step = _step(market["precision"].get("amount"), mode)
    limits = market.get("limits") or {}
    leverage = _decimal((limits.get("leverage") or {}).get("max"))
    return Listing(
        symbol=str(market["symbol"]),
        name=name,
        market_id=f"{name.replace('/', '')}.{venue.upper()}",
        venue=venue.upper(),
        base=base,
        quote=quote,
        asset_class="crypto",
        price_precision=_digits(price_step),
        size_precision=_digits(size_step),
        price_step=price_step,
        size_step=size_step,
        min_size=_decimal((limits.get("amount") or {}).get("min")) or size_step,
        min_notional=_decimal((limits.get("cost") or {}).get("min")),
        maker_fee=_decimal(market.get("maker")),
        taker_fee=_decimal(market.get("taker")),
        max_size=_decimal((limits.get("amount") or {}).get("max")),
        # a contract's greatest leverage says what a position needs at least
        margin_init=1 / leverage if leverage and market.get("contract") else Decimal(0),
        multiplier=_decimal(market.get("contractSize")) or Decimal(1),
    )


def _contract(market: dict[str, Any]) -> str:
    if market.get("swap"):
        return "-PERP" if market.get("linear") else "-PERP-INVERSE"
    _, _, dated = str(market["symbol"]).partition("-")
    return f"-{clean_text(dated, 20)}" if dated else "-FUTURE"


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value)) if value else Decimal(0)


def _step(precision: Any, mode: int) -> Decimal:
    """Return the step of a price or size. ccxt tells it as a step or as a number of digits."""
    if precision is None:
        return Decimal("1e-8")
    tick_size = 4  # ccxt.TICK_SIZE; older venues count digits
    return _decimal(precision) if mode == tick_size else Decimal(1).scaleb(-int(precision))


def _digits(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
