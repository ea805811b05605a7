"""What each market added to a rule over many: did it earn on one of them, or on most?

Against a benchmark of equal parts a market adds what it was held above its part, times what it moved
above the benchmark (Brinson & Fachler 1985): one that is left out while it falls adds as well. Against
cash it adds what it earned. What was traded in it is paid by it.
"""

import numpy as np

from clearedge_tui.research.multi.prices import changes, eligible
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.stats.series import Floats


def equal_parts(prices: Floats) -> Floats:
    """Return bars - 1 x markets: the part of each that has a price on both ends of a bar."""
    known = eligible(prices, 1)[1:]
    parts: Floats = known / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return parts


def added(prices: Floats, result: Result, cost: float, against_cash: bool) -> Floats:
    """Return one sum of returns a market after its costs; NaN for one that never had two prices."""
    moved, held = changes(prices), result.weights[:-1]
    grown = np.maximum(1.0 + result.returns, 1e-9)[:, None]
    drifted = np.vstack([np.zeros((1, held.shape[1])), (held * (1.0 + moved) / grown)[:-1]])
    paid = cost * np.abs(held - drifted)
    equal = equal_parts(prices)
    if against_cash:
        earned = held * moved
    else:
        whole = (equal * moved).sum(axis=1, keepdims=True)
        earned = (held - equal * held.sum(axis=1, keepdims=True)) * (moved - whole)
    total: Floats = (earned - paid).sum(axis=0)
    return np.where((equal > 0).any(axis=0), total, np.nan)
