"""Paper and backtest are one convention: the same bars give the same fills, to the last digit."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
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


ODD = """
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {}
SIZES = ["1.3", "0.9", "2.9", "7", "0.3", "1.6"]
class Case(Strategy):
    def init(self):
        return {"bars": 0, "again": 0}
    def on_tick(self, tick):
        self.state["bars"] += 1
        if self.state["bars"] % 28 == 3:
            for order in self.context.get_orders():
                self.context.cancel_order(order.id)
        if self.state["bars"] % 7:
            return
        n = self.state["bars"] // 7
        side = "buy" if self.context.get_position().size <= 0 else "sell"
        size = SIZES[n % 6] if side == "buy" or n % 3 else abs(self.context.get_position().size)
        self.context.place_order(side, size, price=tick.close * 1.0007 if n % 5 == 0 else None)
    def on_order(self, order):
        if order.status == "denied":
            self.state["again"] += 1
            if self.state["again"] % 2:
                self.context.place_order(order.side, "1.1", tag="again")
"""


def test_steps_and_limits_of_a_market_are_the_same_in_both(make_box: Callable[..., Box]) -> None:
    box = make_box(speed=0)
    (box.home.strategies / "odd.py").write_text(ODD)
    market = msgspec.structs.replace(
        describe("TEST/USDT", price_precision=2),
        size_step=Decimal("0.25"),
        price_step=Decimal("0.05"),
        min_size=Decimal(1),
        min_notional=Decimal(1200),
    )
    save_market(box.home, market)
    catalog.write_bars(box.home, market, "1m", [simulated.bars(11, 28_000_000, BARS)])
    report = run_backtest(box.home, BacktestSpec("odd", market.market_id, "1m"))
    assert report.summary.status == "done", report.summary.error
    box.start()
    added = box.do(
        "instance.add", id="same", strategy="odd", account="paper", market="TEST/USDT",
        timeframe="1m", mode="active",
    )  # fmt: skip
    assert added.status == "done", added
    box.until(lambda: box.account().done == 1.0, "the replay is played", 25.0)
    wanted = _fills(Path(report.paths["fills"]))
    box.until(lambda: len(box.fills("same")) >= len(wanted), "all fills are written down", 5.0)
    assert [(f.side, f.size, f.price, f.fee) for f in reversed(box.fills("same"))] == wanted
    rows = pq.read_table(report.paths["orders"]).to_pylist()
    refused = [
        (r["side"], Decimal(r["size"]), r["reason"]) for r in rows if r["status"] == "denied"
    ]
    orders = [o for o in reversed(box.orders("same")) if o.status == "denied"]
    assert [(o.side, o.size, o.reason) for o in orders] == refused
    assert {reason.partition(":")[0] for _, _, reason in refused} == {"min_size", "min_notional"}
    assert len(wanted) > 50


BRACKETS = """
from clearedge_tui.contract import Strategy
class Case(Strategy):
    def init(self):
        return {"bars": 0}
    def on_tick(self, tick):
        self.state["bars"] += 1
        n, c = self.state["bars"], self.context
        held, orders = c.get_position().size, c.get_orders()
        if held and not orders:  # entered inside a bar
            self.guard(held, tick.close)
        elif held and n % 16 == 0:
            c.place_order("sell" if held > 0 else "buy", abs(held), reduce_only=True, tag="late")
        elif not held and n % 4 == 0:
            for order in orders:
                c.cancel_order(order.id)
            side = "buy" if n % 8 else "sell"
            far = tick.close * (1.0003 if side == "buy" else 0.9997)
            if n % 3:
                c.place_order(side, "1.5", tag="in")
            else:
                c.place_order(side, "1.5", stop=far, tag="at")
    def on_fill(self, fill):
        if fill.tag == "in":
            self.guard(fill.size if fill.side == "buy" else -fill.size, float(fill.price))
    def guard(self, held, price):
        other, sign = ("sell", 1) if held > 0 else ("buy", -1)
        place = self.context.place_order
        place(other, abs(held), stop=price * (1 - sign * 0.0006), reduce_only=True, tag="stop")
        place(other, "0.5", price=price * (1 + sign * 0.0004), reduce_only=True, tag="half")
"""


@pytest.mark.parametrize("mode", ["active", "observe"])
def test_stops_and_what_only_reduces_are_the_same_in_both(
    make_box: Callable[..., Box], mode: str
) -> None:
    box = make_box(speed=0)
    (box.home.strategies / "brackets.py").write_text(BRACKETS)
    market = describe("TEST/USDT", price_precision=2)
    save_market(box.home, market)
    bars = simulated.bars(11, 28_000_000, BARS // 2 - 1)  # the last one orders nothing
    bars = bars.take(np.arange(len(bars)) % 29 > 1)  # gaps
    catalog.write_bars(box.home, market, "1m", [bars])
    report = run_backtest(
        box.home, BacktestSpec("brackets", market.market_id, "1m", accept=("gaps",))
    )
    assert report.summary.status == "done", report.summary.error
    box.start()
    added = box.do(
        "instance.add", id="same", strategy="brackets", account="paper", market="TEST/USDT",
        timeframe="1m", mode=mode,
    )  # fmt: skip
    assert added.status == "done", added
    box.until(lambda: box.account().done == 1.0, "the replay is played", 25.0)
    wanted = _fills(Path(report.paths["fills"]))
    box.until(lambda: len(box.fills("same")) >= len(wanted), "all fills are written down", 5.0)
    assert [(f.side, f.size, f.price, f.fee) for f in reversed(box.fills("same"))] == wanted
    rows = pq.read_table(report.paths["orders"]).to_pylist()
    ends = [(r["kind"], r["trigger"], Decimal(r["size"]), r["status"]) for r in rows]
    orders = [(o.kind, o.trigger, o.size, o.status) for o in reversed(box.orders("same"))]
    assert orders == ends[-len(orders) :]
    cut = [one for one in ends if one[0] == "stop" and one[2] == 1]
    assert len(wanted) > 100
    assert cut
    assert {kind for kind, _, _, status in ends if status == "filled"} == {
        "market",
        "stop",
        "limit",
    }


def _fills(path: Path) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    rows = pq.read_table(path).to_pylist()
    names = rows[0].keys()
    assert {"side", "size", "price", "fee"} <= set(names), names
    return [(r["side"], Decimal(r["size"]), Decimal(r["price"]), Decimal(r["fee"])) for r in rows]


def test_environment_is_the_one_the_tests_think() -> None:
    assert "CLEAREDGE_HOME" not in os.environ
