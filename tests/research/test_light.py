"""The light loop says what the engine says, or that only the engine can say it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearedge_tui.engine import backtest, light
from clearedge_tui.engine.light import NeedsEngine
from clearedge_tui.engine.loading import load
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market, describe
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import Outcome
from tests.backtest.box import BTC, LISTENER, sim_bars
from tests.backtest.test_steps import CARRY, STRICT

SHARES = describe("AAPL", asset_class="equity")
# draws from what it has seen, sends market orders, and writes down all it hears
RESTLESS = (
    LISTENER
    + """\
        p = c.get_position()
        self.say(tick.ts_ns, len(c.get_orders()), str(p.size), str(p.pnl), str(p.avg_price), str(c.now()), [b.close for b in c.history(3)])
        if dice.random() > self.config["rate"]:
            return
        for n in range(dice.choice([1, 1, 1, 2])):
            if not n and p.size and dice.random() < 0.3:
                c.place_order("sell" if p.size > 0 else "buy", abs(p.size), reduce_only=dice.random() < 0.5, tag="out")
                break
            else:
                c.place_order(dice.choice(["buy", "sell"]), dice.choice(["0.5", "1", "2", "3.25"]), tag=str(tick.ts_ns % 7))
        if dice.random() < 0.001:
            raise RuntimeError("a bad mood")
    def on_fill(self, fill):
        self.say("fill", fill.side, str(fill.size), str(fill.price), str(fill.fee), fill.ts_ns, fill.tag)
    def on_stop(self):
        self.context.log("\\n".join(self.state["heard"]))
"""
)
COSTS: tuple[dict[str, str], ...] = (
    {}, CARRY, {"slippage": "bps:3"}, {"slippage": "ticks:2", "fees": "per_share:0.005:min=1:max=1%"},
    {"fees": "none"}, {"fees": "per_contract:0.85", "funding": "rate:0.0001/8h"},
)  # fmt: skip


def _into(lines: list[str]) -> Callable[[int, str, str], None]:
    return lambda _ns, _level, text: lines.append(text)


def both_ways(
    path: Path, bars: Bars, market: Market, config: dict[str, object], **spec: str
) -> tuple[Outcome, list[str], Outcome, list[str]]:
    asked = BacktestSpec(path.stem, market.market_id, "1m", config=config, **spec)  # type: ignore[arg-type]
    said: list[list[str]] = [[], []]
    plans = [
        backtest.Plan(
            asked, market.info, bars, load(path), path.parent,
            _into(lines), pictured=False,
        )
        for lines in said
    ]  # fmt: skip
    engine = backtest.execute(plans[0], lambda _progress: None)
    return engine, said[0], light.run(plans[1]), said[1]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 100_000),
    rate=st.sampled_from([0.01, 0.1, 0.6]),
    gaps=st.booleans(),
    market=st.sampled_from([BTC, STRICT, SHARES]),
    costs=st.sampled_from(COSTS),
)
def test_fills_equity_and_all_that_is_heard_are_the_engines(
    seed: int, rate: float, gaps: bool, market: Market, costs: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "restless.py"
    path.write_text(RESTLESS)
    bars = sim_bars(600, seed)
    bars = replace(bars, volume=bars.volume + 1.0)  # impact needs some
    if gaps:
        bars = bars.take(np.random.default_rng(seed).random(600) > 0.2)
    try:
        engine, said, quick, told = both_ways(
            path, bars, market, {"seed": seed, "rate": rate}, **costs
        )
    except NeedsEngine as why:  # two orders at once may reduce more than there is
        if not any(word in str(why) for word in ("margin", "reduces", "no size")):
            raise
        return
    assert [f._replace(order="") for f in quick.fills] == [
        f._replace(order="") for f in engine.fills
    ]
    assert quick.cash == engine.cash
    assert (quick.seen, quick.status, quick.error) == (engine.seen, engine.status, engine.error)
    assert told == said
    assert [(o.side, o.size, o.filled, o.reason) for o in quick.orders] == [
        (o.side, o.size, o.filled, o.reason) for o in engine.orders
    ]


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ('self.context.place_order("buy", "1", price=1.0)', "a limit order"),
        ('self.context.place_order("buy", "1", stop=1e9)', "a stop order"),
        ('self.context.place_order("buy", "1e6")', "margin"),
        ('self.context.place_order("sell", "1", reduce_only=True)', "reduces"),
        ('self.context.cancel_order(self.context.place_order("buy", "1"))', "a cancel"),
    ],
)
def test_what_is_not_certain_is_left_to_the_engine(tmp_path: Path, order: str, why: str) -> None:
    path = tmp_path / "asks.py"
    path.write_text(
        "from clearedge_tui.contract import Strategy\n"
        f"class Asks(Strategy):\n    def on_tick(self, tick):\n        {order}\n"
    )
    with pytest.raises(NeedsEngine, match=why):
        both_ways(path, sim_bars(20), BTC, {})


def test_an_order_placed_on_a_fill_is_left_to_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "asks.py"
    path.write_text(
        "from clearedge_tui.contract import Strategy\n"
        "class Asks(Strategy):\n"
        "    def on_tick(self, tick):\n        self.context.place_order('buy', '1')\n"
        "    def on_fill(self, fill):\n        self.context.place_order('sell', '1')\n"
    )
    with pytest.raises(NeedsEngine, match="on_fill"):
        both_ways(path, sim_bars(20), BTC, {})
