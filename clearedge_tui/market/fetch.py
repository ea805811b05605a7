"""Pull, sync and ensure for a home: the source opened, the catalog bound, one call each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from clearedge_tui.core.errors import BadData, ClearEdgeError, UsageError
from clearedge_tui.market import catalog
from clearedge_tui.market.layout import Key
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.market.pull import Pull, Rule
from clearedge_tui.market.pull_model import Progress, Pulled, Wanted
from clearedge_tui.market.shelf import CatalogShelf
from clearedge_tui.market.sources import registry
from clearedge_tui.market.sources.model import Cost
from clearedge_tui.market.sources.paging import SETTLE_NS
from clearedge_tui.market.sources.resilience import Clock
from clearedge_tui.settings import Home


async def _refuse(cost: Cost) -> bool:
    del cost
    return False


@dataclass(frozen=True)
class Ways:
    """Who is told what, and who is asked."""

    progress: Callable[[Progress], None] = lambda progress: None
    told: Callable[[str], None] = lambda line: None  # why there is a wait
    confirm: Callable[[Cost], Awaitable[bool]] = _refuse
    clock: Clock = field(default_factory=Clock)


async def fetch(
    home: Home, source: str, wanted: Sequence[Wanted], rule: Rule | None = None, ways: Ways = Ways()
) -> list[Pulled]:
    """Pull several markets from one source. Raises what keeps all of them from being pulled."""
    async with registry.opened(home, source, ways.told, ways.clock) as opened:
        shelf = CatalogShelf(home)
        pull = Pull(opened, shelf, rule, ways.clock, ways.progress, ways.confirm)
        return await pull.run(wanted)


async def sync(home: Home, only: Sequence[str] = (), ways: Ways = Ways()) -> list[Pulled]:
    """Bring every series whose source is known from its end to now; `only` names markets."""
    by_source: dict[str, list[Wanted]] = {}
    done: list[Pulled] = []
    markets = load_markets(home)
    for series in catalog.series(home):
        market, source = markets.get(series.market_id), source_of(series.source)
        if (
            market is None
            or not source
            or (only and not {market.symbol, market.market_id} & {*only})
        ):
            continue
        key = Key(series.market_id, series.kind, series.timeframe)
        try:
            end = max((end for _, end in catalog.covered(home, key)), default=0)
        except BadData as error:
            one = Wanted(market.symbol, series.timeframe, 0, 0, series.kind)
            done.append(_failed(one, error))
            continue
        if end and end + key.step_ns <= ways.clock.now_ns() - SETTLE_NS:
            one = Wanted(market.symbol, series.timeframe, end, 0, series.kind)
            by_source.setdefault(source, []).append(one)
    for source, wanted in sorted(by_source.items()):
        done += await _synced(home, source, wanted, ways)
    return done


async def _synced(home: Home, source: str, wanted: list[Wanted], ways: Ways) -> list[Pulled]:
    """One source that cannot be opened leaves the others."""
    try:
        return await fetch(home, source, wanted, Rule(padding_days=0), ways)
    except ClearEdgeError as error:
        return [_failed(one, error) for one in wanted]


def _failed(one: Wanted, error: ClearEdgeError) -> Pulled:
    return Pulled(one.symbol, one.timeframe, one.kind, error=str(error), exit_code=error.exit_code)


async def ensure(
    home: Home,
    market: Market,
    timeframe: str,
    start_ns: int,
    end_ns: int,
    rule: Rule | None = None,
    ways: Ways = Ways(),
) -> Pulled:
    """Have the bars a run needs: fetch what is missing from the market's own source.

    What it could not fetch is in `missing`, and why in `error`; whether to run with gaps is for
    somebody to choose.
    """
    wanted = Wanted(market.symbol, timeframe, start_ns, end_ns)
    source = source_of(market.source)
    if not source:
        raise UsageError(
            f"{market.market_id} came from no source that could be asked ({market.source or 'a file'})"
        )
    (done,) = await fetch(home, source, [wanted], rule, ways)
    return msgspec.structs.replace(done, market_id=market.market_id)


def source_of(words: str) -> str:
    """Return the last source in a series' list of origins that can be asked again; "" for none."""
    names = [one.strip() for one in words.split(",")]
    return next((name for name in reversed(names) if registry.is_source(name)), "")
