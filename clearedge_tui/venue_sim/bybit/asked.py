"""Orders as Bybit's clients ask for them, over REST and over the trade socket alike."""

from decimal import Decimal, InvalidOperation
from typing import Any

from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.model import (
    Denial,
    Denied,
    Kind,
    Market,
    NewOrder,
    Order,
    Product,
    Side,
    Tif,
)

Params = dict[str, Any]
_TIF = {"GTC": Tif.GTC, "IOC": Tif.IOC, "FOK": Tif.FOK, "PostOnly": Tif.POST_ONLY}


def number(params: Params, name: str) -> Decimal | None:
    """Return a number of a request; nothing, an empty text and zero are no number."""
    try:
        found = Decimal(str(params.get(name) or 0))
    except InvalidOperation as error:
        raise Denied(Denial.PARAMS, f"params error: {name} invalid") from error
    if not found.is_finite():
        raise Denied(Denial.PARAMS, f"params error: {name} invalid")
    return found or None


def market_of(exchange: Exchange, params: Params) -> Market:
    for market in exchange.markets.values():
        if (market.product, market.symbol) == (params.get("category"), params.get("symbol")):
            return market
    raise Denied(Denial.MARKET)


def new_order(exchange: Exchange, params: Params) -> NewOrder:
    market = market_of(exchange, params)
    side = {"Buy": Side.BUY, "Sell": Side.SELL}.get(str(params.get("side")))
    kind = {"Market": Kind.MARKET, "Limit": Kind.LIMIT}.get(str(params.get("orderType")))
    size, price = number(params, "qty"), number(params, "price")
    if side is None or kind is None or size is None:
        raise Denied(Denial.PARAMS)
    if kind is Kind.LIMIT and price is None:
        raise Denied(Denial.PRICE)
    spot = market.product is Product.SPOT
    buys = spot and kind is Kind.MARKET and side is Side.BUY
    trigger = number(params, "triggerPrice")
    return NewOrder(
        market=market.id, side=side, kind=kind, size=size, link=str(params.get("orderLinkId", "")),
        price=price if kind is Kind.LIMIT else None, trigger=trigger,
        rising=_rising(exchange, market, params, side, trigger),
        tif=_TIF.get(str(params.get("timeInForce", "GTC")), Tif.GTC),
        reduce_only=bool(params.get("reduceOnly")) and not spot,
        by_value=buys and params.get("marketUnit", "quoteCoin") == "quoteCoin",
    )  # fmt: skip


def _rising(
    exchange: Exchange, market: Market, params: Params, side: Side, trigger: Decimal | None
) -> bool | None:
    """Return the way a stop waits for; spot has no word for it and goes by the price of now."""
    direction = params.get("triggerDirection")
    if direction in (1, 2, "1", "2"):
        return int(direction) == 1
    if trigger is None:
        return None
    return trigger > exchange.price(market.id) if market.product is Product.SPOT else None


def order_of(exchange: Exchange, account: str, params: Params) -> Order:
    """Return the live order that a request names."""
    link = str(params.get("orderLinkId") or "")
    found = exchange.find(account, str(params.get("orderId") or ""), link)
    if found is None or not found.live:
        raise Denied(Denial.ORDER)
    return found
