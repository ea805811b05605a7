"""Every defect is found, named and dated; what is clean is called clean; batches do not matter."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.clock import iso
from clearedge_tui.market import calendars, columns, samples, spans
from clearedge_tui.market.check import Checker, Finding
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import Key, Kind, bars_key
from clearedge_tui.market.markets import Market, describe
from clearedge_tui.market.moments import to_ns
from tests.backtest.box import BTC, MINUTE, sim_bars

DAY = 1440 * MINUTE
KEY = bars_key(BTC.market_id, "1m")


def found(
    bars: Bars, market: Market = BTC, timeframe: str = "1m", cuts: tuple[int, ...] = ()
) -> dict[str, Finding]:
    key = bars_key(market.market_id, timeframe)
    checker = Checker(market, key)
    layout = columns.layout(key, market.price_precision, market.size_precision)
    for start, end in pairwise([0, *cuts, len(bars)]):
        checker.see(columns.encode(bars.slice(start, end), layout))
    return {one.name: one for one in checker.findings()}


def spike(bars: Bars) -> None:
    for name in columns.PRICES:
        getattr(bars, name)[700] *= 10


def zero(bars: Bars) -> None:
    for name in columns.PRICES:
        getattr(bars, name)[700] = 0


def negative(bars: Bars) -> None:
    bars.low[700] = -1


def shape(bars: Bars) -> None:
    bars.high[700] = bars.close[700] - 1


def twice(bars: Bars) -> None:
    bars.ts_ns[700] = bars.ts_ns[699]


def backwards(bars: Bars) -> None:
    bars.ts_ns[700] = bars.ts_ns[650] + 1


def stale(bars: Bars) -> None:
    for name in columns.PRICES:
        getattr(bars, name)[700:780] = bars.close[699]


def silent(bars: Bars) -> None:
    bars.volume[700:780] = 0


DEFECTS: list[tuple[Callable[[Bars], None], str, int]] = [
    (spike, "spikes", 1),
    (zero, "price", 4),
    (negative, "price", 1),
    (shape, "shape", 1),
    (twice, "duplicates", 1),
    (backwards, "order", 1),
    (stale, "stale", 1),
    (silent, "volume", 1),
]


@pytest.mark.parametrize(("spoil", "name", "count"), DEFECTS, ids=[d[0].__name__ for d in DEFECTS])
def test_a_defect_is_found_named_and_dated(
    spoil: Callable[[Bars], None], name: str, count: int
) -> None:
    bars = sim_bars(1500)
    assert found(bars) == {}, "the series was clean"
    spoil(bars)
    hit = found(bars)[name]
    assert hit.count == count
    assert hit.first_ns == bars.ts_ns[700], iso(hit.first_ns)


@settings(max_examples=60)
@given(
    st.sampled_from(DEFECTS),
    st.sets(st.sampled_from([*range(640, 790, 7), 1, 100, 1200]), max_size=6),
)
def test_how_the_rows_are_cut_does_not_change_what_is_found(
    defect: tuple[Callable[[Bars], None], str, int], cuts: set[int]
) -> None:
    bars = sim_bars(1500)
    defect[0](bars)
    whole, cut = found(bars), found(bars, cuts=tuple(sorted(cuts)))
    name = defect[1]
    assert (cut[name].count, cut[name].first_ns) == (whole[name].count, whole[name].first_ns)


@given(st.sets(st.integers(1, 298), min_size=1, max_size=40))
def test_every_missing_minute_is_counted_once(gone: set[int]) -> None:
    keep = np.ones(300, np.bool_)
    keep[sorted(gone)] = False
    bars = sim_bars(300)
    gaps = found(bars.take(keep))["gaps"]
    assert gaps.count == len(gone)
    assert gaps.first_ns == bars.ts_ns[min(gone)] - MINUTE, "it begins where its first bar opened"
    assert gaps.level == "bad"


def test_nights_holidays_and_half_days_are_no_gaps() -> None:
    market = describe("AAPL", asset_class="equity", price_precision=2)
    start, end = to_ns("2023-11-20", ""), to_ns("2023-11-28", "")
    opens = [
        t for low, high in calendars.trading("XNYS", start, end) for t in range(low, high, MINUTE)
    ]
    assert len(opens) == 3 * 390 + 210 + 390, "Thanksgiving is shut, the day after is half a day"
    close = 100 + np.cumsum(np.random.default_rng(5).normal(0, 0.02, len(opens)))
    times = np.array(opens, np.int64) + MINUTE
    bars = Bars(times, close, close + 0.1, close - 0.1, close, np.ones(len(opens)))
    assert found(bars, market) == {}
    keep = np.ones(len(opens), np.bool_)
    keep[[10, 11, 1000]] = False
    assert found(bars.take(keep), market)["gaps"].count == 3
    late = bars.take(keep)
    late.ts_ns[-1] += 120 * MINUTE
    assert found(late, market)["closed"].count == 1


def test_a_split_is_told_from_a_spike() -> None:
    market = describe("AAPL", asset_class="equity", price_precision=2)
    days = calendars.sessions("XNYS", to_ns("2023-01-01", ""), to_ns("2024-01-01", ""))
    times = np.array([one.day_ns + DAY for one in days], np.int64)
    close = np.round(400 + np.cumsum(np.random.default_rng(2).normal(0, 2, len(days))), 2)
    bars = Bars(times, close.copy(), close + 1, close - 1, close, np.ones(len(days)))
    assert found(bars, market, "1d") == {}
    for name in columns.PRICES:
        getattr(bars, name)[120:] /= 4
    hit = found(bars, market, "1d")
    assert set(hit) == {"splits"}
    assert hit["splits"].first_ns == times[120]
    assert hit["splits"].examples[0][1].startswith(("4", "3.9"))


def test_the_week_of_foreign_exchange_follows_new_york() -> None:
    summer = calendars.trading("fx", to_ns("2023-07-03", ""), to_ns("2023-07-10", ""))
    assert [(iso(a), iso(b)) for a, b in summer] == [
        ("2023-07-03 00:00:00", "2023-07-07 21:00:00"),
        ("2023-07-09 21:00:00", "2023-07-10 00:00:00"),
    ]
    winter = calendars.trading("fx", to_ns("2023-12-20", ""), to_ns("2023-12-27", ""))
    assert [(iso(a), iso(b)) for a, b in winter] == [
        ("2023-12-20 00:00:00", "2023-12-22 22:00:00"),
        ("2023-12-25 22:00:00", "2023-12-27 00:00:00"),
    ]


def test_a_lunch_break_is_no_gap() -> None:
    start, end = to_ns("2023-06-01", ""), to_ns("2023-06-02", "")
    assert len(calendars.trading("XTKS", start, end)) == 2
    assert spans.length(calendars.trading("XTKS", start, end)) == 300 * MINUTE


def test_an_unknown_calendar_is_refused_with_examples() -> None:
    with pytest.raises(Exception, match="calendar `xmars`; wanted 24/7, fx, or an exchange"):
        calendars.check_name("xmars")
    assert calendars.check_name("xlon") == "XLON"


def test_the_built_in_index_has_a_bar_for_each_session() -> None:
    market = describe("SP500", asset_class="index", price_precision=2)
    hits = found(samples.index_bars("sp500"), market, "1d")
    assert "gaps" not in hits, hits
    assert "closed" not in hits


def test_the_real_minutes_are_judged_as_they_are(real_data: Path, tmp_path: Path) -> None:
    from tests.backtest.box import import_btc, make_home

    bars = import_btc(make_home(tmp_path / "home"), real_data)
    hits = found(bars)
    missing = int((bars.ts_ns[-1] - bars.ts_ns[0]) // 60_000_000_000) + 1 - len(bars)
    assert (hits["gaps"].count if "gaps" in hits else 0) == missing
    assert not {"price", "shape", "order", "duplicates"} & set(hits)


def quotes(rows: list[tuple[int, float, float]]) -> pa.RecordBatch:
    layout = columns.layout(Key("GBPUSD.LOCAL", Kind.QUOTES), 5, 0)
    times = pa.array([r[0] for r in rows], pa.int64()).cast(pa.timestamp("ns", tz="UTC"))
    bid, ask = (columns.decimals(np.array([r[n] for r in rows]), 5) for n in (1, 2))
    return pa.RecordBatch.from_arrays([bid, ask, bid, ask, times, times], schema=layout)


def test_crossed_and_zero_quotes_are_found() -> None:
    monday = to_ns("2023-06-05", "")
    rows = [(monday + n * 1_000_000_000, 1.25 + n * 1e-5, 1.2502 + n * 1e-5) for n in range(50)]
    rows[20] = (rows[20][0], 1.26, 1.25)
    rows[30] = (rows[30][0], 0.0, 1.25)
    checker = Checker(describe("GBP/USD", price_precision=5), Key("GBPUSD.LOCAL", Kind.QUOTES))
    checker.see(quotes(rows))
    hits = {one.name: one for one in checker.findings()}
    assert (hits["crossed"].count, hits["crossed"].first_ns) == (1, rows[20][0])
    assert hits["price"].first_ns == rows[30][0]
