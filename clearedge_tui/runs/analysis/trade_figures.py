"""Figures of trades; each also of the long and of the short ones alone. Money is after fees."""

import numpy as np

from clearedge_tui.market.columns import Floats
from clearedge_tui.runs import metrics
from clearedge_tui.runs.analysis.material import Material
from clearedge_tui.runs.equity import episodes
from clearedge_tui.runs.fill_columns import Bools


def closed_pnl(made: Material) -> float:
    """Sum of the PnL of closed trades, in the quote currency."""
    return float(made.sheet.pnls.sum())


def gross_profit(made: Material) -> float:
    """Sum of the PnL of winning trades, in the quote currency."""
    return float(_won(made).sum())


def gross_loss(made: Material) -> float:
    """Sum of the loss of losing trades, in the quote currency, 0 or more."""
    return float(_lost(made).sum())


def avg_win(made: Material) -> float | None:
    """Mean PnL of winning trades, in the quote currency."""
    return _mean(_won(made))


def avg_loss(made: Material) -> float | None:
    """Mean loss of losing trades, in the quote currency, above 0."""
    return _mean(_lost(made))


def median_trade(made: Material) -> float | None:
    """Median PnL of a trade, in the quote currency."""
    return float(np.median(made.sheet.pnls)) if len(made.sheet.pnls) else None


def win_loss_ratio(made: Material) -> float | None:
    """Winning trades / losing trades; None without a loss."""
    won, lost = _won(made), _lost(made)
    return len(won) / len(lost) if len(lost) else None


def expectancy(made: Material) -> float | None:
    """Mean PnL of a trade / mean loss of losing trades: units of risk a trade earns (Tharp's R)."""
    loss, mean = avg_loss(made), _mean(made.sheet.pnls)
    return mean / loss if loss and mean is not None else None


def sqn(made: Material) -> float | None:
    """sqrt(trades) * mean PnL / standard deviation (n - 1) of PnL (Tharp's system quality number)."""
    pnls = made.sheet.pnls
    if len(pnls) < 2 or (spread := float(pnls.std(ddof=1))) < 1e-12:
        return None
    return float(np.sqrt(len(pnls)) * pnls.mean() / spread)


def kelly(made: Material) -> float | None:
    """Win rate - (1 - win rate) / (average win / average loss) (Kelly 1956): the share to stake."""
    won, lost = _won(made), _lost(made)
    if not len(won) or not len(lost):
        return None
    rate = len(won) / len(made.sheet.pnls)
    return float(rate - (1.0 - rate) * lost.mean() / won.mean())


def wins_in_a_row(made: Material) -> float:
    """Most trades in a row with a PnL above 0."""
    return _longest(made.sheet.pnls > 0)


def losses_in_a_row(made: Material) -> float:
    """Most trades in a row with a PnL below 0."""
    return _longest(made.sheet.pnls < 0)


def avg_trade_return(made: Material) -> float | None:
    """Mean of PnL / (largest size * entry price) of a trade."""
    return _mean(made.trade_returns)


def avg_duration_s(made: Material) -> float | None:
    """Mean time from a trade's first fill to its last, in seconds."""
    return float(made.durations_ns.mean()) / 1e9 if len(made.durations_ns) else None


def median_duration_s(made: Material) -> float | None:
    """Median time from a trade's first fill to its last, in seconds."""
    return float(np.median(made.durations_ns)) / 1e9 if len(made.durations_ns) else None


def longest_duration_s(made: Material) -> float | None:
    """Longest time from a trade's first fill to its last, in seconds."""
    return float(made.durations_ns.max()) / 1e9 if len(made.durations_ns) else None


def avg_mae(made: Material) -> float | None:
    """Mean of the lowest running PnL of a trade (see `excursions`), quote currency, 0 or less."""
    return None if made.mae is None else _mean(made.mae)


def worst_mae(made: Material) -> float | None:
    """The lowest running PnL of any trade, in the quote currency, 0 or less."""
    return float(made.mae.min()) if made.mae is not None and len(made.mae) else None


def avg_mfe(made: Material) -> float | None:
    """Mean of the highest running PnL of a trade (see `excursions`), quote currency, 0 or more."""
    return None if made.mfe is None else _mean(made.mfe)


def best_mfe(made: Material) -> float | None:
    """The highest running PnL of any trade, in the quote currency, 0 or more."""
    return float(made.mfe.max()) if made.mfe is not None and len(made.mfe) else None


def avg_given_back(made: Material) -> float | None:
    """Mean of MFE - PnL: what a trade had earned at its best and did not keep, quote currency."""
    return None if made.mfe is None else _mean(made.mfe - made.sheet.pnls)


def edge_ratio(made: Material) -> float | None:
    """Mean MFE / mean -MAE; None when no trade ever was below 0."""
    if made.mae is None or made.mfe is None or not len(made.mae) or not made.mae.any():
        return None
    return float(made.mfe.mean() / -made.mae.mean())


TRADE_FIGURES = (
    closed_pnl, gross_profit, gross_loss, avg_win, avg_loss, median_trade, win_loss_ratio,
    expectancy, sqn, kelly, wins_in_a_row, losses_in_a_row, avg_trade_return, avg_duration_s,
    median_duration_s, longest_duration_s, avg_mae, worst_mae, avg_mfe, best_mfe, avg_given_back,
    edge_ratio,
)  # fmt: skip

OF_A_SIDE = (
    metrics.trades, metrics.win_rate, metrics.profit_factor, metrics.avg_win_loss_ratio,
    metrics.avg_trade, metrics.best_trade, metrics.worst_trade, metrics.avg_bars,
)  # fmt: skip


def _won(made: Material) -> Floats:
    return made.sheet.pnls[made.sheet.pnls > 0]


def _lost(made: Material) -> Floats:
    return -made.sheet.pnls[made.sheet.pnls < 0]


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _longest(true: Bools) -> float:
    before, last = episodes(np.where(true, -1.0, 0.0))
    return float((last - before).max()) if len(last) else 0.0
