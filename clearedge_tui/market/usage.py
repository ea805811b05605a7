"""What the catalog holds of a market, and what that forbids to change."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.errors import Refused
from clearedge_tui.market import catalog
from clearedge_tui.market.layout import Key
from clearedge_tui.market.markets import Market
from clearedge_tui.settings import Home

_SIZES = ("volume", "size", "bid_size", "ask_size")


def fits(home: Home, before: Market, after: Market) -> None:
    """Refuse fewer decimals than what is stored needs. Reads the series, so it may take a while."""
    price = after.price_precision if after.price_precision < before.price_precision else None
    size = after.size_precision if after.size_precision < before.size_precision else None
    if price is None and size is None:
        return
    for key in catalog.keys(home, before.market_id):
        for batch in catalog.batches(home, key):
            for name in batch.schema.names:
                for numbers, decimals, what in _numbers(batch, name, price, size):
                    _refuse(key, numbers, decimals, what)


def _numbers(
    batch: pa.RecordBatch, name: str, price: int | None, size: int | None
) -> list[tuple[Any, int, str]]:
    """Return the prices and sizes of one column with the decimals they shall have."""
    column = batch.column(name)
    if pa.types.is_list(column.type):  # a book's levels
        levels = column.flatten()
        found = [(levels.field("price"), price, "prices"), (levels.field("size"), size, "sizes")]
    elif not pa.types.is_decimal(column.type):
        return []
    else:
        sized = name in _SIZES
        found = [(column, size if sized else price, "sizes" if sized else "prices")]
    return [(c, decimals, what) for c, decimals, what in found if decimals is not None]


def _refuse(key: Key, numbers: Any, decimals: int, what: str) -> None:
    finer = pc.not_equal(pc.round(numbers, decimals), numbers)
    if pc.any(finer).as_py():
        example = pc.filter(numbers, finer)[0].as_py().normalize()
        raise Refused(
            f"{key} is stored with {what} such as {example:f}, which {decimals} decimals "
            f"cannot write; delete the series first: clearedge data rm '{key}'"
        )
