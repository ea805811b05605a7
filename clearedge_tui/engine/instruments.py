"""A market of ours as an instrument of the engine."""

from decimal import Decimal
from typing import Any

from nautilus_trader.model import (
    AssetClass,
    Cfd,
    Currency,
    CurrencyPair,
    CurrencyType,
    Equity,
    InstrumentId,
    Price,
    Quantity,
)

from clearedge_tui.core.messages import MarketInfo

LEVERAGE = Decimal(10)  # a backtest's account: positions up to ten times its money
_MARGIN = Decimal(1)  # of the notional, before leverage


def currency(code: str) -> Currency:
    """Return the engine's currency; an unknown code becomes one with eight decimals."""
    try:
        return Currency.from_str(code)
    except ValueError:
        return Currency(code, 8, 0, code, CurrencyType.CRYPTO)


def instrument(market: MarketInfo) -> CurrencyPair | Equity | Cfd:
    """Return the instrument: a pair for crypto and fx, whole shares for equity, a CFD for an index."""
    identity = InstrumentId.from_str(market.id)
    step = Price.from_str(str(market.price_step))
    if market.asset_class == "equity" and market.size_precision == 0:
        return Equity(
            instrument_id=identity,
            raw_symbol=identity.symbol,
            currency=currency(market.quote),
            price_precision=market.price_precision,
            price_increment=step,
            ts_event=0,
            ts_init=0,
            margin_init=_MARGIN,
            margin_maint=_MARGIN,
        )
    shared: dict[str, Any] = {
        "instrument_id": identity,
        "raw_symbol": identity.symbol,
        "quote_currency": currency(market.quote),
        "price_precision": market.price_precision,
        "size_precision": market.size_precision,
        "price_increment": step,
        "size_increment": Quantity.from_str(str(market.step)),
        "ts_event": 0,
        "ts_init": 0,
        "margin_init": _MARGIN,
        "margin_maint": _MARGIN,
    }
    if market.asset_class in ("index", "equity"):
        kind = AssetClass.INDEX if market.asset_class == "index" else AssetClass.EQUITY
        return Cfd(asset_class=kind, **shared)
    return CurrencyPair(base_currency=currency(market.base), **shared)
