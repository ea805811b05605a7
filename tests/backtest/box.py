"""Homes, bars and runs for tests: small, real, and without a process unless one is asked for."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np

from clearedge_tui.engine import backtest
from clearedge_tui.engine.loading import load
from clearedge_tui.market import catalog, ingest, simulated
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market, describe, save_market
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import Outcome
from clearedge_tui.runs.workers import Spawn
from clearedge_tui.settings import MARKER, Home

REPO = Path(__file__).resolve().parents[2]
STRATEGIES = REPO / "strategies"
BTC_FILE = "btc-perp-20211231-20220201_1m.csv"
MINUTE = 60_000_000_000
FIRST = 29_000_000  # a minute in 2025
BTC = describe("BTC/USDT", price_precision=3)
FRESH = Spawn.start  # each worker an interpreter of its own
# a run that lasts long enough to be killed in its middle
SLOW = """
import time
from clearedge_tui.contract import Strategy
class Slow(Strategy):
    def on_tick(self, tick):
        time.sleep(0.002)
"""
# the head of a strategy that draws from what it has seen and writes down all it hears: its `on_tick` goes on
LISTENER = """
from random import Random
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {"seed": {"type": "int", "default": 1, "min": 0}, "rate": {"type": "float", "default": 0.1}}
class Case(Strategy):
    def init(self):
        return {"heard": []}
    def say(self, *what):
        self.state["heard"].append(repr(what))
    def on_tick(self, tick):
        c, dice = self.context, Random(self.config["seed"] * 1_000_003 + tick.ts_ns // 60_000_000_000)
"""


def make_home(root: Path) -> Home:
    """Return an empty home."""
    marker = root / MARKER
    marker.parent.mkdir(parents=True)
    marker.write_text("")
    home = Home(root)
    home.strategies.mkdir()
    return home


def add_strategy(home: Home, name: str, source: str = "") -> Path:
    """Put a strategy into the home: the given source, or the sample of that name."""
    path = home.strategies / f"{name}.py"
    path.write_text(source or (STRATEGIES / f"{name}.py").read_text())
    return path


def store(home: Home, market: Market, timeframe: str, bars: Bars) -> None:
    with catalog.locked(home):
        catalog.write_bars(home, market, timeframe, [bars])
        save_market(home, market)


def sim_bars(count: int, seed: int = 3) -> Bars:
    return simulated.bars(seed, FIRST, count)


def import_btc(home: Home, real_data: Path) -> Bars:
    request = ingest.Request(real_data / BTC_FILE, "BTC/USDT", "1m")
    ingest.run(home, ingest.plan(home, request))
    return catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")


def flat_bars(closes: list[float], spread: float = 0.5, gap: float = 0.0) -> Bars:
    """Return minute bars with these closes, each opening `gap` above the close before it."""
    close = np.array(closes)
    opened = np.concatenate([close[:1], close[:-1] + gap])
    high, low = np.maximum(opened, close) + spread, np.minimum(opened, close) - spread
    ts = (np.arange(len(close), dtype=np.int64) + FIRST + 1) * MINUTE
    return Bars(ts, opened, high, low, close, np.full(len(close), 10.0))


def execute(
    path: Path,
    bars: Bars,
    folder: Path,
    config: Mapping[str, object] | None = None,
    market: Market = BTC,
    lines: list[str] | None = None,
    **spec: object,
) -> Outcome:
    """Run a strategy file over bars in this process."""
    asked = BacktestSpec(path.stem, market.market_id, "1m", config=dict(config or {}), **spec)  # type: ignore[arg-type]
    said = lines if lines is not None else []
    plan = backtest.Plan(
        asked,
        market.info,
        bars,
        load(path),
        folder,
        lambda _ns, level, text: said.append(f"{level} {text}"),
    )
    return backtest.execute(plan, lambda _progress: None)


def final_equity(outcome: Outcome, balance: Decimal = Decimal(100_000)) -> Decimal:
    """Return the account's end from its fills and the last close, exactly."""
    cash, size = balance, Decimal(0)
    for fill in outcome.fills:
        signed = fill.size if fill.side == "buy" else -fill.size
        cash -= signed * fill.price + fill.fee
        size += signed
    return cash + size * Decimal(repr(float(outcome.bars.close[outcome.seen - 1])))
