"""On how many markets does it hold, and how many of those are one market under several names?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import table, usable

LEAST = 3


@dataclass(frozen=True, slots=True)
class Breadth:
    """Over markets with a figure; those without are counted and in no share."""

    markets: int
    without: int
    passing: int
    share: float
    mean: float
    median: float
    sign_p: float  # chance of so many figures above 0 were each a fair coin (one-sided)
    effective: float | None  # independent markets these are worth; None without returns
    note: str


def breadth(
    scores: Sequence[float | None], threshold: float = 0.0, returns: npt.ArrayLike | None = None
) -> Breadth:
    """Return how a score (a Sharpe ratio, say) is spread over markets; passing is > `threshold`.

    `returns` (periods x markets, of the strategy) tells clusters: with mean correlation r, n markets
    are worth n / (1 + (n - 1) * max(r, 0)) (Kish's design effect). The sign test takes markets as
    independent: read it with `effective`. Insufficient under three markets with a score.
    """
    found = usable([score for score in scores if score is not None], LEAST, "markets with a figure")
    count, above = len(found), int((found > 0).sum())
    passing = int((found > threshold).sum())
    moved = int((found != 0).sum())  # an exact 0 tells neither way
    worth = None if returns is None else effective_markets(returns)
    return Breadth(
        markets=count,
        without=len(scores) - count,
        passing=passing,
        share=passing / count,
        mean=float(found.mean()),
        median=float(np.median(found)),
        sign_p=sign_test(above, moved),
        effective=worth,
        note=_note(count, worth),
    )


def sign_test(above: int, count: int) -> float:
    """Return the chance of `above` or more heads in `count` fair throws."""
    return float(sum(comb(count, k) for k in range(above, count + 1)) / 2**count)


def effective_markets(returns: npt.ArrayLike) -> float:
    """Return how many independent markets these are worth, by their mean correlation."""
    found = table(returns, 20, 2)
    alive = found[:, found.std(axis=0) > 1e-12]
    count = alive.shape[1]
    if count < 2:
        raise Insufficient("markets that moved", count, 2)
    matrix = np.corrcoef(alive.T)
    mean = float((matrix.sum() - count) / (count * (count - 1)))
    return float(count / (1.0 + (count - 1) * max(mean, 0.0)))


def _note(count: int, worth: float | None) -> str:
    if worth is None:
        return "markets may move together: without their returns this is not taken off"
    if worth < count / 2:
        return f"these {count} markets move together and are worth about {worth:.1f}"
    return f"these {count} markets are worth about {worth:.1f} independent ones"
