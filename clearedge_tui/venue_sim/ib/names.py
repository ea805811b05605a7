"""Whose order is whose: a client numbers its orders, the venue has numbers of its own."""

from clearedge_tui.venue_sim.ib.rows import Named

_BY_HAND = (0, 0)  # an order of the program's window, which no client placed


class Names:
    def __init__(self) -> None:
        self._orders: dict[Named, str] = {}
        self._named: dict[str, Named] = {}

    def keep(self, order: str, named: Named) -> None:
        self._orders[named], self._named[order] = order, named

    def order(self, named: Named) -> str | None:
        return self._orders.get(named)

    def of(self, order: str) -> Named:
        return self._named.get(order, _BY_HAND)

    def placed(self, order: str) -> bool:
        return order in self._named

    def next(self, client_id: int) -> int:
        """Return the number that a client is to give its next order."""
        return (
            max((number for client, number in self._orders if client == client_id), default=0) + 1
        )
