"""The engine-side host of a strategy in a backtest, closing what the bare engine leaves open.

The bare engine swallows whatever a callback raises and goes on as if nothing were, and it lets an
account sink below zero. Here the first exception ends the run and is kept with its place, and a
bar that closes with no equity left ends the run too.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from nautilus_trader.common import Clock, OrderFactory
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
from clearedge_tui.engine.asked import Wish
from clearedge_tui.engine.backtest_context import BacktestContext, fill_view, order_view
from clearedge_tui.engine.loading import Hosted
from clearedge_tui.runs.outcome import OrderRow

_SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
_NAMES = {side: name for name, side in _SIDES.items()}


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
    """Hosts one contract strategy: bars in as ticks, its orders out to the engine.

    The engine passes bars while an order works; `alone` does without it. What the strategy asks
    for then is kept in `asked` until the engine stands at the same bar (`shows` is true).
    """

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
        self._time = Clock.new_test()  # the engine's own stands still while we are alone
        self._orders: OrderFactory  # of its own time, from the start on
        self._quantity = lru_cache(maxsize=64)(Quantity.from_decimal)  # all of the step's digits
        self._aside = False
        self.coming: Iterator[Tick] = iter(())
        self.asked: list[tuple[Callable[[Any], Any], Any]] = []
        self.refused: list[str] = []  # orders the strategy is yet to hear of
        self.shows = False
        self._heard = _bar_callback(self, hosted.on_tick)

    def on_start(self) -> None:
        self.context.desk = self
        theirs = self.order_factory
        self._orders = OrderFactory(theirs.trader_id, theirs.strategy_id, self._time)
        # an instance attribute: the engine calls the function without a detour
        self.on_bar = self._heard  # type: ignore[method-assign,assignment]
        if self._hears_orders:  # else `rests` is asked when somebody looks
            self.on_order_accepted = self._accepted  # type: ignore[method-assign]
        self.subscribe_bars(self._series)

    def end(self, callback: str, error: BaseException | None = None) -> None:
        """End the run at this event."""
        self.context.floor, self.context.carry = math.inf, None  # no further bar reaches it
        if error is not None:
            self.watch.failed(error, callback)
        else:
            self.watch.ruined(self.context)
        if not self._aside:
            self.shutdown_system(f"{callback} ended the run")

    def alone(self) -> int:
        """Take the strategy through bars until it asks for an order; return how many bars.

        Returns 0 when the run is over.
        """
        passed = 0
        self._aside = True
        try:
            passed = self._through() if self.context.carry is None else self._through_paying()
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            self.end("on_tick", error)
        self._aside = False
        return 0 if self.watch.over else passed

    def _through(self) -> int:
        context, on_tick, asked = self.context, self._hosted.on_tick, self.asked
        floor, ceiling = context.floor, context.ceiling  # fills move them, and there are none here
        passed = 0
        for passed, tick in enumerate(self.coming, 1):  # noqa: B007
            context.tick = tick
            if not floor < tick.close < ceiling:
                self.end("equity")
                break
            on_tick(tick)
            if asked:
                break
        return passed

    def _through_paying(self) -> int:
        """Go through bars on which payments fall due: those move the account too."""
        context, on_tick, asked = self.context, self._hosted.on_tick, self.asked
        passed = 0
        for passed, tick in enumerate(self.coming, 1):  # noqa: B007
            context.tick = tick
            if not context.floor < tick.close < context.ceiling:
                self.end("equity")
                break
            on_tick(tick)
            if asked:
                break
        return passed

    # ---- the context's desk ---------------------------------------------------------------------
    def send(self, wish: Wish) -> str:
        at_ns = self._at()
        what = self._market, _SIDES[wish.side], self._quantity(wish.size)
        only = wish.reduce_only or None
        if wish.stop is not None:
            trigger = Price.from_decimal(wish.stop)
            order = self._orders.stop_market(*what, trigger, reduce_only=only)
        elif wish.price is None:
            order = self._orders.market(*what, reduce_only=only)
        else:
            price = Price.from_decimal(wish.price)
            order = self._orders.limit(*what, price, reduce_only=only)
        order_id: str = order.client_order_id.value
        self.context.opened(_row(order_id, at_ns, wish))
        self._ask(self.submit_order, order)
        return order_id

    def refuse(self, wish: Wish, reason: str) -> str:
        """Take an order's name and record; the strategy hears of it when its callback is through."""
        at_ns = self._at()
        order_id: str = self._orders.generate_client_order_id().value
        row = _row(order_id, at_ns, wish)
        row.reason = reason
        self.context.opened(row)
        self._ask(self.refused.append, order_id)
        return order_id

    def _at(self) -> int:
        """Return the time of an order; its name is made from the engine's own time."""
        tick = self.context.tick
        at_ns = tick.ts_ns if tick else 0
        self._time.set_time(at_ns if self._aside else self.clock.timestamp_ns())
        return at_ns

    def tell_refused(self) -> None:
        """Say of each refused order that it is denied: after the callback, as a gateway does."""
        while self.refused and not self.watch.over:
            order_id = self.refused.pop(0)
            self._changed(order_id, "denied", self.context.orders[order_id].reason)

    def drop(self, order_id: str) -> None:
        self._ask(self.cancel_order, ClientOrderId(order_id))

    def _ask(self, act: Callable[[Any], Any], what: Any) -> None:
        if self._aside:
            self.asked.append((act, what))
        else:
            act(what)

    def rests(self, order_id: str) -> bool:
        """Say whether the market has the order by now."""
        order = self.cache.order(ClientOrderId(order_id))
        return order is not None and order.status == OrderStatus.ACCEPTED

    def stops(self, side: OrderSide) -> Iterator[float]:
        """Yield the triggers of the stop orders that rest on a side."""
        for row in self.context.stops(_NAMES[side]):
            order = self.cache.order(ClientOrderId(row.id))
            if order is not None and order.is_open and row.trigger is not None:
                yield float(row.trigger)

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
        self.tell_refused()

    def _changed(self, order_id: str, status: str, reason: str = "") -> None:
        if self.watch.over:
            return
        try:
            order = self.context.changed(order_id, status, reason)
            if self._hears_orders and order is not None:
                self._hosted.on_order(order_view(order))
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            self.end("on_order", error)

    def _event(self, event: Any, status: str, reason: str = "") -> None:
        self._changed(event.client_order_id.value, status, reason)
        self.tell_refused()

    def _accepted(self, event: Any) -> None:
        self._event(event, "open")

    def on_order_updated(self, event: Any) -> None:
        """Hear that an order that only reduces was cut down to the position."""
        order = self.context.orders.get(event.client_order_id.value)
        if order is not None:
            order.size = event.quantity.as_decimal()
            if order.status != "sent":
                self._event(event, order.status, order.reason)

    def on_order_canceled(self, event: Any) -> None:
        self._event(event, "cancelled")

    def on_order_expired(self, event: Any) -> None:
        self._event(event, "cancelled", "expired")

    def on_order_rejected(self, event: Any) -> None:
        self._event(event, "rejected", str(event.reason))

    def on_order_denied(self, event: Any) -> None:
        self._event(event, "denied", str(event.reason))


def _row(order_id: str, at_ns: int, wish: Wish) -> OrderRow:
    return OrderRow(
        order_id,
        at_ns,
        wish.side,
        wish.kind,
        wish.size,
        wish.price,
        tag=wish.tag,
        trigger=wish.stop,
        reduce_only=wish.reduce_only,
    )


def _bar_callback(host: ContractHost, on_tick: Callable[[Tick], None]) -> Callable[[Any], None]:
    """Return the callback for bars, with all it needs in local reach."""
    context, watch, asked, refused = host.context, host.watch, host.asked, host.refused

    def on_bar(_: Any) -> None:
        try:
            if host.shows:
                host.shows = False
                for act, what in asked:
                    act(what)
                asked.clear()
                host.tell_refused()
                return
            context.tick = tick = next(host.coming)
            if context.floor < tick.close < context.ceiling:
                on_tick(tick)
                if refused:
                    host.tell_refused()
            elif not watch.over:
                host.end("equity")
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            host.end("on_tick", error)

    return on_bar
