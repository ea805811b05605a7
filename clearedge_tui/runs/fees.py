"""Whose fees a run pays: those that were asked for, else the market's own, else the usual ones."""

from decimal import Decimal

import msgspec

from clearedge_tui.market.markets import Market
from clearedge_tui.runs.model import BacktestSpec

_ASKED, _OWN, _USUAL = "as asked for", "the market's own", "the usual one, its own is not known"


class Fees(msgspec.Struct, frozen=True):
    """Shares of the notional; `told` says whose they are."""

    maker: Decimal
    taker: Decimal
    told: str


def of_run(market: Market, maker: Decimal | None, taker: Decimal | None) -> Fees:
    """Return the fees of a run on a market; None is what nobody asked for."""
    usual = BacktestSpec("", "", "")
    made, by_maker = _one(maker, market.maker_fee, usual.maker_fee)
    taken, by_taker = _one(taker, market.taker_fee, usual.taker_fee)
    told = by_maker if by_maker == by_taker else f"maker: {by_maker}; taker: {by_taker}"
    return Fees(made, taken, told)


def _one(asked: Decimal | None, own: Decimal | None, usual: Decimal) -> tuple[Decimal, str]:
    if asked is not None:
        return asked, _ASKED
    return (own, _OWN) if own is not None else (usual, _USUAL)
