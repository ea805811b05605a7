"""Several strategies in one account, each with a weight that is put right again.

Weights are given, not looked for: the book says what they come to, together and within a limit of how
much is out in all. The benchmark is cash.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.portfolio import Portfolio, correlation, diversification
from clearedge_tui.research.multi.prices import changes, checked
from clearedge_tui.research.multi.result import Result, figures
from clearedge_tui.research.stats.series import Floats


@dataclass(frozen=True, slots=True)
class Settings:
    """Weights of the sleeves (none: equal), at most `cap` each and `gross` in all."""

    weights: tuple[float, ...] = ()
    every: int = 20
    cap: float = 1.0
    gross: float = 1.0
    cost: float = 0.0005
    bars_a_year: float = 252.0


def run(prices: npt.ArrayLike, settings: Settings) -> Portfolio:
    """Run over the sleeves' equity (bars x sleeves). A sleeve without a price yet is left as cash."""
    found = checked(prices, 2 * settings.every + 2, 2)
    wanted = _weights(settings, found.shape[1])
    at = np.arange(0, len(found) - 1, settings.every)
    known = np.isfinite(found[at])
    targets = known * wanted
    real = account(found, at, targets[:, None], settings.cost)
    returns, base = real.returns[0], np.zeros(len(found) - 1)
    opened = int((np.diff((targets > 0).astype(np.int8), axis=0, prepend=0) > 0).sum())
    stats = figures(returns, base, real.turnover[0], 0, settings.bars_a_year)
    made = Result(returns, base, real.turnover[0], real.weights, 0, opened, stats, None)
    return Portfolio(made, correlation(found), diversification(made, changes(found)))


def _weights(settings: Settings, count: int) -> Floats:
    given = np.array(settings.weights or (settings.gross / count,) * count)
    if len(given) != count:
        raise UsageError(f"{len(given)} weights for {count} sleeves; give one each, or none")
    if settings.every < 1 or not (given >= 0).all() or not 0 < settings.gross <= 1:
        raise UsageError(
            f"wanted every 1 or more, weights of 0 or more, gross in 0 … 1: {settings}"
        )
    over = [f"{one:g}" for one in given.tolist() if one > settings.cap + 1e-12]
    if over or given.sum() > settings.gross + 1e-9:
        raise UsageError(
            f"weights {', '.join(f'{one:g}' for one in given.tolist())}: at most {settings.cap:g} "
            f"each and {settings.gross:g} in all; make them smaller, or raise cap or gross"
        )
    return given
