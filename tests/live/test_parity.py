"""Paper and backtest are one convention: the same bars give the same fills, to the last digit."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.model import Order
from clearedge_tui.market import catalog, simulated
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market, describe, save_market
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec, RunReport
from tests.live.box import Box

BARS = 1500
PLAYS = "".join(f"[play{n}]\nfeed = 'simulated'\nspeed = 0\n" for n in range(9))


class Stage:
    """One box in which each play has an account of its own: its replay begins with its instance."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._plays = 0

    def market(self, name: str, bars: Bars, **fields: Any) -> Market:
        made = msgspec.structs.replace(describe(name, price_precision=2), **fields)
        save_market(self.box.home, made)
        with catalog.locked(self.box.home):
            catalog.write_bars(self.box.home, made, "1m", [bars])
        return made

    def both(
        self, strategy: str, market: Market, mode: str, **spec: Any
    ) -> tuple[str, RunReport, list[tuple[str, Decimal, Decimal, Decimal]]]:
        """Play it and run it; return the instance, the backtest and the fills of it."""
        asked = BacktestSpec(strategy, market.market_id, "1m", **spec)
        report = run_backtest(self.box.home, asked)
        assert report.summary.status == "done", report.summary.error
        play = f"play{self._plays}"
        self._plays += 1
        added = self.box.do(
            "instance.add", id=play, strategy=strategy, account=play, market=market.symbol,
            timeframe="1m", mode=mode, config=spec.get("config", {}),
        )  # fmt: skip
        assert added.status == "done", added

        def done() -> float | None:
            return next(a.done for a in self.box.snapshot().accounts if a.name == play)

        self.box.until(lambda: done() == 1.0, "the replay is played", 25.0)
        wanted = _fills(Path(report.paths["fills"]))
        self.box.until(lambda: len(self.box.fills(play)) >= len(wanted), "all are written", 5.0)
        return play, report, wanted

    def fills(self, play: str) -> list[tuple[str, Decimal, Decimal, Decimal]]:
        return [(f.side, f.size, f.price, f.fee) for f in reversed(self.box.fills(play))]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    box = Box(tmp_path_factory.mktemp("parity") / "home", extra=PLAYS)
    yield Stage(box.start())
    box.close()


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
    stage: Stage, strategy: str, config: dict[str, object], mode: str
) -> None:
    market = stage.market("TEST/USDT", simulated.bars(11, 28_000_000, BARS))
    play, _, wanted = stage.both(strategy, market, mode, config=config)
    assert len(wanted) > 3
    assert stage.fills(play) == wanted


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


def test_steps_and_limits_of_a_market_are_the_same_in_both(stage: Stage) -> None:
    box = stage.box
    (box.home.strategies / "odd.py").write_text(ODD)
    market = stage.market(
        "ODD/USDT",
        simulated.bars(11, 28_000_000, BARS),
        size_step=Decimal("0.25"),
        price_step=Decimal("0.05"),
        min_size=Decimal(1),
        min_notional=Decimal(1200),
    )
    play, report, wanted = stage.both("odd", market, "active")
    assert stage.fills(play) == wanted
    rows = pq.read_table(report.paths["orders"]).to_pylist()
    refused = [
        (r["side"], Decimal(r["size"]), r["reason"]) for r in rows if r["status"] == "denied"
    ]

    def denied() -> list[Order]:
        return [o for o in reversed(box.orders(play)) if o.status == "denied"]

    box.until(lambda: len(denied()) >= len(refused), "all refusals are written", 5.0)
    orders = denied()
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
def test_stops_and_what_only_reduces_are_the_same_in_both(stage: Stage, mode: str) -> None:
    box = stage.box
    (box.home.strategies / "brackets.py").write_text(BRACKETS)
    bars = simulated.bars(11, 28_000_000, BARS // 2 - 1)  # the last one orders nothing
    bars = bars.take(np.arange(len(bars)) % 29 > 1)  # gaps
    market = stage.market("GAPS/USDT", bars)
    play, report, wanted = stage.both("brackets", market, mode, accept=("gaps",))
    assert stage.fills(play) == wanted
    rows = pq.read_table(report.paths["orders"]).to_pylist()
    ends = [(r["kind"], r["trigger"], Decimal(r["size"]), r["status"]) for r in rows]
    orders = [(o.kind, o.trigger, o.size, o.status) for o in reversed(box.orders(play))]
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
