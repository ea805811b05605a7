"""What Binance's futures REST and its trading socket can be asked, by method and path."""

from collections.abc import Callable, Sequence
from typing import Any

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.binance import log_rows, rows
from clearedge_tui.venue_sim.binance.asked import (
    Params,
    live,
    market_of,
    named,
    new_order,
    new_stop,
    number,
)
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Denial, Denied, Order, Status
from clearedge_tui.venue_sim.rulings import lied

Call = Callable[[Floor, Account, Params, Sequence[Fault]], Any]
IDS = ("orderId", "origClientOrderId")
ALGO_IDS = ("algoId", "clientAlgoId")


def create(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    asked = floor.partial(new_order(floor.exchange, params), rules)
    order = floor.exchange.submit(who.name, asked)
    return rows.order_row(floor.exchange, order, fresh=params.get("newOrderRespType") != "RESULT")


def create_stop(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    order = floor.exchange.submit(who.name, new_stop(floor.exchange, params))
    return rows.algo_row(floor.exchange, order)


def amend(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    order = live(floor.exchange, who.name, params, IDS)
    changed = floor.exchange.amend(order, number(params, "quantity"), number(params, "price"))
    return rows.order_row(floor.exchange, changed)


def cancel(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    order = live(floor.exchange, who.name, params, IDS)
    return rows.order_row(floor.exchange, floor.exchange.cancel(order))


def cancel_stop(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    order = floor.exchange.cancel(live(floor.exchange, who.name, params, ALGO_IDS))
    words = {"code": "200", "msg": "success"}
    return {"algoId": int(order.id), "clientAlgoId": order.asked.link, **words}


def _cancel_every(floor: Floor, who: Account, params: Params, status: Status) -> Any:
    for order in floor.exchange.live(who.name, market_of(floor.exchange, params).id):
        if order.status is status:
            floor.exchange.cancel(order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def cancel_all(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return _cancel_every(floor, who, params, Status.OPEN)


def cancel_stops(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return _cancel_every(floor, who, params, Status.WAITING)


def _seen(floor: Floor, who: Account, params: Params) -> list[Order]:
    """Return an account's orders of the market asked about, or of all, the oldest first."""
    market = market_of(floor.exchange, params).id if params.get("symbol") else None
    return [
        order
        for order in floor.exchange.orders.values()
        if order.account == who.name and market in (None, order.asked.market)
    ]


def one_order(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    found = named(floor.exchange, who.name, params, IDS)
    if found is None or found.status is Status.WAITING:
        raise Denied(Denial.ORDER, "Order does not exist.", -2013)
    return rows.order_row(floor.exchange, found)


def open_orders(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    found = [order for order in _seen(floor, who, params) if order.status is Status.OPEN]
    return lied([rows.order_row(floor.exchange, order) for order in found], rules)


def all_orders(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    plain = [o for o in _seen(floor, who, params) if o.trigger is None or o.triggered]
    found = [rows.order_row(floor.exchange, order) for order in plain]
    return lied(_window(found, params, "orderId", "orderId"), rules)


def one_stop(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    found = named(floor.exchange, who.name, params, ALGO_IDS)
    if found is None or found.trigger is None:
        raise Denied(Denial.ORDER, "Order does not exist.", -2013)
    return rows.algo_row(floor.exchange, found)


def open_stops(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    found = [order for order in _seen(floor, who, params) if order.status is Status.WAITING]
    return lied([rows.algo_row(floor.exchange, order) for order in found], rules)


def all_stops(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    found = [order for order in _seen(floor, who, params) if order.trigger is not None]
    return [rows.algo_row(floor.exchange, order) for order in found]


def trades(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    market = market_of(floor.exchange, params).id
    found = [
        rows.trade_row(floor.exchange, fill)
        for fill in floor.exchange.fills
        if (fill.account, fill.market) == (who.name, market)
        and str(params.get("orderId") or fill.order_id) == fill.order_id
    ]
    return lied(_window(found, params, "fromId", "id"), rules)


def _window(found: list[rows.Row], params: Params, first: str, name: str) -> list[rows.Row]:
    """Return rows of a time window, from an id on, no more than the limit: the newest, or the first from the id."""
    start, end = int(params.get("startTime") or 0), int(params.get("endTime") or 1 << 62)
    limit, least = min(int(params.get("limit") or 500), 1000), params.get(first)
    rest = [row for row in found if start <= row["time"] <= end]
    if least:
        return [row for row in rest if row[name] >= int(least)][:limit]
    return rest[:limit] if start else rest[-limit:]


def income(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    """Return what changed balances, the oldest first."""
    markets = floor.exchange.markets
    fills = [fill for fill in floor.exchange.fills if fill.account == who.name]
    moves = [move for move in floor.exchange.moves if move.account == who.name]
    found = [row for fill in fills for row in log_rows.traded_rows(markets[fill.market], fill)]
    found += [log_rows.moved_row(markets.get(move.market), move) for move in moves]
    found.sort(key=lambda row: int(row["time"]))
    start, end = int(params.get("startTime") or 0), int(params.get("endTime") or 1 << 62)
    limit = min(int(params.get("limit") or 100), 1000)
    rest = [row for row in found if start <= row["time"] <= end]
    first = (int(params.get("page") or 1) - 1) * limit
    return lied(rest[first : first + limit], rules)


def positions(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    held = floor.exchange.holdings[who.name]
    wanted = params.get("symbol")
    markets = [m for m in floor.exchange.markets.values() if wanted in (None, "", m.symbol)]
    found = [rows.position_row(floor.exchange, held.position(market.id)) for market in markets]
    return lied(found, rules)


def open_positions(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return [row for row in positions(floor, who, params, rules) if row["positionAmt"] != "0"]


def account(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    assets = balances(floor, who, params, rules)
    (usdt,) = [one for one in assets if one["asset"] == "USDT"] or [{}]
    held = floor.exchange.holdings[who.name]
    found = [held.position(market) for market in floor.exchange.markets]
    return {
        "feeTier": 0, "canTrade": "trade" in who.rights, "canDeposit": True,
        "canWithdraw": "withdraw" in who.rights, "multiAssetsMargin": False, "updateTime": 0,
        "totalInitialMargin": usdt.get("initialMargin", "0"), "totalMaintMargin": "0",
        "totalWalletBalance": usdt.get("walletBalance", "0"), "tradeGroupId": -1,
        "totalUnrealizedProfit": usdt.get("unrealizedProfit", "0"),
        "totalMarginBalance": usdt.get("marginBalance", "0"),
        "totalPositionInitialMargin": usdt.get("positionInitialMargin", "0"),
        "totalOpenOrderInitialMargin": usdt.get("openOrderInitialMargin", "0"),
        "totalCrossWalletBalance": usdt.get("walletBalance", "0"),
        "totalCrossUnPnl": usdt.get("unrealizedProfit", "0"),
        "availableBalance": usdt.get("availableBalance", "0"),
        "maxWithdrawAmount": usdt.get("availableBalance", "0"), "assets": assets,
        "positions": [rows.position_row(floor.exchange, p) for p in found],
    }  # fmt: skip


def balances(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    exchange = floor.exchange
    found = [exchange.balance(who.name, coin) for coin in exchange.holdings[who.name].coins]
    return lied([rows.asset_row(balance, floor.time_ms()) for balance in found], rules)


def coins(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    """Return the same in the words of the list of balances."""
    found = balances(floor, who, params, rules)
    return [{**row, "balance": row["walletBalance"], "accountAlias": who.name} for row in found]


def fee(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    market = market_of(floor.exchange, params)
    return {
        "symbol": market.symbol, "makerCommissionRate": str(market.maker_fee),
        "takerCommissionRate": str(market.taker_fee),
    }  # fmt: skip


def brackets(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    bracket = {
        "bracket": 1, "initialLeverage": 125, "notionalCap": 100_000_000, "notionalFloor": 0,
        "maintMarginRatio": 0.004, "cum": 0,
    }  # fmt: skip
    markets = floor.exchange.markets.values()
    return [{"symbol": market.symbol, "brackets": [bracket]} for market in markets]


def listen_key(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return {"listenKey": f"listen-{who.name}"}


def rights(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    trade = "trade" in who.rights
    return {
        "ipRestrict": True, "createTime": 1_735_689_600_000, "enableReading": True,
        "enableWithdrawals": "withdraw" in who.rights, "enableFutures": trade,
        "enableSpotAndMarginTrading": trade, "enableInternalTransfer": False,
        "permitsUniversalTransfer": False, "enableMargin": False, "enableVanillaOptions": False,
    }  # fmt: skip


def nothing(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return {"code": 200, "msg": "success", "leverage": int(params.get("leverage") or 10)}


V1 = "/fapi/v1"
CALLS: dict[tuple[str, str], tuple[str, Call]] = {
    ("POST", f"{V1}/order"): ("order.create", create),
    ("PUT", f"{V1}/order"): ("order.amend", amend),
    ("DELETE", f"{V1}/order"): ("order.cancel", cancel),
    ("GET", f"{V1}/order"): ("order", one_order),
    ("GET", f"{V1}/openOrder"): ("order", one_order),
    ("POST", f"{V1}/algoOrder"): ("order.create", create_stop),
    ("DELETE", f"{V1}/algoOrder"): ("order.cancel", cancel_stop),
    ("GET", f"{V1}/algoOrder"): ("order", one_stop),
    ("DELETE", f"{V1}/allOpenOrders"): ("order.cancel_all", cancel_all),
    ("DELETE", f"{V1}/algoOpenOrders"): ("order.cancel_all", cancel_stops),
    ("GET", f"{V1}/openOrders"): ("orders", open_orders),
    ("GET", f"{V1}/openAlgoOrders"): ("orders", open_stops),
    ("GET", f"{V1}/allOrders"): ("order_history", all_orders),
    ("GET", f"{V1}/allAlgoOrders"): ("order_history", all_stops),
    ("GET", f"{V1}/userTrades"): ("fills", trades),
    ("GET", f"{V1}/income"): ("log", income),
    ("GET", "/fapi/v2/positionRisk"): ("positions", positions),
    ("GET", "/fapi/v3/positionRisk"): ("positions", open_positions),
    ("GET", "/fapi/v2/account"): ("balances", account),
    ("GET", "/fapi/v3/account"): ("balances", account),
    ("GET", "/fapi/v2/balance"): ("balances", coins),
    ("GET", "/fapi/v3/balance"): ("balances", coins),
    ("GET", f"{V1}/leverageBracket"): ("brackets", brackets),
    ("GET", f"{V1}/commissionRate"): ("fees", fee),
    ("GET", f"{V1}/positionSide/dual"): (
        "account",
        lambda floor, who, params, rules: {"dualSidePosition": False},
    ),
    ("GET", "/sapi/v1/account/apiRestrictions"): ("key", rights),
    ("POST", f"{V1}/listenKey"): ("login", listen_key),
    ("PUT", f"{V1}/listenKey"): ("login.keep", listen_key),
    ("DELETE", f"{V1}/listenKey"): ("logout", nothing),
    ("POST", f"{V1}/leverage"): ("leverage", nothing),
    ("POST", f"{V1}/marginType"): ("margin_mode", nothing),
}
UNSIGNED = {"login", "login.keep", "logout"}  # a key is enough
SOCKET = {  # of the trading socket
    "order.place": ("order.create", create),
    "order.modify": ("order.amend", amend),
    "order.cancel": ("order.cancel", cancel),
    "order.status": ("order", one_order),
    "account.position": ("positions", positions),
    "account.balance": ("balances", coins),
}
