"""Steps, least sizes, fees, margin and year of a market in a backtest."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.engine import instruments
from clearedge_tui.market.markets import Market, describe
from clearedge_tui.runs import fees
from clearedge_tui.runs.metrics import sheet
from tests.backtest.box import BTC, add_strategy, execute, flat_bars, make_home

D = Decimal
ORDERS = """
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {}
ASKED = {1: ("buy", "0.9"), 3: ("buy", "1.8"), 5: ("sell", "0.5"), 7: ("buy", "1.2", "20.3"),
         8: ("sell", "1.25"), 10: ("buy", "900")}
class Case(Strategy):
    def init(self):
        self.bars, self.heard = 0, []
        return {}
    def on_tick(self, tick):
        self.bars += 1
        if self.bars in ASKED:
            side, size, *price = ASKED[self.bars]
            self.context.place_order(side, size, price=price[0] if price else None)
            self.heard.append(("asked", [o.status for o in self.context.get_orders()]))
            self.context.cancel_order("nobody")
    def on_order(self, order):
        if order.status in ("denied", "filled"):
            self.heard.append((order.status, str(order.size), len(self.context.get_orders())))
    def render(self):
        return {"widgets": [], "heard": self.heard}
"""


def strict(**changes: object) -> Market:
    """Return a market with limits that ORDERS runs against."""
    usual: dict[str, object] = {
        "size_step": D("0.25"), "price_step": D("0.25"), "min_size": D(1), "min_notional": D(30),
        "max_size": D(100),
    }  # fmt: skip
    return msgspec.structs.replace(BTC, **(usual | changes))


def test_the_gate_of_a_running_instance_stands_in_a_backtest_too(tmp_path: Path) -> None:
    path = add_strategy(make_home(tmp_path / "home"), "case", ORDERS)
    outcome = execute(path, flat_bars([20.0] * 14), tmp_path, market=strict())
    assert outcome.status == "done", outcome.error
    got = [(str(o.size.normalize()), o.status, o.reason) for o in outcome.orders]
    assert got == [
        ("0.75", "denied", "min_size: size 0.750000 is less than the market's least, 1"),
        ("1.75", "filled", ""),
        ("0.5", "filled", ""),  # it only reduces
        (
            "1",
            "denied",
            "min_notional: 1.000000 at 20.250 is worth 20.25; the market takes no less than 30",
        ),
        ("1.25", "filled", ""),  # closes
        ("9E+2", "denied", "max_size: size 900.000000 is more than the market's most, 100"),
    ]
    assert outcome.orders[3].price == D("20.250")  # rounded to the tick
    heard = outcome.picture["heard"]
    assert isinstance(heard, list)
    assert heard[:2] == [("asked", ["sent"]), ("denied", "0.750000", 0)]
    limits = [line for line in outcome.conventions if line.startswith("limits")]
    assert limits == [
        "limits: an order is at least 1 in size and 30 in worth, at most 100 in size; "
        "orders that only reduce pass"
    ]


def test_a_market_without_limits_denies_nothing(tmp_path: Path) -> None:
    path = add_strategy(make_home(tmp_path / "home"), "case", ORDERS)
    outcome = execute(path, flat_bars([20.0] * 14), tmp_path)
    assert [o.status for o in outcome.orders[:2]] == ["filled", "filled"]
    assert not any(line.startswith("limits") for line in outcome.conventions)


NATIVE = """
from nautilus_trader.model import BarType, InstrumentId, OrderSide, Quantity
from nautilus_trader.trading import Strategy, StrategyConfig
CONFIG_SCHEMA = {}
class CaseConfig(StrategyConfig):
    def __new__(cls, instrument_id, bar_type, **kwargs):
        return super().__new__(cls, **kwargs)
    def __init__(self, instrument_id, bar_type, **kwargs):
        self.instrument_id, self.bar_type = InstrumentId.from_str(str(instrument_id)), BarType.from_str(str(bar_type))
class Case(Strategy):
    def __init__(self, config):
        super().__init__(config)
        self.sizes = ["0.250000", "1.000000"]
        self.own = config
    def on_start(self):
        self.subscribe_bars(self.own.bar_type)
    def on_bar(self, bar):
        if self.sizes:
            size = Quantity.from_str(self.sizes.pop(0))
            self.submit_order(self.order_factory.market(self.own.instrument_id, OrderSide.BUY, size))
"""


@pytest.mark.parametrize("price", [20.0, 20.1])
def test_the_engine_holds_native_strategies_to_the_limits(price: float, tmp_path: Path) -> None:
    path = add_strategy(make_home(tmp_path / "home"), "case", NATIVE)
    market = strict(min_notional=D(0))
    outcome = execute(path, flat_bars([price] * 6), tmp_path, market=market)
    assert outcome.status == "done", outcome.detail
    assert [(o.size, o.status) for o in outcome.orders] == [(D("0.25"), "denied"), (1, "filled")]
    assert any("holds exits to it too" in line for line in outcome.conventions)


def test_prices_between_ticks_fill_and_are_told(tmp_path: Path) -> None:
    path = add_strategy(make_home(tmp_path / "home"), "case", ORDERS)
    outcome = execute(path, flat_bars([20.1] * 14), tmp_path, market=strict())
    assert [o.status for o in outcome.orders[1:3]] == ["filled", "filled"]
    assert outcome.fills[0].price == D("20.1")
    assert any("between the market's ticks of 0.250" in line for line in outcome.conventions)


def test_margin_of_the_market_bounds_the_account(tmp_path: Path) -> None:
    path = add_strategy(make_home(tmp_path / "home"), "case", ORDERS)
    half = strict(margin_init=D("0.5"), max_size=D(0))
    for market, status in ((strict(max_size=D(0)), "filled"), (half, "denied")):
        last = execute(path, flat_bars([20.0] * 14), tmp_path, market=market, balance=D(5000))
        assert last.orders[-1].status == status, last.orders[-1]
    assert "up to 2 times its money" in " ".join(last.conventions)


@pytest.mark.parametrize("name", ["BTC/USDT", "GBP/USD", "AAPL", "SP500"])
def test_the_engine_knows_steps_and_limits(name: str) -> None:
    market = describe(name, asset_class="index" if name == "SP500" else "")
    unit = D(1).scaleb(-market.size_precision)
    market = msgspec.structs.replace(
        market, price_step=D("0.05"), size_step=5 * unit, min_size=10 * unit, min_notional=D(7)
    )
    made = instruments.instrument(market.info, limits=True)
    assert str(made.price_increment) == "0.05"
    assert D(str(made.min_quantity)) == 10 * unit
    if name != "AAPL":  # the engine's equity has neither
        assert D(str(made.size_increment)) == 5 * unit
        assert str(made.min_notional).startswith("7.00")
    assert instruments.instrument(market.info).min_quantity is None


@pytest.mark.parametrize(
    ("asked", "own", "wanted"),
    [
        ((None, None), (None, None), ("0.0002", "0.0005", "the usual one, its own is not known")),
        ((None, None), ("0", "0.001"), ("0", "0.001", "the market's own")),
        (("0.003", "0.004"), ("0", "0.001"), ("0.003", "0.004", "as asked for")),
        (("0", None), ("0.001", "0.002"), ("0", "0.002", "maker: as asked for; taker: the market's own")),
    ],
)  # fmt: skip
def test_fees_are_what_was_asked_then_the_markets_own(
    asked: tuple[str | None, ...], own: tuple[str | None, ...], wanted: tuple[str, str, str]
) -> None:
    maker, taker = (None if one is None else D(one) for one in asked)
    of_market = [None if one is None else D(one) for one in own]
    market = strict(maker_fee=of_market[0], taker_fee=of_market[1])
    found = fees.of_run(market, maker, taker)
    assert (str(found.maker), str(found.taker), found.told) == wanted


def test_the_report_says_whose_fees(tmp_path: Path) -> None:
    path = add_strategy(make_home(tmp_path / "home"), "case", ORDERS)
    outcome = execute(path, flat_bars([20.0] * 5), tmp_path, fees_of="the market's own")
    assert any("of the notional (the market's own)" in line for line in outcome.conventions)


def test_no_run_on_a_market_with_a_multiplier() -> None:
    with pytest.raises(UsageError, match="multiplier of 50"):
        _ = strict(multiplier=D(50)).info


@pytest.mark.parametrize(
    ("asset_class", "days"), [("crypto", 365), ("fx", 252), ("equity", 252), ("index", 252)]
)
def test_the_asset_class_says_how_long_a_year_is(asset_class: str, days: int) -> None:
    import numpy as np

    from clearedge_tui.runs import equity
    from clearedge_tui.runs.fill_columns import columns_of
    from clearedge_tui.runs.trades import round_trips

    bars, none = flat_bars([20.0, 21.0]), columns_of([])
    trips = round_trips(none, bars.ts_ns)
    account = equity.account(bars, none, 1000.0)
    made = sheet(account, 1000.0, 20.0, 0, asset_class, trips, none, 0)
    assert made.days_a_year == days
    assert np.all(made.account.equity == 1000.0)
