"""A run's models of costs as the engine's own: what fills cost, at which price, and how late.

The engine asks `Fills` for a book when an order is about to be filled. None is its own way: a
limit order at its price, a stop at its trigger or, through a gap, at the open.
"""

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np
from nautilus_trader.execution import (
    FeeModel,
    FillModel,
    MakerTakerFeeModel,
    StaticLatencyModel,
)
from nautilus_trader.model import (
    BookOrder,
    BookType,
    InstrumentId,
    Money,
    OrderBook,
    OrderSide,
    OrderStatus,
    OrderType,
    Price,
    Quantity,
)

from clearedge_tui.contract import Tick
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.engine.backtest_feed import DEEP
from clearedge_tui.engine.instruments import currency
from clearedge_tui.engine.slips import Slip
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import costs
from clearedge_tui.runs.model import BacktestSpec

STOPS = frozenset((OrderType.STOP_MARKET, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP_MARKET))
_TOUCHED = frozenset((OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED))
_AT_THEIR_PRICE = frozenset((OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED))


def fee_model(spec: BacktestSpec, quote: str) -> FeeModel:
    """Return what charges a run's fills."""
    commission = costs.commission(spec.fees)
    if commission is not None:
        return Broker(commission, quote)
    if spec.fees == costs.NONE:
        return MakerTakerFeeModel(Decimal(0), Decimal(0))
    return MakerTakerFeeModel(spec.maker_fee, spec.taker_fee)


def latency_model(spec: BacktestSpec, next_open: bool) -> StaticLatencyModel | None:
    """Return how late orders are; one nanosecond is what makes them meet the next open."""
    late_ns = max(costs.latency_ns(spec.latency), int(next_open))
    return StaticLatencyModel(base_latency_nanos=late_ns) if late_ns else None


class Broker(FeeModel):
    """A commission by order: of one that is filled in parts, what is due more than was paid."""

    def __new__(cls, *_: object) -> "Broker":
        return super().__new__(cls)

    def __init__(self, commission: costs.Commission, quote: str) -> None:
        self._commission = commission
        self._currency = currency(quote)
        self._unit = Decimal(1).scaleb(-self._currency.precision)
        self._sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}  # size, worth, paid

    def get_commission(self, order: Any, quantity: Any, price: Any, instrument: Any) -> Money:
        del instrument
        name, filled = order.client_order_id.value, quantity.as_decimal()
        size, worth, paid = self._sums.get(name, (Decimal(0), Decimal(0), Decimal(0)))
        size, worth = size + filled, worth + filled * price.as_decimal()
        due = self._commission.of(size, worth).quantize(self._unit, ROUND_HALF_EVEN)
        if size < order.quantity.as_decimal():
            self._sums[name] = (size, worth, due)
        else:
            self._sums.pop(name, None)
        return Money.from_decimal(due - paid, self._currency)


class Fills(FillModel):
    """Fills what takes beyond the price by the slippage, and a stop before a target.

    A bar does not tell which of its extremes came first. Where it touches a stop and a limit order
    of the same side, the limit order waits until the stop is filled. `stops` returns the triggers
    that rest on a side, `seen` the bar that closed last.
    """

    def __new__(cls, *_: object) -> "Fills":
        return super().__new__(cls)

    def __init__(self, market: MarketInfo, bars: Bars, slippage: costs.Slippage | None) -> None:
        self.seen: Callable[[], Tick | None] = lambda: None
        self.stops: Callable[[OrderSide], Iterable[float]] = lambda _side: ()
        self._bars = bars
        self._slip = None if slippage is None else Slip(bars, slippage, float(market.price_step))
        self._identity = InstrumentId.from_str(market.id)
        self._digits, self._tick = market.price_precision, float(market.price_step)
        self._deep = Quantity(DEEP, market.size_precision)
        self._nobody = OrderBook(self._identity, BookType.L2_MBP)

    def is_limit_filled(self) -> bool:
        return True

    def is_slipped(self) -> bool:
        return False

    def fill_limit_inside_spread(self) -> bool:
        return False

    def get_orderbook_for_fill_simulation(
        self, instrument: Any, order: Any, best_bid: Any = None, best_ask: Any = None
    ) -> OrderBook | None:
        del instrument
        if order.order_type in _AT_THEIR_PRICE:
            return self._nobody if self._waits(order) else None
        price = best_ask if order.is_buy else best_bid
        if self._slip is None or price is None:
            return None
        return self._book(order, self._slip, self._met(order, price.as_double()))

    def _at(self) -> int:
        """Return which bar is under way."""
        tick = self.seen()
        if tick is None:
            return 0
        return int(np.searchsorted(self._bars.ts_ns, tick.ts_ns, side="right"))

    def _waits(self, order: Any) -> bool:
        """Say whether the bar under way touches a stop of the order's side that is to come first."""
        triggers = tuple(self.stops(order.side))
        if not triggers or order.order_type is not OrderType.LIMIT:
            return False
        at, price, bars = self._at(), order.price.as_double(), self._bars
        if at >= len(bars):
            return False
        opened = float(bars.open[at])
        if order.is_buy:
            high = float(bars.high[at])
            return opened > price and any(opened < one <= high for one in triggers)
        low = float(bars.low[at])
        return opened < price and any(low <= one < opened for one in triggers)

    def _met(self, order: Any, price: float) -> float:
        """Return the price an order meets: the market's, or its trigger when that lay on the way."""
        kind = order.order_type
        trigger = getattr(order, "trigger_price", None)
        if trigger is None or order.status is OrderStatus.SUBMITTED:  # it came into the market
            return price
        at, asked = self._at(), trigger.as_double()
        if at >= len(self._bars):
            return price
        rises = order.is_buy != (kind in _TOUCHED)
        opened = float(self._bars.open[at])
        through = opened >= asked if rises else opened <= asked
        return price if through else asked

    def _book(self, order: Any, slip: Slip, met: float) -> OrderBook:
        side = OrderSide.SELL if order.is_buy else OrderSide.BUY
        ticks = slip.ticks(met, order.quantity.as_double(), self._at(), order.is_buy)
        book = OrderBook(self._identity, BookType.L2_MBP)
        price = Price(ticks * self._tick, self._digits)
        book.add(BookOrder(side, price, self._deep, 1), 0, 0, 0)
        return book
