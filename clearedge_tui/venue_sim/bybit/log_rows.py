"""Lines of Bybit's transaction log: what trades, funding and transfers did to a balance."""

from decimal import Decimal

from clearedge_tui.venue_sim.bybit.rows import SIDE, Row
from clearedge_tui.venue_sim.model import Fill, Market, Move, Product
from clearedge_tui.venue_sim.words import millis, plain


def traded_rows(market: Market, fill: Fill) -> list[Row]:
    """Return a trade's lines: one, or in spot one for each of its coins."""
    if market.product is Product.LINEAR:
        return [_traded(market, fill, market.quote, fill.realised)]
    bought = fill.side.sign * fill.size
    return [
        _traded(market, fill, market.base, bought),
        _traded(market, fill, market.quote, -bought * fill.price),
    ]


def _traded(market: Market, fill: Fill, coin: str, flow: Decimal) -> Row:
    fee = fill.fee if coin == fill.fee_coin else Decimal(0)
    return {
        "id": f"{fill.id}-{coin}", "symbol": market.symbol, "category": market.product,
        "side": SIDE[fill.side], "transactionTime": millis(fill.at_ns), "type": "TRADE",
        "transSubType": "", "qty": plain(fill.size), "size": "", "currency": coin,
        "tradePrice": plain(fill.price), "funding": "", "fee": plain(fee), "cashFlow": plain(flow),
        "change": plain(flow - fee), "cashBalance": "", "feeRate": "", "bonusChange": "0",
        "tradeId": fill.id, "orderId": fill.order_id, "orderLinkId": fill.link,
    }  # fmt: skip


def moved_row(market: Market | None, move: Move) -> Row:
    way = "IN" if move.amount > 0 else "OUT"
    kind = "SETTLEMENT" if move.kind == "funding" else f"TRANSFER_{way}"
    return {
        "id": move.id, "symbol": market.symbol if market else "", "type": kind, "side": "None",
        "category": market.product if market else "", "transactionTime": millis(move.at_ns),
        "transSubType": "", "qty": "0", "size": "", "currency": move.coin, "tradePrice": "",
        "funding": plain(move.amount) if market else "", "fee": "0",
        "cashFlow": "0" if market else plain(move.amount), "change": plain(move.amount),
        "cashBalance": "", "feeRate": "", "bonusChange": "0", "tradeId": "", "orderId": "",
        "orderLinkId": "",
    }  # fmt: skip
