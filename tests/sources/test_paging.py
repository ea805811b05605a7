"""The loop over pages: every bar the venue has, exactly once, whatever its habits."""

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearedge_tui.market import columns, spans
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import Kind
from clearedge_tui.market.sources.model import Ask, Page
from clearedge_tui.market.sources.paging import SETTLE_NS, forward
from tests.sources.venues import MINUTE, Habits, Venue, bars_at

FIRST = 29_000_000  # a minute of 2025


def ask(first: int, last: int) -> Ask:
    return Ask("X", "X.Y", "1m", Kind.BARS, first * MINUTE, last * MINUTE)


def pulled(venue: Venue, wanted: Ask, limit: int, now_minute: int) -> list[Page]:
    now = now_minute * MINUTE + SETTLE_NS

    async def collect() -> list[Page]:
        return [page async for page in forward(venue.fetch, wanted, limit, lambda: now)]

    return asyncio.run(collect())


def minutes_of(pages: list[Page]) -> list[int]:
    rows = columns.joined([page.rows for page in pages])
    return [int(close) // MINUTE - 1 for close in rows.ts_ns]


def told(pages: list[Page]) -> tuple[tuple[int, int], ...]:
    return spans.merged((page.start_ns, page.through_ns) for page in pages)


habits = st.builds(
    Habits,
    most=st.integers(1, 40),
    windowed=st.booleans(),
    downwards=st.booleans(),
    repeats=st.booleans(),
    overshoots=st.integers(0, 12),
)


@settings(max_examples=200)
@example(there={3}, how=Habits(most=1, overshoots=1), limit=2, start=2, length=1, now=90)
@given(
    there=st.sets(st.integers(0, 150)),
    how=habits,
    limit=st.integers(1, 40),
    start=st.integers(0, 100),
    length=st.integers(1, 60),
    now=st.integers(90, 170),
)
def test_every_bar_comes_exactly_once_and_the_whole_span_is_spoken_for(
    there: set[int], how: Habits, limit: int, start: int, length: int, now: int
) -> None:
    how.growing = FIRST + now
    truth = sorted(FIRST + m for m in there if m < now)
    venue = Venue(truth, how)
    end = min(start + length, now)
    pages = pulled(venue, ask(FIRST + start, FIRST + start + length), limit, FIRST + now)
    inside = [m for m in truth if FIRST + start <= m < FIRST + end]
    assert minutes_of(pages) == inside
    rows = columns.joined([page.rows for page in pages])
    assert rows.open.tolist() == bars_at(inside).open.tolist()
    wanted = ((FIRST + start) * MINUTE, (FIRST + end) * MINUTE)
    if (not how.windowed or venue.doubtful) and told(pages) != (wanted,):
        # a full page that ends with the newest looks like one in place of the asked: what lies
        # before may be unknown, and is asked again another time; nothing more
        assert spans.without(told(pages), [wanted]) == ()
        return
    assert told(pages) == ((wanted,) if start < end else ())


def test_pages_hang_together() -> None:
    venue = Venue([FIRST + m for m in range(500) if m % 100 < 40])
    pages = pulled(venue, ask(FIRST, FIRST + 500), 30, FIRST + 1000)
    assert all(a.through_ns == b.start_ns for a, b in pairwise(pages))
    assert any(not len(page.rows) for page in pages)  # within the holes


def test_the_candle_that_still_grows_is_left_out_until_it_has_settled() -> None:
    venue = Venue([FIRST, FIRST + 1, FIRST + 2])
    wanted = ask(FIRST, FIRST + 60)
    for now, seen in ((2, 2), (3, 3)):
        pages = pulled(venue, wanted, 100, FIRST + now)
        assert minutes_of(pages) == [FIRST + m for m in range(seen)]
        assert told(pages)[-1][1] == (FIRST + seen) * MINUTE


def test_a_venue_that_keeps_only_its_newest_rows_says_nothing_about_older_ones() -> None:
    newest = list(range(FIRST + 900, FIRST + 1000))

    async def fetch(since_ns: int, limit: int) -> Bars:
        del since_ns, limit
        return bars_at(newest)

    async def collect(end: int) -> list[Page]:
        now = (FIRST + 1000) * MINUTE + SETTLE_NS
        return [p async for p in forward(fetch, ask(FIRST, end), 100, lambda: now)]

    pages = asyncio.run(collect(FIRST + 1000))
    assert minutes_of(pages) == newest
    assert told(pages) == (((FIRST + 900) * MINUTE, (FIRST + 1000) * MINUTE),)
    assert told(asyncio.run(collect(FIRST + 500))) == ()


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_rows_of_no_numbers_are_left_out_and_a_volume_of_none_is_zero(broken: float) -> None:
    async def fetch(since_ns: int, limit: int) -> Bars:
        del since_ns, limit
        rows = bars_at([FIRST, FIRST + 1, FIRST + 2])
        rows.close[1] = broken
        rows.volume[2] = np.nan
        return rows

    async def collect() -> list[Page]:
        now = (FIRST + 100) * MINUTE
        return [p async for p in forward(fetch, ask(FIRST, FIRST + 3), 10, lambda: now)]

    pages = asyncio.run(collect())
    assert minutes_of(pages) == [FIRST, FIRST + 2]
    assert pages[0].rows.volume[1] == 0.0


def test_the_later_word_on_a_bar_counts() -> None:
    async def fetch(since_ns: int, limit: int) -> Bars:
        del since_ns, limit
        rows = bars_at([FIRST, FIRST, FIRST + 1])
        rows.close[:2] = (1.0, 2.0)
        return rows

    async def collect() -> list[Page]:
        now = (FIRST + 100) * MINUTE
        return [p async for p in forward(fetch, ask(FIRST, FIRST + 2), 10, lambda: now)]

    assert asyncio.run(collect())[0].rows.close.tolist()[0] == 2.0


def test_days_that_begin_elsewhere_than_at_midnight_are_not_said_to_be_known_before_they_close() -> (
    None
):
    day = 1440 * MINUTE
    opens = [20_000 * day + 16 * 60 * MINUTE + n * day for n in range(4)]

    async def fetch(since_ns: int, limit: int) -> Bars:
        del limit
        rows = bars_at([at // MINUTE for at in opens])
        return rows.take(rows.ts_ns >= since_ns)

    wanted = Ask("X", "X.Y", "1d", Kind.BARS, 20_000 * day, 20_100 * day)

    async def collect() -> list[Page]:
        now = opens[3] + 10 * 60 * MINUTE  # the fourth is open, and midnight has passed
        return [p async for p in forward(fetch, wanted, 10, lambda: now)]

    pages = asyncio.run(collect())
    assert len(columns.joined([p.rows for p in pages])) == 3
    assert told(pages) == ((20_000 * day, opens[3]),)
