"""Markets as venues describe them, taken into the table of ours."""

from collections.abc import Mapping, Sequence

import msgspec

from clearedge_tui.market import fields
from clearedge_tui.market.markets import Market
from clearedge_tui.market.shelf import market_of, step_of
from clearedge_tui.market.sources import registry
from clearedge_tui.market.sources.model import Listing
from clearedge_tui.settings import Home


async def markets(
    home: Home, source: str, symbols: Sequence[str], known: Mapping[str, Market]
) -> list[Market]:
    """Return each market as the source lists it. Raises NotFound with the nearest names."""
    found: dict[str, Market] = {}
    async with registry.opened(home, source) as opened:
        for symbol in symbols:
            listing = await opened.listing(symbol)
            market = merged(known.get(listing.market_id), source, listing)
            found[market.market_id] = fields.checked(market)
    return list(found.values())


def merged(before: Market | None, source: str, listing: Listing) -> Market:
    """Return what the source tells over what is known; decimals that are stored never shrink."""
    told = market_of(source, listing)
    if before is None:
        return told
    prices = max(before.price_precision, told.price_precision)
    sizes = max(before.size_precision, told.size_precision)
    return msgspec.structs.replace(
        before,
        price_precision=prices,
        size_precision=sizes,
        price_step=step_of(listing.price_step, prices),
        size_step=step_of(listing.size_step, sizes),
        min_size=told.min_size or before.min_size,
        min_notional=told.min_notional or before.min_notional,
        maker_fee=before.maker_fee if told.maker_fee is None else told.maker_fee,
        taker_fee=before.taker_fee if told.taker_fee is None else told.taker_fee,
        max_size=told.max_size or before.max_size,
        margin_init=before.margin_init if told.margin_init is None else told.margin_init,
        multiplier=told.multiplier,
    )
