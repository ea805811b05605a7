"""OKX's REST: what each path is called here, and what it does."""

from collections.abc import Callable, Sequence
from typing import Any

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Denial, Denied, Fill, Order
from clearedge_tui.venue_sim.okx import rows
from clearedge_tui.venue_sim.okx.asked import (
    Params,
    live,
    market_of,
    named,
    new_order,
    new_stop,
    number,
)
from clearedge_tui.venue_sim.okx.codes import code_of
from clearedge_tui.venue_sim.rulings import rule_of
from clearedge_tui.venue_sim.words import plain

Rows = list[Any]
Call = Callable[[Floor, Account, Params, Sequence[Fault]], Rows]
_MINUTES = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "4H": 240, "1D": 1440,
            "1Dutc": 1440}  # fmt: skip
_MOST = 300


def minutes(bar: str) -> int:
    if bar not in _MINUTES:
        raise Denied(Denial.PARAMS, f"Parameter bar error: {bar}")
    return _MINUTES[bar]


# public


def server_time(floor: Floor, params: Params) -> Rows:
    return [{"ts": str(floor.time_ms())}]


def instruments(floor: Floor, params: Params) -> Rows:
    spot = params.get("instType") == "SPOT"
    markets = floor.exchange.markets.values() if spot else []
    return [rows.market_row(floor.exchange, one) for one in markets]


def candles(floor: Floor, params: Params) -> Rows:
    """Return candles, the newest first; `after` is a moment that all are older than."""
    market, length = market_of(floor.exchange, params), minutes(str(params.get("bar", "1m")))
    now = floor.time_ms() // 60_000
    before, after = int(params.get("before") or 0), int(params.get("after") or 0)
    last = min(now, -(-after // 60_000) - 1) if after else now
    count = min(int(params.get("limit") or 100), _MOST)
    first = max(last - count * length + 1, before // 60_000 + 1)
    found = floor.candles.of(market.id, length, first, last)
    return [rows.candle_row(one, one.minute + length <= now) for one in reversed(found)]


# the account


def config(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    names = {"read": "read_only", "trade": "trade", "withdraw": "withdraw"}
    rights = ",".join(names[one] for one in account.rights)
    return [{"acctLv": "1", "posMode": "net_mode", "uid": "1", "mainUid": "1", "perm": rights,
             "label": "sim", "level": "Lv1", "autoLoan": False, "ctIsoMode": "automatic",
             "greeksType": "PA", "mgnIsoMode": "automatic", "enableSpotBorrow": False,
             "kycLv": "3", "roleType": "0", "ip": "", "opAuth": "1", "type": "0"}]  # fmt: skip


def balances(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    held = floor.exchange.holdings[account.name].coins
    found = [floor.exchange.balance(account.name, coin) for coin in held]
    return [rows.account_row(found, floor.time_ns())]


def fees(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    market = next(iter(floor.exchange.markets.values()))
    return [{"instType": "SPOT", "level": "Lv1", "category": "1", "maker": plain(-market.maker_fee),
             "taker": plain(-market.taker_fee), "ts": str(floor.time_ms())}]  # fmt: skip


def nothing(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    return []


# what was ordered


def _orders(floor: Floor, account: Account, params: Params, *, open_: bool) -> list[Order]:
    found = [one for one in floor.exchange.orders.values() if one.account == account.name]
    market = params.get("instId")
    return [
        one
        for one in found
        if (one.trigger is None or one.triggered)
        and one.live is open_
        and market in (None, floor.exchange.markets[one.asked.market].symbol)
    ]


def open_orders(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    found = _orders(floor, account, params, open_=True)
    return _lied(_page(floor, found, params), rules)


def order_history(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    return _page(floor, _orders(floor, account, params, open_=False), params)


def _page(floor: Floor, orders: list[Order], params: Params) -> Rows:
    """Return the newest first, older than the order that `after` names."""
    newest = sorted(orders, key=lambda one: int(one.id), reverse=True)
    after, limit = int(params.get("after") or 0), int(params.get("limit") or 100)
    found = [one for one in newest if not after or int(one.id) < after]
    return [rows.order_row(floor.exchange, one) for one in found[:limit]]


def one_order(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    found = named(floor.exchange, account.name, params)
    if found is None:
        raise Denied(Denial.ORDER)
    return [rows.order_row(floor.exchange, found)]


def stops(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    """Return the stops that wait, or those of a state that ended."""
    if params.get("ordType") != "trigger":
        return []
    state = params.get("state", "live")
    found = [
        rows.algo_row(floor.exchange, one)
        for one in floor.exchange.orders.values()
        if one.account == account.name and one.trigger is not None
    ]
    return [row for row in reversed(found) if row["state"] == state]


def fills(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    """Return fills, the newest first; `after` names the one that all are older than."""
    begin, after = int(params.get("begin") or 0), int(params.get("after") or 0)
    market, order = params.get("instId"), params.get("ordId")

    def wanted(one: Fill) -> bool:
        symbol = floor.exchange.markets[one.market].symbol
        return (
            one.account == account.name
            and market in (None, symbol)
            and order in (None, one.order_id)
            and one.at_ns // 1_000_000 >= begin
            and (not after or int(one.id) < after)
        )

    newest = [one for one in reversed(floor.exchange.fills) if wanted(one)]
    limit = int(params.get("limit") or 100)
    return _lied([rows.fill_row(floor.exchange, one) for one in newest[:limit]], rules)


def _lied(found: Rows, rules: Sequence[Fault]) -> Rows:
    rule = rule_of(rules, What.LIE)
    if rule is None:
        return found
    return [] if rule.text == "empty" else [row | rule.values for row in found]


# what changes something


def _done(floor: Floor, order: Order) -> Params:
    return {"ordId": order.id, "clOrdId": order.asked.link, "tag": "", "sCode": "0", "sMsg": "",
            "reqId": "", "ts": str(floor.time_ms())}  # fmt: skip


def create(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    asked = floor.partial(new_order(floor.exchange, params), rules)
    return [_done(floor, floor.exchange.submit(account.name, asked))]


def amend(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    order = live(floor.exchange, account.name, params)
    size, price = number(params, "newSz"), number(params, "newPx")
    return [_done(floor, floor.exchange.amend(order, size, price))]


def cancel(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    order = live(floor.exchange, account.name, params)
    return [_done(floor, floor.exchange.cancel(order))]


def create_stop(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    return [_stop(floor.exchange.submit(account.name, new_stop(floor.exchange, params)))]


def cancel_stops(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
    asked = [{"ordId": one.get("algoId"), "clOrdId": one.get("algoClOrdId")}
             for one in params["each"]]  # fmt: skip
    found = [live(floor.exchange, account.name, one) for one in asked]
    return [_stop(floor.exchange.cancel(one)) for one in found]


def _stop(order: Order) -> Params:
    return {"algoId": order.id, "algoClOrdId": order.asked.link, "sCode": "0", "sMsg": ""}


def each(one: Call) -> Call:
    """Return the same for a list: each has its own code, and so has the whole."""

    def all_of(floor: Floor, account: Account, params: Params, rules: Sequence[Fault]) -> Rows:
        found: Rows = []
        for single in params["each"]:
            try:
                found += one(floor, account, single, rules)
            except Denied as denied:
                code, words = code_of(denied)
                found.append({"ordId": "", "clOrdId": single.get("clOrdId", ""), "tag": "",
                              "sCode": code, "sMsg": words, "ts": str(floor.time_ms())})  # fmt: skip
        return found

    return all_of


PUBLIC: dict[str, tuple[str, Callable[[Floor, Params], Rows]]] = {
    "/api/v5/public/time": ("time", server_time),
    "/api/v5/public/instruments": ("markets", instruments),
    "/api/v5/market/candles": ("candles", candles),
    "/api/v5/market/history-candles": ("candles", candles),
}
PRIVATE: dict[str, tuple[str, Call]] = {
    "/api/v5/account/instruments": ("markets", lambda f, a, p, r: instruments(f, p)),
    "/api/v5/account/config": ("account", config),
    "/api/v5/account/balance": ("balances", balances),
    "/api/v5/account/positions": ("positions", nothing),
    "/api/v5/account/positions-history": ("positions", nothing),
    "/api/v5/account/trade-fee": ("fees", fees),
    "/api/v5/account/set-position-mode": ("position_mode", nothing),
    "/api/v5/trade/orders-pending": ("orders", open_orders),
    "/api/v5/trade/orders-history": ("order_history", order_history),
    "/api/v5/trade/orders-algo-pending": ("algo_orders", stops),
    "/api/v5/trade/orders-algo-history": ("algo_orders", stops),
    "/api/v5/trade/fills": ("fills", fills),
    "/api/v5/trade/fills-history": ("fills", fills),
}
WRITES: dict[str, tuple[str, Call]] = {
    "/api/v5/trade/order": ("order.create", create),
    "/api/v5/trade/cancel-order": ("order.cancel", cancel),
    "/api/v5/trade/amend-order": ("order.amend", amend),
    "/api/v5/trade/order-algo": ("order.create", create_stop),
    "/api/v5/trade/cancel-algos": ("order.cancel", cancel_stops),
    "/api/v5/trade/batch-orders": ("order.create_batch", each(create)),
    "/api/v5/trade/cancel-batch-orders": ("order.cancel_batch", each(cancel)),
    "/api/v5/trade/amend-batch-orders": ("order.amend_batch", each(amend)),
}
SOCKET: dict[str, tuple[str, Call]] = {
    "order": ("order.create", create),
    "cancel-order": ("order.cancel", cancel),
    "amend-order": ("order.amend", amend),
    "batch-orders": ("order.create_batch", each(create)),
    "batch-cancel-orders": ("order.cancel_batch", each(cancel)),
    "batch-amend-orders": ("order.amend_batch", each(amend)),
}
