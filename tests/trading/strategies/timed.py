"""Times every tick and order by this machine's clock, and writes what it found."""

# mypy: ignore-errors

import json
import time
from pathlib import Path

from clearedge_tui.contract import Strategy

CONFIG_SCHEMA = {
    "out": {"type": "string", "default": "", "help": "where the times go"},
    "rest": {
        "type": "bool",
        "default": False,
        "help": "orders far away, timed to the venue's word",
    },
    "orders": {"type": "int", "default": 20, "min": 1, "max": 10000, "help": "how many"},
}


class Timed(Strategy):
    def init(self):
        return {"tick_ms": [], "fill_ms": [], "sent_ns": 0, "side": "buy"}

    def on_tick(self, tick):
        state = self.state
        if len(state["fill_ms"]) >= self.config["orders"]:
            return
        state["tick_ms"].append((time.time_ns() - tick.ts_ns) / 1e6)
        if not state["sent_ns"] and len(state["tick_ms"]) > 5:
            price = f"{tick.price * 0.8:.0f}" if self.config["rest"] else None
            state["sent_ns"] = time.time_ns()
            self.context.place_order(state["side"], "0.001", price=price)
            if not self.context.get_orders():  # refused: try again with the next tick
                state["sent_ns"] = 0

    def on_fill(self, fill):
        state = self.state
        if not state["sent_ns"] or self.config["rest"]:
            return
        state["side"] = "sell" if state["side"] == "buy" else "buy"
        self.timed(time.time_ns())

    def on_order(self, order):
        now_ns = time.time_ns()
        if not self.config["rest"]:
            return
        if order.status == "open" and self.state["sent_ns"]:
            self.timed(now_ns)
            self.context.cancel_order(order.id)

    def timed(self, now_ns):
        state = self.state
        state["fill_ms"].append((now_ns - state["sent_ns"]) / 1e6)
        state["sent_ns"] = 0
        if len(state["fill_ms"]) == self.config["orders"]:
            draft = Path(self.config["out"] + ".draft")
            draft.write_text(json.dumps({k: state[k] for k in ("tick_ms", "fill_ms")}))
            draft.replace(self.config["out"])

    def render(self):
        return {"widgets": []}
