"""An order in the shapes that it takes: as it is asked for, written down, and sent to a book."""

from decimal import Decimal

from clearedge_tui.core import gate
from clearedge_tui.core.messages import BookSubmit, MarketInfo, Submit
from clearedge_tui.core.model import Book, Order, OrderStatus
from clearedge_tui.core.text import clean_tag, clean_text
from clearedge_tui.engine.seat import Seat


def order_of(
    seat: Seat, book: Book, ask: Submit, status: OrderStatus, data_ns: int, reason: str = ""
) -> Order:
    """Return an order as it is at its beginning."""
    return Order(
        id=ask.id,
        instance=seat.instance.id,
        book=book,
        market=seat.market.id,
        side=ask.side,
        kind=ask.kind,
        size=ask.size,
        price=ask.price,
        status=status,
        reason=clean_text(reason),
        tag=clean_tag(ask.tag),
        at_ns=data_ns,
        updated_ns=data_ns,
        trigger=ask.stop,
    )


def shrinks(ask: Submit, position: Decimal) -> bool:
    """Whether an order by itself can only make a position smaller."""
    return ask.reduce_only or gate.reduces(
        gate.Ask(ask.side, ask.size, Decimal(1)), position, Decimal(0)
    )


def submit_of(order: Order, size: Decimal, key: str = "") -> BookSubmit:
    """Return what a book is asked for; `key` is what a real venue is to know it by."""
    return BookSubmit(
        order.instance, order.id, order.market, order.side, size, order.price, order.trigger, key
    )


def off_step(order: Order, market: MarketInfo) -> str:
    """Return why a working order does not fit a market's steps; empty when it does."""
    price = order.price or order.trigger
    if price is not None and price % market.price_step:
        return f"the market's tick is {market.price_step} now, and {price} is no multiple of it"
    left = order.size - order.filled
    if left % market.step:
        return f"the market's step is {market.step} now, and {left} is no multiple of it"
    return ""
