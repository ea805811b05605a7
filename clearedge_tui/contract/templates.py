"""What `clearedge strategy new` writes, by kind. `__NAME__` becomes the name of the class."""

_CLASS = '''"""Say in one line what this strategy does."""

from clearedge_tui.contract import Strategy, Tick, chart

CONFIG_SCHEMA = {
    "length": {"type": "int", "default": 20, "min": 2, "max": 500, "unit": "bars", "live": True},
    "size": {"type": "decimal", "default": "0.1", "min": "0", "unit": "base", "help": "of an order"},
}


class __NAME__(Strategy):
    """Holds `size` while the price is above its own average."""

    def init(self) -> dict:
        return {"average": None}

    def on_tick(self, tick: Tick) -> None:
        average = self.state["average"]
        weight = 2 / (self.config["length"] + 1)
        average = tick.price if average is None else average + weight * (tick.price - average)
        self.state["average"] = average
        flat = self.context.get_position().is_flat
        if flat and tick.price > average:
            self.context.place_order("buy", self.config["size"])
        elif not flat and tick.price < average:
            self.context.place_order("sell", self.config["size"], reduce_only=True)

    def render(self) -> dict:
        return {"widgets": [chart.candles(), chart.metric("average", self.state["average"])]}
'''
_MODULE = '''"""Say in one line what this strategy does."""

from clearedge_tui.contract import chart

CONFIG_SCHEMA = {
    "length": {"type": "int", "default": 20, "min": 2, "max": 500, "unit": "bars", "live": True},
    "size": {"type": "decimal", "default": "0.1", "min": "0", "unit": "base", "help": "of an order"},
}


def init(context):
    return {"average": None}


def on_tick(context, tick):
    average = context.state["average"]
    weight = 2 / (context.config["length"] + 1)
    average = tick.price if average is None else average + weight * (tick.price - average)
    context.state["average"] = average
    flat = context.get_position().is_flat
    if flat and tick.price > average:
        context.place_order("buy", context.config["size"])
    elif not flat and tick.price < average:
        context.place_order("sell", context.config["size"], reduce_only=True)


def render(context):
    return {"widgets": [chart.candles(), chart.metric("average", context.state["average"])]}
'''
_NATIVE = '''"""Say in one line what this strategy does."""

from decimal import Decimal

from nautilus_trader.model import Bar, BarType, InstrumentId, OrderSide, Quantity
from nautilus_trader.trading import Strategy, StrategyConfig


class __NAME__Config(StrategyConfig):
    """Typed parameters with defaults become the form; market and bar type are given."""

    def __new__(cls, instrument_id, bar_type, length: int = 20, size: Decimal = Decimal("0.1"), **kw):
        return super().__new__(cls, **kw)

    def __init__(self, instrument_id, bar_type, length: int = 20, size: Decimal = Decimal("0.1"), **kw):
        self.instrument_id: InstrumentId = instrument_id
        self.bar_type: BarType = bar_type
        self.length = length
        self.size = size


class __NAME__(Strategy):
    """Holds `size` while the price is above its own average."""

    def __init__(self, config: __NAME__Config) -> None:
        super().__init__(config)
        self.settings = config
        self.average: float | None = None
        self.holding = False

    def on_start(self) -> None:
        self.subscribe_bars(self.settings.bar_type)

    def on_bar(self, bar: Bar) -> None:
        close = float(bar.close)
        weight = 2 / (self.settings.length + 1)
        self.average = close if self.average is None else self.average + weight * (close - self.average)
        if self.holding != (close > self.average):
            self.holding = not self.holding
            side = OrderSide.BUY if self.holding else OrderSide.SELL
            size = Quantity.from_str(str(self.settings.size))
            self.submit_order(self.order_factory.market(self.settings.instrument_id, side, size))
'''

TEMPLATES = {"class": _CLASS, "module": _MODULE, "native": _NATIVE}
