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
    lines: tuple[Ema, Ema] | None = None  # fast and slow; made from history, so never saved

    def init(self) -> dict[str, Any]:
        return {"crosses": 0, "above": None}

    def on_tick(self, tick: Tick) -> None:
        if tick.kind != "bar":
            return
        fast_line, slow_line = self.lines or self.draw()
        fast, slow = fast_line.update(tick.close), slow_line.update(tick.close)
        if fast is None or slow is None:
            return
        signal, crossed = 0, (fast > slow) is not self.state["above"]
        if crossed:
            self.state["crosses"] += self.state["above"] is not None
            self.state["above"] = fast > slow
            signal = 1 if fast > slow else -1 if self.config["short"] else 0
        if not self.context.get_position().size:
            signal = self.should_enter(signal)
            crossed = signal != 0
        if crossed:
            self.hold(signal)

    def should_enter(self, signal: int) -> int:
        """Return the direction to enter, asked on every bar while flat; 0 waits."""
        return signal

    def draw(self) -> tuple[Ema, Ema]:
        """Make both averages from history up to the bar before this one, as after a reload."""
        self.lines = fast, slow = Ema(self.config["fast"]), Ema(self.config["slow"])
        for bar in self.context.history(5 * self.config["slow"])[:-1]:
            fast.update(bar.close)
            slow.update(bar.close)
        return self.lines

    def hold(self, direction: int) -> None:
        """Order the difference between the wanted position and the one we have."""
        change = direction * self.config["size"] - self.context.get_position().size
        if change:
            self.context.place_order("buy" if change > 0 else "sell", abs(change))

    def render(self) -> dict[str, Any]:
        if self.lines is None:
            return {"widgets": [chart.text("waiting for the first bar")]}
        position = self.context.get_position()
        fast_line, slow_line = self.lines
        fast, slow = fast_line.value, slow_line.value
        spread = None if fast is None or slow is None else (fast / slow - 1) * 100
        return {
            "widgets": [
                chart.candles(overlays={"fast": fast_line.points(), "slow": slow_line.points()}),
                chart.metric("spread", spread, "%", good=None if spread is None else spread > 0),
                chart.metric("PnL", position.pnl, good=position.pnl > 0 if position.pnl else None),
                chart.metric("crosses", self.state["crosses"]),
                chart.table(
                    "averages",
                    ["average", "bars", "value"],
                    [["fast", fast_line.length, fast], ["slow", slow_line.length, slow]],
                ),
            ]
        }
