"""Whose fees a run pays: those that were asked for, else the market's own, else the usual ones."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.market.markets import Market
from clearedge_tui.runs import costs

_ASKED, _OWN, _USUAL = "as asked for", "the market's own", "the usual one, its own is not known"


class Fees(msgspec.Struct, frozen=True):
    """Shares of the notional under the model `rates`; `told` says whose they are."""

    maker: Decimal
    taker: Decimal
    told: str
    model: str = costs.RATES


def of_run(market: Market, maker: Decimal | None, taker: Decimal | None, model: str = "") -> Fees:
    """Return the fees of a run on a market; None, and no model, is what nobody asked for."""
    usual = costs.usual(market.asset_class)
    asked, own = {maker, taker} != {None}, {market.maker_fee, market.taker_fee} != {None}
    if not model and not asked and not own:
        model = usual.fees
        if model != costs.RATES:
            return Fees(usual.maker, usual.taker, _USUAL, model)
    elif model not in ("", costs.RATES):
        if asked:
            raise UsageError(f"maker and taker fees are of the model `rates`, not of `{model}`")
        return Fees(usual.maker, usual.taker, _ASKED, costs.checked("fees", model))
    made, by_maker = _one(maker, market.maker_fee, usual.maker)
    taken, by_taker = _one(taker, market.taker_fee, usual.taker)
    told = by_maker if by_maker == by_taker else f"maker: {by_maker}; taker: {by_taker}"
    return Fees(made, taken, told)


def _one(asked: Decimal | None, own: Decimal | None, usual: Decimal) -> tuple[Decimal, str]:
    if asked is not None:
        return asked, _ASKED
    return (own, _OWN) if own is not None else (usual, _USUAL)
