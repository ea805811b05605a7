"""What a strategy asks for, made exact: the same in a backtest and in a running instance."""

from decimal import Decimal

from clearedge_tui.contract._types import Number
from clearedge_tui.core.rounding import round_price, round_size


def exact(
    side: str, size: Number, price: Number | None, step: Decimal, price_step: Decimal
) -> tuple[Decimal, Decimal | None]:
    """Return size and limit price in the market's steps. Raises ValueError for what makes no sense."""
    if side not in ("buy", "sell"):
        raise ValueError(f"side {side!r}; wanted 'buy' or 'sell'")
    rounded = round_size(size, step)
    return rounded, None if price is None else round_price(price, price_step)
