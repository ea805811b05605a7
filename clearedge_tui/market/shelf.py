"""The catalog as a pull sees it: what is there, what is missing, and a place to put pages."""

from decimal import Decimal
from typing import Any, Protocol

from clearedge_tui.core.errors import BadData
from clearedge_tui.market import catalog, columns
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import Key
from clearedge_tui.market.markets import Market, load_markets, save_market
from clearedge_tui.market.sources.model import Listing
from clearedge_tui.market.spans import Spans
from clearedge_tui.settings import Home


class Shelf(Protocol):
    """Where pulled data go. `add` is called from one thread at a time."""

    def known(self, source: str, symbol: str) -> Market | None:
        """Return the market of this source that is meant; None when it has to be asked about."""
        ...

    def opened(self, source: str, listing: Listing) -> Market:
        """Return the market of a listing, adding it when it is new."""
        ...

    def missing(self, key: Key, start_ns: int, end_ns: int) -> Spans: ...

    def add(
        self, market: Market, key: Key, rows: list[Any], span: tuple[int, int], source: str
    ) -> int:
        """Keep rows and that the source has spoken about `span`; returns how many were new."""
        ...


class CatalogShelf:
    """The home's catalog."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def known(self, source: str, symbol: str) -> Market | None:
        wanted = symbol.strip().upper()
        fits = [
            market
            for market in load_markets(self._home).values()
            if market.source == source and wanted in (market.symbol, market.market_id)
        ]
        return fits[0] if len(fits) == 1 else None

    def opened(self, source: str, listing: Listing) -> Market:
        with catalog.locked(self._home):
            found = load_markets(self._home).get(listing.market_id)
            if found is None:
                found = market_of(source, listing)
                save_market(self._home, found)
            fitting(found, listing)
            return found

    def missing(self, key: Key, start_ns: int, end_ns: int) -> Spans:
        return catalog.missing(self._home, key, start_ns, end_ns)

    def add(
        self, market: Market, key: Key, rows: list[Any], span: tuple[int, int], source: str
    ) -> int:
        layout = columns.layout(key, market.price_precision, market.size_precision)
        batches = [_batch(part, layout) for part in rows if size(part)]
        with catalog.locked(self._home):
            return catalog.add(self._home, market, key, batches, span, source).added


def fitting(market: Market, listing: Listing) -> Listing:
    """Return the listing. Raises BadData when its prices would be rounded in the stored series."""
    if market.price_precision < listing.price_precision:
        raise BadData(
            f"{market.market_id} is stored with {market.price_precision} decimals and the source "
            f"has prices of {listing.price_precision}; delete the stored series, or move it away"
        )
    return listing


def market_of(source: str, listing: Listing) -> Market:
    """Return a listing as a market. What the source does not tell stays unknown."""
    return Market(
        symbol=listing.name,
        venue=listing.venue,
        market_id=listing.market_id,
        base=listing.base,
        quote=listing.quote,
        asset_class=listing.asset_class,
        price_precision=listing.price_precision,
        size_precision=listing.size_precision,
        min_size=listing.min_size,
        source=source,
        price_step=step_of(listing.price_step, listing.price_precision),
        size_step=step_of(listing.size_step, listing.size_precision),
        min_notional=listing.min_notional,
        maker_fee=listing.maker_fee or None,
        taker_fee=listing.taker_fee or None,
        max_size=listing.max_size,
        margin_init=listing.margin_init or None,
        multiplier=listing.multiplier,
    )


def step_of(step: Decimal, decimals: int) -> Decimal | None:
    """Return a step that is more than one unit of its decimals."""
    unit = Decimal(1).scaleb(-decimals)
    return None if step <= unit or step % unit else step


def size(rows: Any) -> int:
    return len(rows) if isinstance(rows, Bars) else int(rows.num_rows)


def _batch(rows: Any, layout: Any) -> Any:
    """Return rows in the series' layout: bars are encoded, ticks come as the columns they need."""
    if isinstance(rows, Bars):
        return columns.encode(rows, layout)
    import pyarrow as pa

    table = pa.Table.from_batches([rows]).select(layout.names).cast(layout)
    return table.combine_chunks().to_batches()[0]
