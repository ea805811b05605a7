"""Orders that wait: at which prices, and how large those that only reduce may be after a fill."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from clearedge_tui.core.model import Order
from clearedge_tui.core.path import Resting


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


def waiting(orders: Iterable[Order]) -> list[Resting]:
    """Return the prices that open orders wait for, if a stop is among them."""
    open_now = list(orders)
    if not any(order.trigger for order in open_now):
        return []
    prices = ((order, order.trigger or order.price) for order in open_now)
    return [Resting(o.side, float(p), o.kind == "stop") for o, p in prices if p is not None]
