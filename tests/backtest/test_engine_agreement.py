"""Our books against the engine's own, and results that do not depend on how the data are cut."""

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
from nautilus_trader.model import AccountId, InstrumentId

from clearedge_tui.engine import backtest
from clearedge_tui.runs.model import BacktestSpec, Progress
from tests.backtest.box import BTC, STRATEGIES, execute, final_equity, sim_bars

SAMPLES = ["ema_cross", "donchian_breakout", "rsi_pullback", "grid_maker", "native_ema"]


@pytest.mark.parametrize("name", ["ema_cross", "grid_maker"])
@pytest.mark.parametrize("most", [1, 7, 1000])
def test_fills_do_not_depend_on_the_slices(
    name: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = sim_bars(900)
    config = (
        {"levels": 4, "step": "0.1", "size": "0.01"}
        if name == "grid_maker"
        else {"fast": 5, "slow": 20}
    )
    whole = execute(STRATEGIES / f"{name}.py", bars, tmp_path, config)
    monkeypatch.setattr(backtest, "_SLICE", most)
    monkeypatch.setattr(backtest, "_FIRST_SLICE", most)
    cut = execute(STRATEGIES / f"{name}.py", bars, tmp_path, config)
    assert len(whole.fills) > 10
    assert cut.fills == whole.fills
    assert pickle.dumps(cut.orders) == pickle.dumps(whole.orders)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_backtest_repeats_itself_exactly(name: str, tmp_path: Path) -> None:
    first = execute(STRATEGIES / f"{name}.py", sim_bars(1500), tmp_path)
    again = execute(STRATEGIES / f"{name}.py", sim_bars(1500), tmp_path)
    assert (first.fills, first.seen) == (again.fills, again.seen)


class Peek:
    """An engine that notes its account's end before it is disposed of."""

    def __init__(self, engine: Any, ends: list[tuple[Decimal, Decimal]]) -> None:
        self._engine = engine
        self._ends = ends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def dispose(self) -> None:
        account = self._engine.cache.account(AccountId("LOCAL-001"))
        (money,) = account.balances_total().values()
        pnl = self._engine.portfolio.unrealized_pnl(InstrumentId.from_str(BTC.market_id))
        self._ends.append((money.as_decimal(), pnl.as_decimal() if pnl else Decimal(0)))
        self._engine.dispose()


@pytest.mark.parametrize("name", ["ema_cross", "grid_maker", "donchian_breakout"])
def test_our_books_equal_the_engines_account(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[Decimal, Decimal]] = []
    make = backtest._engine
    monkeypatch.setattr(backtest, "_engine", lambda *given: Peek(make(*given), ends))
    bars = sim_bars(4000)
    outcome = execute(STRATEGIES / f"{name}.py", bars, tmp_path)
    ((money, open_pnl),) = ends
    assert len(outcome.fills) > 3
    assert final_equity(outcome) == pytest.approx(money + open_pnl, abs=Decimal("0.001"))


def test_progress_goes_up_to_one_and_a_stop_is_obeyed(tmp_path: Path) -> None:
    heard: list[Progress] = []
    plan = plan_of(tmp_path, sim_bars(30_000))
    outcome = backtest.execute(plan, heard.append, lambda: len(heard) >= 1)
    assert outcome.status == "cancelled"
    assert 0 < outcome.seen < 30_000
    heard.clear()
    assert backtest.execute(plan, heard.append).status == "done"
    done = [step.done for step in heard]
    assert done == sorted(done)
    assert (done[-1], heard[-1].bars, heard[-1].eta_s) == (1.0, 30_000, 0.0)
    assert len(heard) > 2
    assert all(0 < len(step.equity) <= 120 for step in heard), "each tells the equity so far"
    assert len({step.equity for step in heard}) == len(heard)


def plan_of(folder: Path, bars: Any) -> backtest.Plan:
    from clearedge_tui.engine.loading import load

    spec = BacktestSpec("ema_cross", BTC.market_id, "1m")
    loaded = load(STRATEGIES / "ema_cross.py")
    return backtest.Plan(spec, BTC.info, bars, loaded, folder, lambda *_: None)


SEES = """
from clearedge_tui.contract import Strategy
class Case(Strategy):
    def init(self):
        return {"n": 0, "seen": []}
    def on_tick(self, tick):
        self.state["n"] += 1
        c = self.context
        assert tick.kind == "bar" and tick.price == tick.close == c.get_price()
        assert int(c.now().timestamp()) == tick.ts_ns // 10**9
        past = c.history(5)
        assert past[-1] == tick and len(past) == min(5, self.state["n"])
        if self.state["n"] == 10:
            self.id = c.place_order("buy", 0.12345678, price=1.23456, tag="low")
            order, = c.get_orders()
            assert (order.id, str(order.size), str(order.price)) == (self.id, "0.123456", "1.235")
            assert (order.kind, order.status, order.tag) == ("limit", "sent", "low")
        if self.state["n"] == 12:
            assert c.get_orders()[0].status == "open"
            c.cancel_order(self.id)
            c.cancel_order("never heard of")
        if self.state["n"] == 13:
            assert not c.get_orders()
            c.place_order("buy", "0.5")
        if self.state["n"] == 14:
            p = c.get_position()
            assert (str(p.size), p.is_flat) == ("0.500000", False)
            assert p.pnl == p.unrealised - p.fees
        if self.state["n"] == 15:
            for bad in (("hold", 1), ("buy", 0), ("buy", "x"), ("buy", "0.0000001")):
                try:
                    c.place_order(*bad)
                except ValueError as error:
                    self.state["seen"].append(str(error))
            c.log("thinking\\x1b[31m", "warning")
    def on_order(self, order):
        self.state["seen"].append(order.status)
    def render(self):
        return {"widgets": [], "seen": self.state["seen"]}
"""


def test_the_context_is_as_the_contract_says(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(SEES)
    lines: list[str] = []
    outcome = execute(path, sim_bars(40), tmp_path, lines=lines)
    assert outcome.error == ""
    seen = outcome.picture["seen"]
    assert isinstance(seen, list)
    assert seen[:3] == ["open", "cancelled", "filled"]
    assert len(seen) == 7
    assert lines == ["warning thinking\x1b[31m"]
    assert [order.status for order in outcome.orders] == ["cancelled", "filled"]


def test_memory_does_not_grow_over_many_runs(tmp_path: Path) -> None:
    """Without `dispose` an engine leaves 6 to 10 MB behind."""
    bars = sim_bars(1500)
    own = psutil.Process()
    for _ in range(20):
        execute(STRATEGIES / "ema_cross.py", bars, tmp_path)
    before = own.memory_info().rss
    for _ in range(40):
        execute(STRATEGIES / "ema_cross.py", bars, tmp_path)
    assert own.memory_info().rss - before < 60 << 20


KEEPS = """
from dataclasses import asdict, astuple
from clearedge_tui.contract import Strategy
class Case(Strategy):
    def init(self):
        return {"n": 0}
    def on_tick(self, tick):
        self.state["n"] += 1
        n, c = self.state["n"], self.context
        if n in (5, 15, 25):
            c.place_order("sell" if n == 15 else "buy", "0.5")
        if n == 10:
            self.early, self.seen = c.get_position(), astuple(c.get_position())
        if n == 12:
            self.late = c.get_position()  # looked at only after later fills
            self.price = tick.close
    def render(self):
        assert asdict(self.early)["size"] == self.seen[0]
        assert "avg_price" in repr(self.early)
        moved = float(self.late.unrealised) - (self.price - float(self.late.avg_price)) * 0.5
        return {"widgets": [], "moved": abs(moved), "realised": str(self.late.realised),
                "same": astuple(self.early) == self.seen}
"""


def test_a_position_that_was_kept_does_not_move_with_later_fills(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(KEEPS)
    outcome = execute(path, sim_bars(40), tmp_path)
    assert len(outcome.fills) == 3
    assert outcome.picture["same"] is True
    assert outcome.picture["realised"] == "0"
    assert float(str(outcome.picture["moved"])) < 1e-6
