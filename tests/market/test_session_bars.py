"""Longer bars of a market with sessions: counted from the open, in the catalog and live alike."""

from pathlib import Path

import numpy as np

from clearedge_tui.core.clock import iso
from clearedge_tui.market import calendars, catalog
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.market.moments import to_ns
from tests.backtest.box import MINUTE, make_home, store

AAPL = describe("AAPL", asset_class="equity", price_precision=2)


def week() -> tuple[Bars, tuple[tuple[int, int], ...]]:
    """Return the minutes of Thanksgiving week 2023, with some before and after hours."""
    start, end = to_ns("2023-11-20", ""), to_ns("2023-11-25", "")
    sessions = tuple(
        (one.parts[0][0], one.parts[-1][1]) for one in calendars.sessions("XNYS", start, end)
    )
    opens = [t for a, b in sessions for t in range(a - 30 * MINUTE, b + 30 * MINUTE, MINUTE)]
    close = np.round(100 + np.cumsum(np.random.default_rng(1).normal(0, 0.05, len(opens))), 2)
    first = np.concatenate([close[:1], close[:-1]])
    high = np.round(np.maximum(first, close) + 0.01, 2)
    low = np.round(np.minimum(first, close) - 0.01, 2)
    times = np.array(opens, np.int64) + MINUTE
    return Bars(times, first, high, low, close, np.full(len(opens), 5.0)), sessions


def test_hours_are_counted_from_the_open_and_the_last_one_is_short(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    bars, _ = week()
    store(home, AAPL, "1m", bars)
    hours = catalog.read_bars(home, AAPL.market_id, "1h")
    monday = [iso(int(t))[11:16] for t in hours.ts_ns[:7]]
    assert monday == ["15:30", "16:30", "17:30", "18:30", "19:30", "20:30", "21:00"]
    assert len(hours) == 3 * 7 + 4, "three days, and the half day after Thanksgiving"
    assert iso(int(hours.ts_ns[-1])) == "2023-11-24 18:00:00"
    assert hours.volume[0] == 60 * 5, "what trades before the open is not in the first bar"


def test_a_day_is_a_session(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    bars, sessions = week()
    store(home, AAPL, "1m", bars)
    days = catalog.read_bars(home, AAPL.market_id, "1d")
    assert days.ts_ns.tolist() == [close for _, close in sessions]
    for at, (opens, closes) in enumerate(sessions):
        part = bars.take((bars.ts_ns > opens) & (bars.ts_ns <= closes))
        assert (days.open[at], days.close[at]) == (part.open[0], part.close[-1])
        assert (days.high[at], days.low[at]) == (part.high.max(), part.low.min())


def test_a_window_of_days_holds_the_days_that_open_in_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    bars, sessions = week()
    store(home, AAPL, "1m", bars)
    start, end = to_ns("2023-11-21", ""), to_ns("2023-11-23", "")
    days = catalog.read_bars(home, AAPL.market_id, "1d", start, end)
    assert days.ts_ns.tolist() == [close for _, close in sessions[1:3]]
    half = catalog.read_bars(
        home, AAPL.market_id, "1h", sessions[0][1] - 30 * MINUTE, sessions[0][1]
    )
    assert half.ts_ns.tolist() == [sessions[0][1]], "the short last bar of the day"


def test_a_market_that_never_closes_keeps_to_the_utc_grid(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    market = describe("BTC/USDT", price_precision=2)
    save_market(home, market)
    assert catalog.sessions_for(home, market.market_id, "1m", "1w", 0, 10**18) == ()
