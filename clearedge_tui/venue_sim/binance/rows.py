"""Orders, fills, positions and markets as Binance's USD-M futures write them."""

from decimal import Decimal
from typing import Any

from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.model import (
    ZERO,
    Balance,
    Fill,
    Kind,
    Market,
    Order,
    Position,
    Side,
    Status,
    Tif,
)
from clearedge_tui.venue_sim.words import plain, stepped

Row = dict[str, Any]
TIF = {Tif.GTC: "GTC", Tif.IOC: "IOC", Tif.FOK: "FOK", Tif.POST_ONLY: "GTX"}
_EXPIRED = {Tif.IOC, Tif.FOK}


def ms(at_ns: int) -> int:
    return at_ns // 1_000_000


def side(of: Side) -> str:
    return str(of).upper()


def status(order: Order, filled: Decimal | None = None) -> str:
    """Return the word for an order, as it was when `filled` of it had traded."""
    done = order.filled if filled is None else filled
    if filled is not None:
        return "FILLED" if done >= order.size else "PARTIALLY_FILLED"
    if order.status is Status.OPEN:
        return "PARTIALLY_FILLED" if done else "NEW"
    if order.status is Status.CANCELLED:
        return "EXPIRED" if order.reason in _EXPIRED else "CANCELED"
    return {Status.FILLED: "FILLED", Status.REJECTED: "REJECTED"}.get(order.status, "NEW")


def kind(order: Order) -> str:
    return "MARKET" if order.asked.kind is Kind.MARKET else "LIMIT"


def algo_kind(order: Order) -> str:
    """Return the word for a stop: one that waits for a better price takes profit."""
    profit = order.asked.rising != (order.asked.side is Side.BUY)
    market = order.asked.kind is Kind.MARKET
    if profit:
        return "TAKE_PROFIT_MARKET" if market else "TAKE_PROFIT"
    return "STOP_MARKET" if market else "STOP"


def order_row(exchange: Exchange, order: Order, *, fresh: bool = False) -> Row:
    """Return an order; `fresh`: as the answer to its making, before anything traded."""
    market = exchange.markets[order.asked.market]
    price = stepped(order.price, market.price_step) if order.price else "0"
    filled, value = (ZERO, ZERO) if fresh else (order.filled, order.value)
    average = value / filled if filled else ZERO
    return {
        "orderId": int(order.id), "symbol": market.symbol, "price": price,
        "status": "NEW" if fresh else status(order), "avgPrice": plain(average),
        "clientOrderId": order.asked.link or f"web_{order.id}", "origQty": plain(order.size),
        "executedQty": plain(filled), "cumQuote": plain(value), "timeInForce": TIF[order.asked.tif],
        "type": kind(order), "reduceOnly": order.asked.reduce_only, "closePosition": False,
        "side": side(order.asked.side), "positionSide": "BOTH", "stopPrice": "0",
        "workingType": "CONTRACT_PRICE", "priceProtect": False, "origType": kind(order),
        "priceMatch": "NONE", "selfTradePreventionMode": "NONE", "goodTillDate": 0,
        "time": ms(order.created_ns), "updateTime": ms(order.updated_ns),
    }  # fmt: skip


def algo_status(order: Order) -> str:
    if order.status is Status.WAITING:
        return "NEW"
    if order.status is Status.TRIGGERED or order.live:
        return "TRIGGERED"
    return "FINISHED" if order.triggered else "CANCELED"


def algo_row(exchange: Exchange, order: Order) -> Row:
    market = exchange.markets[order.asked.market]
    return {
        "algoId": int(order.id), "clientAlgoId": order.asked.link or f"web_{order.id}",
        "algoType": "CONDITIONAL", "orderType": algo_kind(order), "symbol": market.symbol,
        "side": side(order.asked.side), "positionSide": "BOTH",
        "timeInForce": TIF[order.asked.tif], "quantity": plain(order.size),
        "algoStatus": algo_status(order), "workingType": "CONTRACT_PRICE",
        "triggerPrice": stepped(order.trigger or ZERO, market.price_step),
        "price": stepped(order.price, market.price_step) if order.price else "0",
        "closePosition": False, "priceProtect": False, "reduceOnly": order.asked.reduce_only,
        "priceMatch": "NONE", "selfTradePreventionMode": "NONE", "goodTillDate": 0,
        "actualOrderId": order.id if order.triggered else "", "actualPrice": plain(order.average or ZERO),
        "actualQty": plain(order.filled), "createTime": ms(order.created_ns),
        "updateTime": ms(order.updated_ns),
        "triggerTime": ms(order.updated_ns) if order.triggered else 0,
    }  # fmt: skip


def trade_row(exchange: Exchange, fill: Fill) -> Row:
    market = exchange.markets[fill.market]
    return {
        "symbol": market.symbol, "id": int(fill.id), "orderId": int(fill.order_id),
        "price": stepped(fill.price, market.price_step), "qty": plain(fill.size),
        "quoteQty": plain(fill.size * fill.price), "realizedPnl": plain(fill.realised),
        "side": side(fill.side), "positionSide": "BOTH", "time": ms(fill.at_ns),
        "buyer": fill.side is Side.BUY, "maker": fill.maker, "commission": plain(fill.fee),
        "commissionAsset": fill.fee_coin, "marginAsset": market.quote,
    }  # fmt: skip


def position_row(exchange: Exchange, position: Position) -> Row:
    market, price = exchange.markets[position.market], exchange.price(position.market)
    entry = plain(round(position.entry, 8))
    return {
        "symbol": market.symbol, "positionAmt": plain(position.size), "entryPrice": entry,
        "breakEvenPrice": entry, "markPrice": stepped(price, market.price_step),
        "unRealizedProfit": plain(position.profit(price)), "liquidationPrice": "0",
        "leverage": plain(market.leverage), "maxNotionalValue": "100000000", "marginType": "cross",
        "isolatedMargin": "0", "isAutoAddMargin": "false", "positionSide": "BOTH",
        "notional": plain(position.size * price), "isolatedWallet": "0", "isolated": False,
        "updateTime": ms(position.updated_ns), "marginAsset": market.quote,
        "initialMargin": plain(round(position.cost / market.leverage, 8)), "maintMargin": "0",
        "positionInitialMargin": plain(round(position.cost / market.leverage, 8)),
        "openOrderInitialMargin": "0", "adl": 0, "bidNotional": "0", "askNotional": "0",
    }  # fmt: skip


def asset_row(balance: Balance, at_ms: int) -> Row:
    total, margin = plain(balance.total), plain(balance.total + balance.profit)
    used = plain(balance.order_margin + balance.position_margin)
    free = plain(balance.free)
    return {
        "asset": balance.coin, "walletBalance": total, "marginBalance": margin,
        "unrealizedProfit": plain(balance.profit), "maintMargin": "0", "initialMargin": used,
        "positionInitialMargin": plain(balance.position_margin), "availableBalance": free,
        "openOrderInitialMargin": plain(balance.order_margin), "crossWalletBalance": total,
        "crossUnPnl": plain(balance.profit), "maxWithdrawAmount": free, "marginAvailable": True,
        "updateTime": at_ms,
    }  # fmt: skip


def market_row(market: Market) -> Row:
    step, lot = plain(market.price_step), plain(market.size_step)
    sizes = {"minQty": plain(market.min_size), "maxQty": plain(market.max_size), "stepSize": lot}
    return {
        "symbol": market.symbol, "pair": market.symbol, "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000, "onboardDate": 1_569_398_400_000, "status": "TRADING",
        "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000",
        "baseAsset": market.base, "quoteAsset": market.quote, "marginAsset": market.quote,
        "pricePrecision": 2, "quantityPrecision": max(0, -int(market.size_step.as_tuple().exponent)),
        "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": "COIN",
        "underlyingSubType": [], "settlePlan": 0, "triggerProtect": "0.0500",
        "liquidationFee": "0.012500", "marketTakeBound": "0.05",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": step, "maxPrice": "4529764", "tickSize": step},
            {"filterType": "LOT_SIZE", **sizes},
            {"filterType": "MARKET_LOT_SIZE", **sizes},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MIN_NOTIONAL", "notional": plain(market.min_value)},
        ],
        "orderTypes": [
            "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }  # fmt: skip
