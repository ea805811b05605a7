"""Trades, equity and figures against plain loops and known values."""

import math
import statistics
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.market.columns import Bars, Ints
from clearedge_tui.runs import equity, metrics
from clearedge_tui.runs.fill_columns import columns_of
from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow
from clearedge_tui.runs.trades import round_trips
from tests.backtest.box import FIRST, MINUTE, REPO, flat_bars

DAY = 1440 * MINUTE


def fill(bar: int, side: str, size: str, price: str, fee: str = "0") -> FillRow:
    ts = (FIRST + bar) * MINUTE + 1
    return FillRow(ts, f"o{bar}", side, Decimal(size), Decimal(price), Decimal(fee), False, "")


def closes(count: int) -> Ints:
    return (np.arange(count, dtype=np.int64) + FIRST + 1) * MINUTE


def trades_of(fills: list[FillRow], closes_ns: Ints) -> list[Trade]:
    """Return the trades as rows, oldest first."""
    return list(reversed(round_trips(columns_of(fills), closes_ns).newest(1000)))


def test_a_round_trip_is_priced_by_hand() -> None:
    fills = [
        fill(1, "buy", "1", "100", "0.1"),
        fill(2, "buy", "1", "110", "0.1"),
        fill(5, "sell", "2", "120", "0.2"),
    ]
    (trade,) = trades_of(fills, closes(10))
    assert (trade.side, trade.size) == ("long", Decimal(2))
    assert (trade.entry_price, trade.exit_price) == (Decimal(105), Decimal(120))
    assert (trade.pnl, trade.fees, trade.bars) == (Decimal("29.6"), Decimal("0.4"), 4)


def test_a_flip_closes_one_trade_and_opens_the_next() -> None:
    fills = [
        fill(1, "buy", "1", "100", "0.1"),
        fill(3, "sell", "3", "90", "0.3"),
        fill(6, "buy", "2", "95", "0.2"),
    ]
    long, short = trades_of(fills, closes(10))
    assert (long.side, long.pnl) == ("long", Decimal("-10.2"))
    assert (short.side, short.size, short.pnl) == ("short", Decimal(2), Decimal("-10.4"))


def test_an_open_position_is_no_trade() -> None:
    assert trades_of([fill(1, "buy", "1", "100")], closes(5)) == []


orders = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]), st.integers(1, 5), st.integers(50, 150), st.integers(0, 9)
    ),
    max_size=40,
)


@given(orders)
def test_trades_and_the_open_position_add_up_to_the_account(
    asked: list[tuple[str, int, int, int]],
) -> None:
    fills = [fill(n, s, str(q), str(p), f"0.{f}") for n, (s, q, p, f) in enumerate(asked)]
    bars = flat_bars([100.0 + n % 7 for n in range(len(fills) + 1)])
    done = trades_of(fills, bars.ts_ns)
    cash, size = Decimal(0), Decimal(0)
    flat_cash = Decimal(0)
    for one in fills:
        signed = one.size if one.side == "buy" else -one.size
        flips = size and (size > 0) != (signed > 0) and abs(signed) >= abs(size)
        if flips:
            flat_cash = cash + size * one.price - one.fee * -size / signed
        cash -= signed * one.price + one.fee
        size += signed
    assert sum(trade.pnl for trade in done) == pytest.approx(flat_cash, abs=Decimal("1e-9"))
    marked = equity.account(bars, columns_of(fills), 1000.0)
    assert marked.equity[-1] == pytest.approx(float(1000 + cash + size * Decimal(bars.close[-1])))
    assert marked.position[-1] == float(size)


def test_equity_is_marked_at_every_close() -> None:
    bars = flat_bars([100.0, 101.0, 103.0, 102.0])
    fills = [fill(1, "buy", "2", "100", "1"), fill(3, "sell", "2", "103", "1")]
    account = equity.account(bars, columns_of(fills), 1000.0)
    assert account.equity.tolist() == [1000.0, 1001.0, 1005.0, 1004.0]
    assert account.position.tolist() == [0.0, 2.0, 2.0, 0.0]


def sheet(
    values: list[float], step_ns: int = DAY, asset: str = "crypto", balance: float = 100.0
) -> metrics.Sheet:
    ts = np.arange(1, len(values) + 1, dtype=np.int64) * step_ns
    marks = np.array(values)
    account = equity.Account(ts, marks, marks, np.zeros(len(values)))
    none = columns_of([])
    return metrics.sheet(account, balance, balance, 0, asset, round_trips(none, ts), none, 0)


# no change is as small as the dust that counts as none
walks = st.lists(st.floats(-0.2, 0.2).map(lambda x: round(x, 9)), min_size=3, max_size=60)


@given(walks)
def test_ratios_equal_the_textbook(changes: list[float]) -> None:
    values, level = [], 100.0
    for change in changes:
        level *= 1 + change
        values.append(level)
    found = sheet(values)
    returns = [b / a - 1 for a, b in zip([100.0, *values], values, strict=False)]
    spread = statistics.stdev(returns)
    if spread > 1e-9:
        wanted = statistics.mean(returns) / spread * math.sqrt(365)
        assert metrics.sharpe(found) == pytest.approx(wanted, rel=1e-6, abs=1e-9)
        assert metrics.volatility(found) == pytest.approx(spread * math.sqrt(365), rel=1e-6)
    down = math.sqrt(sum(min(r, 0) ** 2 for r in returns) / len(returns))
    if down > 1e-9:
        wanted = statistics.mean(returns) / down * math.sqrt(365)
        assert metrics.sortino(found) == pytest.approx(wanted, rel=1e-6, abs=1e-9)
    peak, fall, under, since = 100.0, 0.0, 0.0, 0
    for day, value in enumerate(values, 1):
        if value >= peak * (1 - 1e-12):  # what is less than that is dust, not a fall
            peak, since = max(peak, value), day
        fall = max(fall, 1 - value / peak)
        under = max(under, day - since)
    assert metrics.max_drawdown(found) == pytest.approx(fall, abs=1e-12)
    assert metrics.max_drawdown_days(found) == pytest.approx(under)


def test_shares_have_252_days_a_year_and_crypto_365() -> None:
    values = [101.0, 100.0, 103.0, 104.0]
    one, two = metrics.sharpe(sheet(values)), metrics.sharpe(sheet(values, asset="equity"))
    assert one is not None
    assert two is not None
    assert one / two == pytest.approx(math.sqrt(365 / 252))


def test_intraday_marks_become_daily_returns() -> None:
    hours = [100.0 + n for n in range(72)]
    found = sheet(hours, step_ns=DAY // 24)
    assert found.returns.tolist() == pytest.approx([123 / 100 - 1, 147 / 123 - 1, 171 / 147 - 1])


def test_a_year_of_ten_percent_is_ten_percent_a_year() -> None:
    values = np.linspace(100.0, 110.0, 1461).tolist()  # in quarter days
    assert metrics.cagr(sheet(values, step_ns=DAY // 4)) == pytest.approx(0.10, abs=1e-6)


@pytest.mark.parametrize("values", [[], [100.0], [100.0, 100.0, 100.0]])
def test_what_is_not_defined_is_none_and_never_fails(values: list[float]) -> None:
    figures = metrics.figures(sheet(values))
    assert figures["sharpe"] is None
    assert figures["win_rate"] is None
    assert figures["profit_factor"] is None
    assert figures["total_return"] == 0.0
    assert figures["max_drawdown"] == 0.0


def test_a_ruined_account_has_figures_too() -> None:
    figures = metrics.figures(sheet([90.0, 50.0, -10.0]))
    assert figures["total_return"] == pytest.approx(-1.1)
    assert figures["cagr"] is None
    assert all(v is None or math.isfinite(v) for v in figures.values())


def test_every_figure_says_its_formula() -> None:
    assert all((figure.__doc__ or "").strip() for figure in metrics.FIGURES)


def test_the_manual_names_every_figure() -> None:
    manual = (REPO / "docs" / "backtests.md").read_text()
    assert [f.__name__ for f in metrics.FIGURES if f"`{f.__name__}`" not in manual] == []


@given(st.integers(1, 5000), st.integers(2, 400))
def test_thinned_curves_keep_the_edges_and_the_extremes(count: int, most: int) -> None:
    values = np.random.default_rng(count).normal(size=count).cumsum()
    kept = equity.thinned(most, values)
    assert {0, count - 1, int(values.argmax()), int(values.argmin())} <= set(kept.tolist())
    assert len(kept) <= max(most + 2, 4)


def test_months_are_named_and_multiply_to_the_total() -> None:
    ts = np.array([DAY * n for n in range(1, 100)], np.int64)
    marks = 100.0 + np.arange(99.0)
    months = equity.by_period(ts, marks, 100.0, "M")
    assert list(months) == ["1970-01", "1970-02", "1970-03", "1970-04"]
    assert math.prod(1 + v for v in months.values()) == pytest.approx(marks[-1] / 100)


def test_no_bars_give_an_empty_account() -> None:
    empty = Bars.of([np.empty(0, np.int64), *(np.empty(0) for _ in range(5))])
    assert len(equity.account(empty, columns_of([]), 100.0).equity) == 0
