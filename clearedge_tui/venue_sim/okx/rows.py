"""Orders, fills, balances and markets in the words of OKX's version 5."""

from typing import Any

from clearedge_tui.venue_sim.candles import Candle
from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.model import (
    ZERO,
    Balance,
    Fill,
    Kind,
    Market,
    Order,
    Side,
    Status,
    Tif,
)
from clearedge_tui.venue_sim.okx.asked import code_of_market
from clearedge_tui.venue_sim.words import millis, plain

Row = dict[str, Any]
_TIFS = {Tif.GTC: "limit", Tif.IOC: "ioc", Tif.FOK: "fok", Tif.POST_ONLY: "post_only"}
_EMPTY = (
    "algoClOrdId", "algoId", "attachAlgoClOrdId", "cancelSource", "cancelSourceReason", "pxType",
    "pxUsd", "pxVol", "quickMgnType", "slOrdPx", "slTriggerPx", "slTriggerPxType", "source",
    "stpId", "tag", "tpOrdPx", "tpTriggerPx", "tpTriggerPxType", "amendResult", "reqId", "code",
    "msg",
)  # fmt: skip


def _state(order: Order) -> str:
    if order.status is Status.FILLED:
        return "filled"
    if order.status in (Status.CANCELLED, Status.REJECTED):
        return "canceled"
    return "partially_filled" if order.filled else "live"


def _fee_coin(market: Market, side: Side) -> str:
    return market.base if side is Side.BUY else market.quote


def _stop_of(order: Order) -> Row:
    """Return what an order says of the stop that it was."""
    if order.trigger is None:
        return {"clOrdId": order.asked.link, "linkedAlgoOrd": {"algoId": ""}}
    return {"clOrdId": "", "linkedAlgoOrd": {"algoId": order.id}, "algoId": order.id,
            "algoClOrdId": order.asked.link}  # fmt: skip


def order_row(exchange: Exchange, order: Order, fill: Fill | None = None) -> Row:
    """Return an order; with a `fill`, as it was when that fill came."""
    market = exchange.markets[order.asked.market]
    fills = [one for one in exchange.fills if one.order_id == order.id]
    filled, value, state = order.filled, order.value, _state(order)
    if fill is not None:
        fills = [one for one in fills if one.number <= fill.number]
        filled, value = fill.order_filled, fill.order_value
        state = "partially_filled" if filled < order.filled else state
    last = fill or (fills[-1] if fills else None)
    return {
        **dict.fromkeys(_EMPTY, ""), **_stop_of(order), "attachAlgoOrds": [],
        "instType": "SPOT", "instId": market.symbol, "ordId": order.id,
        "side": str(order.asked.side), "posSide": "net", "tdMode": "cash", "ccy": "",
        "ordType": "market" if order.asked.kind is Kind.MARKET else _TIFS[order.asked.tif],
        "tgtCcy": "quote_ccy" if order.asked.by_value else "base_ccy", "sz": plain(order.size),
        "px": "" if order.price is None else plain(order.price), "state": state,
        "accFillSz": plain(filled), "avgPx": plain(value / filled) if filled else "",
        "fillPx": plain(last.price) if last else "", "fillSz": plain(last.size) if last else "0",
        "fillTime": millis(last.at_ns) if last else "", "tradeId": last.id if last else "",
        "execType": "" if fill is None else "M" if fill.maker else "T",
        "fee": plain(-sum((one.fee for one in fills), ZERO)),
        "feeCcy": _fee_coin(market, order.asked.side),
        "fillFee": plain(-fill.fee) if fill else "0", "fillFeeCcy": fill.fee_coin if fill else "",
        "rebate": "0", "rebateCcy": market.quote, "pnl": "0", "lever": "", "category": "normal",
        "reduceOnly": "false", "isTpLimit": "false", "stpMode": "cancel_maker",
        "cTime": millis(order.created_ns), "uTime": millis(order.updated_ns),
    }  # fmt: skip


_ALGO = {Status.WAITING: "live", Status.CANCELLED: "canceled", Status.REJECTED: "order_failed"}


def algo_row(exchange: Exchange, order: Order) -> Row:
    """Return a stop; it lives as one until its price was seen, and has an order of its own then."""
    state = "effective" if order.triggered else _ALGO.get(order.status, "effective")
    woken = order.id if order.triggered else ""
    return {
        "instType": "SPOT", "instId": exchange.markets[order.asked.market].symbol,
        "algoId": order.id, "algoClOrdId": order.asked.link, "ordType": "trigger", "state": state,
        "ordId": woken, "ordIdList": [woken] if woken else [], "clOrdId": "", "posSide": "net",
        "side": str(order.asked.side), "sz": plain(order.size), "tdMode": "cash", "lever": "",
        "triggerPx": plain(order.trigger or ZERO), "triggerPxType": "last",
        "ordPx": "-1" if order.price is None else plain(order.price), "reduceOnly": "false",
        "actualPx": "", "actualSz": "0", "triggerTime": "", "tag": "", "ccy": "",
        "tgtCcy": "base_ccy", "cTime": millis(order.created_ns), "uTime": millis(order.updated_ns),
    }  # fmt: skip


def fill_row(exchange: Exchange, fill: Fill) -> Row:
    return {
        "instType": "SPOT", "instId": exchange.markets[fill.market].symbol, "tradeId": fill.id,
        "ordId": fill.order_id, "clOrdId": fill.link, "billId": fill.id, "tag": "",
        "fillPx": plain(fill.price), "fillSz": plain(fill.size), "side": str(fill.side),
        "posSide": "net", "execType": "M" if fill.maker else "T", "feeCcy": fill.fee_coin,
        "fee": plain(-fill.fee), "ts": millis(fill.at_ns), "fillTime": millis(fill.at_ns),
    }  # fmt: skip


def account_row(balances: list[Balance], at_ns: int) -> Row:
    empty = dict.fromkeys(
        (
            "adjEq",
            "borrowFroz",
            "imr",
            "mgnRatio",
            "mmr",
            "notionalUsd",
            "notionalUsdForBorrow",
            "notionalUsdForFutures",
            "notionalUsdForOption",
            "notionalUsdForSwap",
            "ordFroz",
            "upl",
        ),
        "",
    )
    return {
        **empty, "details": [_coin_row(one, at_ns) for one in balances], "isoEq": "0",
        "totalEq": "0", "uTime": millis(at_ns),
    }  # fmt: skip


def _coin_row(balance: Balance, at_ns: int) -> Row:
    total, free, locked = plain(balance.total), plain(balance.free), plain(balance.locked)
    zero = dict.fromkeys(
        ("fixedBal", "imr", "mmr", "isoEq", "isoUpl", "notionalLever", "rewardBal", "smtSyncEq",
         "spotCopyTradingEq", "spotIsoBal", "stgyEq", "twap", "upl", "uplLiab", "liab",
         "crossLiab", "isoLiab", "interest", "maxLoan", "borrowFroz", "spotInUseAmt",
         "clSpotInUseAmt", "maxSpotInUseAmt", "spotBal", "openAvgPx", "accAvgPx", "spotUpl",
         "spotUplRatio", "totalPnl", "totalPnlRatio"), "0"
    )  # fmt: skip
    return {
        **zero, "ccy": balance.coin, "eq": total, "cashBal": total, "availBal": free,
        "availEq": free, "frozenBal": locked, "ordFrozen": locked, "disEq": total, "eqUsd": total,
        "mgnRatio": "", "uTime": millis(at_ns), "collateralEnabled": False,
    }  # fmt: skip


def market_row(exchange: Exchange, market: Market) -> Row:
    empty = dict.fromkeys(
        ("alias", "auctionEndTime", "ctMult", "ctType", "ctVal", "ctValCcy", "expTime",
         "instFamily", "lever", "optType", "settleCcy", "stk", "uly"), ""
    )  # fmt: skip
    most = plain(market.max_size)
    return {
        **empty, "instType": "SPOT", "instId": market.symbol, "baseCcy": market.base,
        "instIdCode": code_of_market(exchange, market), "quoteCcy": market.quote, "category": "1",
        "tickSz": plain(market.price_step), "lotSz": plain(market.size_step),
        "minSz": plain(market.min_size), "listTime": "1548133413000", "state": "live",
        "ruleType": "normal", "tradeQuoteCcyList": [market.quote], "maxLmtSz": most,
        "maxMktSz": most, "maxTwapSz": most, "maxIcebergSz": most, "maxTriggerSz": most,
        "maxStopSz": most, "maxLmtAmt": "20000000", "maxMktAmt": "1000000",
    }  # fmt: skip


def candle_row(candle: Candle, whole: bool) -> list[str]:
    volume = plain(candle.volume)
    money = plain(candle.volume * candle.close)
    prices = (plain(p) for p in (candle.open, candle.high, candle.low, candle.close))
    return [str(candle.minute * 60_000), *prices, volume, money, money, "1" if whole else "0"]
