"""Orders as clients of Binance's futures ask for them."""

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
    Side,
    Tif,
)

Params = dict[str, Any]
_TIF = {"GTC": Tif.GTC, "IOC": Tif.IOC, "FOK": Tif.FOK, "GTX": Tif.POST_ONLY, "GTD": Tif.GTC}
PLAIN = {"MARKET": Kind.MARKET, "LIMIT": Kind.LIMIT}
STOPS = {
    "STOP": (Kind.LIMIT, False), "STOP_MARKET": (Kind.MARKET, False),
    "TAKE_PROFIT": (Kind.LIMIT, True), "TAKE_PROFIT_MARKET": (Kind.MARKET, True),
}  # fmt: skip


def number(params: Params, name: str) -> Decimal | None:
    """Return a number of a request; nothing, an empty text and zero are no number."""
    try:
        found = Decimal(str(params.get(name) or 0))
    except InvalidOperation as error:
        raise Denied(Denial.PARAMS) from error
    if not found.is_finite():
        raise Denied(Denial.PARAMS)
    return found or None


def market_of(exchange: Exchange, params: Params) -> Market:
    for market in exchange.markets.values():
        if market.symbol == params.get("symbol"):
            return market
    raise Denied(Denial.MARKET)


def yes(params: Params, name: str) -> bool:
    return str(params.get(name, "")).lower() == "true"


def _order(exchange: Exchange, params: Params, kind: Kind, link: str, **more: Any) -> NewOrder:
    size, price = number(params, "quantity"), number(params, "price")
    if size is None or str(params.get("side")) not in ("BUY", "SELL"):
        raise Denied(Denial.PARAMS)
    if kind is Kind.LIMIT and price is None:
        raise Denied(Denial.PARAMS)
    return NewOrder(
        market=market_of(exchange, params).id, side=Side(str(params["side"]).lower()), kind=kind,
        size=size, price=price if kind is Kind.LIMIT else None, link=str(params.get(link) or ""),
        tif=_TIF.get(str(params.get("timeInForce", "GTC")), Tif.GTC),
        reduce_only=yes(params, "reduceOnly"), **more,
    )  # fmt: skip


def new_order(exchange: Exchange, params: Params) -> NewOrder:
    """Return a plain order. One that may only make is refused at once when it would take."""
    if str(params.get("type")) in STOPS:
        words = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
        raise Denied(Denial.PARAMS, words, -4120)
    kind = PLAIN.get(str(params.get("type")))
    if kind is None:
        raise Denied(Denial.PARAMS)
    asked = _order(exchange, params, kind, "newClientOrderId")
    book = exchange.books[asked.market]
    if asked.tif is Tif.POST_ONLY and book.offer(asked.side, asked.size, asked.price):
        raise Denied(Denial.POST_ONLY)
    return asked


def new_stop(exchange: Exchange, params: Params) -> NewOrder:
    kind, profit = STOPS.get(str(params.get("type")), (None, False))
    trigger = number(params, "triggerPrice")
    if kind is None or trigger is None:
        raise Denied(Denial.PARAMS)
    rising = (str(params.get("side")) == "BUY") != profit
    return _order(exchange, params, kind, "clientAlgoId", trigger=trigger, rising=rising)


def named(exchange: Exchange, account: str, params: Params, ids: tuple[str, str]) -> Order | None:
    """Return the order that a request names, live or not."""
    order_id, link = (str(params.get(name) or "") for name in ids)
    if not order_id and not link:
        raise Denied(Denial.PARAMS)
    return exchange.find(account, order_id, link)


def live(exchange: Exchange, account: str, params: Params, ids: tuple[str, str]) -> Order:
    found = named(exchange, account, params, ids)
    if found is None or not found.live:
        raise Denied(Denial.ORDER)
    return found
