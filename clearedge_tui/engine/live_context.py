"""The door out of a strategy in a running instance: the gateway's line, and what it last said."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from clearedge_tui.contract._types import (
    FillView,
    Number,
    OrderNotAllowed,
    OrderView,
    PositionView,
    Tick,
)
from clearedge_tui.core.clock import now_ns, to_datetime
from clearedge_tui.core.messages import Cancel, MarketInfo, Submit
from clearedge_tui.core.model import BarRow, Fill, Order, Position
from clearedge_tui.engine.asked import exact

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = _DIGITS[rest] + text
    return text or "0"


def view_order(order: Order) -> OrderView:
    return OrderView(
        order.id,
        order.side,
        order.kind,
        order.size,
        order.price,
        order.filled,
        order.status.value,
        order.tag,
        order.trigger,
    )


def view_fill(fill: Fill, tag: str) -> FillView:
    return FillView(fill.order, fill.side, fill.size, fill.price, fill.fee, fill.at_ns, tag)


def bar_tick(bar: BarRow, whole: bool = True) -> Tick:
    return Tick(
        "bar",
        bar.ts_ns,
        bar.close,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.close,
        bar.close,
        complete=whole,
    )


class LiveContext:
    """Holds the newest truth from the gateway; orders leave through `send`."""

    def __init__(
        self,
        instance: str,
        market: MarketInfo,
        send: Callable[[Submit | Cancel], None],
        say: Callable[[str, str], None],
    ) -> None:
        self.config: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.market = market.symbol
        self.info = market
        self.price: float | None = None
        self.data_ns = 0
        self.position = Position()
        self.orders: dict[str, Order] = {}
        self.allowed = True
        self.bars: deque[BarRow] = deque(maxlen=3000)
        self.whole: Callable[[BarRow], bool] = lambda _bar: True
        self._send = send
        self._say = say
        self._tags: dict[str, str] = {}
        self._prefix = f"{instance}-{base36(now_ns() // 1_000_000)}"
        self._count = 0

    # ---- the contract -------------------------------------------------------------------------
    def get_price(self) -> float | None:
        return self.price

    def get_orders(self) -> Sequence[OrderView]:
        return [view_order(o) for o in self.orders.values() if o.status.is_open]

    def get_position(self) -> PositionView:
        position = self.position
        price = Decimal(repr(self.price)) if self.price is not None else position.avg_price
        return PositionView(
            position.size,
            position.avg_price,
            position.unrealised(price),
            position.realised,
            position.fees,
        )

    def place_order(
        self,
        side: str,
        size: Number,
        *,
        price: Number | None = None,
        stop: Number | None = None,
        reduce_only: bool = False,
        tag: str = "",
    ) -> str:
        steps = self.info.step, self.info.price_step
        amount, limit, trigger = exact(side, size, price, stop, steps)
        if not self.allowed:
            raise OrderNotAllowed("orders are not allowed now")
        self._count += 1
        key = f"{self._prefix}-{self._count}"
        ask = Submit(key, side, amount, limit, reduce_only, tag, trigger)
        self.orders[key] = Order(
            key,
            "",
            "",  # type: ignore[arg-type]  # the gateway decides the book, a strategy never learns it
            self.info.id,
            side,
            ask.kind,
            amount,
            limit,
            tag=tag,
            at_ns=self.data_ns,
            trigger=trigger,
        )
        if tag:
            self._tags[key] = tag
        self._send(ask)
        return key

    def cancel_order(self, order_id: str) -> None:
        if order_id in self.orders:
            self._send(Cancel(order_id))

    def history(self, count: int) -> Sequence[Tick]:
        bars = list(self.bars)[-count:] if count > 0 else []
        return [bar_tick(bar, self.whole(bar)) for bar in bars]

    def now(self) -> datetime:
        return to_datetime(self.data_ns) if self.data_ns else datetime.fromtimestamp(0, UTC)

    def log(self, message: str, level: str = "info") -> None:
        self._say(level if level in ("debug", "info", "warning", "error") else "info", str(message))

    # ---- what the gateway says ----------------------------------------------------------------
    def take_orders(self, orders: Sequence[Order]) -> None:
        self.orders = {o.id: o for o in orders}

    def take_order(self, order: Order) -> None:
        if order.status.is_open:
            self.orders[order.id] = order
        else:
            self.orders.pop(order.id, None)
            self._tags.pop(order.id, None)

    def tag_of(self, order_id: str) -> str:
        return self._tags.get(order_id, "")
