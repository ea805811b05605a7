"""What the bare engine does wrong without saying so, and that our host does not.

Each test shows the bare engine's behaviour first, so it also tells when the engine changes.
"""

from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.market.markets import save_market
from clearedge_tui.runs.costs import stamps
from clearedge_tui.runs.spec.resolve import resolve
from clearedge_tui.runs.spec.v2 import SpecV2
from tests.backtest.bare import Bare, run_bare
from tests.backtest.box import (
    BTC,
    MINUTE,
    add_strategy,
    execute,
    final_equity,
    flat_bars,
    make_home,
    sim_bars,
)

HEAD = """
from clearedge_tui.contract import Strategy
class Case(Strategy):
    def init(self):
        return {"n": 0}
    def on_tick(self, tick):
        self.state["n"] += 1
        n = self.state["n"]
"""


def case(folder: Path, body: str, after: str = "") -> Path:
    path = folder / "case.py"
    lines = "\n".join("        " + line for line in body.strip().split("\n"))
    path.write_text(f"{HEAD}{lines}\n{after}")
    return path


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text().split("\n"), 1) if text in line)


@pytest.mark.parametrize("error", ["ValueError('broken')", "KeyboardInterrupt()", "SystemExit(3)"])
def test_an_exception_ends_the_run_as_failed_with_file_and_line(error: str, tmp_path: Path) -> None:
    def fails(self: Bare, n: int, bar: Any) -> None:
        if n == 99:
            raise {"V": ValueError, "K": KeyboardInterrupt, "S": SystemExit}[error[0]]

    assert run_bare(sim_bars(300), fails).seen == 300  # swallowed: the bare engine went on

    path = case(tmp_path, f"if n == 100:\n    raise {error}")
    outcome = execute(path, sim_bars(300), tmp_path)
    assert outcome.status == "failed"
    assert outcome.seen == 100
    assert f"{path}:{line_of(path, 'raise')}:" in outcome.error
    assert "Traceback" in outcome.detail


@pytest.mark.parametrize("hook", ["on_fill", "on_order"])
def test_an_exception_in_a_hook_ends_the_run_too(hook: str, tmp_path: Path) -> None:
    path = case(
        tmp_path,
        "if n == 10:\n    self.context.place_order('buy', '0.1')",
        f"    def {hook}(self, thing):\n        raise LookupError('in the hook')\n",
    )
    outcome = execute(path, sim_bars(100), tmp_path)
    assert outcome.status == "failed"
    assert f"{path}:{line_of(path, 'raise')}: LookupError: in the hook in {hook}" in outcome.error
    assert outcome.seen <= 11


@pytest.mark.parametrize("hook", ["init", "on_stop"])
def test_an_exception_around_the_run_fails_it(hook: str, tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(
        "from clearedge_tui.contract import Strategy\nclass Case(Strategy):\n"
        f"    def on_tick(self, tick): pass\n    def {hook}(self):\n        1 / 0\n"
    )
    outcome = execute(path, sim_bars(50), tmp_path)
    assert (outcome.status, f"{path}:5: ZeroDivisionError" in outcome.error) == ("failed", True)


def test_a_picture_that_fails_is_told_and_spoils_nothing(tmp_path: Path) -> None:
    path = case(tmp_path, "pass", "    def render(self):\n        return [][1]\n")
    lines: list[str] = []
    outcome = execute(path, sim_bars(30), tmp_path, lines=lines)
    assert (outcome.status, outcome.picture) == ("done", {})
    assert f"{path}:{line_of(path, '[][1]')}: IndexError" in lines[0]
    assert "no picture: render() failed" in outcome.conventions[-1]


def test_an_order_meets_the_next_open_not_the_close_it_was_decided_on(tmp_path: Path) -> None:
    bars = flat_bars([100.0, 110.0, 120.0, 130.0, 140.0], gap=3.0)

    def buys(self: Bare, n: int, bar: Any) -> None:
        if n == 2:
            self.market("buy", "0.100000")

    bare = run_bare(bars, buys)
    assert bare.fills == [(int(bars.ts_ns[2]), Decimal("120.000"))]  # this very close

    path = case(tmp_path, "if n == 3:\n    self.context.place_order('buy', '0.1')")
    (fill,) = execute(path, bars, tmp_path).fills
    assert (fill.ts_ns, fill.price) == (int(bars.ts_ns[2]) + 1, Decimal("123.000"))

    (same,) = execute(path, bars, tmp_path, fill_at="same_close").fills
    assert (same.ts_ns, same.price) == (int(bars.ts_ns[2]), Decimal("120.000"))


PEEKS = """
side = "sell" if tick.close > 100 else "buy"
if self.context.get_position().size * (1 if side == "buy" else -1) <= 0:
    self.context.place_order(side, 1)
"""


def test_who_trades_on_a_close_he_has_seen_is_not_made_rich_by_it(tmp_path: Path) -> None:
    """Every bar opens at 100 and closes at 105 or 95: the close tells all, the next open nothing."""
    path = case(tmp_path, PEEKS)
    bars = flat_bars([105.0, 95.0] * 20)
    bars.open[:] = 100.0
    bars.high[:], bars.low[:] = 105.5, 94.5
    free = {"fees": "none", "balance": Decimal(1000)}
    honest = execute(path, bars, tmp_path, **free)  # type: ignore[arg-type]
    assert {fill.price for fill in honest.fills} == {Decimal("100.000")}
    decided = {order.id: order.ts_ns for order in honest.orders}
    for fill in honest.fills:
        assert int((bars.ts_ns < fill.ts_ns).sum()) == int(
            (bars.ts_ns <= decided[fill.order]).sum()
        )
        assert fill.ts_ns > decided[fill.order]
    assert final_equity(honest, Decimal(1000)) <= 1005  # what the last close says of what is held
    peeking = execute(path, bars, tmp_path, fill_at="same_close", **free)  # type: ignore[arg-type]
    assert final_equity(peeking, Decimal(1000)) > 1000 + 10 * 19


def test_the_same_close_is_asked_for_by_name_and_stamped(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    add_strategy(home, "case", HEAD + "        pass\n")
    save_market(home, BTC)
    usual = resolve(home, SpecV2("case", "BTC/USDT"))
    assert usual.fill_at == "next_open"
    named = resolve(home, SpecV2("case", "BTC/USDT", fill="same_close"))
    assert stamps(usual, "crypto", "BTC/USDT", False) == ()
    assert stamps(named, "crypto", "BTC/USDT", True) == ("simulated", "same close")
    with pytest.raises(UsageError, match="nearest: same_close"):
        resolve(home, SpecV2("case", "BTC/USDT", fill="same_closes"))


def test_the_fill_convention_stands_on_the_report(tmp_path: Path) -> None:
    path = case(tmp_path, "pass")
    assert "next bar's open" in execute(path, sim_bars(20), tmp_path).conventions[0]
    assert (
        "optimistic" in execute(path, sim_bars(20), tmp_path, fill_at="same_close").conventions[0]
    )
    with pytest.raises(UsageError, match="next_open or same_close"):
        execute(path, sim_bars(20), tmp_path, fill_at="best")


def test_more_than_a_hundred_orders_a_second_are_not_throttled(tmp_path: Path) -> None:
    def burst(self: Bare, n: int, bar: Any) -> None:
        if n == 5:
            for _ in range(150):
                self.market("buy", "0.000100")

    bare = run_bare(sim_bars(30), burst)
    assert (len(bare.fills), len(bare.denied)) == (100, 50)

    path = case(
        tmp_path, "if n == 5:\n    for _ in range(150): self.context.place_order('buy', '0.0001')"
    )
    outcome = execute(path, sim_bars(30), tmp_path)
    assert len(outcome.fills) == 150


def test_a_ruined_account_ends_the_run_and_says_so(tmp_path: Path) -> None:
    closes = [100.0] * 10 + [100.0 - 2.0 * n for n in range(1, 41)]

    def all_in(self: Bare, n: int, bar: Any) -> None:
        if n == 3:
            self.market("buy", "90.000000")

    assert run_bare(flat_bars(closes), all_in, 1000.0).seen == len(closes)  # sank and went on

    path = case(tmp_path, "if n == 4:\n    self.context.place_order('buy', '90')")
    outcome = execute(path, flat_bars(closes), tmp_path, balance=Decimal(1000))
    loss_a_bar = 90 * 2
    assert outcome.status == "done"
    assert outcome.seen == 10 + -(-(1000 - 4.5) // loss_a_bar)
    assert "ruined" in outcome.error
    assert "ruined" in outcome.conventions[0]


def test_a_short_is_ruined_by_a_rise(tmp_path: Path) -> None:
    closes = [100.0] * 10 + [100.0 + 2.0 * n for n in range(1, 41)]
    path = case(tmp_path, "if n == 4:\n    self.context.place_order('sell', '90')")
    outcome = execute(path, flat_bars(closes), tmp_path, balance=Decimal(1000))
    assert "ruined" in outcome.error
    assert outcome.seen == 16


def test_an_order_beyond_the_margin_is_denied_with_the_reason(tmp_path: Path) -> None:
    path = case(tmp_path, "if n == 4:\n    self.context.place_order('buy', '5000')")
    outcome = execute(path, flat_bars([100.0] * 20), tmp_path, balance=Decimal(1000))
    (order,) = outcome.orders
    assert (order.status, outcome.fills) == ("denied", [])
    assert "MARGIN" in order.reason


def test_the_extreme_nearer_to_the_open_comes_first(tmp_path: Path) -> None:
    """A bar that touches both levels: the bare order is always the high first."""
    bars = flat_bars([100.0] * 12, spread=0.5)
    bars.high[8], bars.low[8] = 110.0, 98.0
    body = (
        "if n == 5:\n    self.context.place_order('sell', '0.1', price='109', tag='high')\n"
        "    self.context.place_order('buy', '0.1', price='98.5', tag='low')"
    )
    fills = execute(case(tmp_path, body), bars, tmp_path).fills
    assert [fill.tag for fill in fills] == ["low", "high"]


def test_nothing_of_the_engine_reaches_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = case(tmp_path, "if n % 9 == 0:\n    self.context.place_order('buy', '0.001')")
    execute(path, sim_bars(300), tmp_path)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_bars_without_volume_can_be_traded(tmp_path: Path) -> None:
    bars = flat_bars([100.0 + n for n in range(20)])
    bars.volume[:] = 0.0
    path = case(tmp_path, "if n == 5:\n    self.context.place_order('buy', '2')")
    assert [fill.size for fill in execute(path, bars, tmp_path).fills] == [Decimal(2)]


def test_depth_does_not_split_an_order(tmp_path: Path) -> None:
    """The bare engine fills a quarter of the bar's volume and the rest one tick worse."""

    def buys(self: Bare, n: int, bar: Any) -> None:
        if n == 5:
            self.market("buy", "50.000000")

    bars = flat_bars([100.0] * 20)
    prices = [price for _, price in run_bare(bars, buys).fills]
    assert prices == [Decimal("100.000"), Decimal("100.001")]

    path = case(tmp_path, "if n == 6:\n    self.context.place_order('buy', '50')")
    (fill,) = execute(path, bars, tmp_path).fills
    assert (fill.size, fill.price) == (Decimal(50), Decimal("100.000"))


def test_a_position_is_netted_not_hedged(tmp_path: Path) -> None:
    body = (
        "if n in (5, 10): self.context.place_order('buy', '1')\n"
        "if n == 15: self.context.place_order('sell', '3')\n"
        "if n == 20: self.state['size'] = str(self.context.get_position().size)"
    )
    after = "    def render(self):\n        return {'widgets': [], 'size': self.state['size']}\n"
    outcome = execute(case(tmp_path, body, after), flat_bars([100.0] * 30), tmp_path)
    assert Decimal(str(outcome.picture["size"])) == -1


def test_the_cost_of_an_order_does_not_grow_with_the_trades_before_it(tmp_path: Path) -> None:
    """In hedging mode the bare engine looks through every position it ever had."""
    bars = sim_bars(1600)

    def trips(self: Bare, n: int, bar: Any) -> None:
        if n % 400 == 0:
            stops.append(process_time())
        self.market("sell" if n % 2 else "buy", "0.010000")

    stops: list[float] = []
    run_bare(bars, trips, hedging=True)
    assert growth(stops) > 3

    body = (
        "if n % 400 == 1:\n    import time; self.state.setdefault('at', []).append(time.process_time())\n"
        "self.context.place_order('sell' if n % 2 else 'buy', '0.01')"
    )
    after = "    def render(self):\n        return {'widgets': [], 'at': self.state['at']}\n"
    outcome = execute(case(tmp_path, body, after), bars, tmp_path)
    assert len(outcome.fills) == 1599
    at = outcome.picture["at"]
    assert isinstance(at, list)
    assert growth(at) < 3


def growth(stops: list[float]) -> float:
    """Return how many times longer the last stretch took than the first."""
    return (stops[-1] - stops[-2]) / (stops[1] - stops[0])


def test_an_average_that_has_seen_too_little_is_none_not_zero() -> None:
    """The engine's average reads 0.0 while it warms up, which crosses everything."""
    from nautilus_trader.indicators import ExponentialMovingAverage

    from clearedge_tui.contract.indicators import Ema

    ours, theirs = Ema(20), ExponentialMovingAverage(20)
    for n, close in enumerate(sim_bars(200).close.tolist(), 1):
        value = ours.update(close)
        theirs.update_raw(close)
        if n < 20:
            assert (value, theirs.value) == (None, 0.0)
        else:
            assert value == pytest.approx(theirs.value, rel=1e-12)


def test_the_first_order_time_is_the_bar_that_decided_it(tmp_path: Path) -> None:
    bars = sim_bars(60)
    outcome = execute(
        case(tmp_path, "if n == 20: self.context.place_order('buy', 1)"), bars, tmp_path
    )
    assert outcome.orders[0].ts_ns == int(bars.ts_ns[19])
    assert outcome.fills[0].ts_ns - outcome.orders[0].ts_ns == 1
    assert int(bars.ts_ns[20]) - outcome.fills[0].ts_ns == MINUTE - 1


def test_limit_orders_at_a_gap(tmp_path: Path) -> None:
    """One that rested gets its price, as maker; a new one beyond the open gets the open, as taker."""
    bars = flat_bars([100.0] * 20, spread=0.2)
    for column in (bars.open, bars.high, bars.low, bars.close):
        column[10:] -= 5.0  # the tenth bar opens at 95
    body = (
        "if n == 5: self.context.place_order('buy', '1', price='98', tag='rested')\n"
        "if n == 10: self.context.place_order('buy', '1', price='97', tag='new')"
    )
    fills = execute(case(tmp_path, body), bars, tmp_path).fills
    assert [(fill.tag, fill.price, fill.maker) for fill in fills] == [
        ("rested", Decimal("98.000"), True),
        ("new", Decimal("95.000"), False),
    ]
    assert [fill.ts_ns - int(bars.ts_ns[9]) for fill in fills] == [1, 1]
