"""Buy a dip in a rising market: plain functions instead of a class.

The market rises while the close is above its long average. There, a relative strength index below
`buy_below` is a dip worth buying; the position is sold when the index recovers above `sell_above`,
when the market no longer rises, or after `patience` bars. Long or flat, never short.
"""

from typing import Any

from clearedge_tui.contract import Context, Tick, chart
from clearedge_tui.contract.indicators import Rsi, Sma

CONFIG_SCHEMA = {
    "trend": {
        "type": "int", "default": 200, "min": 10, "max": 1000, "unit": "bars",
        "help": "average that the close has to be above", "search": [50, 400],
    },
    "length": {
        "type": "int", "default": 14, "min": 2, "max": 100, "unit": "bars",
        "help": "length of the strength index", "search": [5, 30],
    },
    "buy_below": {
        "type": "float", "default": 30.0, "min": 1.0, "max": 60.0,
        "help": "index that is a dip", "search": [15.0, 45.0], "live": True,
    },
    "sell_above": {
        "type": "float", "default": 55.0, "min": 30.0, "max": 99.0,
        "help": "index that ends it", "search": [45.0, 80.0], "live": True,
    },
    "patience": {"type": "int", "default": 120, "min": 1, "max": 5000, "unit": "bars", "help": "longest stay"},
    "size": {
        "type": "decimal", "default": "0.1", "min": "0.000001", "max": "1000000", "unit": "base",
        "help": "bought at a dip", "live": True,
    },
    "$rules": ["buy_below < sell_above"],
}  # fmt: skip

_lines: dict[int, tuple[Sma, Rsi]] = {}  # made from history, so they need no saving


def init(context: Context) -> dict[str, Any]:
    return {"held": 0}


def on_tick(context: Context, tick: Tick) -> None:
    if tick.kind != "bar":
        return
    trend, strength = _indicators(context)
    average, index = trend.update(tick.close), strength.update(tick.close)
    if average is None or index is None:
        return
    config, state = context.config, context.state
    size = context.get_position().size
    state["held"] = state["held"] + 1 if size else 0
    rising = tick.close > average
    if not size:
        if should_enter(context, rising and index < config["buy_below"]):
            context.place_order("buy", config["size"], tag="dip")
    elif size > 0 and (
        not rising or index > config["sell_above"] or state["held"] >= config["patience"]
    ):
        context.place_order("sell", size, reduce_only=True, tag="done")


def should_enter(context: Context, signal: bool) -> bool:
    """Say whether to buy, asked on every bar while flat."""
    return signal


def _indicators(context: Context) -> tuple[Sma, Rsi]:
    """Return this context's indicators; the first time, and after a reload, fed from history."""
    found = _lines.get(id(context))
    if found is None:
        found = _lines[id(context)] = Sma(context.config["trend"]), Rsi(context.config["length"])
        for bar in context.history(context.config["trend"] + 10 * context.config["length"])[:-1]:
            found[0].update(bar.close)
            found[1].update(bar.close)
    return found


def render(context: Context) -> dict[str, Any]:
    if id(context) not in _lines:
        return {"widgets": [chart.text("waiting for the first bar")]}
    trend, strength = _lines[id(context)]
    position = context.get_position()
    index = strength.value
    return {
        "widgets": [
            chart.candles(overlays={"trend": trend.points()}),
            chart.line_chart("strength", {"index": strength.points()}),
            chart.gauge("strength", 50.0 if index is None else index, 0.0, 100.0),
            chart.metric("PnL", position.pnl, good=position.pnl > 0 if position.pnl else None),
            chart.table(
                "rule",
                ["buy below", "sell above", "bars held"],
                [
                    [
                        context.config["buy_below"],
                        context.config["sell_above"],
                        context.state["held"],
                    ]
                ],
            ),
        ]
    }
