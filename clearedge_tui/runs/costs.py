"""What a run pays, by the names of models. Zero cost is asked for by name and said on the report.

A model is a name, an amount and options, all with colons between: `per_share:0.005:min=1:max=1%`.
Money is in the quote currency. Shares are of the notional (size times price).

Slippage `impact:K` is the square-root law: an order of size Q pays K * sqrt(Q / V) of the price,
where V is the mean volume of the last 20 bars closed before the fill and K is a share: with
`impact:0.01` an order as large as a usual bar pays 1 %, one of a hundredth of it 0.1 %. Almgren,
Thum, Hauptmann and Li ("Direct Estimation of Equity Market Impact", 2005) measured a power of 3/5
of size over volume; one half is what most later work uses. K belongs to a timeframe: it grows with
the root of the bar's length, as volatility does.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.model import BacktestSpec

NONE = "none"
RATES = "rates"
DAY_NS = 86_400_000_000_000
_HOUR_NS = DAY_NS // 24
_MS_NS = 1_000_000
YEAR_DAYS = 365  # interest is counted by calendar days over 365
_ZERO, _ONE = Decimal(0), Decimal(1)
_MOST_MS = 7 * 24 * 3_600_000
_MOST_MONEY = Decimal(1_000_000)

_FREE = "zero is asked for as `none`"
FEES = ("none", "rates", "per_share:0.005:min=1:max=1%", "per_contract:0.85")
SLIPPAGE = ("none", "bps:1", "ticks:1", "impact:0.01")
LATENCY = ("none", "ms:250")
FUNDING = ("none", "rate:0.0001/8h")
BORROW = ("none", "rate:0.01")


class Commission(msgspec.Struct, frozen=True):
    """A broker's commission of one order: `per` unit of size, between the least and a share."""

    per: Decimal
    least: Decimal = _ZERO
    most: Decimal = _ZERO  # share of the notional, goes before `least`; 0: none

    def of(self, size: Decimal, worth: Decimal) -> Decimal:
        """Return what an order pays for what is filled of it so far."""
        asked = max(self.per * size, self.least)
        return min(asked, self.most * worth) if self.most else asked


class Slippage(msgspec.Struct, frozen=True):
    """What an order that takes pays beyond the price it meets; one of the three is above zero."""

    share: Decimal = _ZERO  # of the price
    ticks: int = 0
    impact: Decimal = _ZERO  # K, see above


class Funding(msgspec.Struct, frozen=True):
    """A share of position times price, paid by longs to shorts every so often from midnight UTC."""

    rate: Decimal
    every_ns: int


def commission(model: str) -> Commission | None:
    """Return a commission by unit of size; None for `none` and `rates`. Raises UsageError."""
    name, amount, options = _parts(model, "fees", FEES)
    if name in (NONE, RATES):
        _bare(model, "fees", FEES, amount, options)
        return None
    found = dict(_option(model, one) for one in options)
    if len(found) < len(options):
        raise _wrong(model, "fees", "an option is there twice", FEES)
    capped = "max" in found
    least = _number(found.pop("min", "0"), model, _MOST_MONEY)
    most = _number(found.pop("max", "0"), model, _ONE)
    for other in found:
        raise _wrong(model, "fees", f"option `{other}`{nearest(other, ('min', 'max'))}", FEES)
    made = Commission(_number(amount, model, _MOST_MONEY), least, most)
    if not max(made.per, least) or (capped and not most):
        raise _wrong(model, "fees", _FREE, FEES)
    return made


def slippage(model: str) -> Slippage | None:
    """Return what market and stop orders lose, or None. Raises UsageError."""
    name, amount, options = _parts(model, "slippage", SLIPPAGE)
    if name == NONE or options:
        _bare(model, "slippage", SLIPPAGE, amount, options)
        return None
    if name == "bps":
        made = Slippage(share=_number(amount, model, Decimal(10_000)) / 10_000)
    elif name == "ticks":
        count = _number(amount, model, Decimal(100_000))
        if count % 1:
            raise _wrong(model, "slippage", "ticks are whole", SLIPPAGE)
        made = Slippage(ticks=int(count))
    else:
        made = Slippage(impact=_number(amount, model, _ONE))
    if made == Slippage():
        raise _wrong(model, "slippage", _FREE, SLIPPAGE)
    return made


def latency_ns(model: str) -> int:
    """Return how long an order is under way to the venue; 0 for `none`. Raises UsageError."""
    name, amount, options = _parts(model, "latency", LATENCY)
    if name == NONE or options:
        _bare(model, "latency", LATENCY, amount, options)
        return 0
    found = int(_number(amount, model, Decimal(_MOST_MS)) * _MS_NS)
    if not found:
        raise _wrong(model, "latency", _FREE, LATENCY)
    return found


def funding(model: str) -> Funding | None:
    """Return what a perpetual position pays, or None. Raises UsageError."""
    name, amount, options = _parts(model, "funding", FUNDING)
    if name == NONE or options:
        _bare(model, "funding", FUNDING, amount, options)
        return None
    text, slash, every = amount.partition("/")
    hours = every.removesuffix("h")
    if (
        not slash
        or not (hours.isascii() and hours.isdecimal())
        or not 0 < int(hours) <= 24
        or 24 % int(hours)
    ):
        raise _wrong(model, "funding", "the hours must divide a day", FUNDING)
    rate = _number(text, model, _ONE, least=-_ONE)
    if not rate:
        raise _wrong(model, "funding", _FREE, FUNDING)
    return Funding(rate, int(hours) * _HOUR_NS)


def borrow(model: str) -> Decimal | None:
    """Return the yearly share of a short's notional, or None. Raises UsageError."""
    name, amount, options = _parts(model, "borrow", BORROW)
    if name == NONE or options:
        _bare(model, "borrow", BORROW, amount, options)
        return None
    found = _number(amount, model, Decimal(10))
    if not found:
        raise _wrong(model, "borrow", _FREE, BORROW)
    return found


class Usual(msgspec.Struct, frozen=True):
    """What trading a class of markets costs where nobody knows better: see docs/backtests.md."""

    fees: str
    slippage: str
    maker: Decimal
    taker: Decimal
    borrow: str = NONE


_PERPETUAL_FUNDING = "rate:0.0001/8h"
_BY_RATES = (Decimal("0.0002"), Decimal("0.0005"))
USUAL = {
    "crypto": Usual(RATES, "bps:1", *_BY_RATES),
    "fx": Usual(RATES, "bps:0.5", Decimal("0.00002"), Decimal("0.00002")),
    "equity": Usual("per_share:0.005:min=1:max=1%", "bps:2", *_BY_RATES, borrow="rate:0.01"),
    "index": Usual(RATES, "bps:1", Decimal("0.00005"), Decimal("0.00005")),
}


def usual(asset_class: str) -> Usual:
    """Return the usual costs of a class of markets."""
    return USUAL.get(asset_class, USUAL["crypto"])


def usual_funding(symbol: str) -> str:
    """Return the usual funding: of what a market's name says is a perpetual swap, else none."""
    return _PERPETUAL_FUNDING if "-PERP" in symbol.upper() else NONE


def stamps(spec: BacktestSpec, asset_class: str, symbol: str, simulated: bool) -> tuple[str, ...]:
    """Return what a reader of a run must not overlook, in few words each."""
    free = spec.fees == NONE or (spec.fees == RATES and max(spec.maker_fee, spec.taker_fee) <= 0)
    found = {
        "simulated": simulated,
        "same close": spec.fill_at == "same_close",
        "zero fees": free,
        "no taker fee": not free and spec.fees == RATES and spec.taker_fee <= 0,
        "no slippage": spec.slippage == NONE,
        "no funding": spec.funding == NONE != usual_funding(symbol),
        "no borrowing cost": spec.borrow == NONE != usual(asset_class).borrow,
    }
    return tuple(words for words, true in found.items() if true)


_CHECKS: dict[str, Callable[[str], object]] = {
    "fees": commission,
    "slippage": slippage,
    "latency": latency_ns,
    "funding": funding,
    "borrow": borrow,
}


def checked(kind: str, model: str) -> str:
    """Return a model's name as it was asked for; raises UsageError when there is none like it."""
    _CHECKS[kind](model)
    return model


# ---- reading -----------------------------------------------------------------------------------
def _parts(model: str, kind: str, known: Iterable[str]) -> tuple[str, str, list[str]]:
    name, *rest = model.split(":")
    names = tuple(one.partition(":")[0] for one in known)
    if name not in names:
        shown = clean_text(model, 60)
        raise UsageError(f"{kind} `{shown}`{nearest(name, names)}. Models: {', '.join(known)}")
    return name, (rest[0] if rest else ""), rest[1:]


def _bare(model: str, kind: str, known: Iterable[str], amount: str, options: list[str]) -> None:
    if amount or options:
        raise _wrong(model, kind, "too much is said", known)


def _option(model: str, text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"`{clean_text(model, 60)}`: write the option as min=1 or max=1%")
    return name, value


def _number(text: str, model: str, most: Decimal, least: Decimal = _ZERO) -> Decimal:
    try:
        value = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and text.endswith("%"):
        value /= 100
    if not value.is_finite() or not least <= value <= most:
        raise UsageError(
            f"`{clean_text(model, 60)}`: `{clean_text(text, 20)}` is no number from {least} to {most:f}"
        )
    return value


def _wrong(model: str, kind: str, why: str, known: Iterable[str]) -> UsageError:
    return UsageError(f"{kind} `{clean_text(model, 60)}`: {why}. Models: {', '.join(known)}")
