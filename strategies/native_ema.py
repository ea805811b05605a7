"""The EMA cross as a native NautilusTrader strategy: the engine's own API, no contract in between.

Use this form when a strategy needs what only the engine has (order types, several instruments,
its indicators). The configuration class is the schema; `instrument_id` and `bar_type` are filled
in by whoever runs it. The averages are the product's own: the engine's changed between versions.
"""

from decimal import Decimal
from typing import Any

from nautilus_trader.model import Bar, BarType, InstrumentId, OrderSide, Quantity
from nautilus_trader.trading import Strategy, StrategyConfig

from clearedge_tui.contract.indicators import Ema


class NativeEmaConfig(StrategyConfig):
    """What can be set: lengths in bars, and the position held on either side in base units."""

    def __new__(cls, *_: Any, **engine: Any) -> "NativeEmaConfig":
        own = ("instrument_id", "bar_type", "fast", "slow", "size")
        return super().__new__(cls, **{k: v for k, v in engine.items() if k not in own})

    def __init__(
        self,
        instrument_id: InstrumentId,
        bar_type: BarType,
        fast: int = 12,
        slow: int = 48,
        size: Decimal = Decimal("0.1"),
        **_: Any,
    ) -> None:
        if fast >= slow:
            raise ValueError(f"fast {fast} is not shorter than slow {slow}")
        self.instrument_id = instrument_id
        self.bar_type = bar_type
        self.fast, self.slow, self.size = fast, slow, size


class NativeEma(Strategy):
    """Long while the fast average is above the slow one, flat below it."""

    def __new__(cls, config: NativeEmaConfig) -> "NativeEma":
        return super().__new__(cls, config)  # type: ignore[call-arg]  # the engine's own, in Rust

    def __init__(self, config: NativeEmaConfig) -> None:
        super().__init__()
        self.plan = config
        self.fast, self.slow = Ema(config.fast), Ema(config.slow)
        self.long = False

    def on_start(self) -> None:
        market = self.cache.instrument(self.plan.instrument_id)
        if market is None:
            raise ValueError(f"no instrument {self.plan.instrument_id}")
        self.size = Quantity.from_decimal_dp(self.plan.size, market.size_precision)
        self.subscribe_bars(self.plan.bar_type)

    def on_bar(self, bar: Bar) -> None:
        price = float(bar.close)
        fast, slow = self.fast.update(price), self.slow.update(price)
        if fast is None or slow is None or (fast > slow) is self.long:
            return
        self.long = fast > slow
        side = OrderSide.BUY if self.long else OrderSide.SELL
        self.submit_order(self.order_factory.market(self.plan.instrument_id, side, self.size))

    def on_save(self) -> dict[str, bytes]:
        return {"long": b"1" if self.long else b"0"}

    def on_load(self, state: dict[str, bytes]) -> None:
        self.long = state.get("long") == b"1"
