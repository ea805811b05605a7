"""Holes by the calendar: daily bars at odd hours, more holes than are kept, cost that does not grow."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.market import catalog, checks, columns, spans
from clearedge_tui.market.check import Checker
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.markets import Market, describe
from tests.backtest.box import BTC, MINUTE, make_home, sim_bars, store

DAY = 1440 * MINUTE
HOUR = 60 * MINUTE
MONDAY = 19_723 * DAY  # 2024-01-01
SPY = msgspec.structs.replace(describe("SPY"), asset_class="equity", calendar="XNYS")
KEY = bars_key(BTC.market_id, "1m")


def daily(market: Market, days: list[int], hours: list[int]) -> Bars:
    """Return daily bars stamped at these hours of these days after 2024-01-01."""
    ts_ns = np.array([MONDAY + d * DAY + h * HOUR for d, h in zip(days, hours, strict=True)])
    price = 100 + np.sin(np.arange(len(days)))
    return Bars(ts_ns, price, price + 1, price - 1, price, np.full(len(days), 5.0))


def weekdays(first: int, last: int) -> list[int]:
    holidays = (14, 49, 88)  # Martin Luther King, Washington, Good Friday
    return [d for d in range(first, last) if d % 7 < 5 and d not in holidays]


def judged(tmp_path: Path, days: list[int]) -> tuple[list[str], int]:
    """Return the gaps found in daily bars stamped at the close, 21:00 UTC and 20:00 from March 10 on."""
    home = make_home(tmp_path / "home")
    store(home, SPY, "1d", daily(SPY, days, [21 if d < 69 else 20 for d in days]))
    key = bars_key(SPY.market_id, "1d")
    report = checks.run(home, SPY, key)
    assert [f.name for f in report.findings if f.name == "closed"] == []
    found = [text for f in report.findings if f.name == "gaps" for _, text in f.examples]
    gaps = checks.gaps_in(home, SPY, key, report.first_ns - DAY, report.last_ns)
    return found, spans.length(gaps) // DAY


def test_daily_bars_stamped_at_the_close_have_no_holes(tmp_path: Path) -> None:
    assert judged(tmp_path, weekdays(1, 120)) == ([], 0)


@pytest.mark.parametrize("lost", [35, 37, 39])  # a Monday, a Wednesday, a Friday
def test_a_lost_day_is_found_whatever_hour_it_is_stamped(tmp_path: Path, lost: int) -> None:
    found, missing = judged(tmp_path, [d for d in weekdays(1, 120) if d != lost])
    assert len(found) == 1, found
    assert found[0].startswith("1 missing")
    assert missing == 1


def test_holes_beyond_those_that_are_kept_are_known_all_the_same(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    whole = sim_bars(50_000)
    store(home, BTC, "1m", whole.take(np.arange(0, 50_000, 2)))
    late = int(whole.ts_ns[45_000])
    assert len(checks.gaps_in(home, BTC, KEY, late, late + 100 * MINUTE)) == 50
    assert len(catalog.missing(home, KEY, late, late + 100 * MINUTE)) == 50


def test_a_check_of_a_series_full_of_holes_keeps_none_of_them() -> None:
    import tracemalloc

    bars = sim_bars(400_000)
    sparse = columns.encode(bars.take(np.arange(0, 400_000, 2)), columns.layout(KEY, 3, 6))
    checker = Checker(BTC, KEY)
    tracemalloc.start()
    try:
        for start in range(0, sparse.num_rows, 20_000):
            checker.see(sparse.slice(start, 20_000))
        (gaps,) = [f for f in checker.findings() if f.name == "gaps"]
        assert gaps.count == 199_999
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("before", range(50, 70))
def test_a_stale_run_over_the_edge_of_two_batches_is_one_finding(before: int) -> None:
    bars = sim_bars(1000)
    for values in bars.columns()[1:5]:
        values[400 - before : 480] = 100.0
    rows = columns.encode(bars, columns.layout(KEY, 3, 6))
    checker = Checker(BTC, KEY)
    for part in (rows.slice(0, 400), rows.slice(400)):
        checker.see(pa.Table.from_batches([part]))
    assert [f.count for f in checker.findings() if f.name == "stale"] == [1]


@pytest.mark.parametrize("cut", [99, 100, 101, 120, 200])
@pytest.mark.parametrize(("last", "found"), [(100, "spikes"), (200, "splits")])
def test_a_price_that_halves_is_a_split_when_it_stays_and_a_spike_when_it_does_not(
    cut: int, last: int, found: str
) -> None:
    key = bars_key(SPY.market_id, "1d")
    bars = sim_bars(200)
    price = 100 + np.sin(np.arange(200))
    price[99:last] /= 2
    ts_ns = (np.arange(200) + 19_000) * DAY
    rows = columns.encode(
        Bars(ts_ns, price, price, price, price, bars.volume), columns.layout(key, 3, 6)
    )
    checker = Checker(msgspec.structs.replace(SPY, calendar="24/7"), key)
    checker.see(rows.slice(0, cut))
    checker.see(rows.slice(cut))
    assert [(f.name, f.count) for f in checker.findings()] == [(found, 1)]
    ends_there = Checker(msgspec.structs.replace(SPY, calendar="24/7"), key)
    ends_there.see(rows.slice(0, 100))
    assert [f.name for f in ends_there.findings()] == ["splits"], "nobody knows yet"


pieces = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=8)


@given(pieces, pieces)
def test_spans_without_holes_are_what_is_in_one_and_not_in_the_other(
    some: list[tuple[int, int]], holes: list[tuple[int, int]]
) -> None:
    def moments(parts: list[tuple[int, int]]) -> set[int]:
        return {n for start, size in parts for n in range(start, start + size)}

    left = spans.without([(a, a + n) for a, n in some], [(a, a + n) for a, n in holes])
    assert {n for a, b in left for n in range(a, b)} == moments(some) - moments(holes)
