"""The loop that pulls bars page by page, proof against the habits of venues.

They answer more than was asked, repeat the last row, sort downwards, send the candle that still
grows, say nothing inside a hole, or their newest rows in place of old ones they do not keep.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable

import numpy as np

from clearedge_tui.core.clock import now_ns
from clearedge_tui.market import columns
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.sources.model import Ask, Page
from clearedge_tui.market.timeframes import NS

SETTLE_NS = 5 * NS  # a candle counts as closed this long after its end: clocks differ

# (moment, how many) -> rows from then on, stamped with their OPEN, in any order
Fetch = Callable[[int, int], Awaitable[Bars]]


async def forward(
    fetch: Fetch, ask: Ask, limit: int, clock: Callable[[], int] = now_ns
) -> AsyncGenerator[Page]:
    """Ask for `limit` rows at a time until the venue has spoken about the whole span.

    An empty answer speaks for the `limit` rows it could have held; any other up to its last row.
    """
    cursor = ask.start_ns
    while True:
        settled = clock() - SETTLE_NS
        stop = min(ask.end_ns, settled // ask.period_ns * ask.period_ns)
        if cursor >= stop:
            return
        raw = _ordered(await fetch(cursor, limit))
        page = _page(raw, ask.period_ns, cursor, stop, limit, settled)
        if page.through_ns <= cursor:  # the next bar has not closed, off the grid that we count by
            return
        yield page
        cursor = page.through_ns


def _page(raw: Bars, period: int, cursor: int, stop: int, limit: int, settled: int) -> Page:
    window = min(stop, cursor + limit * period)
    opens = raw.ts_ns
    growing = opens[
        (opens >= cursor) & (opens + period > settled)
    ]  # not closed yet: nothing is known from here on
    edge = min(stop, int(growing[0])) if len(growing) else stop
    rows = raw.take((opens >= cursor) & (opens < edge))
    beyond = bool(len(opens)) and int(opens[-1]) >= edge
    later = opens[opens >= cursor]
    start = cursor
    if len(later) and later[0] >= window and _newest_instead(raw, period, limit, settled):
        start = min(stop, int(later[0]))  # about what lies before, this answer says nothing
    if not len(rows):
        through = edge if beyond else window
        return Page(columns.empty(), start, max(start, through))
    through = edge if beyond else min(stop, int(rows.ts_ns[-1]) + period)
    return Page(_closed(rows, period), start, through)


def _newest_instead(raw: Bars, period: int, limit: int, settled: int) -> bool:
    """Tell a venue that keeps only its latest rows from one that had nothing until then."""
    return len(raw) >= limit and int(raw.ts_ns[-1]) + 2 * period > settled


def _closed(rows: Bars, period: int) -> Bars:
    return Bars.of([rows.ts_ns + period, *rows.columns()[1:]])


def _ordered(raw: Bars) -> Bars:
    """Return rows oldest first, each once (the later word counts), without those of no numbers."""
    if not len(raw):
        return raw
    order = np.argsort(raw.ts_ns, kind="stable")
    rows = raw.take(order)
    last = np.append(np.diff(rows.ts_ns) > 0, True)
    known = np.isfinite(rows.open) & np.isfinite(rows.high)
    known &= np.isfinite(rows.low) & np.isfinite(rows.close)
    rows = rows.take(last & known)
    return Bars.of([*rows.columns()[:5], np.nan_to_num(rows.volume, posinf=0.0)])
