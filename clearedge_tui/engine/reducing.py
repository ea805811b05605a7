"""Orders that only reduce, after a fill: none of them may be larger than what is left."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from clearedge_tui.core.model import Order


def cut(
    orders: Iterable[Order], only_reduce: set[str], position: Decimal
) -> Iterator[tuple[Order, Decimal]]:
    """Yield the orders that are too large now, each with the size it may still fill; 0: none."""
    for order in orders:
        if order.id not in only_reduce:
            continue
        against = (order.side == "sell") == (position > 0)
        room = abs(position) if against else Decimal(0)
        if order.size - order.filled > room:
            yield order, room
