"""Board rows and details from what the supervisor knows. Pure reading; nothing is computed twice."""

from decimal import Decimal

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.gate import route
from clearedge_tui.core.messages import FeedStatus, LedgerRow, MarketInfo
from clearedge_tui.core.model import (
    AccountKind,
    Book,
    EngineState,
    Health,
    Mode,
    Position,
    TickCounts,
)
from clearedge_tui.settings import Account
from clearedge_tui.supervisor.protocol import AccountRow, InstanceRow
from clearedge_tui.supervisor.runtime import AccountRun, InstanceRun
from clearedge_tui.supervisor.venue_seen import venue_seen

_BAD = (EngineState.FAULTED, EngineState.FAILED, EngineState.STALLED)
_WARN = (EngineState.BACKOFF, EngineState.UNKNOWN)
_STALE_S = 5.0


def own_book(account: Account | None) -> Book:
    return Book.LIVE if account is not None and account.kind is AccountKind.LIVE else Book.PAPER


def shown_book(run: InstanceRun, account: Account | None) -> Book | None:
    """Return the book whose numbers the row shows: where orders go, or went last."""
    book = route(run.enforced or run.instance.mode, run.instance.observe_orders, own_book(account))
    if book is not None:
        return book
    traded = [row.book for row in run.ledgers.values() if row.fills]
    if not traded:
        return None
    return own_book(account) if own_book(account) in traded else traded[0]


def health(run: InstanceRun, gateway_error: str) -> tuple[Health, str]:
    """Return the row's health and the one line that explains it."""
    state = run.live_state()
    error = run.fault or run.engine.error
    if state in _BAD:
        return Health.BAD, error or "no life sign"
    if state in _WARN:
        return Health.WARN, error
    if run.instance.mode is Mode.OFF and not run.engine.alive:
        return Health.IDLE, run.file_error
    if run.file_error:
        return Health.WARN, run.file_error
    if gateway_error:
        return Health.WARN, gateway_error
    if state is EngineState.PAUSED:
        return Health.WARN, ""
    if state is EngineState.RUNNING:
        return (Health.OK, "") if run.enforced is run.instance.mode else (Health.WARN, "")
    return Health.UNKNOWN, error


def _heard_market(run: InstanceRun, feed: FeedStatus | None) -> int:
    """Return the wall time at which the instance's market spoke last."""
    silent = feed.silent_s.get(run.instance.market) if feed else None
    return feed.at_ns - int(silent * 1e9) if feed and silent is not None else 0


def instance_row(
    run: InstanceRun,
    account: Account | None,
    market: MarketInfo | None,
    trouble: str,
    feed: FeedStatus | None = None,
) -> InstanceRow:
    """Return one line of the board."""
    instance = run.instance
    book = shown_book(run, account)
    ledger = run.ledgers.get(book) if book else None
    ledger = ledger or LedgerRow(instance.id, book or Book.SHADOW, Position())
    state, error = health(run, trouble or (feed.waits.get(instance.id, "") if feed else ""))
    beat = run.beat
    price = ledger.price
    if price is None and beat is not None and beat.price is not None:
        price = Decimal(repr(beat.price))
    retry_in = run.engine.retry_s - monotonic()
    return InstanceRow(
        id=instance.id,
        strategy=instance.strategy,
        account=instance.account,
        account_kind=account.kind if account else AccountKind.PAPER,
        market=market.symbol if market else instance.market,
        market_id=instance.market,
        timeframe=instance.timeframe,
        simulated=bool(market and market.simulated),
        desired=instance.mode,
        actual=run.enforced if run.engine.alive else Mode.OFF,
        state=run.live_state(),
        health=state,
        book=book,
        currency=market.quote if market else "",
        position=ledger.position.size,
        avg_price=ledger.position.avg_price,
        price=price,
        pnl_today=ledger.today,
        pnl_total=ledger.total,
        fees=ledger.position.fees,
        spark=ledger.spark,
        open_orders=ledger.open_orders,
        fills=ledger.fills,
        last_event=run.last_event,
        last_event_ns=run.last_event_ns,
        tick_ns=beat.tick_ns if beat else 0,
        heard_ns=beat.at_ns if beat else 0,
        error=error,
        config_version=instance.config_version,
        restarts=run.restarts,
        retry_ns=now_ns() + int(retry_in * 1e9) if retry_in > 0 and state is Health.WARN else 0,
        pid=run.engine.pid,
        memory_mb=run.memory_mb,
        cpu_pct=run.cpu_pct,
        slowest_ms=run.slowest[0],
        armed=instance.armed,
        stop_ns=instance.stop_ns,
        market_ns=_heard_market(run, feed),
        # a replay that has been played has nothing more to say
        stale_s=account.stale_s if account and not (feed and feed.done == 1.0) else 0.0,
    )


def _feed_error(feed: FeedStatus) -> str:
    ticks = feed.ticks
    held = f"{ticks.dropped:,} ticks held back ({ticks.last})" if ticks.dropped else ""
    return feed.error or held


def account_row(
    run: AccountRun, account: Account, runs: list[InstanceRun], trouble: str = ""
) -> AccountRow:
    """Return one account: its book's sums over all instances in the account's currency."""
    book = own_book(account)
    ledgers = [r.ledgers[book] for r in runs if book in r.ledgers]
    realised = sum((r.position.realised - r.position.fees for r in ledgers), Decimal(0))
    total = sum((r.total for r in ledgers), Decimal(0))
    feed = run.feed
    state = run.gateway.state
    if run.gateway.up and monotonic() - run.feed_s > _STALE_S:
        state = EngineState.STALLED
    return AccountRow(
        name=account.name,
        kind=account.kind,
        feed=account.feed,
        state=state,
        currency=account.currency,
        balance=account.balance + realised,
        equity=account.balance + total,
        speed=feed.speed if feed else account.speed,
        data_ns=max(feed.clocks.values(), default=0) if feed else 0,
        done=feed.done if feed else None,
        heard_ns=feed.at_ns if feed else 0,
        error=trouble or run.gateway.error or (_feed_error(feed) if feed else ""),
        pid=run.gateway.pid,
        ticks=feed.ticks if feed else TickCounts(),
        recording=feed.recording if feed else "",
        venue=account.venue,
        seen=venue_seen(run, account),
    )
