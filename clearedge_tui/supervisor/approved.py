"""What an instance is and would do now, as the parts that an approval is bound to.

`things` gathers them; `why_not` says why the instance may not trade real money. Both read files
and the database each time: ask on a change or before a mode rises, not for every order.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core import approval
from clearedge_tui.core.errors import NotFound
from clearedge_tui.core.limits import Limit, Scope, with_defaults
from clearedge_tui.core.model import Instance
from clearedge_tui.market.fields import smallest
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.settings import Account, Home, load_accounts
from clearedge_tui.store import trading
from clearedge_tui.store.reads import Reader
from clearedge_tui.supervisor.code_files import code_of

# how stored data are played and kept decides no order of a live account
_NOT_BOUND = frozenset({"speed", "start", "recording", "record_mb", "options"})


def things(home: Home, reader: Reader, instance: Instance) -> approval.Parts:
    """Return everything an approval of this instance is bound to, without its grounds.

    Raises NotFound when the account, the market or the code is not there.
    """
    accounts, markets = load_accounts(home), load_markets(home)
    account, market = accounts.get(instance.account), markets.get(instance.market)
    if account is None or market is None:
        missing = f"account `{instance.account}`" if account is None else instance.market
        raise NotFound(f"{instance.id}: {missing} is not there any more")
    declared = [one.limit for one in trading.limits(reader)]
    schema = Schema.from_plain(reader.schema(instance.strategy) or {})
    return approval.Parts(
        instance={
            "id": instance.id,
            "strategy": instance.strategy,
            "timeframe": instance.timeframe,
        },
        code=code_of(home.strategies, instance.strategy),
        config=_config(instance, schema),
        account=account_part(account),
        market=market_part(market),
        limits=approval.limit_part(applying(declared, instance, account)),
    )


def why_not(home: Home, reader: Reader, instance: Instance, now_ns: int) -> list[str]:
    """Return every reason why this instance may not trade real money now; nothing: it may."""
    try:
        now = things(home, reader, instance)
    except NotFound as error:
        return [str(error)]
    return approval.why_not(trading.approval(reader, instance.id), now, now_ns)


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


def _config(instance: Instance, schema: Schema) -> dict[str, object]:
    plain: Mapping[str, object] = msgspec.to_builtins(instance.config)
    secret = {name for name, field in schema.fields.items() if field.secret}
    return {
        name: approval.sealed(instance.id, name, value) if name in secret else value
        for name, value in plain.items()
    }


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.value if isinstance(value, StrEnum) else str(value)
