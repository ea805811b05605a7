"""Stop orders, and a stop before a target: on data where the other order of things would pay."""

import sys
from decimal import Decimal as D
from pathlib import Path

import pytest

from clearedge_tui.engine.loading import Loaded
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.outcome import Outcome
from tests.backtest.box import execute, flat_bars

HEAD = """
from clearedge_tui.contract import Strategy
class Case(Strategy):
    def init(self):
        return {"n": 0, "heard": []}
    def on_order(self, order):
        self.state["heard"].append((order.tag, order.kind, order.status, str(order.size), str(order.stop)))
    def render(self):
        return {"widgets": [], "heard": self.state["heard"]}
    def on_tick(self, tick):
        self.state["n"] += 1
        n, c = self.state["n"], self.context
"""


def run(folder: Path, bars: Bars, *lines: str, **spec: object) -> Outcome:
    """Run lines of an `on_tick`."""
    path = folder / "case.py"
    path.write_text(HEAD + "".join(f"        {line}\n" for line in lines))
    outcome = execute(path, bars, folder, **spec)  # type: ignore[arg-type]
    assert outcome.status == "done", outcome.error
    return outcome


def told(outcome: Outcome) -> list[tuple[str, D, int]]:
    """Return tag, price and bar of each fill."""
    ts = outcome.bars.ts_ns
    return [(f.tag, f.price, int((ts < f.ts_ns).sum())) for f in outcome.fills]


BUYS = "if n == 2: c.place_order('buy', 1, tag='in')"


def test_a_stop_waits_for_its_price_and_then_takes(tmp_path: Path) -> None:
    bars = flat_bars([100.0] * 12)
    bars.low[8] = 94.0
    stop = "if n == 3: c.place_order('sell', 1, stop=95, tag='out')"
    outcome = run(tmp_path, bars, BUYS, stop)
    assert told(outcome) == [("in", D("100.000"), 2), ("out", D("95.000"), 8)]
    order, fill = outcome.orders[1], outcome.fills[1]
    assert (order.kind, order.price, order.trigger) == ("stop", None, D("95.000"))
    assert (fill.maker, fill.fee) == (False, D("0.0475"))  # the taker's fee of 95
    assert outcome.picture["heard"][-1] == ("out", "stop", "filled", "1.000000", "95")  # type: ignore[index]
    slipped = run(tmp_path, bars, BUYS, stop, slippage="ticks:50")
    assert [f.price for f in slipped.fills] == [D("100.050"), D("94.950")]


@pytest.mark.parametrize("fill_at", ["next_open", "same_close"])
def test_a_gap_through_a_stop_is_filled_at_the_open(fill_at: str, tmp_path: Path) -> None:
    bars = flat_bars([100.0] * 12)
    for column in (bars.open, bars.high, bars.low, bars.close):
        column[8:] -= 10
    stop = "if n == 3: c.place_order('sell', 1, stop=95, tag='out')"
    assert told(run(tmp_path, bars, BUYS, stop, fill_at=fill_at))[1] == ("out", D("90.000"), 8)
    slipped = run(tmp_path, bars, BUYS, stop, fill_at=fill_at, slippage="ticks:50")
    assert slipped.fills[1].price == D("89.950")


def test_a_stop_beyond_the_price_goes_off_at_once(tmp_path: Path) -> None:
    late = "if n == 5: c.place_order('sell', 1, stop=101, tag='out')"
    outcome = run(tmp_path, flat_bars([100.0] * 12), BUYS, late)
    assert told(outcome)[1] == ("out", D("100.000"), 5)


def test_an_order_is_a_limit_or_a_stop(tmp_path: Path) -> None:
    lines = (
        "for wrong in ({'price': 99, 'stop': 98}, {'stop': 0}, {'stop': 'x'}):",
        "    try: c.place_order('sell', 1, **wrong)",
        "    except ValueError: continue",
        "    raise AssertionError(wrong)",
    )
    assert run(tmp_path, flat_bars([100.0] * 3), *lines).orders == []


BRACKET = (
    "if n == 2:",
    "    SIDE, other = ('buy', 'sell') if LONG else ('sell', 'buy')",
    "    sign = 1 if LONG else -1",
    "    c.place_order(SIDE, 1, tag='in')",
    "    c.place_order(other, 1, stop=100 - 5 * sign, reduce_only=ONLY, tag='stop')",
    "    c.place_order(other, 1, price=100 + sign, reduce_only=ONLY, tag='target')",
)


def bracket(long: bool, only: bool = True) -> list[str]:
    return [line.replace("LONG", str(long)).replace("ONLY", str(only)) for line in BRACKET]


def wide(long: bool) -> Bars:
    """Return bars of which one goes to target and stop; the target is nearer to its open."""
    bars = flat_bars([100.0] * 12)
    bars.high[8], bars.low[8] = (102.0, 90.0) if long else (110.0, 98.0)
    return bars


@pytest.mark.parametrize("long", [True, False])
@pytest.mark.parametrize("only", [True, False])
def test_a_bar_that_touches_both_fills_the_stop_first(
    long: bool, only: bool, tmp_path: Path
) -> None:
    outcome = run(tmp_path, wide(long), *bracket(long, only))
    stop = D("95.000") if long else D("105.000")
    assert told(outcome) == [("in", D("100.000"), 2), ("stop", stop, 8)]
    assert outcome.orders[2].status == ("cancelled" if only else "open")
    said = outcome.conventions[1]
    assert "a stop before a limit order of its side when the bar touches both" in said


def test_a_target_that_alone_is_touched_or_opened_beyond_is_filled(tmp_path: Path) -> None:
    near = wide(True)
    near.low[8] = 96.0
    assert told(run(tmp_path, near, *bracket(True)))[1:] == [("target", D("101.000"), 8)]
    above = wide(True)
    above.open[8] = above.close[7] = 101.5
    above.high[7] = 101.5
    above.high[7] = max(above.high[7], 101.5)
    assert told(run(tmp_path, above, *bracket(True)))[1][:2] == ("target", D("101.000"))


def test_what_only_reduces_is_cut_down_and_cancelled_with_the_position(tmp_path: Path) -> None:
    bars = flat_bars([100.0] * 14)
    bars.high[5], bars.low[8] = 102.0, 90.0
    lines = (
        BUYS,
        "if n == 3: c.place_order('sell', 1, stop=95, reduce_only=True, tag='stop')",
        "if n == 3: c.place_order('sell', '0.4', price=101, reduce_only=True, tag='half')",
        "if n == 7: c.place_order('sell', '0.1', price=120, reduce_only=True, tag='far')",
        "if n == 12: assert c.get_position().is_flat and not c.get_orders()",
    )
    outcome = run(tmp_path, bars, *lines)
    assert [(f.tag, f.size) for f in outcome.fills] == [
        ("in", D(1)),
        ("half", D("0.4")),
        ("stop", D("0.6")),
    ]
    ends = {order.tag: (order.size, order.status) for order in outcome.orders}
    assert ends["stop"] == (D("0.6"), "filled")
    assert ends["far"] == (D("0.1"), "cancelled")


ON_FILL = """
    def on_fill(self, fill):
        if fill.tag == "in":
            self.context.place_order("sell", 1, stop=95, reduce_only=True, tag="stop")
"""


def test_a_stop_for_what_was_bought_at_an_open_guards_that_very_bar(tmp_path: Path) -> None:
    bars = flat_bars([100.0] * 12)
    bars.low[2] = 90.0  # the bar that is bought at its open
    path = tmp_path / "case.py"
    path.write_text(f"{HEAD}        {BUYS}\n{ON_FILL}")
    assert told(execute(path, bars, tmp_path)) == [
        ("in", D("100.000"), 2),
        ("stop", D("95.000"), 2),
    ]


def test_a_stop_that_a_module_beside_places_comes_first_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "_guards_of_mine.py").write_text(
        "def guard(c):\n"
        "    c.place_order('sell', 1, stop=95, reduce_only=True, tag='stop')\n"
        "    c.place_order('sell', 1, price=101, reduce_only=True, tag='target')\n"
    )
    path = tmp_path / "case.py"
    path.write_text(
        f"import _guards_of_mine\n{HEAD.replace('stop', 'trigger')}"
        f"        {BUYS}\n        if n == 3: _guards_of_mine.guard(c)\n"
        "    def on_order(self, order): pass\n"
    )
    assert told(execute(path, wide(True), tmp_path))[1] == ("stop", D("95.000"), 8)


NATIVE = """
from decimal import Decimal
from nautilus_trader.model import BarType, InstrumentId, OrderSide, Price, Quantity
from nautilus_trader.trading import Strategy, StrategyConfig

class BracketConfig(StrategyConfig):
    def __new__(cls, instrument_id=None, bar_type=None, **kwargs):
        made = super().__new__(cls, **kwargs)
        made.instrument_id, made.bar_type = instrument_id, bar_type
        return made

class Bracket(Strategy):
    def __new__(cls, config):
        return super().__new__(cls, config)
    def __init__(self, config):
        super().__init__()
        self.asked, self.n = config, 0
    def on_start(self):
        self.subscribe_bars(self.asked.bar_type)
    def on_bar(self, bar):
        self.n += 1
        if self.n == 2:
            self.submit_order_list(self.order_factory.bracket(
                instrument_id=self.asked.instrument_id, order_side=OrderSide.BUY,
                quantity=Quantity.from_str("1.000000"),
                sl_trigger_price=Price.from_str("95.000"), tp_price=Price.from_str("101.000"),
            ))
"""


def test_a_native_bracket_meets_its_stop_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "native.py"
    path.write_text(NATIVE)
    with monkeypatch.context() as left_alone:  # the engine itself takes what is nearer to the open
        left_alone.setattr(Loaded, "mentions_stops", False)
        bare = execute(path, wide(True), tmp_path)
    assert [f.price for f in bare.fills] == [D("100.000"), D("101.000")]
    outcome = execute(path, wide(True), tmp_path)
    assert (outcome.status, outcome.error) == ("done", "")
    assert [f.price for f in outcome.fills] == [D("100.000"), D("95.000")]
    slipped = execute(path, wide(True), tmp_path, slippage="ticks:50")
    assert [f.price for f in slipped.fills] == [D("100.050"), D("94.950")]
