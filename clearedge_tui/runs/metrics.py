"""The figures of a report. Each says its formula; None is "not defined here", never a guess.

Returns are daily: the account's value at the last bar of each UTC day against the day before (the
first against the starting balance). The risk-free rate is 0. A year has 365 of them for crypto,
252 otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.equity import DAY_NS, Account, changes, day_ends, drawdown, episodes
from clearedge_tui.runs.fill_columns import FillColumns, floats
from clearedge_tui.runs.trades import Trips

_YEAR_NS = 365.25 * DAY_NS


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the figures are made from."""

    account: Account
    balance: float
    first_open: float
    start_ns: int  # when the first bar opened
    ends: Ints  # the last bar of each day
    returns: Floats  # daily
    falls: Floats  # below the highest value so far, bar by bar
    days_a_year: int
    trips: Trips
    fills: FillColumns
    orders: int
    pnls: Floats  # of the trades
    lengths: Ints  # of the trades, in bars

    @property
    def final(self) -> float:
        return float(self.account.equity[-1]) if len(self.account.equity) else self.balance


def trades(sheet: Sheet) -> float:
    """Closed round trips."""
    return len(sheet.pnls)


def orders(sheet: Sheet) -> float:
    """Orders sent, filled or not."""
    return sheet.orders


def fills(sheet: Sheet) -> float:
    """Executions."""
    return len(sheet.fills)


def starting_balance(sheet: Sheet) -> float:
    """What the account began with, in the quote currency."""
    return sheet.balance


def final_equity(sheet: Sheet) -> float:
    """What it is worth at the last close, open positions too, in the quote currency."""
    return sheet.final


def total_return(sheet: Sheet) -> float:
    """Final equity / starting balance - 1; open positions at the last close."""
    return sheet.final / sheet.balance - 1.0


def net_profit(sheet: Sheet) -> float:
    """Final equity - starting balance, in the quote currency."""
    return sheet.final - sheet.balance


def buy_hold_return(sheet: Sheet) -> float | None:
    """Last close / first open - 1 of the market itself, before fees."""
    closes = sheet.account.close
    return float(closes[-1]) / sheet.first_open - 1.0 if len(closes) and sheet.first_open else None


def cagr(sheet: Sheet) -> float | None:
    """(1 + total return) ** (years in 365.25 days) ** -1 - 1; None under a week, or when ruined."""
    span = float(sheet.account.ts_ns[-1] - sheet.start_ns) if len(sheet.account.ts_ns) else 0.0
    if span < 7 * DAY_NS or sheet.final <= 0:
        return None
    grown = float(np.log(sheet.final / sheet.balance)) * _YEAR_NS / span
    return float(np.expm1(grown)) if grown < 700 else None


def volatility(sheet: Sheet) -> float | None:
    """Standard deviation (n - 1) of daily returns * sqrt(days a year); None under two days."""
    if len(sheet.returns) < 2:
        return None
    return float(sheet.returns.std(ddof=1) * np.sqrt(sheet.days_a_year))


def sharpe(sheet: Sheet) -> float | None:
    """Mean / standard deviation (n - 1) of daily returns * sqrt(days a year) (Sharpe 1994)."""
    if len(sheet.returns) < 2 or sheet.returns.std(ddof=1) < 1e-12:
        return None
    ratio = sheet.returns.mean() / sheet.returns.std(ddof=1)
    return float(ratio * np.sqrt(sheet.days_a_year))


def sortino(sheet: Sheet) -> float | None:
    """Mean / sqrt(mean of squared negative daily returns over all days) * sqrt(days a year)."""
    if len(sheet.returns) < 2:
        return None
    downside = float(np.sqrt(np.mean(np.minimum(sheet.returns, 0.0) ** 2)))
    if downside < 1e-12:
        return None
    return float(sheet.returns.mean() / downside * np.sqrt(sheet.days_a_year))


def max_drawdown(sheet: Sheet) -> float:
    """Largest fall of bar-by-bar equity from its highest value so far: 0.25 is 25 % of the peak."""
    return abs(float(sheet.falls.min())) if len(sheet.falls) else 0.0


def max_drawdown_days(sheet: Sheet) -> float:
    """Longest time from a peak of equity to a later bar still below it, in days."""
    peaks, lows = episodes(sheet.falls)
    if not len(peaks):
        return 0.0
    times = sheet.account.ts_ns
    return float((times[lows] - np.where(peaks < 0, sheet.start_ns, times[peaks])).max()) / DAY_NS


def calmar(sheet: Sheet) -> float | None:
    """CAGR / max drawdown."""
    grown, fall = cagr(sheet), max_drawdown(sheet)
    return None if grown is None or fall == 0 else grown / fall


def fees(sheet: Sheet) -> float:
    """Fees paid on all fills, in the quote currency."""
    return float(sheet.fills.fee.sum())


def turnover(sheet: Sheet) -> float:
    """Notional traded / starting balance."""
    return float((sheet.fills.size * sheet.fills.price).sum()) / sheet.balance


def exposure(sheet: Sheet) -> float | None:
    """Share of bars that close with a position."""
    held = sheet.account.position
    return float(np.mean(held != 0.0)) if len(held) else None


def win_rate(sheet: Sheet) -> float | None:
    """Share of trades with a PnL above 0 after fees."""
    return float(np.mean(sheet.pnls > 0)) if len(sheet.pnls) else None


def profit_factor(sheet: Sheet) -> float | None:
    """Sum of winning PnL / sum of losing PnL; None without a loss."""
    pnls = sheet.pnls
    lost = -float(pnls[pnls < 0].sum())
    return float(pnls[pnls > 0].sum()) / lost if lost > 0 else None


def avg_win_loss_ratio(sheet: Sheet) -> float | None:
    """Mean PnL of winning trades / mean loss of losing ones (the payoff); None without either."""
    won, lost = sheet.pnls[sheet.pnls > 0], sheet.pnls[sheet.pnls < 0]
    return float(won.mean() / -lost.mean()) if len(won) and len(lost) else None


def avg_trade(sheet: Sheet) -> float | None:
    """Mean PnL of a trade after fees, in the quote currency."""
    return float(sheet.pnls.mean()) if len(sheet.pnls) else None


def best_trade(sheet: Sheet) -> float | None:
    """Largest PnL of a trade after fees, in the quote currency."""
    return float(sheet.pnls.max()) if len(sheet.pnls) else None


def worst_trade(sheet: Sheet) -> float | None:
    """Smallest PnL of a trade after fees, in the quote currency."""
    return float(sheet.pnls.min()) if len(sheet.pnls) else None


def avg_bars(sheet: Sheet) -> float | None:
    """Mean length of a trade in bars."""
    return float(sheet.lengths.mean()) if len(sheet.lengths) else None


Figure = Callable[[Sheet], float | None]
FIGURES: tuple[Figure, ...] = (
    total_return, net_profit, buy_hold_return, cagr, volatility, sharpe, sortino, calmar,
    max_drawdown, max_drawdown_days, trades, win_rate, profit_factor, avg_win_loss_ratio, avg_trade,
    best_trade, worst_trade, avg_bars, exposure, turnover, fees, orders, fills, starting_balance,
    final_equity,
)  # fmt: skip


def figures(sheet: Sheet, asked: tuple[Figure, ...] = FIGURES) -> dict[str, float | None]:
    """Return figures by their names."""
    return {figure.__name__: figure(sheet) for figure in asked}


def sheet(
    account: Account,
    balance: float,
    first_open: float,
    start_ns: int,
    asset_class: str,
    trips: Trips,
    fills_: FillColumns,
    orders_: int,
) -> Sheet:
    """Gather what the figures need."""
    ends = day_ends(account.ts_ns)
    returns = changes(account.equity[ends], balance)
    falls = drawdown(account.equity, balance) if len(account.equity) else np.empty(0)
    days = ASSET_CLASSES[asset_class].days_a_year
    return Sheet(
        account, balance, first_open, start_ns, ends, returns, falls, days, trips, fills_, orders_,
        floats(trips.pnl), trips.bars,
    )  # fmt: skip
