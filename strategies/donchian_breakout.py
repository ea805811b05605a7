"""Buy a new high, leave on a new low of a shorter channel: the turtles' rule, long and short.

A close above the highest high of the last `entry` bars opens a long, a close below the lowest low
a short. A long is left when a bar closes below the lowest low of the last `leave` bars, a short
when one closes above the highest high. The bar that breaks out is never part of its own channel.
Size follows volatility: `risk` is lost if price moves `stop` average true ranges against us.
"""

from decimal import Decimal
from typing import Any

from clearedge_tui.contract import Strategy, Tick, chart
from clearedge_tui.contract.indicators import Atr, Donchian

CONFIG_SCHEMA = {
    "entry": {
        "type": "int", "default": 55, "min": 5, "max": 500, "unit": "bars",
        "help": "channel that a close has to leave to open a position", "search": [20, 120],
    },
    "leave": {
        "type": "int", "default": 20, "min": 2, "max": 250, "unit": "bars",
        "help": "channel that closes a position", "search": [5, 60],
    },
    "atr": {"type": "int", "default": 20, "min": 2, "max": 200, "unit": "bars", "help": "volatility length"},
    "risk": {
        "type": "decimal", "default": "500", "min": "1", "max": "1000000", "unit": "quote",
        "help": "money lost by `stop` ranges against the position", "live": True,
    },
    "stop": {"type": "float", "default": 2.0, "min": 0.5, "max": 10.0, "help": "ranges that cost `risk`"},
    "most": {
        "type": "decimal", "default": "1", "min": "0.000001", "max": "1000000", "unit": "base",
        "help": "largest position", "live": True,
    },
    "$rules": ["leave < entry"],
}  # fmt: skip


class DonchianBreakout(Strategy):
    entry: Donchian | None = None
    leave: Donchian | None = None
    range: Atr | None = None

    def init(self) -> dict[str, Any]:
        return {"marks": []}

    def on_tick(self, tick: Tick) -> None:
        if tick.kind != "bar":
            return
        if self.entry is None or self.leave is None or self.range is None:
            self.entry, self.leave = Donchian(self.config["entry"]), Donchian(self.config["leave"])
            self.range = Atr(self.config["atr"])
            for bar in self.context.history(3 * self.config["entry"])[:-1]:
                self.see(bar)
        high, low = self.entry.upper, self.entry.lower
        out_high, out_low = self.leave.upper, self.leave.lower
        self.see(tick)
        size = self.context.get_position().size
        if size > 0 and out_low is not None and tick.close < out_low:
            self.order(tick, "sell", size, "leave")
        elif size < 0 and out_high is not None and tick.close > out_high:
            self.order(tick, "buy", -size, "leave")
        elif size == 0 and high is not None and low is not None:
            side = self.should_enter(1 if tick.close > high else -1 if tick.close < low else 0)
            if side > 0:
                self.order(tick, "buy", self.units(), "break up")
            elif side < 0:
                self.order(tick, "sell", self.units(), "break down")

    def should_enter(self, signal: int) -> int:
        """Return the direction to enter, asked on every bar while flat; 0 waits."""
        return signal

    def see(self, bar: Tick) -> None:
        """Put a closed bar into the channels and the range."""
        if self.entry and self.leave and self.range:
            self.entry.update(bar.high, bar.low)
            self.leave.update(bar.high, bar.low)
            self.range.update(bar.high, bar.low, bar.close)

    def units(self) -> Decimal:
        """Return the size that loses `risk` when price moves `stop` ranges, to six digits."""
        width = self.range.value if self.range else None
        if not width:
            return Decimal(0)
        size = self.config["risk"] / (Decimal(repr(width)) * Decimal(repr(self.config["stop"])))
        return min(Decimal(self.config["most"]), Decimal(f"{size:.6f}"))

    def order(self, tick: Tick, side: str, size: Decimal, why: str) -> None:
        if size <= 0:
            return
        self.context.place_order(side, size, reduce_only=why == "leave", tag=why)
        self.state["marks"] = [*self.state["marks"][-40:], [tick.ts_ns, tick.close, side, why]]

    def render(self) -> dict[str, Any]:
        if self.entry is None or self.leave is None:
            return {"widgets": [chart.text("waiting for the first bar")]}
        position = self.context.get_position()
        lines = {"entry high": self.entry.upper_points(), "entry low": self.entry.lower_points()}
        marks = [chart.marker(ts, price, side, why) for ts, price, side, why in self.state["marks"]]
        return {
            "widgets": [
                chart.candles(overlays=lines, markers=marks),
                chart.metric("range", self.range.value if self.range else None, "quote"),
                chart.metric("next size", self.units(), "base"),
                chart.metric("PnL", position.pnl, good=position.pnl > 0 if position.pnl else None),
                chart.table(
                    "channels",
                    ["channel", "bars", "low", "high"],
                    [
                        ["entry", self.entry.length, self.entry.lower, self.entry.upper],
                        ["leave", self.leave.length, self.leave.lower, self.leave.upper],
                    ],
                ),
            ]
        }
