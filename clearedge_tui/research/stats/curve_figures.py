"""Headline figures of many return paths at once: paths x periods in, one figure a path out.

NaN where a path has none (no loss, no fall, no movement, ruined); callers leave those paths out and
say how many. The formulae are those of a run's report (`runs.metrics`), on returns per period.
"""

from collections.abc import Callable

import numpy as np

from clearedge_tui.research.stats.series import FLAT, Floats

Figure = Callable[[Floats], Floats]


def sharpe(paths: Floats) -> Floats:
    """Mean / standard deviation (n - 1), per period."""
    return _over(paths.mean(axis=-1), paths.std(axis=-1, ddof=1))


def sortino(paths: Floats) -> Floats:
    """Mean / root mean square of negative returns over all periods, per period."""
    return _over(paths.mean(axis=-1), np.sqrt((np.minimum(paths, 0.0) ** 2).mean(axis=-1)))


def volatility(paths: Floats) -> Floats:
    """Standard deviation (n - 1), per period."""
    result: Floats = paths.std(axis=-1, ddof=1)
    return result


def total_return(paths: Floats) -> Floats:
    """Compounded; -1 once a period lost everything."""
    result: Floats = np.maximum(1.0 + paths, 0.0).prod(axis=-1) - 1.0
    return result


def growth(paths: Floats) -> Floats:
    """Compounded return per period (CAGR, before it is put to a year); NaN when ruined."""
    worth = np.maximum(1.0 + paths, 0.0).prod(axis=-1)
    with np.errstate(divide="ignore"):
        grown = np.expm1(np.log(worth) / paths.shape[-1])
    result: Floats = np.where(worth > 0, grown, np.nan)
    return result


def max_drawdown(paths: Floats) -> Floats:
    """Deepest fall below the highest value so far (1 at the start), 0 … 1."""
    worth = np.cumprod(np.maximum(1.0 + paths, 0.0), axis=-1)
    peak = np.maximum(np.maximum.accumulate(worth, axis=-1), 1.0)
    result: Floats = 1.0 - (worth / peak).min(axis=-1)
    return np.maximum(result, 0.0)


def profit_factor(values: Floats) -> Floats:
    """Sum of gains / sum of losses (of trades, or of periods); NaN without a loss."""
    lost = -np.minimum(values, 0.0).sum(axis=-1)
    return _over(np.maximum(values, 0.0).sum(axis=-1), lost)


def win_rate(values: Floats) -> Floats:
    """Share above 0 (of trades, or of periods)."""
    result: Floats = (values > 0).mean(axis=-1)
    return result


def headline(periods_a_year: float) -> dict[str, Figure]:
    """Return the figures of an equity curve, put to a year where a report does."""
    root = float(np.sqrt(periods_a_year))

    def cagr(paths: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.expm1(np.log1p(growth(paths)) * periods_a_year)

    def calmar(paths: Floats) -> Floats:
        return _over(cagr(paths), max_drawdown(paths))

    return {
        "sharpe": lambda paths: sharpe(paths) * root,
        "sortino": lambda paths: sortino(paths) * root,
        "volatility": lambda paths: volatility(paths) * root,
        "total_return": total_return,
        "cagr": cagr,
        "max_drawdown": max_drawdown,
        "calmar": calmar,
    }


def of_trades() -> dict[str, Figure]:
    """Return the figures of single trades (their returns or PnL), which have no order in time."""
    return {
        "profit_factor": profit_factor,
        "win_rate": win_rate,
        "avg_trade": lambda values: values.mean(axis=-1),
    }


def _over(top: Floats, bottom: Floats) -> Floats:
    fine = bottom > FLAT
    with np.errstate(over="ignore"):  # a growth of e305 a year is no figure either
        found: Floats = np.where(fine, top / np.where(fine, bottom, 1.0), np.nan)
    return np.where(np.isfinite(found), found, np.nan)
