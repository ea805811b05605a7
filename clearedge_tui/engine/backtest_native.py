"""A native NautilusTrader strategy in a backtest, under the same guard as a contract strategy."""

from collections.abc import Callable, Iterable
from typing import Any

from nautilus_trader.common import DataActor, DataActorConfig
from nautilus_trader.model import BarType, OrderSide
from nautilus_trader.trading import Strategy

from clearedge_tui.contract import Tick
from clearedge_tui.engine.backtest_context import BacktestContext
from clearedge_tui.engine.backtest_costs import STOPS
from clearedge_tui.engine.backtest_host import Watch
from clearedge_tui.runs.outcome import OrderRow


def watched(native: type[Strategy], watch: Watch, context: BacktestContext) -> type[Strategy]:
    """Return a subclass whose callbacks end the run when they raise, and whose fills are booked."""

    def guard(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded_call(self: Any, *args: Any) -> Any:
            if watch.over and name != "on_stop":
                return None
            try:
                return call(self, *args)
            except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
                watch.failed(error, name)
                self.shutdown_system(f"{name} raised {type(error).__name__}")
                return None

        return guarded_call

    hooks = {
        name: guard(name, getattr(native, name))
        for name in dir(native)
        if name.startswith("on_") and getattr(native, name) is not getattr(Strategy, name, None)
    }
    after = hooks.get("on_order_filled")

    def on_order_filled(self: Any, event: Any) -> None:
        context.filled(event)
        if after is not None:
            after(self, event)

    return type(native.__name__, (native,), {**hooks, "on_order_filled": on_order_filled})


class Witness(DataActor):
    """Sees every bar beside a native strategy, for progress and for the end of the account."""

    def __new__(cls, *_: object) -> "Witness":
        quiet = DataActorConfig(log_events=False, log_commands=False)
        return super().__new__(cls, quiet)  # type: ignore[call-arg]

    def __init__(self, series: str, watch: Watch, context: BacktestContext) -> None:
        super().__init__()
        self._series = BarType.from_str(series)
        self._watch = watch
        self._context = context

    def on_start(self) -> None:
        self.subscribe_bars(self._series)

    def stops(self, side: OrderSide) -> Iterable[float]:
        """Return the triggers of the stop orders that rest on a side."""
        orders = self.cache.orders_open(side=side)
        return [o.trigger_price.as_double() for o in orders if o.order_type in STOPS]

    def on_bar(self, bar: Any) -> None:
        close = float(bar.close)
        tick = Tick("bar", bar.ts_event, close, close=close)
        if not self._watch.over:
            self._context.settle(tick)
        self._context.tick = tick
        if not self._watch.over and not self._context.floor < close < self._context.ceiling:
            self._watch.ruined(self._context)
            self.shutdown_system("equity is gone")


def orders_of(engine: Any) -> list[OrderRow]:
    """Return the engine's orders as ours, oldest first."""
    rows = []
    for order in engine.cache.orders():
        price, trigger = getattr(order, "price", None), getattr(order, "trigger_price", None)
        rows.append(
            OrderRow(
                order.client_order_id.value,
                order.ts_init,
                "buy" if order.is_buy else "sell",
                order.order_type.name.lower(),
                order.quantity.as_decimal(),
                price.as_decimal() if price is not None else None,
                order.filled_qty.as_decimal(),
                _status(order),
                trigger=trigger.as_decimal() if trigger is not None else None,
                reduce_only=bool(order.is_reduce_only),
            )
        )
    return sorted(rows, key=lambda row: (row.ts_ns, row.id))


def _status(order: Any) -> str:
    name = str(order.status.name).lower()
    known = {
        "accepted": "open",
        "partially_filled": "partial",
        "canceled": "cancelled",
        "expired": "cancelled",
    }
    return known.get(name, name)
