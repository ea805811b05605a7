"""Does what a file says, once for each new text: `buy 0.1`, `sell 0.1 @ 50000`, `cancel`, `loop`."""

# mypy: ignore-errors

from pathlib import Path

from clearedge_tui.contract import Strategy

CONFIG_SCHEMA = {"path": {"type": "string", "default": "", "help": "the file to obey"}}


class Hand(Strategy):
    def init(self):
        return {"done": ""}

    def on_tick(self, tick):
        path = Path(self.config["path"])
        wish = path.read_text() if path.is_file() else ""
        if wish == self.state["done"]:
            return
        self.state["done"] = wish
        for one in wish.partition("#")[0].split(";"):
            self.act(one.split())

    def act(self, words):
        if not words:
            return
        if words[0] == "cancel":
            for order in self.context.get_orders():
                self.context.cancel_order(order.id)
            return
        if words[0] == "loop":
            Path(self.config["path"]).with_suffix(".loops").touch()
            while True:
                pass
        price = words[3] if len(words) > 3 else None
        self.context.place_order(words[0], words[1], price=price)

    def render(self):
        position = self.context.get_position()
        return {"widgets": [{"type": "metric", "label": "Position", "value": float(position.size)}]}
