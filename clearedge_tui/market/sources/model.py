"""What every source of market data speaks: what is asked of it, and what it answers."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from clearedge_tui.market import timeframes
from clearedge_tui.market.layout import Kind


class Ask(msgspec.Struct, frozen=True):
    """Data of one market wanted from a source: bars that open, ticks that fall in [start, end)."""

    symbol: str  # as the source understands it
    market_id: str
    timeframe: str  # empty for ticks
    kind: Kind
    start_ns: int
    end_ns: int

    @property
    def period_ns(self) -> int:
        return timeframes.period_ns(self.timeframe) if self.timeframe else 1


class Listing(msgspec.Struct, frozen=True):
    """One instrument as its source describes it. A zero is a thing the source does not tell."""

    symbol: str  # as the source understands it, to be asked by
    name: str  # as people write it: BTC/USDT
    market_id: str
    venue: str
    base: str
    quote: str
    asset_class: str
    price_precision: int
    size_precision: int
    price_step: Decimal
    size_step: Decimal
    min_size: Decimal
    min_notional: Decimal = Decimal(0)
    maker_fee: Decimal = Decimal(0)
    taker_fee: Decimal = Decimal(0)
    max_size: Decimal = Decimal(0)
    margin_init: Decimal = Decimal(0)
    multiplier: Decimal = Decimal(1)  # of the base in a size of 1


class Cost(msgspec.Struct, frozen=True):
    """What a source wants for an ask."""

    usd: Decimal
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: rows oldest first, and the span [start, through) about which it speaks.

    A moment inside the span without a row is one at which nothing happened; a moment outside of
    every page's span is one that nobody has told us about. Bars are closed ones, stamped with
    their close; spans go by the moment a bar opens.
    """

    rows: Any  # columns.Bars, or the columns of ticks
    start_ns: int
    through_ns: int


class Source(Protocol):
    """Something to pull from, used as `async with source:`. Errors are those of core.errors."""

    @property
    def name(self) -> str: ...
    @property
    def paid(self) -> bool: ...

    def revises(self, symbol: str) -> bool:
        """Tell whether bars of the past change later, as adjusted prices do with a dividend."""
        ...

    async def listing(self, symbol: str) -> Listing:
        """Return how the source describes a market. Raises NotFound with the nearest names."""
        ...

    def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        """Yield answers, oldest first, each beginning where the last ended or later."""
        ...

    async def estimate(self, ask: Ask) -> Cost | None:
        """Return what an ask will cost; None when it costs nothing."""
        ...

    async def close(self) -> None: ...


def bars_only(source: str, ask: Ask) -> None:
    """Refuse what a source of bars cannot give."""
    from clearedge_tui.core.errors import UsageError

    if ask.kind is not Kind.BARS:
        raise UsageError(f"source {source} gives bars, not {ask.kind}; see: clearedge data sources")
