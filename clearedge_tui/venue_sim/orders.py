"""Every order of a venue, found by its own id or its client's; the live ones apart."""

from clearedge_tui.venue_sim.model import Denial, Denied, Order


class Orders:
    """What is kept is never forgotten; an order is replaced by its newer self."""

    def __init__(self) -> None:
        self.all: dict[str, Order] = {}  # by id, in the order of their coming
        self._live: dict[str, None] = {}
        self._links: dict[tuple[str, str], str] = {}

    def keep(self, order: Order) -> Order:
        self.all[order.id] = order
        if order.asked.link:
            self._links[order.account, order.asked.link] = order.id
        if order.live:
            self._live[order.id] = None
        else:
            self._live.pop(order.id, None)
        return order

    def live(self, account: str | None = None, market: str | None = None) -> list[Order]:
        """Return open and waiting orders, the oldest first."""
        found = [self.all[one] for one in self._live]
        return [
            order
            for order in found
            if account in (None, order.account) and market in (None, order.asked.market)
        ]

    def find(self, account: str, order_id: str = "", link: str = "") -> Order | None:
        """Return an order by the venue's id or else the client's, live or not."""
        order = self.all.get(order_id or self._links.get((account, link), ""))
        return order if order is not None and order.account == account else None

    def linked(self, account: str, link: str) -> bool:
        return bool(link) and (account, link) in self._links

    def still_live(self, order: Order) -> Order:
        """Return an order as it is now. Raises Denied when it has ended."""
        found = self.all[order.id]
        if not found.live:
            raise Denied(Denial.ORDER)
        return found
