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
    Money,
    Price,
    Quantity,
)

from clearedge_tui.core.gate import weight
from clearedge_tui.core.messages import MarketInfo

LEVERAGE = Decimal(10)  # a backtest's account: positions up to ten times its money


def currency(code: str) -> Currency:
    """Return the engine's currency; an unknown code becomes one with eight decimals."""
    try:
        return Currency.from_str(code)
    except ValueError:
        return Currency(code, 8, 0, code, CurrencyType.CRYPTO)


def leverage(market: MarketInfo) -> Decimal:
    """Return how many times its money a backtest's account may hold of a market."""
    return LEVERAGE / weight(LEVERAGE, market.margin_init)


def unit(market: MarketInfo) -> Price:
    """Return one unit of a market's prices: the tick a simulated venue has to have.

    It silently leaves an order unfilled at a price between two ticks, and data have such prices:
    ticks change over the years, and middles and adjusted prices know none. Limit prices are on the
    market's own tick before they get there.
    """
    return Price.from_str(str(Decimal(1).scaleb(-market.price_precision)))


def instrument(
    market: MarketInfo, limits: bool = False, fine: bool = False
) -> CurrencyPair | Equity | Cfd:
    """Return the instrument: a pair for crypto and fx, whole shares for equity, a CFD for an index.

    With `limits` the engine itself denies what is below the market's least, exits too; without,
    our gate does, and lets exits pass. `fine` makes its tick one unit, see `unit`.
    """
    identity = InstrumentId.from_str(market.id)
    step = unit(market) if fine else Price.from_str(str(market.price_step))
    init = weight(LEVERAGE, market.margin_init)  # of the notional, before leverage
    margins: dict[str, Any] = {"margin_init": init, "margin_maint": _maintenance(market, init)}
    least = _limits(market) if limits else {}
    if market.asset_class == "equity" and market.size_precision == 0:
        return Equity(
            instrument_id=identity,
            raw_symbol=identity.symbol,
            currency=currency(market.quote),
            price_precision=market.price_precision,
            price_increment=step,
            ts_event=0,
            ts_init=0,
            **margins,
            **{name: value for name, value in least.items() if name != "min_notional"},
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
        **margins,
        **least,
    }
    if market.asset_class in ("index", "equity"):
        kind = AssetClass.INDEX if market.asset_class == "index" else AssetClass.EQUITY
        return Cfd(asset_class=kind, **shared)
    return CurrencyPair(base_currency=currency(market.base), **shared)


def _maintenance(market: MarketInfo, init: Decimal) -> Decimal:
    return init if market.margin_maint is None else weight(LEVERAGE, market.margin_maint)


def _limits(market: MarketInfo) -> dict[str, Any]:
    """Return the market's limits of one order; those that its steps say already are left out."""
    found: dict[str, Any] = {}
    limits = market.limits
    if limits is None:
        return {}
    for name, size in (("min_quantity", limits.min_size), ("max_quantity", limits.max_size)):
        if size:
            found[name] = Quantity.from_str(f"{size:.{market.size_precision}f}")
    if limits.min_notional:
        found["min_notional"] = Money.from_decimal(limits.min_notional, currency(market.quote))
    return found
