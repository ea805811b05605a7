"""Lines of Binance's income history: what trades, funding and transfers did to a balance."""

from decimal import Decimal

from clearedge_tui.venue_sim.binance.rows import Row, ms
from clearedge_tui.venue_sim.model import Fill, Market, Move
from clearedge_tui.venue_sim.words import plain

_KINDS = {"funding": "FUNDING_FEE", "transfer": "TRANSFER"}


def traded_rows(market: Market, fill: Fill) -> list[Row]:
    """Return what a trade realised, if anything, and what it cost."""
    cost = _row(market.symbol, "COMMISSION", -fill.fee, fill.fee_coin, fill.at_ns, fill.id)
    if not fill.realised:
        return [cost]
    return [
        _row(market.symbol, "REALIZED_PNL", fill.realised, market.quote, fill.at_ns, fill.id),
        cost,
    ]


def moved_row(market: Market | None, move: Move) -> Row:
    symbol = market.symbol if market else ""
    return _row(symbol, _KINDS[move.kind], move.amount, move.coin, move.at_ns, "")


def _row(symbol: str, kind: str, amount: Decimal, coin: str, at_ns: int, trade: str) -> Row:
    return {
        "symbol": symbol, "incomeType": kind, "income": plain(amount), "asset": coin, "info": kind,
        "time": ms(at_ns), "tranId": at_ns // 1000, "tradeId": trade,
    }  # fmt: skip
