"""What a venue looks at before it takes an order: steps, least and most, money, margin."""

from decimal import Decimal
from typing import TYPE_CHECKING

from clearedge_tui.venue_sim.model import (
    ZERO,
    Denial,
    Denied,
    Market,
    NewOrder,
    Order,
    Product,
    Side,
    Tif,
)

if TYPE_CHECKING:
    from clearedge_tui.venue_sim.exchange import Exchange


def check_new(exchange: "Exchange", account: str, market: Market, asked: NewOrder) -> None:
    """Raise `Denied` for an order that the venue does not take."""
    _check_numbers(market, asked)
    _check_trigger(exchange.price(market.id), asked)
    if asked.reduce_only:
        _check_reduces(exchange, account, market, asked.side)
    elif asked.trigger is None:
        check_money(exchange, account, market, asked)


def check_amended(exchange: "Exchange", market: Market, before: Order, after: Order) -> None:
    if (before.size, before.price, before.trigger) == (after.size, after.price, after.trigger):
        raise Denied(Denial.SAME)
    if after.size % market.size_step or after.size < market.min_size:
        raise Denied(Denial.SIZE)
    if after.size < after.filled:
        raise Denied(Denial.SIZE, "the quantity is below what is filled")
    if after.price is not None and after.price % market.price_step:
        raise Denied(Denial.PRICE)
    if after.asked.tif is Tif.POST_ONLY and after.price is not None:
        taker = after.asked.side
        if exchange.books[market.id].offer(taker, after.leaves, after.price):
            raise Denied(Denial.POST_ONLY)


def _check_numbers(market: Market, asked: NewOrder) -> None:
    if asked.size <= 0:
        raise Denied(Denial.SIZE)
    if asked.by_value:
        if asked.size < market.min_value:
            raise Denied(Denial.VALUE)
        return
    if asked.size % market.size_step or not market.min_size <= asked.size <= market.max_size:
        raise Denied(Denial.SIZE)
    for price in (asked.price, asked.trigger):
        if price is not None and (price <= 0 or price % market.price_step):
            raise Denied(Denial.PRICE)
    worth = (asked.price or market.min_value / asked.size) * asked.size
    if worth < market.min_value and not asked.reduce_only:
        raise Denied(Denial.VALUE)


def _check_trigger(price: Decimal, asked: NewOrder) -> None:
    if asked.trigger is None:
        return
    if asked.rising is None or (asked.trigger <= price if asked.rising else asked.trigger >= price):
        raise Denied(Denial.TRIGGER)


def _check_reduces(exchange: "Exchange", account: str, market: Market, side: Side) -> None:
    held = exchange.holdings[account].position(market.id).size
    if market.product is Product.LINEAR and held * side.sign >= 0:
        raise Denied(Denial.REDUCE_ONLY)


def check_money(exchange: "Exchange", account: str, market: Market, asked: NewOrder) -> None:
    """Raise `Denied` when the account cannot pay for an order, or for its margin."""
    if market.product is Product.SPOT:
        coin = market.quote if asked.side is Side.BUY else market.base
        if exchange.balance(account, coin).free < _price_of(exchange, market, asked):
            raise Denied(Denial.BALANCE)
        return
    held = exchange.holdings[account].position(market.id).size
    closing = abs(held) if held * asked.side.sign < 0 else ZERO
    opening = max(ZERO, asked.size - closing)
    price = asked.price or exchange.books[market.id].best(asked.side.other)
    wanted = opening * price * (1 / market.leverage + market.taker_fee)
    if opening and exchange.balance(account, market.quote).free < wanted:
        raise Denied(Denial.MARGIN)


def _price_of(exchange: "Exchange", market: Market, asked: NewOrder) -> Decimal:
    """Return what an order of spot gives away, in the coin it gives."""
    if asked.side is Side.SELL or asked.by_value:
        return asked.size
    if asked.price is not None:
        return asked.size * asked.price
    given = exchange.books[market.id].offer(asked.side, asked.size, None)
    return sum((price * size for price, size in given), ZERO)
