"""Hold a given amount of money of a market, long or short, and put it right when it has drifted.

The plain end of research on several markets: `clearedge research multi` says which markets to hold and
how much of each; one instance of this holds one of them. It decides nothing by itself.
"""

from decimal import Decimal
from typing import Any

from clearedge_tui.contract import Strategy, Tick, chart

CONFIG_SCHEMA = {
    "value": {
        "type": "decimal", "default": "1000", "min": "-1000000000", "max": "1000000000",
        "unit": "quote", "help": "worth of the position to hold; below 0 is short", "live": True,
    },
    "band": {
        "type": "decimal", "default": "10", "min": "0", "max": "100", "unit": "%",
        "help": "how far its worth may drift before it is put right", "live": True,
    },
}  # fmt: skip


class Holder(Strategy):
    def init(self) -> dict[str, Any]:
        return {"trades": 0}

    def on_tick(self, tick: Tick) -> None:
        if tick.kind != "bar" or self.context.get_orders():
            return
        price = Decimal(repr(tick.close))
        held, value = self.context.get_position().size, Decimal(self.config["value"])
        off = value - held * price
        if not held:
            if self.should_enter(value != 0):
                self.trade(off, price)
        elif abs(off) * 100 > self.config["band"] * abs(value):
            self.trade(off, price)

    def should_enter(self, signal: bool) -> bool:
        """Say whether to begin to hold, asked on every bar while flat."""
        return signal

    def trade(self, worth: Decimal, price: Decimal) -> None:
        size = Decimal(f"{abs(worth) / price:.6f}")
        if size:
            self.state["trades"] += 1
            self.context.place_order("buy" if worth > 0 else "sell", size)

    def render(self) -> dict[str, Any]:
        position = self.context.get_position()
        price = self.context.get_price()
        worth = None if price is None else float(position.size) * price
        return {
            "widgets": [
                chart.candles(),
                chart.metric("worth", worth, "quote"),
                chart.metric("wanted", float(self.config["value"]), "quote"),
                chart.metric("PnL", position.pnl, good=position.pnl > 0 if position.pnl else None),
            ]
        }
