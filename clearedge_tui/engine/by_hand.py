"""Orders that a person places, cancels or closes: by the same gate and limits as a strategy's.

They go to the account's own book whatever the instance's mode is. Under a kill only what reduces a
position passes, and nothing of an unapproved instance enters real money.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.hand_messages import ByHand, HandCancel, HandClose, HandOrder
from clearedge_tui.core.limits_check import watch
from clearedge_tui.core.limits_exposure import Wish, sums, with_wish
from clearedge_tui.core.messages import Done, Submit
from clearedge_tui.core.model import OrderStatus

if TYPE_CHECKING:
    from clearedge_tui.engine.desk import Desk
    from clearedge_tui.engine.seat import Seat

TAG = "by hand"
_Plain = dict[str, object]


def by_hand(desk: "Desk", ask: ByHand) -> Done:
    """Do it, or say what it would do."""
    seat = desk.seats.get(ask.instance)
    if seat is None:
        return Done(ask.command, f"{ask.instance} is not attached here; start it first")
    match ask:
        case HandCancel():
            return _cancel(desk, seat, ask)
        case HandClose():
            return _close(desk, seat, ask)
        case HandOrder():
            return _order(desk, seat, ask)


def _cancel(desk: "Desk", seat: "Seat", ask: HandCancel) -> Done:
    order = seat.orders.get(ask.order)
    if order is None or not order.status.is_open:
        state = f"is {order.status} already" if order is not None else "is not here"
        return Done(ask.command, f"order {ask.order} {state}")
    desk.cancel(ask.instance, ask.order)
    return Done(ask.command, data={"id": order.id, "status": str(order.status)})


def _close(desk: "Desk", seat: "Seat", ask: HandClose) -> Done:
    size = seat.book(desk.own).position.size
    placed = desk.flatten(ask.instance, TAG)
    if not placed:
        return Done(ask.command, f"{ask.instance} holds nothing on its account")
    return _told(seat, ask.command, placed, {"closed": str(size)})


def _order(desk: "Desk", seat: "Seat", ask: HandOrder) -> Done:
    submit = Submit(ask.id, ask.side, ask.size, ask.price, ask.reduce_only, TAG, ask.stop)
    if ask.preview:
        return Done(ask.command, data=preview(desk, seat, submit))
    desk.submit(ask.instance, submit, by_person=True)
    return _told(seat, ask.command, ask.id, {})


def _told(seat: "Seat", command: str, order_id: str, more: _Plain) -> Done:
    order = seat.orders.get(order_id)
    if order is not None and order.status in (OrderStatus.DENIED, OrderStatus.REJECTED):
        return Done(command, f"order {order.id}: {order.status}: {order.reason}")
    status = str(order.status) if order is not None else "unknown"
    return Done(command, data={"id": order_id, "status": status, **more})


def preview(desk: "Desk", seat: "Seat", ask: Submit) -> _Plain:
    """Return what an order would do to position, exposure and limits, and why it would be refused."""
    denied, _ = desk.judged(seat, desk.own, ask, by_person=True)
    price = ask.price or ask.stop or desk.prices.get(seat.market.id)
    position = seat.book(desk.own).position.size
    signed = ask.size if ask.side == "buy" else -ask.size
    after = position + signed
    if ask.reduce_only and position * after < 0:
        after = Decimal(0)  # it is cut down to the position
    found: _Plain = {
        "market": seat.market.id,
        "kind": ask.kind,
        "price": _text(price),
        "worth": _text(ask.size * price if price is not None else None),
        "position": str(position),
        "after": str(after),
        "refused": f"{denied.rule}: {denied.text}" if denied else "",
        "killed": desk.killed(seat),
    }
    if price is None:
        return found
    wish = Wish(
        desk.account.name, seat.instance.id, seat.market.id, ask.side, ask.size, price,
        desk.prices.get(seat.market.id), ask.kind, position,
    )  # fmt: skip
    return found | _rooms(desk, seat, wish, reduces=ask.reduce_only or wish.only_reduces)


def _rooms(desk: "Desk", seat: "Seat", wish: Wish, reduces: bool) -> _Plain:
    """Return exposure and every limit's headroom, before and with the order."""
    views = desk.risk.views
    moment = views.clock()
    account = views.account_view()
    with_it = account.legs if reduces else with_wish(account.legs, wish)
    limits: list[_Plain] = []
    for view in (views.instance_view(seat), account, views.portfolio_view(account)):
        then = view if reduces else msgspec.structs.replace(view, legs=with_wish(view.legs, wish))
        later = {one.limit.id: one for one in watch(desk.risk.limits, then, moment)}
        for now in watch(desk.risk.limits, view, moment):
            one = later[now.limit.id]
            limits.append(
                {
                    "scope": str(view.scope), "key": view.key, "name": now.limit.name,
                    "value": now.limit.value, "now": _text(now.now), "then": _text(one.now),
                    "allowed": _text(one.allowed), "left": _text(now.headroom),
                    "left_then": _text(one.headroom), "state": str(one.state), "text": one.text,
                }
            )  # fmt: skip
    return {
        "gross": _text(sums(account.legs).gross),
        "gross_then": _text(sums(with_it).gross),
        "equity": _text(account.equity),
        "limits": limits,
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
