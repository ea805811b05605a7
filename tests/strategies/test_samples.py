"""The sample strategies as files people read: they load, say what they are, draw, and survive a reload."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clearedge_tui.contract import PositionView
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.engine.asked import Wish
from clearedge_tui.engine.backtest_context import BacktestContext, ticks
from clearedge_tui.engine.loading import Hosted, load
from clearedge_tui.market.columns import Bars
from tests.backtest.box import BTC, STRATEGIES, execute, flat_bars, sim_bars

KINDS = {
    "ema_cross": "class",
    "donchian_breakout": "class",
    "rsi_pullback": "module",
    "grid_maker": "class",
    "native_ema": "native",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_sample_loads_and_describes_itself(name: str) -> None:
    loaded = load(STRATEGIES / f"{name}.py")
    assert loaded.info.kind == KINDS[name]
    assert len(loaded.info.doc) > 20
    assert loaded.typed({})
    assert len((STRATEGIES / f"{name}.py").read_text().split("\n")) < 150


@pytest.mark.parametrize("name", [n for n, kind in KINDS.items() if kind != "native"])
def test_a_sample_draws_candles_metrics_and_a_table(name: str, tmp_path: Path) -> None:
    outcome = execute(STRATEGIES / f"{name}.py", sim_bars(400), tmp_path)
    widgets: Any = outcome.picture["widgets"]
    assert {"candles", "metric", "table"} <= {widget["type"] for widget in widgets}
    assert msgspec.msgpack.encode(widgets)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("ema_cross", {"fast": 50, "slow": 20}),
        ("donchian_breakout", {"entry": 10, "leave": 20}),
        ("rsi_pullback", {"buy_below": 58, "sell_above": 50}),
        ("grid_maker", {"step": "0"}),
        ("native_ema", {"fast": "many"}),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(name: str, config: dict[str, object]) -> None:
    with pytest.raises(StrategyFault):
        load(STRATEGIES / f"{name}.py").typed(config)


def test_the_native_sample_refuses_crossed_lengths_by_itself(tmp_path: Path) -> None:
    outcome = execute(
        STRATEGIES / "native_ema.py", sim_bars(100), tmp_path, {"fast": 50, "slow": 20}
    )
    assert outcome.status == "failed"
    assert "fast 50 is not shorter than slow 20" in outcome.error


def host(
    name: str, bars: Bars, state: dict[str, Any] | None
) -> tuple[Hosted, BacktestContext, list[Any]]:
    """Host a sample without an engine; orders are only noted."""
    sent: list[Any] = []
    context = BacktestContext(BTC.info, bars, Decimal(100_000), lambda *_: None)

    class Desk:
        def send(self, wish: Wish) -> str:
            sent.append((wish.side, wish.size, wish.price, wish.reduce_only, wish.tag))
            return f"o{len(sent)}"

        def drop(self, order_id: str) -> None:
            sent.append(("cancel", order_id))

        def refuse(self, wish: Wish, reason: str) -> str:
            sent.append(("refused", wish.side, wish.size, wish.price, wish.tag, reason))
            return f"o{len(sent)}"

        def rests(self, order_id: str) -> bool:
            return ("cancel", order_id) not in sent

    context.desk = Desk()
    loaded = load(STRATEGIES / f"{name}.py")
    hosted = loaded.create(context, loaded.typed({}))
    hosted.set_state(hosted.init() if state is None else state)
    return hosted, context, sent


@pytest.mark.parametrize("name", ["ema_cross", "rsi_pullback"])
def test_a_reload_changes_no_decision(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept state plus history give the same orders as a strategy that was never reloaded."""
    monkeypatch.setattr(BacktestContext, "get_position", lambda self: PositionView())
    bars = sim_bars(3000, seed=8)
    orders: list[Any] = []
    for reload_at in (None, 2000):
        hosted, context, sent = host(name, bars, None)
        for n, tick in enumerate(ticks(bars)):
            if n == reload_at:
                kept = msgspec.msgpack.decode(msgspec.msgpack.encode(hosted.state))
                hosted, context, after = host(name, bars, kept)
                sent = after
            context.tick = tick
            hosted.on_tick(tick)
            if n == 1999:
                sent.clear()
        orders.append(list(sent))
    assert orders[0] == orders[1] != []


def test_every_sample_state_survives_the_disk() -> None:
    for name in (n for n, kind in KINDS.items() if kind != "native"):
        hosted, context, _ = host(name, sim_bars(300), None)
        for tick in ticks(sim_bars(300)):
            context.tick = tick
            hosted.on_tick(tick)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(hosted.state)) == hosted.state


def test_the_grid_earns_its_step_on_a_swing(tmp_path: Path) -> None:
    """Down two rungs and up again: two turns, each worth one step less two maker fees."""
    closes = [1000.0, 1000.0, 994.9, 989.9, 994.9, 1000.1, 1000.1]
    outcome = execute(
        STRATEGIES / "grid_maker.py", flat_bars(closes, spread=0.05), tmp_path,
        {"levels": 3, "step": "0.5", "size": "1"},
    )  # fmt: skip
    sides = [(fill.side, fill.price, fill.maker) for fill in outcome.fills]
    assert sides == [
        ("buy", Decimal("995.000"), True),
        ("buy", Decimal("990.000"), True),
        ("sell", Decimal("995.000"), True),
        ("sell", Decimal("1000.000"), True),
    ]
    fees = sum(fill.fee for fill in outcome.fills)
    assert fees == Decimal("0.0002") * (995 + 990 + 995 + 1000)
