"""What an order becomes when its venue speaks: pure, and right in whatever order the words arrive.

Venues repeat, delay and reorder what they say, and a process may end between any two of them. So a
fill counts once by its own id, an end is an end, and what nobody has answered is UNKNOWN.
"""

from decimal import Decimal

import msgspec

from clearedge_tui.core.messages import BookEvent
from clearedge_tui.core.model import Order, OrderStatus

_S = OrderStatus


class Heard(msgspec.Struct, frozen=True):
    """An order after an event. `fill` says that the event's size counts; `alarm` that it is odd."""

    order: Order
    fill: bool = False
    alarm: str = ""


def hear(order: Order, event: BookEvent, known: bool, now_ns: int) -> Heard:
    """Return what an order is after an event; `known` says that this fill was counted before."""
    match event.kind:
        case "filled":
            return _filled(order, event, known, now_ns)
        case "accepted":
            return _accepted(order, now_ns)
        case "cancelled":
            return _ended(order, _S.CANCELLED, event.reason, now_ns)
        case "rejected":
            return _rejected(order, event.reason, now_ns)
        case "unknown":
            return doubt(order, event.reason, now_ns)
    return Heard(order)


def doubt(order: Order, reason: str, now_ns: int) -> Heard:
    """Return an order of which nobody knows any more what became of it."""
    if not order.status.is_open:
        return Heard(order)
    return Heard(_with(order, _S.UNKNOWN, now_ns, reason))


def _accepted(order: Order, now_ns: int) -> Heard:
    if order.status is _S.REJECTED:  # somebody guessed; the venue has it after all
        alarm = f"the venue has order {order.id}, which was taken for rejected: {order.reason}"
        return Heard(_with(order, _working(order.filled), now_ns, ""), alarm=alarm)
    if order.status in (_S.SENT, _S.UNKNOWN):
        return Heard(_with(order, _working(order.filled), now_ns, ""))
    return Heard(order)


def _filled(order: Order, event: BookEvent, known: bool, now_ns: int) -> Heard:
    if known:
        return Heard(order)
    filled = order.filled + event.size
    if filled > order.size:
        alarm = (
            f"order {order.id} of {order.size} was said to fill {event.size} more after {order.filled}"
            f" (trade {event.trade}): not counted; the venue's own position decides"
        )
        return Heard(order, alarm=alarm)
    average = ((order.avg_price or Decimal(0)) * order.filled + event.price * event.size) / filled
    alarm = ""
    status = _S.FILLED if filled == order.size else order.status
    if order.status is _S.REJECTED:
        alarm = f"order {order.id} was taken for rejected and fills: {order.reason}"
        status = _S.FILLED if filled == order.size else _S.PARTIAL
    elif status in (_S.SENT, _S.OPEN):
        status = _S.PARTIAL
    # an UNKNOWN order stays one while only its fills arrive: whether the rest works is not said
    done = msgspec.structs.replace(order, filled=filled, avg_price=average)
    reason = "" if status in (_S.FILLED, _S.PARTIAL) else order.reason
    return Heard(_with(done, status, now_ns, reason), fill=True, alarm=alarm)


def _ended(order: Order, status: OrderStatus, reason: str, now_ns: int) -> Heard:
    if order.status in (_S.FILLED, _S.CANCELLED, _S.DENIED):
        return Heard(order)
    return Heard(_with(order, status, now_ns, reason))


def _rejected(order: Order, reason: str, now_ns: int) -> Heard:
    if order.filled:
        alarm = f"order {order.id} has fills and was rejected: {reason}"
        return Heard(_ended(order, _S.CANCELLED, reason, now_ns).order, alarm=alarm)
    return _ended(order, _S.REJECTED, reason, now_ns)


def _working(filled: Decimal) -> OrderStatus:
    return _S.PARTIAL if filled else _S.OPEN


def _with(order: Order, status: OrderStatus, now_ns: int, reason: str) -> Order:
    return msgspec.structs.replace(
        order, status=status, reason=reason, updated_ns=max(now_ns, order.updated_ns)
    )
