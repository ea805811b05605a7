"""Costs: read by name, charged in the run itself, and exact to the last digit."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN
from decimal import Decimal as D
from math import ceil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import UsageError
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market, describe, save_market
from clearedge_tui.runs import costs
from clearedge_tui.runs.carry import CashRow
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import Outcome
from clearedge_tui.runs.spec import resolve
from clearedge_tui.runs.spec.v2 import Costs, SpecV2, of_backtest
from clearedge_tui.runs.text_report import markdown
from clearedge_tui.runs.verify import verify
from tests.backtest.box import (
    BTC,
    STRATEGIES,
    add_strategy,
    execute,
    flat_bars,
    make_home,
    sim_bars,
)
from tests.backtest.box import store as store_bars

HOUR = 3_600_000_000_000
RANDOM = """
from random import Random
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {"seed": {"type": "int", "default": 1, "min": 0}}
class Case(Strategy):
    def init(self):
        return {"dice": Random(self.config["seed"])}
    def on_tick(self, tick):
        dice = self.state["dice"]
        if dice.random() < 0.05:
            size = dice.choice(["0.013", "1.7", "2", "40"])
            self.context.place_order(dice.choice(["buy", "sell"]), size)
    def render(self):
        return {"widgets": [], "pnl": str(self.context.get_position().pnl)}
"""
WHOLE = D("0.00000001")


@pytest.mark.parametrize(
    ("kind", "model", "wanted"),
    [
        ("fees", "per_share:0.005:min=1:max=1%", costs.Commission(D("0.005"), D(1), D("0.01"))),
        ("fees", "per_contract:0.85", costs.Commission(D("0.85"))),
        ("fees", "none", None),
        ("slippage", "bps:1", costs.Slippage(share=D("0.0001"))),
        ("slippage", "ticks:3", costs.Slippage(ticks=3)),
        ("slippage", "impact:1%", costs.Slippage(impact=D("0.01"))),
        ("latency", "ms:250", 250_000_000),
        ("latency", "none", 0),
        ("funding", "rate:-0.0001/4h", costs.Funding(D("-0.0001"), 4 * HOUR)),
        ("borrow", "rate:3%", D("0.03")),
    ],
)
def test_a_model_is_read_from_its_name(kind: str, model: str, wanted: object) -> None:
    assert costs._CHECKS[kind](model) == wanted
    assert costs.checked(kind, model) == model


@pytest.mark.parametrize(
    ("kind", "model", "said"),
    [
        ("fees", "per_shares:1", "nearest: per_share"),
        ("fees", "per_share:1:mim=2", "option `mim`; nearest: min"),
        ("fees", "per_share", "no number"),
        ("fees", "per_share:NaN", "no number"),
        ("fees", "rates:1", "too much is said"),
        ("slippage", "bsp:1", "nearest: bps"),
        ("slippage", "bps:-1", "no number from 0"),
        ("slippage", "bps:0", "zero is asked for as `none`"),
        ("slippage", "ticks:1.5", "whole"),
        ("latency", "ms:1e99", "no number"),
        ("funding", "rate:0.0001", "divide a day"),
        ("funding", "rate:0.0001/5h", "divide a day"),
        ("borrow", "0.01", "Models: none, rate:0.01"),
    ],
)
def test_an_unknown_model_is_an_error_that_names_the_nearest(
    kind: str, model: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        costs.checked(kind, model)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("BTC/USDT", ("rates", "bps:1", "none", "none", "none")),
        ("BTC/USDT-PERP", ("rates", "bps:1", "none", "rate:0.0001/8h", "none")),
        ("GBP/USD", ("rates", "bps:0.5", "none", "none", "none")),
        ("AAPL", ("per_share:0.005:min=1:max=1%", "bps:2", "none", "none", "rate:0.01")),
    ],
)
def test_what_nobody_asked_for_is_usual_and_never_free(
    name: str, wanted: tuple[str, ...], tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    add_strategy(home, "case", RANDOM)
    market = describe(name.removesuffix("-PERP"))
    if name.endswith("-PERP"):  # as sources name them
        market = msgspec.structs.replace(market, symbol=name, market_id="BTCUSDT-PERP.LOCAL")
    save_market(home, market)

    def asked(**models: Any) -> tuple[str, ...]:
        spec = resolve.resolve(home, SpecV2("case", market.market_id, costs=Costs(**models)))
        again = resolve.resolve(home, of_backtest(spec))
        assert msgspec.structs.replace(again, fees_of=spec.fees_of) == spec
        stamped.append(costs.stamps(spec, market.asset_class, market.symbol, False))
        return spec.fees, spec.slippage, spec.latency, spec.funding, spec.borrow

    stamped: list[tuple[str, ...]] = []
    assert asked() == wanted
    free = dict.fromkeys(("fees", "slippage", "latency", "funding", "borrow"), "none")
    assert asked(**free) == ("none",) * 5
    assert stamped[0] == ()
    assert stamped[1][:2] == ("zero fees", "no slippage")
    assert ("no funding" in stamped[1]) == ("PERP" in name)
    assert ("no borrowing cost" in stamped[1]) == (name == "AAPL")


def _paid(outcome: Outcome, funding: D, yearly: D) -> list[CashRow]:
    """Return the payments by a plain loop over the clock."""
    bars, rows = outcome.bars, []
    for at in range(int(bars.ts_ns[0]) // HOUR * HOUR + HOUR, int(bars.ts_ns[-1]) + 1, HOUR):
        done = [f for f in outcome.fills if f.ts_ns <= at]
        held = sum(((f.size if f.side == "buy" else -f.size) for f in done), D(0))
        price = D(f"{bars.close[int((bars.ts_ns <= at).sum()) - 1]:.3f}")
        due = (-held * price * funding).quantize(WHOLE, ROUND_HALF_EVEN)
        if held:
            rows.append(CashRow(at, "funding", held, price, due))
        if held < 0 and at % (24 * HOUR) == 0:
            due = (held * price * yearly / 365).quantize(WHOLE, ROUND_HALF_EVEN)
            rows.append(CashRow(at, "borrow", held, price, due))
    return rows


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10_000),
    slippage=st.sampled_from(["none", "bps:3", "ticks:7"]),
    fees=st.sampled_from(["none", "rates", "per_share:0.05:min=1:max=1%"]),
    gaps=st.booleans(),
)
def test_cash_is_the_balance_less_every_cost_exactly(
    seed: int, slippage: str, fees: str, gaps: bool, tmp_path: Path
) -> None:
    path = tmp_path / "case.py"
    path.write_text(RANDOM)
    bars = sim_bars(2000, seed)
    if gaps:
        bars = bars.take(np.random.default_rng(seed).random(len(bars)) > 0.3)
    outcome = execute(
        path, bars, tmp_path, {"seed": seed}, slippage=slippage, fees=fees, balance=D(10**7),
        funding="rate:0.0003/1h", borrow="rate:0.2",
    )  # fmt: skip
    assert (outcome.status, outcome.error) == ("done", "")
    cash, slipped, charged, size = D(10**7), D(0), D(0), D(0)
    for fill in outcome.fills:
        sign = 1 if fill.side == "buy" else -1
        opened = D(f"{bars.open[np.searchsorted(bars.ts_ns, fill.ts_ns)]:.3f}")
        away = {"none": D(0), "bps:3": opened * D("0.0003"), "ticks:7": D("0.007")}[slippage]
        rounding = ROUND_CEILING if sign > 0 else ROUND_FLOOR
        assert fill.price == (opened + sign * away).quantize(D("0.001"), rounding)
        worth = fill.size * fill.price
        wanted = {
            "none": D(0),
            "rates": worth * D("0.0005"),
            "per_share:0.05:min=1:max=1%": min(max(fill.size * D("0.05"), D(1)), worth / 100),
        }[fees]
        assert fill.fee == wanted.quantize(WHOLE, ROUND_HALF_EVEN)
        slipped += fill.size * abs(fill.price - opened)
        charged += fill.fee
        size += sign * fill.size
        cash -= sign * fill.size * opened
    assert outcome.cash == _paid(outcome, D("0.0003"), D("0.2"))
    assert len(outcome.fills) > 20 < len(outcome.cash)
    carried = sum((row.amount for row in outcome.cash), D(0))
    cash += carried - slipped - charged
    worth = cash + size * D(f"{bars.close[-1]:.3f}")
    own = D(10**7) + D(str(outcome.picture["pnl"]))  # what the strategy itself reads
    assert abs(own - worth) < D("1e-15")  # averages of entries are rounded at 28 digits


def test_a_run_keeps_its_payments_and_its_stamps(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    add_strategy(home, "case", RANDOM)
    store_bars(home, BTC, "1m", sim_bars(1500))
    asked = SpecV2(
        "case",
        "BTC/USDT",
        costs=Costs("none", funding="rate:0.001/1h", slippage="none", latency="ms:5"),
    )
    report = run_backtest(home, resolve.resolve(home, asked))
    assert report.summary.stamps == ("zero fees", "no slippage")
    assert "! ZERO FEES · NO SLIPPAGE" in markdown(report)
    folder = run_folder(home, report.summary.run_id)
    rows = pq.read_table(folder / "cashflows.parquet").to_pylist()
    fills = pq.read_table(folder / "fills.parquet").to_pylist()
    marks = pq.read_table(folder / "equity.parquet").to_pylist()
    assert {row["kind"] for row in rows} == {"funding"}
    cash = 100_000 + sum(row["amount"] for row in rows)
    for fill in fills:
        cash -= (fill["size"] if fill["side"] == "buy" else -fill["size"]) * fill["price"]
    bars = sim_bars(1500)
    assert marks[-1]["equity"] == pytest.approx(
        float(cash) + marks[-1]["position"] * float(bars.close[-1]), abs=1e-6
    )
    assert any(line.startswith(f"carry: {len(rows)} payments") for line in report.conventions)
    verdict = verify(home, report.summary.run_id)
    assert verdict.same, verdict.line()


HOLDS = """
from clearedge_tui.contract import Strategy
class Case(Strategy):
    def init(self):
        return {"n": 0}
    def on_tick(self, tick):
        self.state["n"] += 1
        if self.state["n"] == 5:
            self.context.place_order("SIDE", "9")
"""
NATIVE = (STRATEGIES / "native_ema.py").read_text()


@pytest.mark.parametrize(
    ("side", "model"), [("buy", {"funding": "rate:0.05/1h"}), ("sell", {"borrow": "rate:9"})]
)
def test_an_account_can_be_ruined_by_what_it_pays_with_time(
    side: str, model: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "case.py"
    path.write_text(HOLDS.replace("SIDE", side))
    bars = flat_bars([100.0] * 60 * 24 * (1 if side == "buy" else 8))
    outcome = execute(path, bars, tmp_path, balance=D(100), fees="none", **model)
    due = {"buy": D("45"), "sell": D("22.19178082")}[side]
    assert "ruined" in outcome.error
    assert len(outcome.cash) == ceil(100 / due)
    assert {-row.amount for row in outcome.cash} == {due}
    ended = int(bars.ts_ns[outcome.seen - 1])
    assert ended == outcome.cash[-1].ts_ns  # at the very bar of the payment


def test_a_native_strategy_pays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "native.py"
    path.write_text(NATIVE)
    asked: dict[str, Any] = {
        "slippage": "bps:5",
        "fees": "per_share:0.5:min=2",
        "funding": "rate:0.0003/1h",
    }
    bars = sim_bars(1500)
    free = execute(path, bars, tmp_path, slippage="none", fees="none")
    outcome = execute(path, bars, tmp_path, **asked)
    assert [f.order for f in outcome.fills] == [f.order for f in free.fills] != []
    for ours, theirs in zip(outcome.fills, free.fills, strict=True):
        sign = 1 if ours.side == "buy" else -1
        rounding = ROUND_CEILING if sign > 0 else ROUND_FLOOR
        slipped = theirs.price * (1 + sign * D("0.0005"))
        assert ours.price == slipped.quantize(D("0.001"), rounding)
        assert ours.fee == max(D(2), ours.size / 2)
    assert outcome.cash == _paid(outcome, D("0.0003"), D(0))


def test_an_order_filled_in_parts_pays_one_commission(tmp_path: Path) -> None:
    path = tmp_path / "native.py"
    path.write_text(NATIVE)
    bars = sim_bars(400)
    bars.volume[:] = 10.0  # a native strategy's orders are cut by it
    outcome = execute(
        path, bars, tmp_path, {"fast": 3, "slow": 9, "size": "7"},
        fees="per_share:0.5:min=5:max=1%", balance=D(10**6), fill_at="same_close",
    )  # fmt: skip
    parts: dict[str, list[tuple[D, D, D]]] = {}
    for fill in outcome.fills:
        parts.setdefault(fill.order, []).append((fill.size, fill.size * fill.price, fill.fee))
    assert max(map(len, parts.values())) > 1
    for fills in parts.values():
        size, worth, fee = (sum(column, D(0)) for column in zip(*fills, strict=True))
        assert fee == min(max(size / 2, D(5)), worth / 100).quantize(WHOLE, ROUND_HALF_EVEN)


def test_impact_grows_with_the_root_of_size_over_usual_volume(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(HOLDS.replace("SIDE", "buy"))
    bars = flat_bars([100.0] * 40)
    bars.volume[:] = 36.0
    (fill,) = execute(path, bars, tmp_path, slippage="impact:0.02").fills
    assert fill.price == D("101.000")  # 2 % of the price times the root of 9 / 36
    with pytest.raises(UsageError, match="these have none"):
        execute(path, _without_volume(bars), tmp_path, slippage="impact:0.02")


def _without_volume(bars: Bars) -> Bars:
    return Bars.of([*bars.columns()[:5], bars.volume * 0])


def test_a_late_order_meets_the_first_price_known_when_it_arrives(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(HOLDS.replace("SIDE", "buy"))
    bars = flat_bars([100.0 + n for n in range(20)], gap=0.25)

    def met(model: str, bars: Bars = bars) -> tuple[int, D]:
        (fill,) = execute(path, bars, tmp_path, latency=model).fills
        return fill.ts_ns - int(bars.ts_ns[4]), fill.price

    minute = 60_000_000_000
    assert met("none") == (1, D("104.250"))
    assert met("ms:500") == (minute, D("105.000"))
    assert met("ms:90000") == (2 * minute, D("106.000"))
    gone = bars.take(~np.isin(np.arange(20), (5, 6)))  # it arrives while nothing trades
    assert met("ms:500", gone) == (2 * minute + 1, D("106.250"))


def test_costs_that_do_not_exist_stop_a_run_before_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text(HOLDS.replace("SIDE", "buy"))
    for kind in ("fees", "slippage", "latency", "funding", "borrow"):
        asked: dict[str, Any] = {kind: "nonne"}
        with pytest.raises(UsageError, match=kind):
            execute(path, flat_bars([100.0] * 9), tmp_path, **asked)


def test_fees_of_one_kind_do_not_take_rates(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    add_strategy(home, "case", RANDOM)
    market: Market = describe("AAPL")
    save_market(home, market)
    asked = Costs("per_share:1", maker=D("0.001"))
    with pytest.raises(UsageError, match="of the model `rates`"):
        resolve.resolve(home, SpecV2("case", "AAPL", costs=asked))
    found = resolve.resolve(home, SpecV2("case", "AAPL", costs=Costs(maker=D("0.001"))))
    assert (found.fees, found.maker_fee) == ("rates", D("0.001"))


def test_orders_that_take_for_nothing_are_stamped() -> None:
    def stamped(maker: str, taker: str) -> tuple[str, ...]:
        spec = BacktestSpec(
            "x", "m", "1m", maker_fee=D(maker), taker_fee=D(taker), slippage="bps:1"
        )
        return costs.stamps(spec, "crypto", "BTC/USDT", simulated=False)

    assert stamped("0.0002", "0") == ("no taker fee",)
    assert stamped("0", "0") == stamped("-0.0001", "0") == ("zero fees",)
    assert stamped("-0.0001", "0.0005") == ()
