"""What is held and what could be, in money: the figures that limits on size look at. Pure and exact.

Open orders count as though they were filled, each side by itself: whatever part of them fills,
no figure is larger than the one shown. Orders that may only reduce count for nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from clearedge_tui.core.gate import Ask, reduces
from clearedge_tui.core.limits import Scope
from clearedge_tui.core.limits_state import RiskState
from clearedge_tui.core.model import Order, Position

_ZERO = Decimal(0)


class Leg(msgspec.Struct, frozen=True):
    """One market of one instance. `held` is signed; `buys` and `sells` are worth of open orders."""

    instance: str
    market: str
    held: Decimal = _ZERO
    buys: Decimal = _ZERO
    sells: Decimal = _ZERO

    @property
    def low(self) -> Decimal:
        return self.held - self.sells

    @property
    def high(self) -> Decimal:
        return self.held + self.buys

    @property
    def worst(self) -> Decimal:
        return max(abs(self.low), abs(self.high))


class Replaced(msgspec.Struct, frozen=True):
    """The open order that an amendment would change: what is left of it."""

    size: Decimal
    price: Decimal
    worth: Decimal  # what the leg counts it for; 0 for an order that may only reduce


class Wish(msgspec.Struct, frozen=True):
    """An order that is about to leave, or the order that an amendment would make of another.

    `price` is the limit or the trigger, or the last price of an order at the market. `position`
    and `working` are as `core.gate` counts them, without the order that is replaced.
    """

    account: str
    instance: str
    market: str
    side: str
    size: Decimal
    price: Decimal
    last: Decimal | None  # the newest price; None: none has been seen
    kind: str = "market"  # market | limit | stop
    position: Decimal = _ZERO
    working: Decimal = _ZERO
    multiplier: Decimal = Decimal(1)
    replaces: Replaced | None = None

    @property
    def worth(self) -> Decimal:
        """Return the most it can be worth at today's prices."""
        return (
            self.size * worst_price(self.side, self.kind, self.price, self.last) * self.multiplier
        )

    @property
    def only_reduces(self) -> bool:
        """Whether it can only make risk smaller: such orders pass every limit."""
        old = self.replaces
        if old is not None and self.size <= old.size and self.price == old.price:
            return True
        return reduces(Ask(self.side, self.size, self.price), self.position, self.working)


class View(msgspec.Struct, frozen=True):
    """What is known of one portfolio, account or instance at one moment.

    The equity of an instance is its account's balance and what it has made itself.
    """

    scope: Scope
    key: str  # the currency of a portfolio, the name of an account, the id of an instance
    currency: str
    legs: tuple[Leg, ...] = ()
    equity: Decimal | None = None  # None: not known
    state: RiskState = RiskState()
    ages_s: Mapping[str, float] = {}  # market -> age of its newest price; absent: never heard


class Sums(msgspec.Struct, frozen=True):
    """Sums over legs, open orders filled at their worst."""

    gross: Decimal = _ZERO
    low: Decimal = _ZERO  # net, were all sells filled and no buy
    high: Decimal = _ZERO
    positions: int = 0
    markets: Mapping[str, Decimal] = {}  # market -> the worst worth of its net position

    @property
    def net(self) -> Decimal:
        return max(abs(self.low), abs(self.high))


def worst_price(side: str, kind: str, price: Decimal, last: Decimal | None) -> Decimal:
    """Return what an order may be filled at, as far as today's prices say: a buying limit is never
    filled above itself, anything else may be filled at its price or at the market.
    """
    if (kind == "limit" and side == "buy") or last is None:
        return price
    return max(price, last)


def leg_of(
    instance: str,
    market: str,
    position: Position,
    last: Decimal | None,
    orders: Iterable[tuple[Order, bool]],
    multiplier: Decimal = Decimal(1),
) -> Leg:
    """Return the leg of a position and its open orders (each with whether it may only reduce).

    Where no price has been seen a position counts at its entry.
    """
    worth = {"buy": _ZERO, "sell": _ZERO}
    for order, only_reduces in orders:
        price = order.price or order.trigger or last
        if order.status.is_open and not only_reduces and price is not None:
            each = worst_price(order.side, order.kind, price, last)
            worth[order.side] += (order.size - order.filled) * each * multiplier
    held = position.size * (position.avg_price if last is None else last) * multiplier
    return Leg(instance, market, held, worth["buy"], worth["sell"])


def sums(legs: Iterable[Leg]) -> Sums:
    gross = low = high = _ZERO
    positions = 0
    nets: dict[str, tuple[Decimal, Decimal]] = {}
    for leg in legs:
        gross += leg.worst
        low += leg.low
        high += leg.high
        positions += bool(leg.held or leg.buys or leg.sells)
        least, most = nets.get(leg.market, (_ZERO, _ZERO))
        nets[leg.market] = (least + leg.low, most + leg.high)
    worst = {name: max(abs(least), abs(most)) for name, (least, most) in nets.items()}
    return Sums(gross, low, high, positions, worst)


def with_wish(legs: Iterable[Leg], wish: Wish) -> tuple[Leg, ...]:
    """Return the legs as they would be with the order open."""
    found = {(leg.instance, leg.market): leg for leg in legs}
    where = (wish.instance, wish.market)
    leg = found.get(where) or Leg(*where)
    more = wish.worth - (wish.replaces.worth if wish.replaces else _ZERO)
    if wish.side == "buy":
        leg = msgspec.structs.replace(leg, buys=max(_ZERO, leg.buys + more))
    else:
        leg = msgspec.structs.replace(leg, sells=max(_ZERO, leg.sells + more))
    return tuple((found | {where: leg}).values())
