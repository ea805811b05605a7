"""Orders, fills, positions and coins as Bybit writes them, on REST and on its streams alike."""

from decimal import Decimal
from typing import Any

from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.model import (
    ZERO,
    Balance,
    Denial,
    Fill,
    Kind,
    Market,
    Order,
    Position,
    Product,
    Side,
    Status,
    Tif,
)
from clearedge_tui.venue_sim.words import millis, plain, stepped

Row = dict[str, Any]
TIF = {Tif.GTC: "GTC", Tif.IOC: "IOC", Tif.FOK: "FOK", Tif.POST_ONLY: "PostOnly"}
SIDE = {Side.BUY: "Buy", Side.SELL: "Sell"}
_CANCELLED: dict[str, str] = {
    "user": "CancelByUser",
    Denial.REDUCE_ONLY: "CancelByReduceOnly",
    Denial.MARGIN: "CancelByCannotAffordOrderCost",
    Denial.BALANCE: "CancelByCannotAffordOrderCost",
}
_REASON: dict[str, str] = {
    Denial.POST_ONLY: "EC_PostOnlyWillTakeLiquidity",
    Tif.IOC: "EC_NoImmediateQtyToFill",
    Tif.FOK: "EC_NoEnoughQtyToFill",
}


def status(order: Order) -> str:
    if order.status is Status.OPEN:
        return "PartiallyFilled" if order.filled else "New"
    if order.status is Status.CANCELLED:
        spot = order.fee_coin and order.asked.market.endswith("SPOT")
        return "PartiallyFilledCanceled" if spot and order.filled else "Cancelled"
    words = {
        Status.WAITING: "Untriggered",
        Status.TRIGGERED: "Triggered",
        Status.FILLED: "Filled",
    }
    return words.get(order.status, "Rejected")


def order_row(exchange: Exchange, order: Order) -> Row:
    asked, market = order.asked, exchange.markets[order.asked.market]
    ended = order.status in (Status.FILLED, Status.CANCELLED, Status.REJECTED)
    left = ZERO if ended else order.leaves
    price = order.price or ZERO
    return {
        "category": market.product, "symbol": market.symbol, "orderId": order.id,
        "orderLinkId": asked.link, "blockTradeId": "", "side": SIDE[asked.side],
        "orderType": "Market" if asked.kind is Kind.MARKET else "Limit", "positionIdx": 0,
        "price": stepped(price, market.price_step) if order.price else "0",
        "qty": plain(order.size), "isLeverage": "0" if market.product is Product.SPOT else "",
        "orderIv": "", "orderStatus": status(order), "timeInForce": _tif(order),
        "cancelType": _CANCELLED.get(order.reason, "UNKNOWN") if ended else "UNKNOWN",
        "rejectReason": _REASON.get(order.reason, "EC_NoError"),
        "lastPriceOnCreated": plain(order.price_then), "reduceOnly": asked.reduce_only,
        "leavesQty": plain(left), "leavesValue": plain(left * price),
        "cumExecQty": plain(order.filled), "cumExecValue": plain(order.value),
        "avgPrice": plain(order.average) if order.average is not None else "",
        "cumExecFee": plain(order.fee), "feeCurrency": order.fee_coin or market.quote,
        "createdTime": millis(order.created_ns), "updatedTime": millis(order.updated_ns),
        "closeOnTrigger": False, "placeType": "", "smpType": "None", "smpGroup": 0,
        "smpOrderId": "", "createType": "CreateByUser", "marketUnit": "",
        **_stop_words(order, market),
    }  # fmt: skip


def _tif(order: Order) -> str:
    return "IOC" if order.asked.kind is Kind.MARKET else TIF[order.asked.tif]


def _stop_words(order: Order, market: Market) -> Row:
    trigger = order.trigger
    return {
        "triggerPrice": stepped(trigger, market.price_step) if trigger is not None else "",
        "triggerBy": "LastPrice" if trigger is not None else "",
        "triggerDirection": (1 if order.asked.rising else 2) if trigger is not None else 0,
        "stopOrderType": "Stop" if trigger is not None else "",
        "takeProfit": "", "stopLoss": "", "tpTriggerBy": "", "slTriggerBy": "",
        "tpLimitPrice": "0", "slLimitPrice": "0", "tpslMode": "", "ocoTriggerBy": "",
    }  # fmt: skip


def fill_row(exchange: Exchange, fill: Fill) -> Row:
    order, market = exchange.orders[fill.order_id], exchange.markets[fill.market]
    rate = market.maker_fee if fill.maker else market.taker_fee
    price = stepped(order.price, market.price_step) if order.price else "0"
    return {
        "category": market.product, "symbol": market.symbol, "orderId": fill.order_id,
        "orderLinkId": fill.link, "side": SIDE[fill.side], "orderPrice": price,
        "orderQty": plain(order.size), "leavesQty": plain(max(ZERO, order.size - fill.order_filled)),
        "createType": "CreateByUser", "orderType": order_row(exchange, order)["orderType"],
        "stopOrderType": "UNKNOWN", "execFee": plain(fill.fee), "execId": fill.id,
        "execPrice": stepped(fill.price, market.price_step), "execQty": plain(fill.size),
        "execType": "Trade", "execValue": plain(fill.price * fill.size),
        "execTime": millis(fill.at_ns), "feeCurrency": fill.fee_coin, "isMaker": fill.maker,
        "feeRate": plain(rate), "tradeIv": "", "markIv": "", "indexPrice": "",
        "markPrice": stepped(exchange.price(market.id), market.price_step),
        "underlyingPrice": "", "blockTradeId": "", "closedSize": plain(fill.closed),
        "isLeverage": "0", "seq": fill.number,
    }  # fmt: skip


def position_row(exchange: Exchange, position: Position) -> Row:
    market, price = exchange.markets[position.market], exchange.price(position.market)
    size, entry = position.size, plain(round(position.entry, 8))
    margin = plain(round(position.cost / market.leverage, 8))
    mark = stepped(price, market.price_step)
    return {
        "category": market.product, "symbol": market.symbol, "positionIdx": 0, "riskId": 1,
        "riskLimitValue": "2000000", "side": "" if not size else SIDE[_side(size)],
        "size": plain(abs(size)), "avgPrice": entry, "entryPrice": entry, "breakEvenPrice": entry,
        "positionValue": plain(position.cost), "tradeMode": 0, "positionStatus": "Normal",
        "autoAddMargin": 0, "adlRankIndicator": 2 if size else 0,
        "leverage": plain(market.leverage), "positionBalance": margin, "markPrice": mark,
        "liqPrice": "", "bustPrice": "", "positionIM": margin, "positionMM": "0",
        "positionIMByMp": margin, "positionMMByMp": "0", "tpslMode": "Full", "takeProfit": "",
        "stopLoss": "", "trailingStop": "0", "unrealisedPnl": plain(position.profit(price)),
        "curRealisedPnl": plain(position.realised), "cumRealisedPnl": plain(position.realised),
        "sessionAvgPrice": "", "seq": len(exchange.fills), "isReduceOnly": False,
        "mmrSysUpdatedTime": "", "leverageSysUpdatedTime": "",
        "createdTime": millis(position.opened_ns), "updatedTime": millis(position.updated_ns),
    }  # fmt: skip


def _side(size: Decimal) -> Side:
    return Side.BUY if size > 0 else Side.SELL


def coin_row(exchange: Exchange, balance: Balance) -> Row:
    equity = balance.total + balance.profit
    worth = equity * _dollars(exchange, balance.coin)
    return {
        "coin": balance.coin, "equity": plain(equity), "usdValue": plain(worth),
        "walletBalance": plain(balance.total), "availableToWithdraw": plain(balance.free),
        "availableToBorrow": "", "borrowAmount": "0", "accruedInterest": "0",
        "totalOrderIM": plain(balance.order_margin), "totalPositionMM": "0",
        "totalPositionIM": plain(balance.position_margin), "unrealisedPnl": plain(balance.profit),
        "cumRealisedPnl": "0", "locked": plain(balance.locked), "collateralSwitch": True,
        "marginCollateral": True, "spotBorrow": "0", "bonus": "0", "spotHedgingQty": "0",
    }  # fmt: skip


def _dollars(exchange: Exchange, coin: str) -> Decimal:
    if coin == "USDT":
        return Decimal(1)
    found = [m.id for m in exchange.markets.values() if m.base == coin]
    return exchange.price(found[0]) if found else ZERO


def wallet_row(exchange: Exchange, account: str) -> Row:
    balances = [exchange.balance(account, coin) for coin in exchange.holdings[account].coins]
    coins = [coin_row(exchange, balance) for balance in balances]
    total = sum((b.total * _dollars(exchange, b.coin) for b in balances), ZERO)
    equity = sum((Decimal(coin["usdValue"]) for coin in coins), ZERO)
    used = sum((b.order_margin + b.position_margin for b in balances), ZERO)
    return {
        "accountType": "UNIFIED", "accountIMRate": "0", "accountMMRate": "0", "accountLTV": "0",
        "totalEquity": plain(equity), "totalWalletBalance": plain(total),
        "totalMarginBalance": plain(equity), "totalAvailableBalance": plain(equity - used),
        "totalPerpUPL": plain(equity - total), "totalPerpUpl": plain(equity - total),
        "totalInitialMargin": plain(used), "totalMaintenanceMargin": "0", "coin": coins,
    }  # fmt: skip


def market_row(market: Market) -> Row:
    step = plain(market.price_step)
    words: Row = {
        "symbol": market.symbol, "status": "Trading", "baseCoin": market.base,
        "quoteCoin": market.quote,
    }  # fmt: skip
    if market.product is Product.SPOT:
        most = plain(market.max_size)
        return words | {
            "innovation": "0", "marginTrading": "none", "stTag": "0",
            "lotSizeFilter": {
                "basePrecision": plain(market.size_step), "quotePrecision": "0.00000001",
                "minOrderQty": plain(market.min_size), "maxOrderQty": most,
                "minOrderAmt": plain(market.min_value), "maxOrderAmt": "8000000",
                "maxLimitOrderQty": most, "maxMarketOrderQty": most,
            },
            "priceFilter": {"tickSize": step},
            "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.05"},
        }  # fmt: skip
    most = plain(market.max_size)
    return words | {
        "contractType": "LinearPerpetual", "launchTime": "1585526400000", "deliveryTime": "0",
        "deliveryFeeRate": "", "priceScale": str(-int(market.price_step.as_tuple().exponent)),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": step, "maxPrice": "1999999.80", "tickSize": step},
        "lotSizeFilter": {
            "maxOrderQty": most, "minOrderQty": plain(market.min_size), "maxMktOrderQty": most,
            "qtyStep": plain(market.size_step), "postOnlyMaxOrderQty": most,
            "minNotionalValue": plain(market.min_value),
        },
        "unifiedMarginTrade": True, "fundingInterval": 480, "settleCoin": market.quote,
        "copyTrading": "both", "upperFundingRate": "0.00375", "lowerFundingRate": "-0.00375",
        "isPreListing": False, "preListingInfo": None,
    }  # fmt: skip
