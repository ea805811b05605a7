"""Curves for a screen: rolling figures of daily returns, and how much of the account is at work."""

import numpy as np

from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.equity import Account, thinned
from clearedge_tui.runs.metrics import Sheet
from clearedge_tui.runs.model import Curve

POINTS = 1000
_WINDOWS = ((720, 180), (270, 90), (60, 30))  # days of the run, days of the window


def window_days(days: int) -> int:
    """Return the window of rolling figures for a run of so many days; 0 when it is too short."""
    return next((window for least, window in _WINDOWS if days >= least), 0)


def rolling(sheet: Sheet) -> tuple[int, Curve, Curve]:
    """Return the window in days, and Sharpe and volatility of each window, at its last day.

    Formulas as in `runs.metrics`. A window that does not move has no Sharpe and is left out.
    """
    returns = sheet.returns
    window = window_days(len(returns))
    if not window:
        return 0, Curve(), Curve()
    times = sheet.account.ts_ns[sheet.ends[: len(returns)]][window - 1 :]
    means, spreads = _moments(returns, window)
    year = np.sqrt(sheet.days_a_year)
    moves = spreads > 1e-12
    sharpe = means[moves] / spreads[moves] * year
    return window, curve(times[moves], sharpe), curve(times, spreads * year)


def _moments(returns: Floats, window: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (n - 1) of each window, by running sums."""
    off = returns - returns.mean()  # small numbers keep the difference of squares exact
    one, two = (np.concatenate([[0.0], np.cumsum(off**n)]) for n in (1, 2))
    sums, squares = one[window:] - one[:-window], two[window:] - two[:-window]
    variance = np.maximum(squares - sums**2 / window, 0.0) / (window - 1)
    return sums / window + returns.mean(), np.sqrt(variance)


def exposure(account: Account) -> Curve:
    """Return position * close / equity at each close, signed, up to a ruin: the leverage."""
    ruined = account.equity[: len(account.close)] <= 0
    stop = int(ruined.argmax()) if ruined.any() else len(account.close)
    shares = account.position[:stop] * account.close[:stop] / account.equity[:stop]
    return curve(account.ts_ns[:stop], shares)


def curve(ts_ns: Ints, values: Floats) -> Curve:
    """Return at most a thousand points that keep highs and lows."""
    if not len(values):
        return Curve()
    return points(ts_ns, values, thinned(POINTS, values))


def points(ts_ns: Ints, values: Floats, at: Ints) -> Curve:
    return Curve(tuple(ts_ns[at].tolist()), tuple(np.round(values[at], 6).tolist()))
