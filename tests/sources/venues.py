"""An invented venue with the habits of real ones, and the truth about what it holds."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from clearedge_tui.core.errors import NotFound
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.sources.model import Ask, Cost, Listing, Page
from clearedge_tui.market.sources.paging import forward

MINUTE = 60_000_000_000


def bars_at(minutes: list[int]) -> Bars:
    """Return one bar a minute number, stamped with its OPEN; its values tell which it is."""
    at = np.array(minutes, np.int64)
    price = 100.0 + at % 1000
    return Bars.of([at * MINUTE, price, price + 1, price - 1, price + 0.5, at % 7 + 1.0])


@dataclass
class Habits:
    """How a venue answers."""

    most: int = 1000  # rows a page
    windowed: bool = True  # looks no further than `limit` bars from `since`
    downwards: bool = False
    repeats: bool = False  # the row before `since` comes again
    overshoots: int = 0  # rows after the page, further on
    growing: int | None = None  # minute of the candle that is not closed


@dataclass
class Venue:
    """Holds `minutes`; `asked` is every moment it was asked about."""

    minutes: list[int]
    habits: Habits = field(default_factory=Habits)
    asked: list[int] = field(default_factory=list)
    doubtful: bool = False  # a full answer ended with the newest: it may stand for older ones

    async def fetch(self, since_ns: int, limit: int) -> Bars:
        self.asked.append(since_ns)
        how, since = self.habits, -(-since_ns // MINUTE)
        all_of_it = [*self.minutes, *([] if how.growing is None else [how.growing])]
        later = [m for m in all_of_it if m >= since]
        if how.windowed:
            later = [m for m in later if m * MINUTE < since_ns + limit * MINUTE]
        found = later[: min(limit, how.most)]
        if found and how.overshoots:
            after = [m for m in all_of_it if m > found[-1]]
            found += after[: how.overshoots]
        ends_new = bool(found) and found[-1] == all_of_it[-1]
        if how.repeats:
            found = [m for m in self.minutes if m < since][-1:] + found
        self.doubtful |= ends_new and len(found) >= limit
        return bars_at(found[::-1] if how.downwards else found)


class FakeSource:
    """A source of invented venues, one a symbol; `fault` may raise before a page is given."""

    def __init__(
        self,
        venues: dict[str, Venue],
        now: Callable[[], int],
        limit: int = 100,
        usd: str = "",
        fault: Callable[[str, int], BaseException | None] = lambda s, n: None,
    ) -> None:
        self.name = "invented"
        self.paid = bool(usd)
        self.price_precision = 2
        self.venues = venues
        self.usd = Decimal(usd or 0)
        self.fault = fault
        self.asks: list[Ask] = []
        self.listed: list[str] = []
        self._now, self._limit = now, limit

    def revises(self, symbol: str) -> bool:
        del symbol
        return False

    async def listing(self, symbol: str) -> Listing:
        self.listed.append(symbol)
        if symbol not in self.venues:
            raise NotFound(f"invented has no market `{symbol}`")
        base, _, quote = symbol.partition("/")
        step = Decimal("0.01")
        return Listing(
            symbol=symbol,
            name=symbol,
            market_id=f"{base}{quote}.INVENTED",
            venue="INVENTED",
            base=base,
            quote=quote,
            asset_class="crypto",
            price_precision=self.price_precision,
            size_precision=2,
            price_step=step,
            size_step=step,
            min_size=step,
        )

    async def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        self.asks.append(ask)
        given = 0
        async for page in forward(self.venues[ask.symbol].fetch, ask, self._limit, self._now):
            wrong = self.fault(ask.symbol, given)
            if wrong is not None:
                raise wrong
            given += 1
            yield page

    async def estimate(self, ask: Ask) -> Cost | None:
        rows = (ask.end_ns - ask.start_ns) // MINUTE
        return Cost(self.usd, rows * 56, rows) if self.paid else None

    async def close(self) -> None:
        """Nothing is open."""
