"""What changes something at Bybit: orders made, amended and cancelled, alone or in numbers."""

from collections.abc import Callable, Sequence
from typing import Any

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.bybit.asked import Params, new_order, number, order_of
from clearedge_tui.venue_sim.bybit.codes import code_of
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Denied, Order

Result = dict[str, Any]
Write = Callable[[Floor, Account, Params, Sequence[Fault]], Result]


def _named(order: Order) -> Result:
    return {"orderId": order.id, "orderLinkId": order.asked.link}


def create(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Result:
    asked = floor.partial(new_order(floor.exchange, params), rules)
    return _named(floor.exchange.submit(account.name, asked))


def amend(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Result:
    order = order_of(floor.exchange, account.name, params)
    numbers = (number(params, name) for name in ("qty", "price", "triggerPrice"))
    return _named(floor.exchange.amend(order, *numbers))


def cancel(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Result:
    return _named(floor.exchange.cancel(order_of(floor.exchange, account.name, params)))


def cancel_all(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Result:
    """Cancel every order of a category, of a symbol or coin if one is named."""
    done = []
    for order in floor.exchange.live(account.name):
        market = floor.exchange.markets[order.asked.market]
        if (
            market.product == params.get("category")
            and params.get("symbol") in (None, "", market.symbol)
            and params.get("settleCoin") in (None, "", market.quote)
            and params.get("baseCoin") in (None, "", market.base)
        ):
            done.append(_named(floor.exchange.cancel(order)))
    return {"list": done, "success": "1"}


def batch(one: Write) -> Write:
    """Return the same for a list of requests: each has its own code, the whole is always well."""

    def all_of(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Result:
        done, codes = [], []
        for single in params.get("request", []):
            asked = {"category": params.get("category"), **single}
            link = single.get("orderLinkId", "")
            try:
                answer = one(floor, account, asked, rules)
                codes.append({"code": 0, "msg": "OK"})
            except Denied as denied:
                code, words = code_of(denied, spot=params.get("category") == "spot")
                answer = {"orderId": "", "orderLinkId": link}
                codes.append({"code": code, "msg": words})
            done.append(
                {"category": params.get("category"), "symbol": single.get("symbol"), **answer}
            )
        return {"list": done, "_codes": codes}

    return all_of


def nothing(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Result:
    """Settings that the venue takes and that change nothing here."""
    return {}


WRITES: dict[str, tuple[str, Write]] = {
    "/v5/order/create": ("order.create", create),
    "/v5/order/amend": ("order.amend", amend),
    "/v5/order/cancel": ("order.cancel", cancel),
    "/v5/order/cancel-all": ("order.cancel_all", cancel_all),
    "/v5/order/create-batch": ("order.create_batch", batch(create)),
    "/v5/order/amend-batch": ("order.amend_batch", batch(amend)),
    "/v5/order/cancel-batch": ("order.cancel_batch", batch(cancel)),
    "/v5/position/set-leverage": ("leverage", nothing),
    "/v5/position/switch-mode": ("position_mode", nothing),
    "/v5/account/set-margin-mode": ("margin_mode", nothing),
}
