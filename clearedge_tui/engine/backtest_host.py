"""The engine-side host of a strategy in a backtest, closing what the bare engine leaves open.

The bare engine swallows whatever a callback raises and goes on as if nothing were, and it lets an
account sink below zero. Here the first exception ends the run and is kept with its place, and a
bar that closes with no equity left ends the run too.
"""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from nautilus_trader.model import (
    BarType,
    ClientOrderId,
    InstrumentId,
    OrderSide,
    OrderStatus,
    Price,
    Quantity,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from clearedge_tui.contract import Tick
from clearedge_tui.core.clock import iso
from clearedge_tui.engine.backtest_context import BacktestContext, fill_view, order_view, ticks
from clearedge_tui.engine.loading import Hosted
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.outcome import OrderRow

_SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}


class Watch:
    """What ended the run before its data did: an exception of the strategy, or ruin."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.callback = ""
        self.ruin = ""
        self.over = False

    def failed(self, error: BaseException, callback: str) -> None:
        self.over = True
        if self.error is None:
            self.error, self.callback = error, callback

    def ruined(self, context: BacktestContext) -> None:
        self.over = True
        when = iso(context.tick.ts_ns) if context.tick else "the start"
        self.ruin = (
            f"the account was ruined at {when}: equity {context.equity():,.2f}, the run ended there"
        )


class ContractHost(Strategy):
    """Hosts one contract strategy: bars in as ticks, its orders out to the engine."""

    def __new__(cls, *_: object) -> "ContractHost":
        quiet = StrategyConfig(log_events=False, log_commands=False)
        return super().__new__(cls, quiet)  # type: ignore[call-arg]

    def __init__(
        self,
        context: BacktestContext,
        hosted: Hosted,
        hooks: frozenset[str],
        market_id: str,
        series: str,
    ) -> None:
        super().__init__()
        self.watch = Watch()
        self.context = context
        self._hosted = hosted
        self._hears_fills, self._hears_orders = "on_fill" in hooks, "on_order" in hooks
        self._market = InstrumentId.from_str(market_id)
        self._series = BarType.from_str(series)
        self._heard, self.expect = _bar_callback(self, hosted.on_tick)

    def on_start(self) -> None:
        self.context.desk = self
        # an instance attribute: the engine calls the function without a detour
        self.on_bar = self._heard  # type: ignore[method-assign,assignment]
        if self._hears_orders:  # else `rests` is asked when somebody looks
            self.on_order_accepted = self._accepted  # type: ignore[method-assign]
        self.subscribe_bars(self._series)

    def end(self, callback: str, error: BaseException | None = None) -> None:
        """End the run at this event."""
        self.context.floor = math.inf  # no further bar reaches the strategy
        if error is not None:
            self.watch.failed(error, callback)
        else:
            self.watch.ruined(self.context)
        self.shutdown_system(f"{callback} ended the run")

    # ---- the context's desk ---------------------------------------------------------------------
    def send(
        self, side: str, size: Decimal, price: Decimal | None, reduce_only: bool, tag: str
    ) -> str:
        quantity = Quantity.from_decimal(size)
        if price is None:
            order = self.order_factory.market(
                self._market, _SIDES[side], quantity, reduce_only=reduce_only or None
            )
        else:
            order = self.order_factory.limit(
                self._market,
                _SIDES[side],
                quantity,
                Price.from_decimal(price),
                reduce_only=reduce_only or None,
            )
        order_id: str = order.client_order_id.value
        tick = self.context.tick
        kind = "market" if price is None else "limit"
        row = OrderRow(order_id, tick.ts_ns if tick else 0, side, kind, size, price, tag=tag)
        self.context.opened(row)
        self.submit_order(order)
        return order_id

    def drop(self, order_id: str) -> None:
        self.cancel_order(ClientOrderId(order_id))

    def rests(self, order_id: str) -> bool:
        """Say whether the market has the order by now."""
        order = self.cache.order(ClientOrderId(order_id))
        return order is not None and order.status == OrderStatus.ACCEPTED

    # ---- what the engine says -------------------------------------------------------------------
    def on_order_filled(self, event: Any) -> None:
        if self.watch.over:
            return
        callback = "on_fill"
        try:
            order = self.context.filled(event)
            if self._hears_fills:
                self._hosted.on_fill(fill_view(self.context.fills[-1]))
            callback = "on_order"
            if self._hears_orders and order is not None:
                self._hosted.on_order(order_view(order))
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            self.end(callback, error)

    def _changed(self, event: Any, status: str, reason: str = "") -> None:
        if self.watch.over:
            return
        try:
            order = self.context.changed(event.client_order_id.value, status, reason)
            if self._hears_orders and order is not None:
                self._hosted.on_order(order_view(order))
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            self.end("on_order", error)

    def _accepted(self, event: Any) -> None:
        self._changed(event, "open")

    def on_order_canceled(self, event: Any) -> None:
        self._changed(event, "cancelled")

    def on_order_expired(self, event: Any) -> None:
        self._changed(event, "cancelled", "expired")

    def on_order_rejected(self, event: Any) -> None:
        self._changed(event, "rejected", str(event.reason))

    def on_order_denied(self, event: Any) -> None:
        self._changed(event, "denied", str(event.reason))


def _bar_callback(
    host: ContractHost, on_tick: Callable[[Tick], None]
) -> tuple[Callable[[Any], None], Callable[[Bars], None]]:
    """Return the callback for bars and the way to load it, with all it needs in local reach."""
    context, watch = host.context, host.watch
    coming: Iterator[Tick] = iter(())

    def expect(bars: Bars) -> None:
        nonlocal coming
        coming = ticks(bars)

    def on_bar(_: Any) -> None:
        try:
            context.tick = tick = next(coming)
            if context.floor < tick.close < context.ceiling:
                on_tick(tick)
            elif not watch.over:
                host.end("equity")
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            host.end("on_tick", error)

    return on_bar, expect
