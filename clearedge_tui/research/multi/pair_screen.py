"""Which pairs move back to each other: Engle & Granger (1987) on log prices, by statsmodels.

Both orders of a pair are tested and the worse p is taken: one honest test a pair. Trying many pairs
finds some by luck, so p is put right for the number of tests by Benjamini & Hochberg (1995): among
pairs with q < 0.1 about one in ten is luck. Screen on one stretch, trade on a later one.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi.prices import checked
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Floats

LEAST = 100  # bars both have


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair. Figures are None when it has too few bars in common, or is one market twice."""

    a: str
    b: str
    bars: int
    p: float | None
    q: float | None
    beta: float | None  # of log A on log B over the whole stretch
    half_life: float | None  # bars until half of a distance is gone; None when it does not go back


@dataclass(frozen=True, slots=True)
class Screen:
    """Pairs by p, those without figures last."""

    pairs: tuple[Pair, ...]
    tests: int


def screen(prices: npt.ArrayLike, names: Sequence[str]) -> Screen:
    """Test every pair of the columns of prices (bars x markets) over the bars that both have."""
    found = checked(prices, LEAST, 2)
    if len(names) != found.shape[1]:
        msg = f"{len(names)} names for {found.shape[1]} markets; give one a market"
        raise UsageError(msg)
    logs = np.log(found)
    raw = [
        _pair(names[a], names[b], logs[:, [a, b]])
        for a, b in combinations(range(found.shape[1]), 2)
    ]
    tested = [pair for pair in raw if pair.p is not None]
    if not tested:
        raise Insufficient("pairs with bars in common to test", 0, 1)
    ps = np.array([pair.p for pair in tested], dtype=np.float64)
    with_q = [
        Pair(one.a, one.b, one.bars, one.p, q, one.beta, one.half_life)
        for one, q in zip(tested, false_discovery(ps).tolist(), strict=True)
    ]
    rest = [pair for pair in raw if pair.p is None]
    return Screen((*sorted(with_q, key=lambda pair: pair.p or 0.0), *rest), len(tested))


def false_discovery(ps: Floats) -> Floats:
    """Return Benjamini & Hochberg's q of each p."""
    order = np.argsort(ps)
    scaled = ps[order] * len(ps) / np.arange(1, len(ps) + 1)
    made = np.empty_like(ps)
    made[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return made


def half_life(spread: Floats) -> float | None:
    """Return ln 2 / -ln(1 + slope) of the spread's change on the spread before (an AR(1))."""
    before = spread[:-1] - spread[:-1].mean()
    power = float(before @ before)
    if power < 1e-18:
        return None
    slope = float(before @ np.diff(spread)) / power
    return log(2.0) / -log(1.0 + slope) if -1.0 < slope < 0.0 else None


def _pair(a: str, b: str, logs: Floats) -> Pair:
    both = logs[np.isfinite(logs).all(axis=1)]
    none = Pair(a, b, len(both), None, None, None, None)
    if len(both) < LEAST:
        return none
    first, second = both[:, 0], both[:, 1]
    off = second - second.mean()
    power = float(off @ off)
    if power < 1e-18 or float(np.var(first)) < 1e-18:
        return none
    ps = [_engle_granger(x, y) for x, y in ((first, second), (second, first))]
    if None in ps:
        return none
    beta = float(off @ first) / power
    worse = max(p for p in ps if p is not None)
    return Pair(a, b, len(both), worse, None, beta, half_life(first - beta * second))


def _engle_granger(first: Floats, second: Floats) -> float | None:
    from statsmodels.tools.sm_exceptions import CollinearityWarning
    from statsmodels.tsa.stattools import coint

    with warnings.catch_warnings():
        warnings.simplefilter("error", CollinearityWarning)
        try:
            p = float(coint(first, second, maxlag=int(12 * (len(first) / 100) ** 0.25))[1])
        except CollinearityWarning:
            return None  # one market under two names
    return p if np.isfinite(p) else None
