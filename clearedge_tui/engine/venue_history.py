"""History of venues through NautilusTrader's own HTTP clients: instruments and bars, no key.

Of rc7's Python clients those of Bybit and OKX give bars. Binance has none: see `venue_node`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from clearedge_tui.market import timeframes
from clearedge_tui.market.sources.model import Listing

Columns = tuple[npt.NDArray[Any], ...]
_TIMEOUT_S = 20


class UnknownMarket(ValueError):
    """The venue does not list it."""


class NodeGone(OSError):
    """The client gave no sign: only another process can help."""


class History(Protocol):
    """What a venue's worker can answer."""

    async def describe(self, symbol: str) -> Listing: ...

    async def bars(self, market_id: str, timeframe: str, start_ns: int, end_ns: int) -> Columns:
        """Return time of open, open, high, low, close, volume of bars that open in [start, end)."""
        ...


class Bybit:
    """`BTC/USDT` is the spot market, `BTC/USDT:USDT` the perpetual."""

    def __init__(self, base_url: str) -> None:
        from nautilus_trader.adapters.bybit import BybitHttpClient

        self._client = BybitHttpClient(
            base_url=base_url or None, timeout_secs=_TIMEOUT_S, max_retries=0
        )
        self._seen: set[str] = set()

    async def describe(self, symbol: str) -> Listing:
        code, kind = _bybit_code(symbol)
        return listing(await self._instrument(code, kind))

    async def _instrument(self, code: str, kind: str) -> Any:
        from nautilus_trader.adapters.bybit import BybitProductType

        product = getattr(BybitProductType, kind)
        for found in await self._client.request_instruments(product, symbol=code):
            if str(found.id) == f"{code}-{kind}.BYBIT":
                self._client.cache_instrument(found)
                self._seen.add(f"{code}-{kind}")
                return found
        raise UnknownMarket(f"bybit has no {kind.lower()} market {code}")

    async def bars(self, market_id: str, timeframe: str, start_ns: int, end_ns: int) -> Columns:
        from nautilus_trader.adapters.bybit import BybitProductType
        from nautilus_trader.model import BarType

        code, _, kind = market_id.partition(".")[0].rpartition("-")
        if f"{code}-{kind}" not in self._seen:  # bars are parsed with the instrument's precision
            await self._instrument(code, kind)
        found = await self._client.request_bars(
            getattr(BybitProductType, kind),
            BarType.from_str(timeframes.bar_type(market_id, timeframe)),
            start=moment(start_ns),
            end=moment(end_ns) - timedelta(milliseconds=1),
        )
        return columns(found, timeframes.period_ns(timeframe))


class Okx:
    """`BTC/USDT` is the spot market, `BTC/USDT:USDT` the swap."""

    def __init__(self, base_url: str) -> None:
        from nautilus_trader.adapters.okx import OKXHttpClient

        self._client = OKXHttpClient(
            *("none",) * 3,  # it cannot be made without credentials, and signs nothing public
            base_url=base_url or None,
            timeout_secs=_TIMEOUT_S,
            max_retries=0,
        )
        self._seen: set[str] = set()

    async def describe(self, symbol: str) -> Listing:
        return listing(await self._instrument(_okx_code(symbol)))

    async def _instrument(self, code: str) -> Any:
        from nautilus_trader.adapters.okx import OKXInstrumentType

        kind = OKXInstrumentType.SWAP if code.endswith("-SWAP") else OKXInstrumentType.SPOT
        answer = await self._client.request_instruments(kind)
        found = answer[0] if isinstance(answer, tuple) else answer
        for one in found:
            if str(one.id) == f"{code}.OKX":
                self._client.cache_instrument(one)
                self._seen.add(code)
                return one
        raise UnknownMarket(f"okx has no market {code}")

    async def bars(self, market_id: str, timeframe: str, start_ns: int, end_ns: int) -> Columns:
        from nautilus_trader.model import BarType

        code = market_id.partition(".")[0]
        if code not in self._seen:
            await self._instrument(code)
        period = timeframes.period_ns(timeframe)
        found = await self._client.request_bars(
            BarType.from_str(timeframes.bar_type(market_id, timeframe)),
            # the venue's lower bound is exclusive, and the client hands it on as it is
            start=moment(start_ns - period),
            end=moment(end_ns),
            limit=(end_ns - start_ns) // period,  # without it the client asks for three pages more
        )
        return columns(found, 0)  # rc7 stamps bars of OKX with their open


def opened(venue: str, base_url: str) -> History:
    """Return the history of a venue by its name."""
    if venue == "binance":
        from clearedge_tui.engine.venue_node import Binance

        return Binance(base_url)
    return Bybit(base_url) if venue == "bybit" else Okx(base_url)


def _bybit_code(symbol: str) -> tuple[str, str]:
    """Return Bybit's code and product of what a person wrote."""
    text = symbol.strip().upper().removesuffix(".BYBIT")
    pair, _, settled = text.partition(":")
    code, dash, kind = pair.replace("/", "").partition("-")
    if dash:
        return code, kind if kind in ("SPOT", "LINEAR", "INVERSE") else "SPOT"
    if not settled:
        return code, "SPOT"
    return code, "LINEAR" if settled in ("USDT", "USDC") else "INVERSE"


def _okx_code(symbol: str) -> str:
    text = symbol.strip().upper().removesuffix(".OKX")
    pair, _, settled = text.partition(":")
    return pair.replace("/", "-") + ("-SWAP" if settled else "")


def moment(at_ns: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // 1000)


def columns(bars: Any, late_ns: int) -> Columns:
    """Return bars as columns stamped with their open, which the client's time is later than."""
    times = np.array([bar.ts_event for bar in bars], np.int64) - late_ns
    fields = ("open", "high", "low", "close", "volume")
    return times, *(
        np.array([float(getattr(bar, field).as_double()) for bar in bars]) for field in fields
    )


def listing(found: Any) -> Listing:
    """Return an instrument as a listing.

    rc7's instruments tell no fees, and their margin is a tenth whatever the venue says.
    """
    code, _, venue = str(found.id).rpartition(".")
    base, quote = str(found.base_currency), str(found.quote_currency)
    tail = code.replace(f"{base}{quote}", "").replace(f"{base}-{quote}", "").replace("-SPOT", "")
    step = Decimal(str(found.size_increment))
    notional = str(found.min_notional).split(" ")[0].replace("_", "") if found.min_notional else "0"
    return Listing(
        symbol=code,
        name=f"{base}/{quote}{tail}",
        market_id=str(found.id),
        venue=venue,
        base=base,
        quote=quote,
        asset_class="crypto",
        price_precision=found.price_precision,
        size_precision=found.size_precision,
        price_step=Decimal(str(found.price_increment)),
        size_step=step,
        min_size=Decimal(str(found.min_quantity)) if found.min_quantity else step,
        min_notional=Decimal(notional),
        max_size=Decimal(str(found.max_quantity)) if found.max_quantity else Decimal(0),
        multiplier=Decimal(str(found.multiplier)),
    )
