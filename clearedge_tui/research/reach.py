"""How far an edge on several markets reaches: kinds of market, how many of them, and order in time."""

from typing import Any

import numpy as np

from clearedge_tui.market.columns import Floats
from clearedge_tui.research import kinds
from clearedge_tui.research.evidence import insufficient
from clearedge_tui.research.gates import Evidence
from clearedge_tui.research.multi import contribution
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.several import Several
from clearedge_tui.research.stats import breadth, regimes
from clearedge_tui.research.stats.errors import Insufficient


def regimes_with_a_gain(excess: Floats, market: Floats, a_year: float) -> Evidence:
    """Return the share of regimes, of all markets in equal parts, in which the excess is above 0."""
    try:
        found = regimes.by_market(excess, market, a_year)
    except Insufficient as error:
        return insufficient("", error)
    lost = [one.name for one in found.regimes if (one.total_return or 0.0) <= 0]
    said = f"no gain in {', '.join(lost)}" if lost else "a gain in each"
    return Evidence("", found.gaining, f"of all markets in equal parts: {said}")


def markets_that_add(kind: str, several: Several, train: Result, cost: float) -> Evidence:
    """Return the share of the markets that add to the excess of the training part."""
    prices = several.prices[: several.at + 1]
    sums = contribution.added(prices, train, cost, kind in kinds.AGAINST_CASH)
    try:
        found = breadth.breadth([one if np.isfinite(one) else None for one in sums.tolist()])
    except Insufficient as error:
        return insufficient("", error)
    least = several.names[int(np.nanargmin(sums))]
    why = f"{found.passing} of {found.markets} markets add to it, {least} the least"
    return Evidence("", found.share, why)


def order(kind: str, several: Several, made: Any, train: Result, seed: int) -> Evidence:
    """Return p of the same bars in another order."""
    try:
        found = kinds.permutation(kind, several, several.at + 1, made, train, seed)
    except Insufficient as error:
        return insufficient("", error)
    if found is None:
        return Evidence("", why="time has no part in it", idle=True)
    return Evidence("", found[0], f"{found[1]} shuffles of the bars of all markets at once")
