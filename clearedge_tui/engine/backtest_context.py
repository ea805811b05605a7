"""The door out of a strategy in a backtest: the bars so far, its own book, the engine's orders."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, repeat
from typing import Any, Protocol

import numpy as np
from nautilus_trader.model import LiquiditySide

from clearedge_tui.contract import FillView, OrderView, PositionView, Tick
from clearedge_tui.contract._types import Number
from clearedge_tui.core import gate
from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.model import Position
from clearedge_tui.core.text import clean_tag
from clearedge_tui.engine.asked import Wish, exact
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.carry import Carry, CashRow
from clearedge_tui.runs.outcome import FillRow, OrderRow

_ZERO, _MAKER = Decimal(0), LiquiditySide.MAKER
_OPEN = ("sent", "open", "partial")
_BLOCK = 256  # bars made into Python numbers at a time: they stay in the processor's cache


class Desk(Protocol):
    """What the context needs of the host: send and cancel orders at the engine."""

    def send(self, wish: Wish) -> str: ...
    def drop(self, order_id: str) -> None: ...
    def refuse(self, wish: Wish, reason: str) -> str: ...
    def rests(self, order_id: str) -> bool: ...


def ticks(bars: Bars) -> Iterator[Tick]:
    """Return the bars as ticks; the objects are made one by one, when asked for."""
    columns = bars.columns()

    def block(start: int) -> Iterator[Tick]:
        stop = start + _BLOCK
        ts, o, h, low, c, v = (column[start:stop].tolist() for column in columns)
        return map(Tick, repeat("bar"), ts, c, o, h, low, c, v, c, c)

    return chain.from_iterable(map(block, range(0, len(bars), _BLOCK)))


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
        self._steps = market.step, market.price_step
        self._limits = market.limits
        self._digits = market.price_precision
        self._bars = bars
        self._say = say
        self._open: dict[str, OrderRow] = {}
        self._position = Position()
        self._summed = 0
        self.fills: list[FillRow] = []  # oldest first
        self.carry: Carry | None = None  # what a position pays with time
        self.cash: list[CashRow] = []
        self.paid = Decimal(0)  # of it so far
        self._cash = float(balance)
        self._size = Decimal(0)
        self._held = 0.0  # the same as a float
        self._view: _Held | None = None  # as it was last asked for, until something moves it
        self._viewed: Tick | None = None

    # ---- the contract -------------------------------------------------------------------------
    def get_price(self) -> float | None:
        return self.tick.close if self.tick else None

    def get_orders(self) -> Sequence[OrderView]:
        self.look()
        return [order_view(order) for order in self._open.values()]

    def get_position(self) -> PositionView:
        view, tick, size = self._view, self.tick, self._size
        if view is None or (self._viewed is not tick and size):  # flat has no price
            view = self._view = _Held.__new__(_Held)
            _put_size(view, size)
            _put_at(view, (self, len(self.fills), tick, self.paid))
            self._viewed = tick
        return view

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
        amount, limit, trigger = exact(side, size, price, stop, self._steps)
        if self.desk is None:
            raise RuntimeError("orders can be placed from on_tick on, not while the strategy loads")
        wish = Wish(side, amount, limit, trigger, reduce_only, clean_tag(tag))
        denied = self._limits and self._denied(wish)
        if denied:
            return self.desk.refuse(wish, denied)
        return self.desk.send(wish)

    def _denied(self, wish: Wish) -> str:
        """Return why the gate of a running instance would deny an order; empty when it passes."""
        if self.tick is None or self._limits is None:
            return ""
        shown = wish.price or wish.stop or Decimal(f"{self.tick.close:.{self._digits}f}")
        ask = gate.Ask(wish.side, wish.size, shown)
        open_now = (
            o
            for o in self._open.values()
            if o.side == wish.side
            and not o.reason
            and not gate.either((wish.kind, wish.reduce_only), (o.kind, o.reduce_only))
        )
        working = sum((o.size - o.filled for o in open_now), Decimal(0))
        if gate.reduces(ask, self._size, working):
            return ""
        denied = gate.within(ask, self._limits)
        return f"{denied.rule}: {denied.text}" if denied else ""

    def cancel_order(self, order_id: str) -> None:
        order = self._open.get(order_id)
        if order is not None and not order.reason and self.desk is not None:
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
    def look(self) -> None:
        """Bring the status of orders under way up to date."""
        for order in self._open.values():
            if order.status == "sent" and self.desk is not None and self.desk.rests(order.id):
                order.status = "open"

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

    def filled(self, event: Any) -> OrderRow | None:
        """Book the engine's fill: the order, the money, and the prices that ruin the account."""
        order_id = event.client_order_id.value
        order = self.orders.get(order_id)
        row, fee = row_of(event, order_id, "" if order is None else order.tag), event.commission
        return self.book(row, order, event.last_px.as_double(), fee.as_double() if fee else 0.0)

    def book(
        self, row: FillRow, order: OrderRow | None, price: float, fee: float
    ) -> OrderRow | None:
        """Book a fill; `price` and `fee` are those of the row, as floats."""
        self.fills.append(row)
        self._view = None
        size, buys = row.size, row.side == "buy"
        self._size = held = self._size + size if buys else self._size - size
        signed = float(held) - self._held
        self._held = after = self._held + signed
        self._cash = cash = self._cash - signed * price - fee
        self._bound(after, cash)
        if order is None:
            return None
        order.filled = order.filled + size if order.filled else size
        if order.filled < order.size:
            order.status = "partial"
        else:
            order.status = "filled"
            self._open.pop(order.id, None)
        order.reason = ""
        return order

    def _bound(self, held: float, cash: float) -> None:
        self.floor, self.ceiling = 0.0, math.inf
        if held > 0:
            self.floor = max(0.0, -cash / held)
        elif held < 0:
            self.ceiling = -cash / held
        elif cash <= 0:
            self.floor = math.inf

    def settle(self, tick: Tick) -> None:
        """Book what fell due up to this bar's close; the strategy has not seen the bar yet."""
        carry, last = self.carry, self.tick
        if carry is None:
            return
        before = (
            (tick.ts_ns, self._exact(tick)) if last is None else (last.ts_ns, self._exact(last))
        )
        rows = carry.over(before, (tick.ts_ns, self._exact(tick)), self._held_at)
        if not rows:
            return
        self.cash += rows
        got = sum((row.amount for row in rows), Decimal(0))
        self.paid -= got
        self._view = None
        self._cash += float(got)
        self._bound(self._held, self._cash)

    def settled(self, coming: Iterator[Tick]) -> Iterator[Tick]:
        """Return bars, each after what fell due up to its close was booked."""
        carry = self.carry
        if carry is None:
            return coming

        def each(carry: Carry) -> Iterator[Tick]:
            for tick in coming:
                if tick.ts_ns >= carry.due_ns:
                    self.settle(tick)
                yield tick

        return each(carry)

    def _exact(self, tick: Tick) -> Decimal:
        return Decimal(f"{tick.close:.{self._digits}f}")

    def _held_at(self, ts_ns: int) -> Decimal:
        """Return the position after all fills up to a moment of the bar under way."""
        size = self._size
        for fill in reversed(self.fills):
            if fill.ts_ns <= ts_ns:
                break
            size = size - fill.size if fill.side == "buy" else size + fill.size
        return size

    @property
    def working(self) -> bool:
        """Say whether an order is under way or rests."""
        return bool(self._open)

    @property
    def engaged(self) -> bool:
        """Say whether there is a position, or an order under way or resting."""
        return bool(self._size or self._open)

    def stops(self, side: str) -> Iterator[OrderRow]:
        """Yield the stop orders of a side that are under way or rest."""
        return (o for o in self._open.values() if o.trigger is not None and o.side == side)

    def equity(self) -> float:
        return self._cash + self._held * (self.tick.close if self.tick else 0.0)

    def position_after(self, count: int) -> Position:
        """Return the book after the first `count` fills."""
        if count < self._summed:
            self._summed, self._position = 0, Position()
        for fill in self.fills[self._summed : count]:
            self._position, _ = apply_fill(
                self._position, fill.side, fill.size, fill.price, fill.fee
            )
        self._summed = count
        return self._position


class _Held(PositionView):
    """A position whose sums are made when they are looked at: most strategies ask for its size."""

    __slots__ = ("_at",)
    _at: tuple[BacktestContext, int, Tick | None, Decimal]  # its book, with so many fills, then

    @property
    def _sums(self) -> Position:
        book, count, _, _ = self._at
        return book.position_after(count)

    @property
    def carry(self) -> Decimal:
        return self._at[3]

    @property
    def avg_price(self) -> Decimal:
        return self._sums.avg_price

    @property
    def unrealised(self) -> Decimal:
        tick = self._at[2]
        if not self.size or tick is None:
            return Decimal(0)
        return self._sums.unrealised(Decimal(repr(tick.close)))

    @property
    def realised(self) -> Decimal:
        return self._sums.realised

    @property
    def fees(self) -> Decimal:
        return self._sums.fees


# frozen: the slots' own setters, since one is made on many bars
_put_size: Callable[[_Held, Decimal], None] = vars(PositionView)["size"].__set__
_put_at: Callable[[_Held, object], None] = vars(_Held)["_at"].__set__


def row_of(event: Any, order_id: str, tag: str) -> FillRow:
    """Return the engine's fill as ours."""
    fee = event.commission
    return FillRow(
        event.ts_event,
        order_id,
        "buy" if event.is_buy else "sell",
        event.last_qty.as_decimal(),
        event.last_px.as_decimal(),
        _ZERO if fee is None else fee.as_decimal(),
        event.liquidity_side == _MAKER,
        tag,
    )


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
        order.trigger,
    )


def fill_view(fill: FillRow) -> FillView:
    return FillView(fill.order, fill.side, fill.size, fill.price, fill.fee, fill.ts_ns, fill.tag)
