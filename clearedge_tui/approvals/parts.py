"""The parts that an approval is bound to, each made the same way wherever it is asked for."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec

from clearedge_tui.core import approval
from clearedge_tui.core.limits import Limit, Scope, with_defaults
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.model import Instance
from clearedge_tui.market.fields import smallest
from clearedge_tui.market.markets import Market
from clearedge_tui.settings import Account

# how stored data are played and kept decides no order of a live account
_NOT_BOUND = frozenset({"speed", "start", "recording", "record_mb", "options"})


def parts(
    instance: Instance,
    code: dict[str, str],
    secrets: Collection[str],
    account: Account,
    market: dict[str, str],
    limits: Iterable[Limit],
) -> approval.Parts:
    """Return everything an approval of this instance is bound to, without its grounds.

    `secrets` names the settings whose values nobody is to read; of `limits` those that apply count.
    """
    return approval.Parts(
        instance={
            "id": instance.id,
            "strategy": instance.strategy,
            "timeframe": instance.timeframe,
        },
        code=code,
        config=_config(instance, secrets),
        account=account_part(account),
        market=market,
        limits=approval.limit_part(applying(limits, instance, account)),
    )


def applying(declared: Iterable[Limit], instance: Instance, account: Account) -> tuple[Limit, ...]:
    """Return the limits that an instance's orders are held to, defaults among them."""
    places = (
        (Scope.PORTFOLIO, account.currency),
        (Scope.ACCOUNT, account.name),
        (Scope.INSTANCE, instance.id),
    )
    return tuple(
        one for one in with_defaults(declared) if any(one.applies_to(*place) for place in places)
    )


def account_part(account: Account) -> dict[str, str]:
    """Return an account's settings as text: all but those that play data. A setting that comes
    later is bound by itself. Of its keys there is the name, which is the account's.
    """
    found = {
        name: _text(getattr(account, name))
        for name in account.__struct_fields__
        if name not in _NOT_BOUND
    }
    for name, value in account.options.items():
        said = _text(value)
        inside = "://" in said and "@" in said  # a proxy's password
        found[f"options.{name}"] = approval.sealed(account.name, name, said) if inside else said
    return found


def market_part(market: Market) -> dict[str, str]:
    """Return what decides how large an order of a market is."""
    return {
        "id": market.market_id,
        "quote": market.quote,
        "price_step": _text(market.price_step or Decimal(1).scaleb(-market.price_precision)),
        "size_step": _text(smallest(market)),
        "multiplier": _text(market.multiplier),
    }


def held_market_part(market: MarketInfo) -> dict[str, str]:
    """Return the same of a market as an engine trades it; one with a multiplier is never traded."""
    return {
        "id": market.id,
        "quote": market.quote,
        "price_step": _text(market.price_step),
        "size_step": _text(market.step),
        "multiplier": "1",
    }


def _config(instance: Instance, secrets: Collection[str]) -> dict[str, object]:
    plain: Mapping[str, object] = msgspec.to_builtins(instance.config)
    return {
        name: approval.sealed(instance.id, name, value) if name in secrets else value
        for name, value in plain.items()
    }


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.value if isinstance(value, StrEnum) else str(value)
