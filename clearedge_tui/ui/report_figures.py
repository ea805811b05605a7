"""Every figure of a run for people: its name, group, unit and formula. The numbers come from `runs`."""

from typing import Final, NamedTuple

from clearedge_tui.ui import format as f


class Figure(NamedTuple):
    """`kind` is how a value is written: share, money, ratio, count, days, seconds, bps, times."""

    key: str
    label: str
    kind: str
    formula: str
    signed: bool = False


_DAILY: Final = "of daily returns"
GROUPS: Final[dict[str, tuple[Figure, ...]]] = {
    "Returns": (
        Figure("total_return", "Total return", "share", "final equity / starting balance − 1; open positions at the last close", True),
        Figure("net_profit", "Net profit", "money", "final equity − starting balance", True),
        Figure("cagr", "CAGR", "share", "(final equity / starting balance) ^ (365.25 days / time) − 1; none under a week", True),
        Figure("buy_hold_return", "Buy and hold", "share", "last close / first open − 1 of the market itself, before fees", True),
        Figure("excess_return", "Over buy and hold", "share", "total return − buy and hold", True),
        Figure("starting_balance", "Starting balance", "money", "what the account began with"),
        Figure("final_equity", "Final equity", "money", "what it is worth at the last close, open positions too"),
        Figure("open_pnl", "Open PnL", "money", "net profit − PnL of closed trades: what an open position adds", True),
        Figure("best_day", "Best day", "share", "largest daily return", True),
        Figure("worst_day", "Worst day", "share", "smallest daily return", True),
        Figure("positive_days", "Positive days", "share", "share of days with a return above 0"),
        Figure("best_month", "Best month", "share", "largest monthly return; first and last may be parts", True),
        Figure("worst_month", "Worst month", "share", "smallest monthly return; first and last may be parts", True),
        Figure("positive_months", "Positive months", "share", "share of months with a return above 0"),
    ),
    "Risk": (
        Figure("sharpe", "Sharpe", "ratio", f"mean / standard deviation (n − 1) {_DAILY} × √(days a year); risk-free rate 0", True),
        Figure("sortino", "Sortino", "ratio", "mean / root mean square of the negative daily returns, over all days, × √(days a year)", True),
        Figure("calmar", "Calmar", "ratio", "CAGR / max drawdown", True),
        Figure("max_drawdown", "Max drawdown", "share", "largest fall of bar-by-bar equity from its highest value so far"),
        Figure("max_drawdown_days", "Longest drawdown", "days", "longest time from a peak to a later bar still below it"),
        Figure("avg_drawdown_days", "Mean drawdown", "days", "mean time from a peak to the last bar below it"),
        Figure("time_under_water", "Time under water", "share", "share of bars that close below the highest equity so far"),
        Figure("ulcer_index", "Ulcer index", "share", "root mean square of the daily falls below the peak"),
        Figure("recovery_factor", "Recovery factor", "ratio", "total return / max drawdown", True),
        Figure("volatility", "Volatility", "share", f"standard deviation (n − 1) {_DAILY} × √(days a year)"),
        Figure("var_95", "Value at risk 95 %", "share", f"minus the 5th percentile {_DAILY}: positive is a loss"),
        Figure("cvar_95", "Expected shortfall", "share", "mean loss of the worst ⌊0.05 (n − 1)⌋ + 1 days"),
        Figure("skew", "Skew", "ratio", f"third central moment {_DAILY} / second ^ 1.5; 0 is symmetric", True),
        Figure("kurtosis", "Kurtosis", "ratio", f"fourth central moment {_DAILY} / second ²; 3 is normal"),
        Figure("omega", "Omega", "ratio", "sum of daily returns above 0 / sum of those below"),
        Figure("tail_ratio", "Tail ratio", "ratio", f"95th percentile / 5th percentile {_DAILY}, without signs"),
        Figure("exposure", "Exposure", "share", "share of bars that close with a position"),
    ),
    "Against the market": (
        Figure("beta", "Beta", "ratio", "covariance with buy and hold / its variance, of daily returns", True),
        Figure("alpha", "Alpha", "share", "(mean daily return − beta × that of buy and hold) × days a year", True),
        Figure("correlation", "Correlation", "ratio", "of daily returns with buy and hold (Pearson)", True),
        Figure("information_ratio", "Information ratio", "ratio", "mean / standard deviation (n − 1) of (daily return − buy and hold) × √(days a year)", True),
    ),
    "Trades": (
        Figure("trades", "Trades", "count", "round trips, flat to flat or flip to flip"),
        Figure("win_rate", "Win rate", "share", "share of trades that earned after fees"),
        Figure("profit_factor", "Profit factor", "ratio", "money won / money lost; none without a loss"),
        Figure("closed_pnl", "Closed PnL", "money", "sum of the PnL of closed trades, after fees", True),
        Figure("gross_profit", "Gross profit", "money", "sum of the PnL of winning trades"),
        Figure("gross_loss", "Gross loss", "money", "sum of the loss of losing trades"),
        Figure("avg_trade", "Average trade", "money", "mean PnL of a trade after fees: the expectancy in money", True),
        Figure("median_trade", "Median trade", "money", "median PnL of a trade", True),
        Figure("avg_trade_return", "Average return", "share", "mean of PnL / (largest size × entry price)", True),
        Figure("best_trade", "Best trade", "money", "largest PnL of a trade after fees", True),
        Figure("worst_trade", "Worst trade", "money", "smallest PnL of a trade after fees", True),
        Figure("avg_win", "Average win", "money", "mean PnL of winning trades"),
        Figure("avg_loss", "Average loss", "money", "mean loss of losing trades"),
        Figure("avg_win_loss_ratio", "Payoff", "ratio", "mean PnL of winning trades / mean loss of losing ones"),
        Figure("win_loss_ratio", "Wins to losses", "ratio", "winning trades / losing trades"),
        Figure("expectancy", "Expectancy", "ratio", "mean PnL / mean loss of losing trades: units of risk a trade earns", True),
        Figure("sqn", "SQN", "ratio", "√trades × mean PnL / standard deviation (n − 1) of PnL", True),
        Figure("kelly", "Kelly", "share", "win rate − (1 − win rate) / payoff: the share to stake", True),
        Figure("wins_in_a_row", "Wins in a row", "count", "the longest streak"),
        Figure("losses_in_a_row", "Losses in a row", "count", "the longest streak"),
        Figure("avg_bars", "Average bars", "ratio", "mean length of a trade in bars"),
        Figure("avg_duration_s", "Average length", "seconds", "mean time from a trade's first fill to its last"),
        Figure("median_duration_s", "Median length", "seconds", "median time from a trade's first fill to its last"),
        Figure("longest_duration_s", "Longest trade", "seconds", "longest time from a trade's first fill to its last"),
        Figure("avg_mae", "Average MAE", "money", "mean of the lowest running PnL of each trade, after fees so far", True),
        Figure("worst_mae", "Worst MAE", "money", "lowest running PnL of any trade", True),
        Figure("avg_mfe", "Average MFE", "money", "mean of the highest running PnL of each trade", True),
        Figure("best_mfe", "Best MFE", "money", "highest running PnL of any trade", True),
        Figure("avg_given_back", "Given back", "money", "mean of MFE − PnL"),
        Figure("edge_ratio", "Edge ratio", "ratio", "mean MFE / mean −MAE"),
    ),
    "Costs": (
        Figure("fees", "Fees", "money", "paid on all fills"),
        Figure("fees_bps", "Fees", "bps", "fees / notional traded × 10,000"),
        Figure("slippage", "Slippage", "money", "sum of size × (price − close at decision), sells with the other sign: positive is a cost"),
        Figure("slippage_bps", "Slippage", "bps", "slippage / sum of size × close at decision × 10,000"),
        Figure("turnover", "Turnover", "times", "notional traded / starting balance"),
        Figure("orders", "Orders", "count", "sent, filled or not"),
        Figure("fills", "Fills", "count", "executions"),
    ),
}  # fmt: skip
BY_KEY: Final = {one.key: one for group in GROUPS.values() for one in group}
_UNITS: Final = {"days": "days", "bps": "bps", "times": "×"}


def unit(figure: Figure, currency: str) -> str:
    """Return the unit of a figure; a share brings its % along."""
    return currency if figure.kind == "money" else _UNITS.get(figure.kind, "")


def text(figure: Figure, value: float | None, hide: bool = False) -> str:
    """Return a value as a person reads it, without its unit; a dash where it is not defined."""
    if value is None:
        return "–"
    match figure.kind:
        case "share":
            return f.percent(value, signed=figure.signed)
        case "money":
            return f.money(value, hide) if figure.signed else f.amount(value, hide)
        case "count":
            return f"{value:,.0f}"
        case "seconds":
            return f.duration(value)
        case "days":
            return f"{value:,.1f}"
    return f"{value:z,.2f}" if abs(value) < 1e9 else f"{value:.2e}"


def unknown(figures: dict[str, float | None]) -> tuple[Figure, ...]:
    """Return figures of a newer run that this console has no words for."""
    return tuple(
        Figure(key, key.replace("_", " "), "ratio", "see docs/backtests.md")
        for key in figures
        if key not in BY_KEY
    )
