"""A run's models of costs, so many times as dear."""

from decimal import Decimal

import msgspec

from clearedge_tui.runs.costs import NONE, RATES
from clearedge_tui.runs.model import BacktestSpec


def stressed(spec: BacktestSpec, factor: Decimal) -> BacktestSpec:
    """Return a specification whose fees, slippage, funding and borrowing cost `factor` times as much.

    Funding that a position gets grows as well: the sign of a rate is the market's.
    """
    if factor == 1:
        return spec
    return msgspec.structs.replace(
        spec,
        maker_fee=spec.maker_fee * factor,
        taker_fee=spec.taker_fee * factor,
        fees=_model(spec.fees, factor),
        slippage=_model(spec.slippage, factor),
        funding=_model(spec.funding, factor),
        borrow=_model(spec.borrow, factor),
    )


def _model(model: str, factor: Decimal) -> str:
    if model in (NONE, RATES):
        return model
    name, amount, *options = model.split(":")
    return ":".join([name, _amount(name, amount, factor), *(_option(o, factor) for o in options)])


def _amount(name: str, amount: str, factor: Decimal) -> str:
    number, slash, every = amount.partition("/")
    value = Decimal(number) * factor
    if name == "ticks":
        value = value.to_integral_value("ROUND_CEILING")
    return f"{value.normalize():f}{slash}{every}"


def _option(text: str, factor: Decimal) -> str:
    name, _, amount = text.partition("=")
    percent = "%" if amount.endswith("%") else ""
    return f"{name}={(Decimal(amount.removesuffix('%')) * factor).normalize():f}{percent}"
