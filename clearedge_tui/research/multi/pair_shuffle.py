"""Does a pair come back, or would any two walks with these moves have earned as much?

The moves of both legs are shuffled together, bar by bar: what the legs have to do with each other
within a bar stays, and what one bar has to do with the next goes. The whole rule is run on each
shuffle. p is exact for moves that are independent from bar to bar; clustered volatility is shuffled
away too.
"""

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.multi import pairs
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.prices import checked
from clearedge_tui.research.stats import rule
from clearedge_tui.research.stats.curve_figures import sharpe
from clearedge_tui.research.stats.rule import RuleTest
from clearedge_tui.research.stats.series import Floats

_AT_ONCE = 100  # shuffles side by side


def shuffled(
    prices: npt.ArrayLike, settings: pairs.Settings, *, shuffles: int = 200, seed: int = 0
) -> RuleTest:
    """Rank the Sharpe ratio of the pair among its shuffles, over the bars on which both have a price."""
    pairs.check(settings)
    found = checked(prices, 2 * settings.window, 2)[:, :2]
    both = found[np.isfinite(found).all(axis=1)]
    real = pairs.run(both, settings)
    logs = np.log(both)
    moves = np.diff(logs, axis=0)
    random = np.random.default_rng(seed)
    drawn: list[Floats] = []
    for first in range(0, shuffles, _AT_ONCE):
        orders = [random.permutation(len(moves)) for _ in range(min(_AT_ONCE, shuffles - first))]
        drawn.append(_sharpes(np.array([_walk(logs[0], moves[at]) for at in orders]), settings))
    ratio = float(sharpe(real.returns[None, settings.window - 1 :])[0])
    return rule.judge(ratio, np.concatenate(drawn), real.changes, least_twins=shuffles)


def _walk(begin: Floats, moves: Floats) -> Floats:
    return np.exp(np.vstack([begin, begin + np.cumsum(moves, axis=0)]))


def _sharpes(walks: Floats, settings: pairs.Settings) -> Floats:
    """Return one Sharpe ratio a walk (walks x bars x 2)."""
    scores = np.array([pairs.distance(walk, settings) for walk in walks])
    wanted = pairs.targets(pairs.positions(scores, settings))
    prices = np.ascontiguousarray(walks.transpose(1, 0, 2))
    made = account(prices, np.arange(len(prices)), wanted, settings.cost)
    return sharpe(made.returns[:, settings.window - 1 :])
