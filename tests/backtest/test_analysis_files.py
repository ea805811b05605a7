"""The analysis beside a run's report: read, computed for runs without it, and from trade to orders."""

from decimal import Decimal
from itertools import repeat
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import artifacts, listing, report
from clearedge_tui.runs.analysis.load import load_analysis
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import FillRow, OrderRow, Outcome
from clearedge_tui.settings import Home
from tests.backtest import plain
from tests.backtest.box import BTC, MINUTE, make_home, store
from tests.backtest.plain import World, world

RUN = "20260101-000000-x-0001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def result_of(made: World, timeframe: str = "4h") -> report.Result:
    spec = BacktestSpec("x", BTC.market_id, timeframe, balance=Decimal(plain.BALANCE))
    outcome = Outcome(made.bars, len(made.bars), fills=made.fills, orders=made.orders)
    return report.build(RUN, spec, BTC.info, outcome, 0)


def test_what_was_written_is_read_and_named_in_the_report(home: Home) -> None:
    result = result_of(world(7))
    written = artifacts.write(home, result)
    assert load_analysis(home, RUN) == result.analysed.analysis
    assert Path(written.paths["analysis"]).is_file()
    text = (listing.run_folder(home, RUN) / "report.md").read_text()
    assert "Deepest drawdowns" in text


def test_a_run_without_an_analysis_gets_the_same_one_from_its_tables(home: Home) -> None:
    made = world(7)
    store(home, BTC, "4h", made.bars)
    result = result_of(made)
    artifacts.write(home, result)
    (listing.run_folder(home, RUN) / "analysis.json").unlink()
    assert load_analysis(home, RUN) == result.analysed.analysis
    assert not (listing.run_folder(home, RUN) / "analysis.json").exists()  # a run stays as it was


def test_without_its_bars_an_old_run_has_what_its_tables_tell(home: Home) -> None:
    made = world(7)
    store(home, BTC, "4h", made.bars.slice(0, 300))  # the catalog has others today
    result = result_of(made)
    artifacts.write(home, result)
    (listing.run_folder(home, RUN) / "analysis.json").unlink()
    found, whole = load_analysis(home, RUN).figures, result.analysed.analysis.figures
    gone = {name for name, value in found.items() if value != whole[name]}
    assert all(found[name] is None for name in gone)
    assert gone == {
        "avg_mae", "worst_mae", "avg_mfe", "best_mfe", "avg_given_back", "edge_ratio", "slippage",
        "slippage_bps", "buy_hold_return", "excess_return", "alpha", "beta", "correlation",
        "information_ratio",
    }  # fmt: skip


@pytest.mark.parametrize("seen", [0, 1, 200])
def test_a_run_that_ended_early_is_analysed_as_far_as_it_came(home: Home, seen: int) -> None:
    made = world(7)
    store(home, BTC, "4h", made.bars)
    spec = BacktestSpec("x", BTC.market_id, "4h", balance=Decimal(plain.BALANCE))
    fills = [fill for fill in made.fills if fill.ts_ns <= made.bars.ts_ns[max(0, seen - 1)]]
    outcome = Outcome(made.bars, seen, "failed", "it fell", fills=fills, orders=made.orders)
    result = report.build(RUN, spec, BTC.info, outcome, 0)
    artifacts.write(home, result)
    assert load_analysis(home, RUN) == result.analysed.analysis
    (listing.run_folder(home, RUN) / "analysis.json").unlink()
    again = load_analysis(home, RUN)
    assert again.figures == result.analysed.analysis.figures
    assert (again.falls == ()) is (seen == 0 or again.figures["max_drawdown"] == 0)


def test_a_ruined_run_without_its_bars_is_analysed_too(home: Home) -> None:
    made = world(5, 200, 0.0)
    huge = world(3).fills[0]._replace(side="buy", size=Decimal(5000), order="a", tag="")
    made.fills.append(huge._replace(ts_ns=int(made.bars.ts_ns[3])))
    made.bars.close[50:] = 5.0
    artifacts.write(home, result_of(made))
    (listing.run_folder(home, RUN) / "analysis.json").unlink()
    store(home, BTC, "4h", made.bars.slice(0, 20))
    found = load_analysis(home, RUN)
    assert found.figures["total_return"] < -1  # type: ignore[operator]  # it is defined
    assert found.exposure.value == ()


def test_what_cannot_be_read_says_why(home: Home) -> None:
    with pytest.raises(NotFound, match="no run"):
        load_analysis(home, RUN)
    artifacts.write(home, result_of(world(7)))
    folder = listing.run_folder(home, RUN)
    (folder / "analysis.json").write_text("{")
    with pytest.raises(BadData, match="remove the file"):
        load_analysis(home, RUN)
    (folder / "analysis.json").unlink()
    (folder / "equity.parquet").unlink()
    with pytest.raises(NotFound, match="failed before its end"):
        load_analysis(home, RUN)


def test_a_trade_leads_to_its_fills_and_they_to_their_orders(home: Home) -> None:
    made = world(7)
    artifacts.write(home, result_of(made))
    folder = listing.run_folder(home, RUN)
    trades, fills, orders = (
        pq.read_table(folder / f"{name}.parquet").to_pylist()
        for name in ("trades", "fills", "orders")
    )
    wanted = plain.trips(made)
    assert [trade["number"] for trade in trades] == list(range(1, len(wanted) + 1))
    known = {order["id"]: order for order in orders}
    total = 0.0
    for trade, trip in zip(trades, wanted, strict=True):
        rows = fills[trade["first_fill"] : trade["last_fill"] + 1]
        assert (rows[0]["ts_ns"], rows[-1]["ts_ns"]) == (trade["entry_ns"], trade["exit_ns"])
        assert rows[0]["side"] == ("buy" if trade["side"] == "long" else "sell") != rows[-1]["side"]
        assert all(known[row["order"]]["side"] == row["side"] for row in rows)
        assert trade["duration_ns"] == trip.exit_ns - trip.entry_ns
        total += trip.pnl
        assert trade["pnl_so_far"] == pytest.approx(total)
        assert trade["mae"] == pytest.approx(min(0.0, *map(float, trip.running)))
        assert trade["mfe"] == pytest.approx(max(0.0, *map(float, trip.running)))


def long_world(count: int, trades: int) -> World:
    """Return a million minutes and ten thousand trades, cheaply."""
    walk = 100.0 + np.abs(np.random.default_rng(1).normal(size=count).cumsum()) / 50
    ts_ns = np.arange(1, count + 1, dtype=np.int64) * MINUTE
    bars = Bars(ts_ns, walk, walk + 0.1, walk - 0.1, walk, np.ones(count))
    at = np.linspace(10, count - 10, 2 * trades).astype(np.int64)
    rows = zip(ts_ns[at].tolist(), np.round(walk[at], 2).tolist(), range(len(at)), strict=True)
    made = World(bars, [], [])
    one, fee = Decimal(1), Decimal("0.05")
    for ts, price, n in rows:
        side, name, exact = ("buy", "sell")[n % 2], f"o{n}", Decimal(repr(price))
        made.fills.append(FillRow(ts + 1, name, side, one, exact, fee, False, ""))
        made.orders.append(OrderRow(name, ts, side, "market", one, None, one, "filled"))
    return made


def test_a_million_bars_and_ten_thousand_trades_open_in_300_ms(home: Home) -> None:
    artifacts.write(home, result_of(long_world(1_000_000, 10_000), "1m"))
    took = []
    for _ in repeat(None, 3):
        began = perf_counter()
        opened = listing.load_report(home, RUN), load_analysis(home, RUN)
        took.append(perf_counter() - began)
    assert opened[0].trades_total == opened[1].figures["trades"] == 10_000
    assert min(took) < 0.3
    assert max(len(opened[0].equity.value), len(opened[1].exposure.value)) <= 1002
