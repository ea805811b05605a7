"""Backtests on bars of any length: orders meet the next open, never one before their decision."""

from pathlib import Path

import numpy as np
import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.engine import backtest
from clearedge_tui.engine.loading import load
from clearedge_tui.market import calendars, columns, timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.moments import to_ns
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import Outcome
from clearedge_tui.runs.spec.resolve import resolve
from clearedge_tui.runs.spec.v2 import SpecV2
from tests.backtest.box import BTC, add_strategy, make_home, store

EVERY_BAR = """
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {}
class Case(Strategy):
    def on_tick(self, tick):
        side = "sell" if self.context.get_position().size else "buy"
        self.context.place_order(side, "0.5")
"""
HALF_HOUR = 1800 * timeframes.NS


def bars_of(timeframe: str, with_sessions: bool) -> Bars:
    """Return 12 bars of a length, made from half hours, of which each opens elsewhere."""
    start, end = to_ns("2023-01-02", ""), to_ns("2024-03-01", "")
    sessions: tuple[tuple[int, int], ...] = ()
    if with_sessions:
        every = calendars.sessions("XNYS", start, end)
        sessions = tuple((one.parts[0][0], one.parts[-1][1]) for one in every)
    base = 60 * timeframes.NS if timeframe == "7m" else HALF_HOUR
    count = 5000 if timeframe == "7m" else (end - start) // base
    closes = start + base * np.arange(1, count + 1)
    price = (100 + np.arange(count) % 101).astype(np.float64)
    flat = Bars(closes, price, price + 1, price - 1, price, np.ones(count))
    return columns.resample(flat, base, timeframes.grid(timeframe), sessions).slice(0, 12)


def run(folder: Path, timeframe: str, bars: Bars, strategy: str = "") -> Outcome:
    path = add_strategy(
        make_home(folder / "home"), strategy or "case", "" if strategy else EVERY_BAR
    )
    spec = BacktestSpec(path.stem, BTC.market_id, timeframe)
    plan = backtest.Plan(spec, BTC.info, bars, load(path), folder, lambda *_: None)
    return backtest.execute(plan, lambda _progress: None)


@pytest.mark.parametrize(
    ("timeframe", "with_sessions"),
    [("7m", False), ("1h", True), ("1w", False), ("1M", True), ("5M", False)],
)
def test_orders_fill_at_the_next_open(timeframe: str, with_sessions: bool, tmp_path: Path) -> None:
    bars = bars_of(timeframe, with_sessions)
    outcome = run(tmp_path, timeframe, bars)
    assert outcome.status == "done", outcome.error
    fills = outcome.fills
    assert [float(fill.price) for fill in fills] == bars.open[1:].tolist()[: len(fills)]
    assert len(fills) == len(bars) - 1
    for fill, decided, closes in zip(fills, bars.ts_ns, bars.ts_ns[1:], strict=False):
        assert decided < fill.ts_ns < closes


def test_what_is_asked_for_has_one_name_and_starts_with_its_first_bar(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    add_strategy(home, "case", EVERY_BAR)
    store(home, BTC, "1d", bars_of("1d", False))
    for asked, kept in (("7d", "1w"), ("1mo", "1M"), ("24h", "1d")):
        assert resolve(home, SpecV2("case", "BTC/USDT", timeframe=asked)).timeframe == kept
    friday = to_ns("2024-01-06", "")  # a week of stocks closes on Friday night
    assert timeframes.opened_ns("1w", friday) == to_ns("2024-01-01", "")
    assert timeframes.opened_ns("90m", friday) == friday - 5400 * timeframes.NS


def test_a_native_strategy_is_never_told_a_wrong_length(tmp_path: Path) -> None:
    assert run(tmp_path, "1w", bars_of("1w", False), "native_ema").status == "done"
    with pytest.raises(UsageError, match="NautilusTrader has no bars of 7m"):
        run(tmp_path / "odd", "7m", bars_of("7m", False), "native_ema")
