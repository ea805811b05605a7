"""Figures of the daily returns: their shape and tails, days and months, falls, and the market."""

import numpy as np

from clearedge_tui.market.columns import Floats
from clearedge_tui.runs import metrics
from clearedge_tui.runs.analysis.material import Material
from clearedge_tui.runs.equity import DAY_NS, drawdown, episodes

_TAIL = 5.0  # percent
_FLAT = 1e-12


def skew(made: Material) -> float | None:
    """Third central moment / second ** 1.5 of daily returns, over n; 0 is symmetric."""
    return _moment(made.sheet.returns, 3)


def kurtosis(made: Material) -> float | None:
    """Fourth central moment / second ** 2 of daily returns, over n; 3 is normal."""
    return _moment(made.sheet.returns, 4)


def var_95(made: Material) -> float | None:
    """Value at risk: the loss that 95 % of days stay above, historical, linear between two days.

    A share of the account; positive is a loss.
    """
    returns = made.sheet.returns
    return -float(np.percentile(returns, _TAIL)) if len(returns) > 1 else None


def cvar_95(made: Material) -> float | None:
    """Expected shortfall: mean loss of the worst days, the first floor(0.05 * (n - 1)) + 1 of them."""
    returns = made.sheet.returns
    if len(returns) < 2:
        return None
    count = int((len(returns) - 1) * _TAIL / 100.0) + 1
    return -float(np.partition(returns, count - 1)[:count].mean())


def omega(made: Material) -> float | None:
    """Sum of daily returns above 0 / sum of those below (Keating & Shadwick 2002, threshold 0)."""
    returns = made.sheet.returns
    lost = -float(returns[returns < 0].sum())
    return float(returns[returns > 0].sum()) / lost if lost > _FLAT else None


def tail_ratio(made: Material) -> float | None:
    """|95th percentile| / |5th percentile| of daily returns."""
    if len(made.sheet.returns) < 2:
        return None
    low, high = np.percentile(made.sheet.returns, (_TAIL, 100.0 - _TAIL))
    return float(abs(high) / abs(low)) if abs(low) > _FLAT else None


def best_day(made: Material) -> float | None:
    """Largest daily return."""
    return float(made.sheet.returns.max()) if len(made.sheet.returns) else None


def worst_day(made: Material) -> float | None:
    """Smallest daily return."""
    return float(made.sheet.returns.min()) if len(made.sheet.returns) else None


def positive_days(made: Material) -> float | None:
    """Share of days with a return above 0 (above 1e-12: floats leave dust)."""
    return float(np.mean(made.sheet.returns > _FLAT)) if len(made.sheet.returns) else None


def best_month(made: Material) -> float | None:
    """Largest monthly return; first and last month may be parts of months."""
    return max(made.months.values(), default=None)


def worst_month(made: Material) -> float | None:
    """Smallest monthly return; first and last month may be parts of months."""
    return min(made.months.values(), default=None)


def positive_months(made: Material) -> float | None:
    """Share of months with a return above 0 (above 1e-12: floats leave dust)."""
    months = made.months.values()
    return sum(one > _FLAT for one in months) / len(months) if months else None


def ulcer_index(made: Material) -> float | None:
    """Root mean square of the daily falls below the peak so far, a share (Martin & McCann 1989)."""
    marks = made.sheet.account.equity[made.sheet.ends]
    return float(np.sqrt(np.mean(drawdown(marks, made.sheet.balance) ** 2))) if len(marks) else None


def recovery_factor(made: Material) -> float | None:
    """Total return / max drawdown; None without a fall."""
    fall = metrics.max_drawdown(made.sheet)
    return metrics.total_return(made.sheet) / fall if fall > 0 else None


def time_under_water(made: Material) -> float | None:
    """Share of bars that close below the highest equity so far."""
    falls = made.sheet.falls
    return float(np.count_nonzero(falls < 0)) / len(falls) if len(falls) else None


def avg_drawdown_days(made: Material) -> float | None:
    """Mean time from a peak to the last bar below it, over all falls that last a bar or more, in days."""
    peaks, lows = episodes(made.sheet.falls)
    if not len(peaks):
        return None
    times = made.sheet.account.ts_ns
    begun = np.where(peaks < 0, made.sheet.start_ns, times[peaks])
    return float((times[lows] - begun).mean()) / DAY_NS


def excess_return(made: Material) -> float | None:
    """Total return - buy-and-hold return."""
    held = metrics.buy_hold_return(made.sheet)
    return None if held is None else metrics.total_return(made.sheet) - held


def beta(made: Material) -> float | None:
    """Covariance of daily returns with the market's / variance of the market's."""
    pair = _pair(made)
    return None if pair is None else _beta(*pair)


def alpha(made: Material) -> float | None:
    """(Mean daily return - beta * the market's) * days a year (Jensen 1968); risk-free rate 0."""
    pair = _pair(made)
    if pair is None:
        return None
    ours, market = pair
    return float((ours.mean() - _beta(ours, market) * market.mean()) * made.sheet.days_a_year)


def correlation(made: Material) -> float | None:
    """Pearson's correlation of daily returns with the market's; None when either does not move."""
    pair = _pair(made)
    if pair is None or pair[0].std() < _FLAT:
        return None
    return float(np.corrcoef(*pair)[0, 1])


def information_ratio(made: Material) -> float | None:
    """Mean / standard deviation (n - 1) of (daily return - the market's) * sqrt(days a year)."""
    pair = _pair(made)
    if pair is None:
        return None
    gap = pair[0] - pair[1]
    spread = float(gap.std(ddof=1))
    return float(gap.mean() / spread * np.sqrt(made.sheet.days_a_year)) if spread > _FLAT else None


RETURN_FIGURES = (
    skew, kurtosis, var_95, cvar_95, omega, tail_ratio, best_day, worst_day, positive_days,
    best_month, worst_month, positive_months, ulcer_index, recovery_factor, time_under_water,
    avg_drawdown_days, excess_return, alpha, beta, correlation, information_ratio,
)  # fmt: skip


def _moment(returns: Floats, order: int) -> float | None:
    if len(returns) < 2:
        return None
    off = returns - returns.mean()
    second = float(np.mean(off**2))
    return float(np.mean(off**order)) / second ** (order / 2) if second > _FLAT**2 else None


def _pair(made: Material) -> tuple[Floats, Floats] | None:
    """Return daily returns and the market's, if there are two at least and the market moves."""
    ours, market = made.sheet.returns, made.market
    if market is None or len(ours) < 2 or market.std() < _FLAT:
        return None
    return ours, market


def _beta(ours: Floats, market: Floats) -> float:
    off = market - market.mean()
    return float((off * (ours - ours.mean())).mean() / (off**2).mean())
