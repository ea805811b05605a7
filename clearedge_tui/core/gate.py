"""The wall between a strategy's wish and an account: pure, and run in the gateway only."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.model import Book, Mode, ObserveOrders


class Ask(msgspec.Struct, frozen=True):
    """What an instance wants. `price` is the limit, or the last price for a market order."""

    side: str
    size: Decimal
    price: Decimal
    reduce_only: bool = False
    at_market: bool = False  # the price is what the market shows, which need not be on a tick
    by_person: bool = False


class Limits(msgspec.Struct, frozen=True):
    """What a market takes in one order. Zero is no limit."""

    min_size: Decimal = Decimal(0)
    max_size: Decimal = Decimal(0)
    min_notional: Decimal = Decimal(0)


class Standing(msgspec.Struct, frozen=True):
    """What the gateway knows of the instance and its account at this moment."""

    mode: Mode
    observe_orders: ObserveOrders
    book: Book  # the account's own book when active
    leased: bool  # a supervisor is listening
    killed: str  # why nothing of strategies passes at all; empty: it does
    position: Decimal  # of the book the order would go to
    working: Decimal  # signed size of this instance's open orders on the order's side
    gross: Decimal  # notional of all positions and open orders of the account's book
    buying_power: Decimal
    orders_last_second: int
    most_orders_per_second: int
    step: Decimal
    price_step: Decimal
    limits: Limits | None = None
    weight: Decimal = Decimal(1)  # of the order's notional, see `weight`
    odd: bool = False  # the newest price stands far away from the last ones, and alone
    silent_s: float = 0.0  # since the market last spoke
    most_silent_s: float = 0.0  # 0 is for ever
    missing: str = ""  # why nothing is entered after a gap in the data
    barred: "Denied | None" = None  # why nothing that adds risk passes: approval, doubt, disk …


class Denied(msgspec.Struct, frozen=True):
    """Why an order is refused: the rule, and the numbers in words."""

    rule: str
    text: str


def weight(leverage: Decimal, margin: Decimal | None) -> Decimal:
    """Return what a notional counts against buying power: more where the market's own margin
    (share of the notional) allows less than the account's leverage does.
    """
    return max(Decimal(1), leverage * margin) if margin else Decimal(1)


def route(mode: Mode, observe_orders: ObserveOrders, book: Book) -> Book | None:
    """Return the book an order of this instance goes to, or None when it may not be placed."""
    if mode is Mode.ACTIVE:
        return book
    if mode is Mode.OBSERVE and observe_orders is ObserveOrders.SHADOW:
        return Book.SHADOW
    return None


def reduces(ask: Ask, position: Decimal, working: Decimal) -> bool:
    """Whether the order, with those already working on its side, can only shrink the position."""
    signed = ask.size if ask.side == "buy" else -ask.size
    if position == 0 or (position > 0) == (signed > 0):
        return False
    return abs(signed) + abs(working) <= abs(position)


def either(one: tuple[str, bool], other: tuple[str, bool]) -> bool:
    """Whether two orders (kind, reduces only) may each be as large as the position.

    Both are cut down with it, and no price fills both: a stop and a target, or an exit at the
    market beside what rests.
    """
    return one[1] and other[1] and one[0] != other[0]


def decide(ask: Ask, now: Standing) -> Denied | None:
    """Return why the order is refused, or None. Orders that only reduce pass every risk rule.

    While a kill is on, nothing of a strategy passes: it may be what went wrong. A person's exit does.
    """
    wrong = _shape(ask, now)
    if wrong:
        return wrong
    if route(now.mode, now.observe_orders, now.book) is None and not ask.by_person:
        return Denied("mode", "orders are not allowed now")
    if now.killed and not ask.by_person:
        return Denied("kill", now.killed)
    if reduces(ask, now.position, now.working):
        return None
    if ask.reduce_only:
        return Denied(
            "reduce_only", f"{ask.side} {ask.size} would enlarge a position of {now.position}"
        )
    if now.killed:
        return Denied("kill", f"{now.killed}: only what reduces a position passes")
    stale = now.barred or _data(ask, now)
    return stale or (within(ask, now.limits) if now.limits else None) or _risk(ask, now)


def _data(ask: Ask, now: Standing) -> Denied | None:
    """Return why the newest price is nothing to enter on."""
    if now.odd:
        return Denied(
            "data",
            f"the price {ask.price} is far away from the last ones; nothing is entered on one print",
        )
    if now.missing:
        return Denied("data", now.missing)
    if now.most_silent_s and now.silent_s > now.most_silent_s:
        return Denied(
            "data",
            f"the newest price is {now.silent_s:.0f} s old, at most {now.most_silent_s:g} s are allowed: "
            "nothing is entered on a stale one",
        )
    return None


def within(ask: Ask, limits: Limits) -> Denied | None:
    """Return which limit of the market an order breaks. Orders that only reduce are not asked."""
    if ask.size < limits.min_size:
        return Denied(
            "min_size", f"size {ask.size} is less than the market's least, {limits.min_size}"
        )
    if limits.max_size and ask.size > limits.max_size:
        return Denied(
            "max_size", f"size {ask.size} is more than the market's most, {limits.max_size}"
        )
    notional = ask.size * ask.price
    if notional < limits.min_notional:
        return Denied(
            "min_notional",
            f"{ask.size} at {ask.price} is worth {notional.normalize():f}; the market takes no less "
            f"than {limits.min_notional}",
        )
    return None


def _shape(ask: Ask, now: Standing) -> Denied | None:
    if ask.side not in ("buy", "sell"):
        return Denied("side", f"side `{ask.side}`; wanted buy or sell")
    if not ask.size.is_finite() or ask.size <= 0:
        return Denied(
            "size", f"size {ask.size}; wanted more than 0 (the market's step is {now.step})"
        )
    if ask.size % now.step:
        return Denied("size", f"size {ask.size} is no multiple of the market's step {now.step}")
    if not ask.price.is_finite() or ask.price <= 0:
        return Denied("price", f"price {ask.price}; wanted more than 0")
    if not ask.at_market and ask.price % now.price_step:
        return Denied(
            "price", f"price {ask.price} is no multiple of the market's tick {now.price_step}"
        )
    return None


def _risk(ask: Ask, now: Standing) -> Denied | None:
    if not now.leased:
        return Denied(
            "orphan", "no supervisor is listening: only orders that reduce a position pass"
        )
    if now.orders_last_second >= now.most_orders_per_second:
        return Denied(
            "rate",
            f"{now.orders_last_second} orders in a second; at most {now.most_orders_per_second}",
        )
    after = now.gross + ask.size * ask.price * now.weight
    if after > now.buying_power:
        return Denied(
            "buying_power", f"gross notional would be {after:.2f}; at most {now.buying_power:.2f}"
        )
    return None
