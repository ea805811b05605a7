"""The figures of a report. Each says its formula; None is "not defined here", never a guess.

Returns are daily: the account's value at the last bar of each UTC day against the day before (the
first against the starting balance). The risk-free rate is 0. A year has 365 of them for crypto,
252 otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter, mul

import numpy as np

from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.market.columns import Floats
from clearedge_tui.runs.equity import Account, daily, drawdown
from clearedge_tui.runs.model import Trade
from clearedge_tui.runs.outcome import FillRow, OrderRow

_DAY_NS = 86_400_000_000_000
_YEAR_NS = 365.25 * _DAY_NS


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the figures are made from."""

    account: Account
    balance: float
    first_open: float
    start_ns: int  # when the first bar opened
    returns: Floats  # daily
    days_a_year: int
    trades: Sequence[Trade]
    fills: Sequence[FillRow]
    orders: Sequence[OrderRow]
    pnls: Floats  # of the trades

    @property
    def final(self) -> float:
        return float(self.account.equity[-1]) if len(self.account.equity) else self.balance


def trades(sheet: Sheet) -> float:
    """Closed round trips."""
    return len(sheet.trades)


def orders(sheet: Sheet) -> float:
    """Orders sent, filled or not."""
    return len(sheet.orders)


def fills(sheet: Sheet) -> float:
    """Executions."""
    return len(sheet.fills)


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
    if span < 7 * _DAY_NS or sheet.final <= 0:
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
    if not len(sheet.account.equity):
        return 0.0
    return abs(float(drawdown(sheet.account.equity, sheet.balance).min()))


def max_drawdown_days(sheet: Sheet) -> float:
    """Longest time from a peak of equity to a later bar still below it, in days."""
    equity, times = sheet.account.equity, sheet.account.ts_ns
    if not len(equity):
        return 0.0
    times = np.concatenate([[sheet.start_ns], times])
    at_peak = np.concatenate([[True], drawdown(equity, sheet.balance) >= 0.0])
    last_peak = np.maximum.accumulate(np.where(at_peak, np.arange(len(times)), 0))
    return float((times - times[last_peak]).max()) / _DAY_NS


def calmar(sheet: Sheet) -> float | None:
    """CAGR / max drawdown."""
    grown, fall = cagr(sheet), max_drawdown(sheet)
    return None if grown is None or fall == 0 else grown / fall


def fees(sheet: Sheet) -> float:
    """Fees paid on all fills, in the quote currency."""
    return float(sum(map(attrgetter("fee"), sheet.fills)))


def turnover(sheet: Sheet) -> float:
    """Notional traded / starting balance."""
    sizes, prices = (map(attrgetter(name), sheet.fills) for name in ("size", "price"))
    return float(sum(map(mul, sizes, prices))) / sheet.balance


def exposure(sheet: Sheet) -> float | None:
    """Share of bars that close with a position."""
    held = sheet.account.position
    return float(np.mean(held != 0.0)) if len(held) else None


def win_rate(sheet: Sheet) -> float | None:
    """Share of trades with a PnL above 0 after fees."""
    return float(np.mean(sheet.pnls > 0)) if len(sheet.trades) else None


def profit_factor(sheet: Sheet) -> float | None:
    """Sum of winning PnL / sum of losing PnL; None without a loss."""
    pnls = sheet.pnls
    lost = -float(pnls[pnls < 0].sum())
    return float(pnls[pnls > 0].sum()) / lost if lost > 0 else None


def avg_trade(sheet: Sheet) -> float | None:
    """Mean PnL of a trade after fees, in the quote currency."""
    return float(sheet.pnls.mean()) if len(sheet.trades) else None


def best_trade(sheet: Sheet) -> float | None:
    """Largest PnL of a trade after fees, in the quote currency."""
    return float(sheet.pnls.max()) if len(sheet.trades) else None


def worst_trade(sheet: Sheet) -> float | None:
    """Smallest PnL of a trade after fees, in the quote currency."""
    return float(sheet.pnls.min()) if len(sheet.trades) else None


def avg_bars(sheet: Sheet) -> float | None:
    """Mean length of a trade in bars."""
    return float(np.mean([trade.bars for trade in sheet.trades])) if sheet.trades else None


FIGURES: tuple[Callable[[Sheet], float | None], ...] = (
    total_return, net_profit, buy_hold_return, cagr, volatility, sharpe, sortino, calmar,
    max_drawdown, max_drawdown_days, trades, win_rate, profit_factor, avg_trade, best_trade,
    worst_trade, avg_bars, exposure, turnover, fees, orders, fills,
)  # fmt: skip


def figures(sheet: Sheet) -> dict[str, float | None]:
    """Return every figure by its name."""
    return {figure.__name__: figure(sheet) for figure in FIGURES}


def sheet(
    account: Account,
    balance: float,
    first_open: float,
    start_ns: int,
    asset_class: str,
    done: Sequence[Trade],
    fills_: Sequence[FillRow],
    orders_: Sequence[OrderRow],
) -> Sheet:
    """Gather what the figures need."""
    returns = daily(account.ts_ns, account.equity, balance)
    days = ASSET_CLASSES[asset_class].days_a_year
    pnls = np.fromiter(map(float, map(attrgetter("pnl"), done)), float, len(done))
    return Sheet(account, balance, first_open, start_ns, returns, days, done, fills_, orders_, pnls)
