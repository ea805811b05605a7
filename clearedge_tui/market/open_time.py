"""How long a market was open within a span, by its calendar."""

from clearedge_tui.market.markets import load_markets
from clearedge_tui.settings import Home


class OpenTime:
    def __init__(self, home: Home) -> None:
        self._home = home

    def between(self, market_id: str, start_ns: int, end_ns: int) -> int:
        """Return the ns in which a market was open; one that nobody knows is always open."""
        from clearedge_tui.market import calendars  # late: exchanges bring pandas

        market = load_markets(self._home).get(market_id)
        if market is None or market.hours == calendars.ALWAYS:
            return end_ns - start_ns
        found = calendars.trading(market.hours, start_ns, end_ns)
        return sum(last - first for first, last in found)
