"""Everything a strategy author imports."""

from clearedge_tui.contract import chart
from clearedge_tui.contract._types import (
    Context,
    FillView,
    OrderNotAllowed,
    OrderView,
    PositionView,
    Strategy,
    Tick,
)

__all__ = [
    "Context",
    "FillView",
    "OrderNotAllowed",
    "OrderView",
    "PositionView",
    "Strategy",
    "Tick",
    "chart",
]
