"""What a strategy is given and what it may ask for. Imports nothing of ours and no engine.

Market observations are floats, because indicators are; money and sizes are Decimal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec

Number = Decimal | int | str | float


class Tick(msgspec.Struct, gc=False):  # holds nothing that could hold it
    """One observation: a bar, a quote or a trade. `price` is always there.

    `ts_ns` is UTC nanoseconds; for a bar it is the time it closed. Fields that the kind does not
    have are 0.0. The object belongs to the strategy: keeping it is allowed.
    """

    kind: str  # bar | quote | trade
    ts_ns: int
    price: float
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    size: float = 0.0
    complete: bool = True  # False: a bar with ticks missing in it, after a break of the feed


@dataclass(frozen=True, slots=True)
class OrderView:
    """One of this instance's open orders."""

    id: str
    side: str  # buy | sell
    kind: str  # market | limit | stop
    size: Decimal
    price: Decimal | None
    filled: Decimal
    status: str
    tag: str = ""
    stop: Decimal | None = None  # the price that sets a stop order off


@dataclass(frozen=True, slots=True)
class FillView:
    """One execution of this instance. `fee` is in the quote currency, positive is paid."""

    order: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    ts_ns: int
    tag: str = ""


@dataclass(frozen=True, slots=True)
class PositionView:
    """This instance's own position: signed size (long > 0) and PnL in the quote currency."""

    size: Decimal = Decimal(0)
    avg_price: Decimal = Decimal(0)
    unrealised: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)  # before fees
    fees: Decimal = Decimal(0)
    carry: Decimal = Decimal(0)  # funding and borrowing paid in a backtest; below 0: got

    @property
    def is_flat(self) -> bool:
        return self.size == 0

    @property
    def pnl(self) -> Decimal:
        """Return realised plus unrealised PnL after fees and carry."""
        return self.realised + self.unrealised - self.fees - self.carry


class OrderNotAllowed(Exception):
    """The order may not be placed now; the message says why. A strategy may catch it."""


class Context(Protocol):
    """The only door out of a strategy. It does not say which mode the instance is in."""

    config: dict[str, Any]  # validated values by field name
    state: dict[str, Any]  # what init() returned; kept over reloads
    market: str  # as a person writes it, e.g. BTC/USDT

    def get_price(self) -> float | None: ...
    def get_orders(self) -> Sequence[OrderView]: ...
    def get_position(self) -> PositionView: ...
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
        """Place a market order; a limit order with `price`, a stop order with `stop`. Return its id.

        A stop order becomes a market order when the market gets to `stop`: up to it for a buy, down
        to it for a sell; at once when it is there already. `size` is in base units and is rounded
        down to the market's step. An order with `reduce_only` is cut down with the position and
        cancelled when that is closed. Raises `OrderNotAllowed` when orders are denied, ValueError
        when side, size or prices make no sense.
        """
        ...

    def cancel_order(self, order_id: str) -> None: ...
    def history(self, count: int) -> Sequence[Tick]:
        """Return up to `count` of the latest closed bars, oldest first."""
        ...

    def now(self) -> datetime:
        """Return the time of the data, aware, in UTC."""
        ...

    def log(self, message: str, level: str = "info") -> None: ...


class Strategy:
    """Base of a class strategy. Override what you need; `self.context` is the only door.

    `init` returns the state (a plain dict, kept over reloads) and `on_tick` is called for every
    bar, quote or trade. `render` returns data for the console, never markup.
    """

    context: Context
    config: dict[str, Any]
    state: dict[str, Any]

    def init(self) -> dict[str, Any]:
        return {}

    def on_tick(self, tick: Tick) -> None:
        raise NotImplementedError

    def render(self) -> dict[str, Any]:
        return {"widgets": []}

    def on_fill(self, fill: FillView) -> None:
        """Hear of one of this instance's fills."""

    def on_order(self, order: OrderView) -> None:
        """Hear that one of this instance's orders changed."""

    def on_stop(self) -> None:
        """Hear that the instance stops; orders follow its exit policy."""


Renderer = Callable[[], dict[str, Any]]
