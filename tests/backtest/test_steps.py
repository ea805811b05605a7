"""Bars on which no order works pass without the engine, and nothing a strategy sees tells."""

from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearedge_tui.engine import backtest, backtest_context, backtest_steps
from clearedge_tui.engine.backtest_feed import Feed, Pieces
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market
from clearedge_tui.runs.outcome import Outcome
from tests.backtest.box import BTC, LISTENER, STRATEGIES, execute, sim_bars

# a strategy of many moods that writes down all it hears and sees
MOODY = (
    LISTENER
    + """\
        open_orders = c.get_orders()
        p = c.get_position()
        self.say(tick.ts_ns, [(o.id, o.status) for o in open_orders], str(p.size), str(p.pnl), str(c.now()))
        for order in open_orders:
            if dice.random() < 0.1:
                c.cancel_order(order.id)
        if dice.random() > self.config["rate"]:
            return
        for _ in range(dice.choice([1, 1, 1, 3])):
            side = dice.choice(["buy", "sell"])
            size = dice.choice(["0.5", "2", "700", "1500"])  # large ones go beyond the margin
            kind = dice.random()
            near = tick.close * dice.uniform(0.998, 1.002)
            price, stop = near if 0.5 < kind < 0.8 else None, near if kind > 0.8 else None
            key = c.place_order(side, size, price=price, stop=stop, reduce_only=dice.random() < 0.2, tag=str(tick.ts_ns % 7))
            self.say("sent", key, [(o.id, o.status) for o in c.get_orders()])
            if dice.random() < 0.1:
                c.cancel_order(key)
        if dice.random() < 0.002:
            raise RuntimeError("a bad mood")
    def render(self):
        return {"widgets": [], "heard": self.state["heard"]}
"""
)
HOOKS = """
    def on_fill(self, fill):
        self.say("fill", fill, self.context.get_position().size)
        if fill.ts_ns % 5 == 1:
            self.context.place_order("sell" if fill.side == "buy" else "buy", "0.5", tag="after")
    def on_order(self, order):
        self.say("order", order)
"""


# sizes of 0.5 round to nothing there or are too small, and many small ones are worth too little
STRICT = msgspec.structs.replace(
    BTC, size_step=Decimal("0.25"), min_size=Decimal(1), min_notional=Decimal(250)
)

CARRY = {"funding": "rate:0.002/1h", "borrow": "rate:9", "slippage": "impact:0.001"}
SLOW = {"latency": "ms:90000", "slippage": "bps:4", "fees": "per_share:0.05:min=1"}


def both(path: Path, bars: Bars, **asked: object) -> tuple[Outcome, Outcome]:
    """Run with and without leaving the engine."""
    lean = execute(path, bars, path.parent, **asked)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backtest_context.BacktestContext, "working", True)
        patched.setattr(backtest, "_FIRST_SLICE", len(bars))
        full = execute(path, bars, path.parent, **asked)  # type: ignore[arg-type]
    return lean, full


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10_000),
    rate=st.sampled_from([0.01, 0.1, 0.6]),
    fill_at=st.sampled_from(["next_open", "same_close"]),
    hears=st.booleans(),
    gaps=st.booleans(),
    market=st.sampled_from([BTC, STRICT]),
    costs=st.sampled_from([{}, CARRY, SLOW]),
)
def test_a_strategy_cannot_tell_that_it_left_the_engine(
    seed: int,
    rate: float,
    fill_at: str,
    hears: bool,
    gaps: bool,
    market: Market,
    costs: dict[str, str],
    tmp_path: Path,
) -> None:
    path = tmp_path / "case.py"
    path.write_text(MOODY.replace("    def render", f"{HOOKS if hears else ''}    def render", 1))
    bars = sim_bars(700, seed)
    if gaps:
        bars = bars.take(np.random.default_rng(seed).random(700) > 0.2)
    lean, full = both(
        path, bars, config={"seed": seed, "rate": rate}, fill_at=fill_at, market=market, **costs
    )
    assert lean.fills == full.fills
    assert lean.orders == full.orders
    assert lean.cash == full.cash
    assert (lean.seen, lean.status, lean.error) == (full.seen, full.status, full.error)
    assert lean.picture == full.picture
    refused = [order for order in lean.orders if order.reason.startswith("min_")]
    assert not refused if market is BTC else refused or len(lean.orders) < 30


def test_most_bars_pass_without_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    run = backtest_steps.Steps._run

    def counted(self: backtest_steps.Steps, start: int, stop: int) -> None:
        shown.append(stop - start)
        run(self, start, stop)

    monkeypatch.setattr(backtest_steps.Steps, "_run", counted)
    outcome = execute(STRATEGIES / "ema_cross.py", sim_bars(5000), tmp_path)
    assert len(outcome.fills) > 100
    assert outcome.seen == 5000
    assert sum(shown) < 1000


@pytest.mark.parametrize("next_open", [True, False])
def test_pieces_are_what_the_wrangler_makes(next_open: bool) -> None:
    bars = sim_bars(300)
    feed = Feed(BTC.info, "1m", next_open, deep=True)
    pieces = Pieces(BTC.info, "1m", next_open)
    pieces.load(bars)
    made = [one for at in range(0, 300, 50) for one in pieces.make(at, at + 50)]
    wanted = sorted(feed.data(bars), key=lambda one: int(one.ts_init))
    assert [one.to_dict() for one in made] == [one.to_dict() for one in wanted]


def test_a_bar_that_cannot_be_is_taken_as_before(tmp_path: Path) -> None:
    """The gate of the import refuses it; a catalog of other making may hold it."""
    bars = sim_bars(40)
    bars.high[20] = bars.low[20] - 1.0
    path = tmp_path / "case.py"
    path.write_text(MOODY)
    outcome = execute(path, bars, tmp_path, {"seed": 4, "rate": 1.0})
    assert (outcome.status, outcome.seen) == ("done", 40)
