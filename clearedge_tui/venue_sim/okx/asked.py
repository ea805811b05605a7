"""Orders as OKX's clients ask for them, over REST and over the private socket alike."""

from decimal import Decimal, InvalidOperation
from typing import Any

from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.model import Denial, Denied, Kind, Market, NewOrder, Order, Side, Tif

Params = dict[str, Any]
_KINDS = {
    "market": (Kind.MARKET, Tif.GTC),
    "limit": (Kind.LIMIT, Tif.GTC),
    "post_only": (Kind.LIMIT, Tif.POST_ONLY),
    "fok": (Kind.LIMIT, Tif.FOK),
    "ioc": (Kind.LIMIT, Tif.IOC),
}
_SIDES = {"buy": Side.BUY, "sell": Side.SELL}


def number(params: Params, name: str) -> Decimal | None:
    """Return a number of a request; nothing, an empty text and zero are no number."""
    try:
        found = Decimal(str(params.get(name) or 0))
    except InvalidOperation as error:
        raise Denied(Denial.PARAMS, f"Parameter {name} error") from error
    if not found.is_finite():
        raise Denied(Denial.PARAMS, f"Parameter {name} error")
    return found or None


def code_of_market(exchange: Exchange, market: Market) -> int:
    """Return the number that orders over the socket name a market by."""
    return 10_001 + list(exchange.markets).index(market.id)


def market_of(exchange: Exchange, params: Params) -> Market:
    for market in exchange.markets.values():
        named = params.get("instIdCode")
        if market.symbol == params.get("instId") or str(named) == str(
            code_of_market(exchange, market)
        ):
            return market
    raise Denied(Denial.MARKET)


def new_order(exchange: Exchange, params: Params) -> NewOrder:
    market = market_of(exchange, params)
    side, size = _SIDES.get(str(params.get("side"))), number(params, "sz")
    kind, tif = _KINDS.get(str(params.get("ordType")), (None, Tif.GTC))
    price = number(params, "px")
    if side is None or size is None or kind is None or (kind is Kind.LIMIT and price is None):
        raise Denied(Denial.PARAMS)
    buys = kind is Kind.MARKET and side is Side.BUY
    return NewOrder(
        market=market.id, side=side, kind=kind, size=size, link=str(params.get("clOrdId") or ""),
        price=price if kind is Kind.LIMIT else None, tif=tif,
        by_value=buys and params.get("tgtCcy", "quote_ccy") == "quote_ccy",
    )  # fmt: skip


def new_stop(exchange: Exchange, params: Params) -> NewOrder:
    """Return a stop. It says no way to wait for: the price of now decides, as for the venue."""
    market = market_of(exchange, params)
    side, size = _SIDES.get(str(params.get("side"))), number(params, "sz")
    trigger, price = number(params, "triggerPx"), number(params, "orderPx")
    if params.get("ordType") != "trigger" or side is None or size is None or trigger is None:
        raise Denied(Denial.PARAMS)
    limited = price if price is not None and price > 0 else None  # -1 is at the market
    return NewOrder(
        market=market.id, side=side, kind=Kind.MARKET if limited is None else Kind.LIMIT, size=size,
        link=str(params.get("algoClOrdId") or ""), price=limited, trigger=trigger,
        rising=trigger > exchange.price(market.id),
    )  # fmt: skip


def named(exchange: Exchange, account: str, params: Params) -> Order | None:
    """Return the order that a request names, live or not."""
    order_id, link = str(params.get("ordId") or ""), str(params.get("clOrdId") or "")
    if not order_id and not link:
        raise Denied(Denial.PARAMS)
    return exchange.find(account, order_id, link)


def live(exchange: Exchange, account: str, params: Params) -> Order:
    found = named(exchange, account, params)
    if found is None or not found.live:
        raise Denied(Denial.ORDER)
    return found
