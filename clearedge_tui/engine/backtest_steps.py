"""How a contract strategy goes through its bars: alone, or in the engine while an order works.

With no order under way the engine could only say again what the bar says, and most bars are like
that. So it is shown the bar on whose close an order is placed, every bar until no order works, and
the last bar of a slice. Fills, orders and what the strategy hears are those of an engine that sees
every bar (a test holds that).
"""

from nautilus_trader.backtest import BacktestEngine

from clearedge_tui.engine.backtest_context import ticks
from clearedge_tui.engine.backtest_feed import Pieces
from clearedge_tui.engine.backtest_host import ContractHost
from clearedge_tui.market.columns import Bars

_MOST = 256  # bars the engine goes through at a time while orders rest or come thick
_FEW = 8  # bars without an order that are not worth leaving the engine for


class Steps:
    """Takes slices of bars in order, and the strategy through them."""

    def __init__(self, engine: BacktestEngine, host: ContractHost, pieces: Pieces) -> None:
        self._engine = engine
        self._host = host
        self._pieces = pieces
        self._stride = 1

    def advance(self, bars: Bars) -> None:
        """Go through the next slice; stops where the run is over."""
        host, count, at = self._host, len(bars), 0
        self._pieces.load(bars)
        host.coming = host.context.settled(ticks(bars))
        while at < count and not host.watch.over:
            start = at
            # the first bar goes through the engine: it starts there, and opens the desk for orders
            if host.context.desk is not None and not host.context.working:
                passed = host.alone()
                if not passed:
                    return
                at += passed
                start = at - 1  # the engine takes orders at the bar they were decided on
                host.shows = True
                if passed > _FEW:
                    self._stride = max(1, self._stride // 8)
            stop = min(count, at + self._stride)
            self._run(start, stop)
            at = stop
            self._stride = min(_MOST, 2 * self._stride)

    def _run(self, start: int, stop: int) -> None:
        self._engine.add_data(self._pieces.make(start, stop))
        self._engine.run(streaming=True)
        self._engine.clear_data()
