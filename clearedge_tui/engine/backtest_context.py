"""The door out of a strategy in a backtest: the bars so far, its own book, the engine's orders."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any, Protocol

import numpy as np

from clearedge_tui.contract import FillView, OrderView, PositionView, Tick
from clearedge_tui.contract._types import Number
from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.model import Position
from clearedge_tui.core.rounding import round_price, round_size
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.outcome import FillRow, OrderRow

_OPEN = ("sent", "open", "partial")


class Desk(Protocol):
    """What the context needs of the host: send and cancel orders at the engine."""

    def send(
        self, side: str, size: Decimal, price: Decimal | None, reduce_only: bool, tag: str
    ) -> str: ...
    def drop(self, order_id: str) -> None: ...


def ticks(bars: Bars) -> Iterator[Tick]:
    """Return the bars as ticks; the objects are made one by one, when asked for."""
    ts, o, h, low, c, v = (column.tolist() for column in bars.columns())
    return map(Tick, repeat("bar"), ts, c, o, h, low, c, v, c, c)


class BacktestContext:
    """`Context` of the contract. The host moves `tick` on; fills are summed when they are asked for.

    `floor` and `ceiling` are the prices at which the account's equity is gone, kept at each fill so
    that a bar costs one comparison.
    """

    def __init__(
        self, market: MarketInfo, bars: Bars, balance: Decimal, say: Callable[[int, str, str], None]
    ) -> None:
        self.config: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.market = market.symbol
        self.desk: Desk | None = None
        self.tick: Tick | None = None
        self.floor = 0.0
        self.ceiling = math.inf
        self.orders: dict[str, OrderRow] = {}
        self.fills: list[FillRow] = []
        self._step, self._price_step = market.step, market.price_step
        self._bars = bars
        self._say = say
        self._open: dict[str, OrderRow] = {}
        self._position = Position()
        self._summed = 0
        self._cash = float(balance)
        self._size = Decimal(0)

    # ---- the contract -------------------------------------------------------------------------
    def get_price(self) -> float | None:
        return self.tick.close if self.tick else None

    def get_orders(self) -> Sequence[OrderView]:
        return [order_view(order) for order in self._open.values()]

    def get_position(self) -> PositionView:
        position = self._sum()
        price = position.avg_price if self.tick is None else Decimal(repr(self.tick.close))
        open_pnl = position.unrealised(price) if position.size else Decimal(0)
        return PositionView(
            position.size, position.avg_price, open_pnl, position.realised, position.fees
        )

    def place_order(
        self,
        side: str,
        size: Number,
        *,
        price: Number | None = None,
        reduce_only: bool = False,
        tag: str = "",
    ) -> str:
        if side not in ("buy", "sell"):
            raise ValueError(f"side {side!r}; wanted 'buy' or 'sell'")
        exact = round_size(size, self._step)
        limit = None if price is None else round_price(price, self._price_step)
        if self.desk is None:
            raise RuntimeError("orders can be placed from on_tick on, not while the strategy loads")
        return self.desk.send(side, exact, limit, reduce_only, str(tag))

    def cancel_order(self, order_id: str) -> None:
        if order_id in self._open and self.desk is not None:
            self.desk.drop(order_id)

    def history(self, count: int) -> Sequence[Tick]:
        if self.tick is None or count <= 0:
            return []
        stop = int(np.searchsorted(self._bars.ts_ns, self.tick.ts_ns, side="right"))
        return list(ticks(self._bars.slice(max(0, stop - count), stop)))

    def now(self) -> datetime:
        return to_datetime(self.tick.ts_ns) if self.tick else datetime.fromtimestamp(0, UTC)

    def log(self, message: str, level: str = "info") -> None:
        self._say(self.tick.ts_ns if self.tick else 0, level, str(message))

    # ---- what the host tells --------------------------------------------------------------------
    def opened(self, order: OrderRow) -> None:
        self.orders[order.id] = self._open[order.id] = order

    def changed(self, order_id: str, status: str, reason: str = "") -> OrderRow | None:
        """Note an order's new status; None for an order that is not ours."""
        order = self.orders.get(order_id)
        if order is None or (status == "open" and order.status not in _OPEN):
            return None
        order.status = status
        order.reason = reason
        if status not in _OPEN:
            self._open.pop(order_id, None)
        return order

    def filled(self, fill: FillRow) -> OrderRow | None:
        """Book a fill: the order, the cash, and the prices at which the account is ruined."""
        self.fills.append(fill)
        signed = fill.size if fill.side == "buy" else -fill.size
        self._size += signed
        self._cash -= float(signed) * float(fill.price) + float(fill.fee)
        size = float(self._size)
        self.floor = (
            max(0.0, -self._cash / size) if size > 0 else 0.0 if self._cash > 0 else math.inf
        )
        self.ceiling = self._cash / -size if size < 0 else math.inf
        order = self.orders.get(fill.order)
        if order is not None:
            order.filled += fill.size
            return self.changed(order.id, "filled" if order.filled >= order.size else "partial")
        return None

    def equity(self) -> float:
        return self._cash + float(self._size) * (self.tick.close if self.tick else 0.0)

    def _sum(self) -> Position:
        for fill in self.fills[self._summed :]:
            self._position, _ = apply_fill(
                self._position, fill.side, fill.size, fill.price, fill.fee
            )
        self._summed = len(self.fills)
        return self._position


def order_view(order: OrderRow) -> OrderView:
    return OrderView(
        order.id,
        order.side,
        order.kind,
        order.size,
        order.price,
        order.filled,
        order.status,
        order.tag,
    )


def fill_view(fill: FillRow) -> FillView:
    return FillView(fill.order, fill.side, fill.size, fill.price, fill.fee, fill.ts_ns, fill.tag)
