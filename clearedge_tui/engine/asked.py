"""What a strategy asks for, made exact: the same in a backtest and in a running instance."""

from decimal import Decimal
from typing import NamedTuple

from clearedge_tui.contract._types import Number
from clearedge_tui.core.rounding import round_price, round_size


class Wish(NamedTuple):
    """An order as it goes out. At most one of the two prices is there."""

    side: str
    size: Decimal
    price: Decimal | None = None  # of a limit order
    stop: Decimal | None = None  # the trigger of a stop order
    reduce_only: bool = False
    tag: str = ""

    @property
    def kind(self) -> str:
        if self.stop is not None:
            return "stop"
        return "market" if self.price is None else "limit"


def exact(
    side: str,
    size: Number,
    price: Number | None,
    stop: Number | None,
    steps: tuple[Decimal, Decimal],
) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """Return size, limit price and trigger in the market's steps (of size, of price).

    Raises ValueError for what makes no sense.
    """
    if side not in ("buy", "sell"):
        raise ValueError(f"side {side!r}; wanted 'buy' or 'sell'")
    if price is not None and stop is not None:
        raise ValueError("an order has a `price` (limit) or a `stop`, not both")
    step, tick = steps
    rounded = round_size(size, step)
    return (
        rounded,
        None if price is None else round_price(price, tick),
        None if stop is None else round_price(stop, tick),
    )
