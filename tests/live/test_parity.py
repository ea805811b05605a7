"""Paper and backtest are one convention: the same bars give the same fills, to the last digit."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clearedge_tui.market import catalog, simulated
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec
from tests.live.box import Box

BARS = 1500


@pytest.mark.parametrize(
    ("strategy", "config"),
    [
        ("ema_cross", {"fast": 5, "slow": 15, "short": True, "size": "0.1"}),
        ("donchian_breakout", {}),
        ("grid_maker", {}),
    ],
)
@pytest.mark.parametrize("mode", ["active", "observe"])
def test_a_replay_as_fast_as_possible_fills_like_the_backtest(
    make_box: Callable[..., Box], strategy: str, config: dict[str, object], mode: str
) -> None:
    box = make_box(speed=0)
    market = describe("TEST/USDT", price_precision=2)
    save_market(box.home, market)
    bars = simulated.bars(11, 28_000_000, BARS)
    catalog.write_bars(box.home, market, "1m", [bars])
    report = run_backtest(box.home, BacktestSpec(strategy, market.market_id, "1m", config=config))
    assert report.summary.status == "done", report.summary.error
    box.start()
    added = box.do(
        "instance.add", id="same", strategy=strategy, account="paper", market="TEST/USDT",
        timeframe="1m", mode=mode, config=config,
    )  # fmt: skip
    assert added.status == "done", added
    box.until(lambda: box.account().done == 1.0, "the replay is played", 25.0)
    wanted = _fills(Path(report.paths["fills"]))
    box.until(lambda: len(box.fills("same")) >= len(wanted), "all fills are written down", 5.0)
    got = [(f.side, f.size, f.price, f.fee) for f in reversed(box.fills("same"))]
    assert len(got) > 3
    assert got == wanted


def _fills(path: Path) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    rows = pq.read_table(path).to_pylist()
    names = rows[0].keys()
    assert {"side", "size", "price", "fee"} <= set(names), names
    return [(r["side"], Decimal(r["size"]), Decimal(r["price"]), Decimal(r["fee"])) for r in rows]


def test_environment_is_the_one_the_tests_think() -> None:
    assert "CLEAREDGE_HOME" not in os.environ
