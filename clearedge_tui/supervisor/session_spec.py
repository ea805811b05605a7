"""What an instance is at the moment its session begins, as the record keeps it."""

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.runs.sessions import SessionSpec
from clearedge_tui.store.reads import Reader
from clearedge_tui.supervisor.approved import secrets_of
from clearedge_tui.supervisor.declared import Declared
from clearedge_tui.supervisor.runtime import InstanceRun


def spec_of(store: Reader, declared: Declared, run: InstanceRun) -> SessionSpec | None:
    """Return it; None when the account or the market is not declared any more."""
    instance = run.instance
    account = declared.accounts().get(instance.account)
    try:
        market = declared.market(instance.market)
    except ClearEdgeError:
        return None
    if account is None:
        return None
    secret = [name for name in secrets_of(store, instance) if name in instance.config]
    return SessionSpec(
        instance=instance.id,
        strategy=instance.strategy,
        account=account.name,
        account_kind=account.kind,
        market=instance.market,
        market_name=market.symbol,
        timeframe=instance.timeframe,
        mode=instance.mode,
        currency=account.currency,
        balance=account.balance,
        config={**instance.config, **dict.fromkeys(secret, "secret")},
        config_version=instance.config_version,
        observe_orders=instance.observe_orders,
        exit_policy=instance.exit_policy,
        stop_at=instance.stop_at,
        simulated=market.simulated,
        venue=account.venue,
        feed=account.feed,
        maker_fee=account.maker_fee,
        taker_fee=account.taker_fee,
        code_sha256=run.running_code,
    )
