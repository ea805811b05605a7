"""Quote both sides: a ladder of resting limit orders around the price, earning the steps between.

Each rung is a buy `step` percent below the one above it. When a buy fills, a sell is placed one
step higher; when that fills, the buy comes back. The ladder is built around the first price and,
when the market has run away by more than the whole ladder with nothing held, around the new one.
It earns in a market that swings and holds the bag in one that falls: `levels` times `size` is the
most it can hold.
"""

from decimal import Decimal
from typing import Any

from clearedge_tui.contract import FillView, Strategy, Tick, chart

CONFIG_SCHEMA = {
    "levels": {
        "type": "int", "default": 5, "min": 1, "max": 50,
        "help": "rungs below the price", "search": [2, 20],
    },
    "step": {
        "type": "decimal", "default": "0.5", "min": "0.01", "max": "20", "unit": "%",
        "help": "distance between rungs", "search": ["0.1", "2"],
    },
    "size": {
        "type": "decimal", "default": "0.05", "min": "0.000001", "max": "1000000", "unit": "base",
        "help": "of each order",
    },
}  # fmt: skip


class GridMaker(Strategy):
    def init(self) -> dict[str, Any]:
        return {"anchor": None, "rungs": {}, "turns": 0}  # rungs: order id -> [rung, side]

    def on_tick(self, tick: Tick) -> None:
        anchor = self.state["anchor"]
        if anchor is None or (not self.holds() and tick.price > anchor * (1 + self.reach())):
            self.build(tick.price)

    def holds(self) -> bool:
        return self.context.get_position().size != 0

    def reach(self) -> float:
        """Return the height of the ladder as a share of its anchor."""
        share = float(self.config["step"]) / 100
        return share * int(self.config["levels"])

    def build(self, price: float) -> None:
        """Take down what rests and set every rung anew around `price`."""
        for order_id in list(self.state["rungs"]):
            self.context.cancel_order(order_id)
        self.state["rungs"] = {}
        self.state["anchor"] = price
        for rung in range(1, self.config["levels"] + 1):
            self.quote(rung, "buy")

    def price_of(self, rung: int) -> Decimal:
        """Return the price `rung` steps below the anchor."""
        share = 1 - Decimal(self.config["step"]) / 100 * rung
        return Decimal(repr(self.state["anchor"])) * share

    def quote(self, rung: int, side: str) -> None:
        """Rest an order: a buy on the rung, or the sell one step above it."""
        price = self.price_of(rung if side == "buy" else rung - 1)
        order_id = self.context.place_order(
            side, self.config["size"], price=price, tag=f"rung {rung}"
        )
        self.state["rungs"][order_id] = [rung, side]

    def on_fill(self, fill: FillView) -> None:
        known = self.state["rungs"].get(fill.order)
        if known is None or any(order.id == fill.order for order in self.context.get_orders()):
            return  # not of this ladder, or filled in part
        rung, side = self.state["rungs"].pop(fill.order)
        self.state["turns"] += side == "sell"
        self.quote(rung, "sell" if side == "buy" else "buy")

    def render(self) -> dict[str, Any]:
        position = self.context.get_position()
        orders = sorted(self.context.get_orders(), key=lambda order: -(order.price or 0))
        rows = [[order.side, order.price, order.size, order.tag] for order in orders]
        return {
            "widgets": [
                chart.candles(),
                chart.metric("turns", self.state["turns"]),
                chart.metric("held", position.size, "base"),
                chart.metric("PnL", position.pnl, good=position.pnl > 0 if position.pnl else None),
                chart.table("ladder", ["side", "price", "size", "rung"], rows),
            ]
        }
