"""Figures of what trading cost and of what is still open."""

from clearedge_tui.runs import metrics
from clearedge_tui.runs.analysis.material import Material


def slippage(made: Material) -> float | None:
    """Sum of size * (price - close at decision) of taker fills, buys +, sells -: positive is a cost.

    In the quote currency; see `shortfall`.
    """
    return None if made.shortfall is None else float(made.shortfall.cost.sum())


def slippage_bps(made: Material) -> float | None:
    """Slippage / (sum of size * close at decision) * 10,000; positive is a cost."""
    if made.shortfall is None or not made.shortfall.worth.sum() > 0:
        return None
    return float(made.shortfall.cost.sum() / made.shortfall.worth.sum()) * 1e4


def fees_bps(made: Material) -> float | None:
    """Fees / notional traded * 10,000."""
    worth = metrics.turnover(made.sheet) * made.sheet.balance
    return metrics.fees(made.sheet) / worth * 1e4 if worth > 0 else None


def open_pnl(made: Material) -> float:
    """Net profit - PnL of closed trades: what an open position adds, its fees so far included."""
    return metrics.net_profit(made.sheet) - float(made.sheet.pnls.sum())


COST_FIGURES = (slippage, slippage_bps, fees_bps, open_pnl)
