"""Pull what is missing from a source into the catalog, and nothing else.

Coverage is looked at first; pages are kept as they come, so that a break costs little and the next
pull goes on where this one ended. Markets are fetched side by side; one at a time writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from clearedge_tui.core.errors import BadData, ClearEdgeError, Refused, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import spans, timeframes
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import Market
from clearedge_tui.market.pull_model import Meter, Progress, Pulled, Wanted
from clearedge_tui.market.shelf import Shelf, fitting, size
from clearedge_tui.market.sources.model import Ask, Cost, Page, Source
from clearedge_tui.market.sources.paging import SETTLE_NS
from clearedge_tui.market.sources.resilience import Clock
from clearedge_tui.market.spans import Spans

PADDING_DAYS = 30
_DAY_NS = 86_400 * timeframes.NS
# bars asked for again beside a gap, where the past may have changed: the catalog compares them
_OVERLAP_NS = 7 * _DAY_NS
_REVISED = (
    ". Its prices are adjusted, and a split or dividend has changed those of the past; "
    "delete the series and pull it anew: clearedge data rm"
)


@dataclass(frozen=True)
class Rule:
    """How a pull goes about it."""

    padding_days: int = PADDING_DAYS  # fetched before the start, for indicators to warm up
    at_once: int = 4  # markets side by side
    keep_rows: int = 50_000  # pages are written when they hold so many rows,
    keep_s: float = 5.0  # or when they are so old


@dataclass
class _Task:
    """One market on its way."""

    wanted: Wanted
    market: Market
    key: Key
    start_ns: int
    end_ns: int
    gaps: Spans
    symbol: str
    rows: int = 0
    fetched: Spans = ()

    def ask(self, gap: tuple[int, int]) -> Ask:
        key = self.key
        return Ask(self.symbol, key.market_id, key.timeframe, key.kind, *gap)


@dataclass
class _Batch:
    """Pages that hang together and are not written yet."""

    since_s: float
    start_ns: int
    through_ns: int
    parts: list[Any]
    rows: int = 0

    def take(self, page: Page) -> None:
        self.parts.append(page.rows)
        self.rows += size(page.rows)
        self.through_ns = page.through_ns


def _quiet(progress: Progress) -> None:
    del progress


async def _nobody(cost: Cost) -> bool:
    del cost
    return False


class Pull:
    """One pull from one opened source. `confirm` is asked before anything that costs money."""

    def __init__(
        self,
        source: Source,
        shelf: Shelf,
        rule: Rule | None = None,
        clock: Clock | None = None,
        progress: Callable[[Progress], None] = _quiet,
        confirm: Callable[[Cost], Awaitable[bool]] = _nobody,
    ) -> None:
        self._source = source
        self._shelf = shelf
        self._rule = rule or Rule()
        self._clock = clock or Clock()
        self._meter = Meter(self._clock.monotonic, progress)
        self._confirm = confirm
        self._writing = asyncio.Lock()
        self._room = asyncio.Semaphore(self._rule.at_once)

    async def run(self, wanted: Sequence[Wanted]) -> list[Pulled]:
        """Return what became of each market, in their order. One that fails leaves the others.

        Raises Refused when a paid pull is not agreed to, before anything was fetched.
        """
        planned = await _all(self._planned(one) for one in wanted)
        if self._source.paid:
            planned = await self._agreed(planned)
        tasks = [one for one in planned if isinstance(one, _Task)]
        self._meter.begin(sum(spans.length(task.gaps) for task in tasks))
        done = await _all(self._fetched(one) for one in planned)
        self._meter.end()
        return done

    # ---- before ---------------------------------------------------------------------------------
    async def _planned(self, wanted: Wanted) -> _Task | Pulled:
        async with self._room:
            try:
                return await self._plan(wanted)
            except ClearEdgeError as error:
                return _failed(wanted, error)

    async def _plan(self, wanted: Wanted) -> _Task:
        start, end = self._window(wanted)
        market = self._shelf.known(self._source.name, wanted.symbol)
        symbol = ""
        if market is None:
            listing = await self._source.listing(wanted.symbol)
            market = await asyncio.to_thread(self._shelf.opened, self._source.name, listing)
            symbol = listing.symbol
        key = Key(market.market_id, wanted.kind, wanted.timeframe)
        gaps = await asyncio.to_thread(self._shelf.missing, key, start, end)
        if gaps and not symbol:  # known here, and something is missing: now ask how it is asked for
            listing = await self._source.listing(wanted.symbol)
            symbol = fitting(market, listing).symbol
        if self._source.revises(symbol):
            gaps = spans.merged(
                (max(0, a - _OVERLAP_NS), min(end, b + _OVERLAP_NS)) for a, b in gaps
            )
        return _Task(wanted, market, key, start, end, gaps, symbol)

    def _window(self, wanted: Wanted) -> tuple[int, int]:
        """Return what to have: with padding, and not past the last bar that has closed."""
        if wanted.kind is Kind.BARS:
            period = timeframes.period_ns(wanted.timeframe)
        elif wanted.timeframe:
            raise UsageError(f"{wanted.kind} have no timeframe; leave `{wanted.timeframe}` away")
        else:
            period = 1
        settled = (self._clock.now_ns() - SETTLE_NS) // period * period
        end = min(wanted.end_ns or settled, settled)
        start = wanted.start_ns - self._rule.padding_days * _DAY_NS
        if start >= end:
            raise UsageError(
                f"{clean_text(wanted.symbol, 40)}: nothing lies between --from and --to"
            )
        return max(0, start), end

    async def _agreed(self, planned: list[_Task | Pulled]) -> list[_Task | Pulled]:
        """Return what can be paid for. Raises Refused when the price is not agreed to."""
        whole = Cost(Decimal(0), 0, 0)
        priced: list[_Task | Pulled] = []
        for one in planned:
            try:
                if isinstance(one, _Task):
                    for gap in one.gaps:
                        whole = _sum(whole, await self._source.estimate(one.ask(gap)))
                priced.append(one)
            except ClearEdgeError as error:
                priced.append(_failed(one.wanted, error) if isinstance(one, _Task) else one)
        if whole.usd and not await self._confirm(whole):
            raise Refused(
                f"{self._source.name} wants {whole.usd:.2f} USD for {whole.rows:,} rows; "
                "nothing was fetched. Agree with --yes"
            )
        return priced

    # ---- the fetch ------------------------------------------------------------------------------
    async def _fetched(self, task: _Task | Pulled) -> Pulled:
        if isinstance(task, Pulled):
            return task
        async with self._room:
            try:
                for gap in task.gaps:
                    await self._gap(task, gap)
            except BadData as error:
                hint = _REVISED if self._source.revises(task.symbol) else ""
                return await self._outcome(task, BadData(f"{error}{hint}"))
            except ClearEdgeError as error:
                return await self._outcome(task, error)
            except OSError as error:  # the disk: full, gone, not ours
                words = f"cannot write to the catalog: {error.strerror or error}"
                return await self._outcome(task, ClearEdgeError(words))
            return await self._outcome(task, None)

    async def _gap(self, task: _Task, gap: tuple[int, int]) -> None:
        batch: _Batch | None = None
        try:
            async with aclosing(self._source.pages(task.ask(gap))) as pages:
                async for page in pages:
                    if batch and (page.start_ns > batch.through_ns or self._is_due(batch)):
                        written, batch = batch, None
                        await self._keep(task, written)
                    if batch is None:
                        start = max(page.start_ns, gap[0])
                        batch = _Batch(self._clock.monotonic(), start, start, [])
                    batch.take(page)
                    self._meter.moved(task.market.symbol, page, size(page.rows))
        finally:  # whatever ends it, what has come is kept
            if batch and batch.through_ns > batch.start_ns:
                await self._keep(task, batch)

    def _is_due(self, batch: _Batch) -> bool:
        old = self._clock.monotonic() - batch.since_s >= self._rule.keep_s
        return batch.rows >= self._rule.keep_rows or old

    async def _keep(self, task: _Task, batch: _Batch) -> None:
        span = (batch.start_ns, batch.through_ns)
        async with self._writing:
            task.rows += await asyncio.to_thread(
                self._shelf.add, task.market, task.key, batch.parts, span, self._source.name
            )
        task.fetched = spans.merged([*task.fetched, span])

    async def _outcome(self, task: _Task, error: ClearEdgeError | None) -> Pulled:
        missing = await asyncio.to_thread(self._shelf.missing, task.key, task.start_ns, task.end_ns)
        return Pulled(
            symbol=task.wanted.symbol,
            timeframe=task.key.timeframe,
            kind=task.key.kind,
            market=task.market.symbol,
            market_id=task.market.market_id,
            start_ns=task.start_ns,
            end_ns=task.end_ns,
            had=spans.without([(task.start_ns, task.end_ns)], task.gaps),
            fetched=task.fetched,
            missing=missing,
            rows=task.rows,
            error=str(error) if error else "",
            exit_code=error.exit_code if error else 0,
        )


async def _all[T](work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return all results in order; a bug in one ends the others before it is raised."""
    under_way = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*under_way))
    except BaseException:
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        raise


def _sum(one: Cost, other: Cost | None) -> Cost:
    if other is None:
        return one
    return Cost(one.usd + other.usd, one.bytes + other.bytes, one.rows + other.rows)


def _failed(wanted: Wanted, error: ClearEdgeError) -> Pulled:
    said = Pulled(clean_text(wanted.symbol, 60), wanted.timeframe, wanted.kind)
    return msgspec.structs.replace(said, error=str(error), exit_code=error.exit_code)
