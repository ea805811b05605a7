"""The one rule for a market's fields, whoever writes them: a command, a file or a venue."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.rounding import to_decimal
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.markets import Market, describe

IDENTITY: Final = ("symbol", "venue", "market_id", "base", "quote", "simulated")
MOST_DECIMALS: Final = 16  # of the engine's numbers
_FEES = (Decimal("-0.01"), Decimal("0.1"))  # a maker may be paid


def _whole(value: str, name: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"{name} `{value}`; wanted a whole number") from None


def _number(value: str, name: str) -> Decimal:
    try:
        return to_decimal(value, name)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _calendar(value: str, name: str) -> str:
    del name
    from clearedge_tui.market import calendars

    return calendars.check_name(value)


def _text(value: str, name: str) -> str:
    del name
    return value


_PARSERS: Final[dict[str, Callable[[str, str], object]]] = {
    "asset_class": _text,
    "price_precision": _whole,
    "price_step": _number,
    "size_precision": _whole,
    "size_step": _number,
    "min_size": _number,
    "max_size": _number,
    "min_notional": _number,
    "maker_fee": _number,
    "taker_fee": _number,
    "margin_init": _number,
    "margin_maint": _number,
    "multiplier": _number,
    "calendar": _calendar,
    "source": _text,
}
EDITABLE: Final = tuple(_PARSERS)
NEEDED: Final = ("asset_class", "price_precision", "size_precision")
_USUAL: Final = {
    **{field.name: field.default for field in msgspec.structs.fields(Market)},
    "min_size": None,  # one step
}
# what engines do not carry: it may change while an instance runs
AT_ANY_TIME: Final = frozenset({"maker_fee", "taker_fee", "calendar", "source"})
# what the engines that run are told of at once; for other decimals their account starts anew
DIGITS: Final = frozenset({"price_precision", "size_precision"})
TAKEN_OVER: Final = DIGITS | {
    "price_step",
    "size_step",
    "min_size",
    "max_size",
    "min_notional",
    "margin_init",
    "margin_maint",
}


def changed(market: Market, changes: Mapping[str, object]) -> Market:
    """Return the market with these fields, given as texts. An empty text is the usual value again.

    Raises UsageError for an unknown field, a field that makes the market another one, or a value
    that cannot be. The least size follows the step as long as nobody said another.
    """
    follows = market.min_size == smallest(market) and "min_size" not in changes
    values = {name: _parsed(name, value) for name, value in changes.items()}
    follows = follows or values.get("min_size", 0) is None
    fresh = _replaced(market, {n: v for n, v in values.items() if (n, v) != ("min_size", None)})
    if follows:
        fresh = msgspec.structs.replace(fresh, min_size=smallest(fresh))
    return checked(fresh)


def made(name: str, changes: Mapping[str, object]) -> Market:
    """Return a new market from its name (`ES`, `BTC/USDT.BINANCE`) and fields given as texts."""
    rest = dict(changes)
    venue, asset_class = str(rest.pop("venue", "")), str(rest.pop("asset_class", ""))
    return changed(describe(name, venue, asset_class), rest)


def smallest(market: Market) -> Decimal:
    """Return one step of its size."""
    return market.size_step or Decimal(1).scaleb(-market.size_precision)


def _parsed(name: str, value: object) -> object:
    if name in IDENTITY:
        raise UsageError(f"`{name}` is what the market is: add another one and remove this")
    if name not in _PARSERS:
        raise UsageError(f"a market has no field `{clean_text(name, 40)}`{nearest(name, EDITABLE)}")
    text = clean_text(str(value)).strip()
    if not text or text == "–":
        if name in NEEDED:
            raise UsageError(f"{name} is empty; every market has one")
        return _USUAL[name]
    return _PARSERS[name](text, name)


def _replaced(market: Market, values: Mapping[str, object]) -> Market:
    decimals = [values.get(n) for n in ("price_precision", "size_precision")]
    for number in decimals:
        if isinstance(number, int) and not 0 <= number <= MOST_DECIMALS:
            raise UsageError(f"{number} decimals; wanted 0 to {MOST_DECIMALS}")
    try:
        return msgspec.structs.replace(market, **values)
    except ValueError as error:  # a step that its decimals cannot write
        raise UsageError(f"{market.market_id}: {error}; say price_precision or size_precision too") from None  # fmt: skip


def checked(market: Market) -> Market:
    """Return a market that can be, or raise UsageError that says what cannot."""
    wrong = _wrong(market)
    if wrong:
        raise UsageError(f"{market.market_id}: {wrong}")
    return market


def _wrong(market: Market) -> str:
    if market.asset_class not in ASSET_CLASSES:
        known = ", ".join(ASSET_CLASSES)
        return f"asset_class `{market.asset_class}`; wanted one of: {known}"
    for name in ("min_size", "max_size", "min_notional"):
        if getattr(market, name) < 0:
            return f"{name} {getattr(market, name)}; wanted 0 (no limit) or more"
    if market.max_size and market.max_size < max(market.min_size, smallest(market)):
        return f"max_size {market.max_size} is less than the least order"
    for name in ("maker_fee", "taker_fee"):
        fee = getattr(market, name)
        if fee is not None and not _FEES[0] <= fee <= _FEES[1]:
            return f"{name} {fee}; wanted a share of the notional, {_FEES[0]} to {_FEES[1]}"
    return _wrong_money(market)


def _wrong_money(market: Market) -> str:
    for name in ("margin_init", "margin_maint"):
        margin = getattr(market, name)
        if margin is not None and not 0 < margin <= 1:
            return f"{name} {margin}; wanted a share of the notional, above 0 and at most 1"
    if (market.margin_maint or 0) > (market.margin_init or 1):
        return f"margin_maint {market.margin_maint} is more than margin_init {market.margin_init}"
    if market.multiplier <= 0:
        return f"multiplier {market.multiplier}; wanted more than 0"
    return ""


def told(before: Market | None, after: Market) -> tuple[str, ...]:
    """Return each field that differs, as `field old → new`; of a new market what is known."""
    if before is None:
        known = [(name, shown(after, name)) for name in ("symbol", *EDITABLE)]
        return ("new", *(f"{name} {new}" for name, new in known if new not in ("–", "0")))
    both = [(name, shown(before, name), shown(after, name)) for name in EDITABLE]
    return tuple(f"{name} {old} → {new}" for name, old, new in both if old != new)


def shown(market: Market, name: str) -> str:
    """Return a field as text that `changed` reads back; `–` stands for what is not known."""
    value = getattr(market, name)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "–" if value in (None, "") else str(value)
