"""Our figures beside empyrical's on the same daily series; where a convention differs, it is said.

The series are daily closes of an account that is marked once a day, so that "bar by bar" and
"daily" are the same thing.
"""

import math
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import equity, metrics
from clearedge_tui.runs.analysis.build import Analysed, Decisions, analyse
from clearedge_tui.runs.fill_columns import columns_of
from clearedge_tui.runs.trades import round_trips

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it says of its own optional parts
    empyrical = pytest.importorskip("empyrical")

DAY = 86_400_000_000_000
YEARS = {"crypto": 365, "equity": 252}


@cache
def series(seed: int, days: int) -> tuple[Any, Any]:
    """Return daily returns of an account and of its market: fat tails and something in common."""
    draw = np.random.default_rng(seed)
    market = draw.standard_t(4, days) * 0.015 + 0.0003
    ours = 0.4 * market + draw.standard_t(5, days) * 0.008 + 0.0005
    return ours, market


def figures(seed: int, days: int, asset: str) -> tuple[dict[str, Any], Analysed]:
    ours, market = series(seed, days)
    times = np.arange(1, days + 1, dtype=np.int64) * DAY + 19_000 * DAY
    closes, marks = 50.0 * np.cumprod(1 + market), 1000.0 * np.cumprod(1 + ours)
    opened = np.concatenate([[50.0], closes[:-1]])
    bars = Bars(times, opened, closes, closes, closes, np.ones(days))
    none = columns_of([])
    account = equity.Account(times, closes, marks, np.zeros(days))
    trips = round_trips(none, times)
    sheet = metrics.sheet(account, 1000.0, 50.0, 19_000 * DAY, asset, trips, none, 0)
    found = analyse(sheet, bars, Decisions([], []), "USDT", 1)
    return dict(found.analysis.figures), found


@pytest.mark.parametrize("asset", ["crypto", "equity"])
@pytest.mark.parametrize(("seed", "days"), [(1, 31), (2, 400), (3, 1500)])
def test_our_figures_are_those_of_a_published_library(seed: int, days: int, asset: str) -> None:
    ours, market = series(seed, days)
    found, _ = figures(seed, days, asset)
    year = YEARS[asset]
    calendar = 365.25  # we count time, the library counts returns: the same when days have no gaps
    gap = empyrical.excess_sharpe(ours, market)  # by the day; ours is by the year
    alpha, beta = empyrical.alpha_beta_aligned(ours, market, annualization=year)
    wanted = {
        "total_return": empyrical.cum_returns_final(ours),
        "sharpe": empyrical.sharpe_ratio(ours, annualization=year),
        "sortino": empyrical.sortino_ratio(ours, annualization=year),
        "volatility": empyrical.annual_volatility(ours, annualization=year),
        "max_drawdown": -empyrical.max_drawdown(ours),  # we write a fall as a positive share
        "cagr": empyrical.cagr(ours, annualization=calendar),
        "calmar": empyrical.calmar_ratio(ours, annualization=calendar),
        "omega": empyrical.omega_ratio(ours, annualization=year),
        "tail_ratio": empyrical.tail_ratio(ours),
        "var_95": -empyrical.value_at_risk(ours, 0.05),  # we write a loss as positive
        "cvar_95": -empyrical.conditional_value_at_risk(ours, 0.05),
        "beta": beta,
        "information_ratio": gap * math.sqrt(year),
    }
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name
    # the library compounds a day's alpha over the year; Jensen's, and ours, is a mean times days
    assert (1 + found["alpha"] / year) ** year - 1 == pytest.approx(alpha, rel=1e-9)


@pytest.mark.parametrize(("seed", "days"), [(1, 31), (2, 400)])
def test_moments_and_correlation_are_those_of_scipy(seed: int, days: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    ours, market = series(seed, days)
    found, _ = figures(seed, days, "crypto")
    assert found["skew"] == pytest.approx(stats.skew(ours), rel=1e-9)
    assert found["kurtosis"] == pytest.approx(stats.kurtosis(ours, fisher=False), rel=1e-9)
    assert found["correlation"] == pytest.approx(stats.pearsonr(ours, market)[0], rel=1e-9)


def test_rolling_curves_are_those_of_a_published_library() -> None:
    ours, _ = series(2, 400)
    _, found = figures(2, 400, "crypto")
    window = found.analysis.window_days
    assert window == 90
    sharpe = empyrical.roll_sharpe_ratio(ours, window, annualization=365)
    spread = empyrical.roll_annual_volatility(ours, window, annualization=365)
    assert found.analysis.rolling_sharpe.value == pytest.approx(list(sharpe), abs=1e-6)
    assert found.analysis.rolling_volatility.value == pytest.approx(list(spread), abs=1e-6)


def test_months_compound_to_those_of_a_published_library() -> None:
    pandas = pytest.importorskip("pandas")
    ours, _ = series(2, 400)
    _, found = figures(2, 400, "crypto")
    # a mark at midnight is the day's that ends: pandas dates it one nanosecond earlier
    times = (np.arange(1, 401, dtype=np.int64) + 19_000) * DAY - 1
    dated = pandas.Series(ours, index=pandas.DatetimeIndex(times))
    for period, table in (("monthly", found.analysis.monthly), ("yearly", found.analysis.yearly)):
        wanted = empyrical.aggregate_returns(dated, period)
        assert list(table.values()) == pytest.approx(list(wanted), rel=1e-9), period
