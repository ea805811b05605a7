"""Follow the trend: long while the fast average is above the slow one, flat or short below it.

Both averages are exponential and of closing prices. The position changes on the bar whose close
makes them cross, and not before both have seen enough bars to mean something.
"""

from typing import Any

from clearedge_tui.contract import Strategy, Tick, chart
from clearedge_tui.contract.indicators import Ema

CONFIG_SCHEMA = {
    "fast": {
        "type": "int", "default": 12, "min": 2, "max": 200, "unit": "bars",
        "help": "length of the fast average", "search": [5, 40],
    },
    "slow": {
        "type": "int", "default": 48, "min": 3, "max": 500, "unit": "bars",
        "help": "length of the slow average", "search": [20, 200],
    },
    "size": {
        "type": "decimal", "default": "0.1", "min": "0.000001", "max": "1000000", "unit": "base",
        "help": "position held on either side", "live": True,
    },
    "short": {
        "type": "bool", "default": False, "live": True,
        "help": "go short below the cross instead of flat",
    },
    "$rules": ["fast < slow"],
}  # fmt: skip


class EmaCross(Strategy):
    fast: Ema | None = None
    slow: Ema | None = None

    def init(self) -> dict[str, Any]:
        return {"crosses": 0, "above": None}

    def on_tick(self, tick: Tick) -> None:
        if tick.kind != "bar":
            return
        fast, slow = self.averages(tick)
        if fast is None or slow is None or (fast > slow) is self.state["above"]:
            return
        self.state["crosses"] += self.state["above"] is not None
        self.state["above"] = fast > slow
        self.hold(1 if fast > slow else -1 if self.config["short"] else 0)

    def averages(self, tick: Tick) -> tuple[float | None, float | None]:
        """Return both averages at this bar; the first time, and after a reload, from history."""
        if self.fast is None or self.slow is None:
            self.fast, self.slow = Ema(self.config["fast"]), Ema(self.config["slow"])
            for bar in self.context.history(5 * self.config["slow"])[:-1]:
                self.fast.update(bar.close)
                self.slow.update(bar.close)
        return self.fast.update(tick.close), self.slow.update(tick.close)

    def hold(self, direction: int) -> None:
        """Order the difference between the wanted position and the one we have."""
        change = direction * self.config["size"] - self.context.get_position().size
        if change:
            self.context.place_order("buy" if change > 0 else "sell", abs(change))

    def render(self) -> dict[str, Any]:
        if self.fast is None or self.slow is None:
            return {"widgets": [chart.text("waiting for the first bar")]}
        position = self.context.get_position()
        fast, slow = self.fast.value, self.slow.value
        spread = None if fast is None or slow is None else (fast / slow - 1) * 100
        return {
            "widgets": [
                chart.candles(overlays={"fast": self.fast.points(), "slow": self.slow.points()}),
                chart.metric("spread", spread, "%", good=None if spread is None else spread > 0),
                chart.metric("PnL", position.pnl, good=position.pnl > 0 if position.pnl else None),
                chart.metric("crosses", self.state["crosses"]),
                chart.table(
                    "averages",
                    ["average", "bars", "value"],
                    [["fast", self.fast.length, fast], ["slow", self.slow.length, slow]],
                ),
            ]
        }
