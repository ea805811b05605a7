"""A native strategy's venue: data and execution clients that end at the gateway's line.

The node in a native instance's process sees one venue, the market's; behind it is our gateway,
which decides what an order may do. What the gateway cannot carry yet is denied by name.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from nautilus_trader.common import Clock
from nautilus_trader.config import DataClientConfig, ExecutionClientConfig
from nautilus_trader.live import ClientCache
from nautilus_trader.live.clients import (
    DataClient,
    DataClientFactory,
    ExecutionClient,
    ExecutionClientFactory,
)
from nautilus_trader.model import (
    AccountBalance,
    AccountId,
    AccountType,
    Bar,
    BarType,
    ClientOrderId,
    FillReport,
    InstrumentId,
    LiquiditySide,
    Money,
    OmsType,
    OrderSide,
    OrderStatus,
    OrderStatusReport,
    OrderType,
    PositionSide,
    PositionStatusReport,
    Price,
    Quantity,
    QuoteTick,
    TimeInForce,
    TradeId,
    TraderId,
    Venue,
    VenueOrderId,
)

from clearedge_tui.core.messages import Cancel, MarketInfo, Submit, TickMsg
from clearedge_tui.core.model import BarRow, Fill, Order, Position
from clearedge_tui.core.model import OrderStatus as Status
from clearedge_tui.engine.instruments import currency, instrument

_DEEP = 10**9
_CARRIED = (OrderType.MARKET, OrderType.LIMIT)


class Wire:
    """What both clients share: the market, and the way to the gateway."""

    market: MarketInfo
    bar_type: str = ""
    send: Callable[[Submit | Cancel], None]
    data: "GatewayData | None" = None
    execution: "GatewayExecution | None" = None
    position: Position = Position()
    orders: tuple[Order, ...] = ()


class NoDataConfig(DataClientConfig):
    def __new__(cls, **kwargs: Any) -> "NoDataConfig":
        return super().__new__(cls, **kwargs)


class NoExecConfig(ExecutionClientConfig):
    def __new__(cls, **kwargs: Any) -> "NoExecConfig":
        return super().__new__(cls, **kwargs)


class GatewayData(DataClient):
    async def _connect(self) -> None:
        self._handle_instrument(instrument(Wire.market))
        Wire.data = self

    async def _disconnect(self) -> None:
        Wire.data = None

    async def _subscribe_quotes(self, command: object) -> None:
        del command

    async def _unsubscribe_quotes(self, command: object) -> None:
        del command

    async def _subscribe_bars(self, command: object) -> None:
        del command

    async def _unsubscribe_bars(self, command: object) -> None:
        del command

    def quote(self, tick: TickMsg) -> None:
        market = Wire.market
        size = Quantity.from_str(f"{_DEEP:.{market.size_precision}f}")
        self._handle_data(
            QuoteTick(
                InstrumentId.from_str(market.id),
                Price(tick.bid, market.price_precision),
                Price(tick.ask, market.price_precision),
                size,
                size,
                tick.ts_ns,
                tick.ts_ns,
            )
        )

    def bar(self, row: BarRow) -> None:
        digits = Wire.market.price_precision
        self._handle_data(
            Bar(
                BarType.from_str(Wire.bar_type),
                Price(row.open, digits),
                Price(row.high, digits),
                Price(row.low, digits),
                Price(row.close, digits),
                Quantity(row.volume, Wire.market.size_precision),
                row.ts_ns,
                row.ts_ns,
            )
        )


class GatewayDataFactory(DataClientFactory):
    @staticmethod
    def create(*, name: str, config: Any, cache: ClientCache, clock: Clock) -> GatewayData:
        return GatewayData(name=name, config=config, cache=cache, clock=clock, venue=_venue())


def _venue() -> Venue:
    return Venue(Wire.market.id.rpartition(".")[2])


class GatewayExecution(ExecutionClient):
    async def _connect(self) -> None:
        self._handle_instrument(instrument(Wire.market))
        money = currency(Wire.market.quote)
        total = Money(1_000_000_000.0, money)  # the gate guards the money, not this node
        self.generate_account_state(
            [AccountBalance(total, Money(0.0, money), total)], [], True, self.clock.timestamp_ns()
        )
        Wire.execution = self

    async def _disconnect(self) -> None:
        Wire.execution = None

    async def _submit_order(self, command: Any) -> None:
        order = command.order
        if order.order_type not in _CARRIED:
            self.generate_order_denied(
                order, f"{order.order_type.name} orders do not pass the gateway yet"
            )
            return
        self.generate_order_submitted(order)
        price = order.price.as_decimal() if order.order_type is OrderType.LIMIT else None
        side = "buy" if order.is_buy else "sell"
        key = order.client_order_id.value
        Wire.send(
            Submit(key, side, order.quantity.as_decimal(), price, bool(order.is_reduce_only), "")
        )

    async def _submit_order_list(self, command: Any) -> None:
        for order in command.order_list.orders:
            self.generate_order_denied(order, "order lists do not pass the gateway yet")

    async def _modify_order(self, command: Any) -> None:
        order = self.cache.order(command.client_order_id)
        if order is not None:
            self.generate_order_modify_rejected(
                order, command.venue_order_id, "cancel and place it anew", self.clock.timestamp_ns()
            )

    async def _cancel_order(self, command: Any) -> None:
        Wire.send(Cancel(command.client_order_id.value))

    async def _cancel_all_orders(self, command: Any) -> None:
        for order in self.cache.orders_open(instrument_id=command.instrument_id):
            Wire.send(Cancel(order.client_order_id.value))

    async def _query_order(self, command: object) -> None:
        del command  # the gateway tells every change by itself

    # ---- what the gateway says ----------------------------------------------------------------
    def changed(self, update: Order) -> None:
        order = self.cache.order(ClientOrderId(update.id))
        if order is None:
            return
        now = self.clock.timestamp_ns()
        venue_id = VenueOrderId(update.id)
        size = Quantity.from_str(f"{update.size:.{Wire.market.size_precision}f}")
        if update.status.is_open and size != order.quantity:  # cut down with the position
            price = order.price if order.order_type is OrderType.LIMIT else None
            self.generate_order_updated(order, venue_id, size, price, None, None, now)
        elif update.status is Status.OPEN:
            self.generate_order_accepted(order, venue_id, now)
        elif update.status is Status.CANCELLED:
            self.generate_order_canceled(order, venue_id, now)
        elif update.status in (Status.REJECTED, Status.DENIED):
            self.generate_order_rejected(order, update.reason or "refused", now, False)

    def filled(self, fill: Fill) -> None:
        order = self.cache.order(ClientOrderId(fill.order))
        if order is None:
            return
        market = Wire.market
        money = currency(market.quote)
        self.generate_order_filled(
            order,
            VenueOrderId(fill.order),
            None,
            TradeId(fill.id[-32:]),
            Quantity.from_str(f"{fill.size:.{market.size_precision}f}"),
            Price.from_str(f"{fill.price:.{market.price_precision}f}"),
            money,
            Money.from_decimal(fill.fee, money),
            LiquiditySide.TAKER,
            self.clock.timestamp_ns(),
        )

    # ---- what was before ----------------------------------------------------------------------
    async def _generate_order_status_reports(self, command: object) -> list[OrderStatusReport]:
        del command
        return [self._report(order) for order in Wire.orders]

    def _report(self, order: Order) -> OrderStatusReport:
        now = self.clock.timestamp_ns()
        market = Wire.market
        price = (
            None
            if order.price is None
            else Price.from_str(f"{order.price:.{market.price_precision}f}")
        )
        return OrderStatusReport(
            self.account_id,
            InstrumentId.from_str(market.id),
            VenueOrderId(order.id),
            OrderSide.BUY if order.side == "buy" else OrderSide.SELL,
            OrderType.LIMIT if order.kind == "limit" else OrderType.MARKET,
            TimeInForce.GTC,
            OrderStatus.PARTIALLY_FILLED if order.filled else OrderStatus.ACCEPTED,
            Quantity.from_str(f"{order.size:.{market.size_precision}f}"),
            Quantity.from_str(f"{order.filled:.{market.size_precision}f}"),
            now,
            now,
            now,
            client_order_id=ClientOrderId(order.id),
            price=price,
        )

    async def _generate_fill_reports(self, command: object) -> list[FillReport]:
        del command
        return []

    async def _generate_position_status_reports(
        self, command: object
    ) -> list[PositionStatusReport]:
        del command
        size = Wire.position.size
        if not size:
            return []
        now = self.clock.timestamp_ns()
        return [
            PositionStatusReport(
                self.account_id,
                InstrumentId.from_str(Wire.market.id),
                PositionSide.LONG if size > 0 else PositionSide.SHORT,
                Quantity.from_str(f"{abs(size):.{Wire.market.size_precision}f}"),
                now,
                now,
                avg_px_open=Decimal(f"{Wire.position.avg_price:.{Wire.market.price_precision}f}"),
            )
        ]


class GatewayExecutionFactory(ExecutionClientFactory):
    @staticmethod
    def create(
        *, name: str, config: Any, cache: ClientCache, clock: Clock, trader_id: TraderId
    ) -> GatewayExecution:
        return GatewayExecution(
            name=name,
            config=config,
            cache=cache,
            clock=clock,
            trader_id=trader_id,
            venue=_venue(),
            account_id=AccountId(f"{_venue().value}-001"),
            account_type=AccountType.MARGIN,
            oms_type=OmsType.NETTING,
        )
