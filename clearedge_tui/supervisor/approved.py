"""What an instance is and would do now, as the parts that an approval is bound to.

`things` gathers them; `why_not` says why the instance may not trade real money. Both read files
and the database each time: ask on a change or before a mode rises, not for every order. The gateway
proves the same by itself before every order (`engine/permits.py`); `permit` is what it is told.
"""

from clearedge_tui.approvals.code_files import code_of
from clearedge_tui.approvals.parts import market_part, parts
from clearedge_tui.contract.schema import Schema
from clearedge_tui.core import approval
from clearedge_tui.core.errors import NotFound
from clearedge_tui.core.model import Instance
from clearedge_tui.core.risk_messages import (
    Permit,
)
from clearedge_tui.market.markets import load_markets
from clearedge_tui.settings import Home, load_accounts
from clearedge_tui.store import trading
from clearedge_tui.store.reads import Reader


def things(home: Home, reader: Reader, instance: Instance) -> approval.Parts:
    """Return everything an approval of this instance is bound to, without its grounds.

    Raises NotFound when the account, the market or the code is not there.
    """
    accounts, markets = load_accounts(home), load_markets(home)
    account, market = accounts.get(instance.account), markets.get(instance.market)
    if account is None or market is None:
        missing = f"account `{instance.account}`" if account is None else instance.market
        raise NotFound(f"{instance.id}: {missing} is not there any more")
    return parts(
        instance,
        code_of(home.strategies, instance.strategy),
        secrets_of(reader, instance),
        account,
        market_part(market),
        [one.limit for one in trading.limits(reader)],
    )


def why_not(home: Home, reader: Reader, instance: Instance, now_ns: int) -> list[str]:
    """Return every reason why this instance may not trade real money now; nothing: it may."""
    try:
        now = things(home, reader, instance)
    except NotFound as error:
        return [str(error)]
    return approval.why_not(trading.approval(reader, instance.id), now, now_ns)


def permit(reader: Reader, instance: Instance) -> Permit:
    """Return what a live account's gateway must be told to prove an approval by itself."""
    return Permit(
        instance.id,
        instance.config,
        secrets_of(reader, instance),
        trading.approval(reader, instance.id),
    )


def secrets_of(reader: Reader, instance: Instance) -> tuple[str, ...]:
    """Return the names of the settings whose values nobody is to read."""
    schema = Schema.from_plain(reader.schema(instance.strategy) or {})
    return tuple(sorted(name for name, field in schema.fields.items() if field.secret))
