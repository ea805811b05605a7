"""An order in the shapes that it takes: as it is asked for, written down, and sent to a book."""

import contextlib
from collections.abc import Iterable
from decimal import Decimal

from clearedge_tui.core import gate
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.messages import BookEvent, BookSubmit, MarketInfo, Submit
from clearedge_tui.core.model import Book, Fill, Order, OrderStatus
from clearedge_tui.core.text import clean_tag, clean_text
from clearedge_tui.engine.seat import Seat
from clearedge_tui.market.markets import load_markets
from clearedge_tui.settings import Home


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


def fill_of(order: Order, event: BookEvent, fill_id: str, at_ns: int, realised: Decimal) -> Fill:
    """Return an execution of an order; `at_ns` is data time, `realised` what it closed."""
    return Fill(
        fill_id,
        order.id,
        order.instance,
        order.book,
        order.market,
        order.side,
        event.size,
        event.price,
        event.fee,
        at_ns,
        realised,
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


def other_market(order: Order, old: MarketInfo, new: MarketInfo) -> str:
    """Return why an order of before a restart does not rest again in its market as it is now."""
    if (old.price_precision, old.size_precision) != (new.price_precision, new.size_precision):
        return "its market has other decimals now"
    return off_step(order, new)


def markets_now(home: Home, seats: Iterable[Seat]) -> dict[str, MarketInfo]:
    """Return the markets of these seats as the home declares them; what is gone is left out."""
    declared, found = load_markets(home), {}
    for market in {seat.market.id for seat in seats}:
        with contextlib.suppress(ClearEdgeError, KeyError):
            found[market] = declared[market].info
    return found
