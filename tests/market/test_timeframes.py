"""Bars of any length: how they are written, where they begin, and that all makers agree on them."""

from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.resample import DAY_NS, BarBuilder, fits, reach_ns
from clearedge_tui.market import calendars, catalog, columns, spans, timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import describe
from clearedge_tui.market.moments import to_ns
from tests.backtest.box import make_home, store

HOUR = 3600 * timeframes.NS
ANY = ("45s", "7m", "90m", "2h", "5h", "23h", "1d", "2d", "3d", "10d", "1w", "2w", "1M", "2M", "5M")


@lru_cache
def trading(calendar: str, base_s: int) -> tuple[tuple[int, int], ...]:
    """Return the sessions of half a year, with its last day beyond the data."""
    start, end = to_ns("2023-06-26", ""), to_ns("2024-02-01", "")
    if calendar == "24/7":
        return ()
    if base_s == 86_400:
        return calendars.days(calendar, start, end)
    if calendar == "fx":
        return calendars.trading(calendar, start, end)
    every = calendars.sessions(calendar, start, end)
    return tuple((one.parts[0][0], one.parts[-1][1]) for one in every)


def some(base_s: int, skip: int, count: int, gone: set[int]) -> Bars:
    """Return bars of whole sizes from July 2023 on, round the clock, without some of them."""
    base = base_s * timeframes.NS
    closes = to_ns("2023-07-01", "") + base * np.arange(skip + 1, skip + count + 1)
    prices = 100 + np.random.default_rng(count).integers(0, 50, (4, count)).astype(float)
    sizes = np.random.default_rng(skip).integers(1, 9, count).astype(float)
    keep = np.ones(count, np.bool_)
    keep[[one for one in gone if one < count]] = False
    return Bars(closes, prices[0], prices.max(0), prices.min(0), prices[3], sizes).take(keep)


def rows(bars: Bars) -> list[BarRow]:
    return [BarRow(*row) for row in zip(*(c.tolist() for c in bars.columns()), strict=True)]


@given(
    st.sampled_from(ANY),
    st.sampled_from(["24/7", "XNYS", "fx"]),
    st.sampled_from([15, 1800, 3600, 86_400]),
    st.integers(0, 400),
    st.integers(1, 1200),
    st.sets(st.integers(0, 1199), max_size=300),
)
def test_live_bars_equal_the_catalogs_and_no_volume_is_lost(
    timeframe: str, calendar: str, base_s: int, skip: int, count: int, gone: set[int]
) -> None:
    grid = timeframes.grid(timeframe)
    if not fits(base_s, grid) or timeframes.canonical(timeframe) == timeframes.spelled(base_s):
        return
    count = min(count, 180) if base_s == 86_400 else count
    bars, sessions = some(base_s, skip, count, gone), trading(calendar, base_s)
    builder = BarBuilder(base_s, grid, sessions)
    live = [done for row in rows(bars) for done in builder.feed(row)]
    made = rows(columns.resample(bars, base_s * timeframes.NS, grid, sessions))
    assert live == made
    inside = {(row.ts_ns, row.volume) for row in rows(bars) if open_at(row, base_s, sessions)}
    if made:
        begin = columns.opens(np.array([made[0].ts_ns]), grid, sessions)[0]
        kept = [volume for ts_ns, volume in inside if begin < ts_ns <= made[-1].ts_ns]
        assert sum(row.volume for row in made) == sum(kept)
    else:
        ends = {columns.edges(np.array([ts - 1]), grid, sessions)[1][0] for ts, _ in inside}
        assert len(ends) <= 2, "nothing is made only where no bar is whole"


def open_at(row: BarRow, base_s: int, sessions: tuple[tuple[int, int], ...]) -> bool:
    opens = row.ts_ns - reach_ns(base_s * timeframes.NS)
    at = bisect_right(sessions, opens, key=lambda one: one[0]) - 1
    return not sessions or (at >= 0 and opens < sessions[at][1])


@given(st.sampled_from(ANY), st.integers(-(10**18), 2 * 10**18))
def test_bars_follow_each_other_without_a_hole(timeframe: str, moment: int) -> None:
    grid = timeframes.grid(timeframe)
    begin, end = grid.around(moment)
    assert begin <= moment < end
    assert (grid.around(begin), grid.around(end - 1)) == ((begin, end), (begin, end))
    assert grid.around(end)[0] == end
    found = columns.edges(np.array([moment]), grid)
    assert (found[0][0], found[1][0]) == (begin, end), "the columns' twin says the same"


@pytest.mark.parametrize(
    ("text", "moment", "begins", "ends"),
    [
        ("1w", "2024-02-29", "2024-02-26 00:00:00", "2024-03-04 00:00:00"),
        ("1M", "2024-02-29", "2024-02-01 00:00:00", "2024-03-01 00:00:00"),
        ("3M", "2024-02-29", "2024-01-01 00:00:00", "2024-04-01 00:00:00"),
        ("7m", "2024-02-29T23:57", "2024-02-29 23:55:00", "2024-03-01 00:00:00"),
        ("90m", "2024-02-29T23:57", "2024-02-29 22:30:00", "2024-03-01 00:00:00"),
    ],
)
def test_where_bars_begin(text: str, moment: str, begins: str, ends: str) -> None:
    found = timeframes.grid(text).around(to_ns(moment, ""))
    assert tuple(map(iso, found)) == (begins, ends)


def test_a_length_has_one_name() -> None:
    names = {"60m": "1h", "24h": "1d", "7d": "1w", "1mo": "1M", "90s": "90s", "1m": "1m"}
    assert {text: timeframes.canonical(text) for text in names} == names


@pytest.mark.parametrize("text", ["0m", "m", "1.5h", "25h", "36h", "-5m", "", "400d", "1Y", "1 M"])
def test_what_is_no_length_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match=r"1w, or 1M for a month \(m is minutes\)"):
        timeframes.grid(text)


def test_weeks_and_months_of_stocks_hold_their_sessions(tmp_path: Path) -> None:
    """From hours and from days: the same weeks; they close with the last session."""
    home = make_home(tmp_path / "home")
    aapl = describe("AAPL", asset_class="equity", price_precision=2)
    start, end = to_ns("2023-11-01", ""), to_ns("2023-12-06", "")
    sessions = [
        (one.parts[0][0], one.parts[0][1]) for one in calendars.sessions("XNYS", start, end)
    ]
    opens = np.array([t for a, b in sessions for t in range(a, b, HOUR // 2)])
    price = (100 + np.arange(len(opens)) % 37).astype(np.float64)
    store(home, aapl, "30m", Bars(opens + HOUR // 2, price, price, price, price, price * 0 + 2))
    weeks = catalog.read_bars(home, aapl.market_id, "1w")
    assert [iso(int(t))[:16] for t in weeks.ts_ns] == [
        "2023-11-10 21:00",
        "2023-11-17 21:00",
        "2023-11-24 18:00",
        "2023-12-01 21:00",
    ], "Thanksgiving's ends on a half day; the first and the last are not whole"
    month = catalog.read_bars(home, aapl.market_id, "1M", start, to_ns("2023-12-01", ""))
    assert [iso(int(t))[:16] for t in month.ts_ns] == ["2023-11-30 21:00"]
    assert month.volume.sum() == 2 * ((opens < to_ns("2023-12-01", "")).sum())
    days = catalog.read_bars(home, aapl.market_id, "1d")
    store(home, aapl, "1d", Bars((days.ts_ns // DAY_NS + 1) * DAY_NS, *days.columns()[1:]))
    again = catalog.read_bars(home, aapl.market_id, "1w")
    assert catalog.base_timeframe(home, aapl.market_id, "1w") == "1d"
    assert [iso(int(t))[:10] for t in again.ts_ns] == [
        "2023-11-11",
        "2023-11-18",
        "2023-11-25",
        "2023-12-02",
    ]
    for one, other in zip(weeks.columns()[1:], again.columns()[1:], strict=True):
        assert one.tolist() == other.tolist()


def test_a_week_of_foreign_exchange_begins_on_sunday(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    euro = describe("EUR/USD", asset_class="fx", price_precision=5)
    hours = calendars.trading("fx", to_ns("2024-01-08", ""), to_ns("2024-01-27", ""))
    opens = np.array([t for a, b in hours for t in range(a, b, HOUR)])
    one = np.ones(len(opens))
    store(home, euro, "1h", Bars(opens + HOUR, one, one, one, one, one))
    weeks = catalog.read_bars(home, euro.market_id, "1w")
    assert [iso(int(t))[:16] for t in weeks.ts_ns] == ["2024-01-19 22:00", "2024-01-26 22:00"]
    assert weeks.volume.tolist() == [120.0, 120.0]
    begun = catalog.read_bars(home, euro.market_id, "1w", to_ns("2024-01-14T22:00", ""))
    assert len(begun) == 2, "the first of them opened on Sunday"


def test_before_a_calendar_is_written_every_day_counts() -> None:
    """Tokyo's is written from 1997 on: what lies before is neither open nor closed."""
    low, high = to_ns("1996-12-01", ""), to_ns("1997-02-01", "")
    unknown = calendars.unknown("XTKS", low, high)
    assert unknown == ((low, to_ns("1997-01-01", "")),)
    assert len(spans.by_days(unknown)) == 31
    assert calendars.unknown("24/7", low, high) == ()
