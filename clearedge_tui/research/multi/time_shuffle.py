"""Does it matter what came before what? The same bars of all markets in another order.

Moves of all markets are shuffled together, bar by bar, so that what markets have to do with each other
within a bar stays, and so does that some rise more than others; what one bar has to do with the next
goes. The whole rule chooses anew on each shuffle. Bars change places only while the same markets are
listed and, where there are sessions, nights with nights. p is exact for moves that are independent from
bar to bar; clustered volatility is shuffled away too.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from clearedge_tui.research.multi import selection
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.prices import changes
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.multi.selection import Choice
from clearedge_tui.research.stats.curve_figures import sharpe
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.rank import p_value
from clearedge_tui.research.stats.series import Bools, Floats, Ints

LEAST = 100  # bars between two listings, of the usual bar
_NUMBERS = 4_000_000  # prices held at a time

Choose = Callable[[Floats], Choice]


def p_of(
    prices: Floats, choose: Choose, top: int, cost: float, real: Result, *,
    nights: Bools | None = None, count: int = 100, seed: int = 0,
) -> tuple[float, int]:  # fmt: skip
    """Return where the Sharpe ratio of the excess stands among those of shuffles, and of how many.

    `nights` marks the bars after which a session's end lies. Insufficient with few bars to shuffle,
    or where most shuffles have no figure.
    """
    pools = exchangeable(prices, nights)
    moves = np.log1p(changes(prices))
    random = np.random.default_rng(seed)
    at_once = max(1, min(count, _NUMBERS // prices.size))
    drawn: list[Floats] = []
    for first in range(0, count, at_once):
        orders = [_order(random, pools, len(moves)) for _ in range(min(at_once, count - first))]
        walks = np.stack([walked(prices, moves[order]) for order in orders], axis=1)
        drawn.append(ratios(walks, choose, top, cost, real.start))
    found = np.concatenate(drawn)
    found = found[np.isfinite(found)]
    own = float(sharpe(real.excess[None, real.start :])[0])
    if not np.isfinite(own) or len(found) < count // 2:
        raise Insufficient("shuffles with a Sharpe ratio", len(found), count // 2)
    return p_value(own, found), len(found)


def exchangeable(prices: Floats, nights: Bools | None = None) -> list[Ints]:
    """Return the places of moves that may change places with each other, pool by pool."""
    count = len(prices) - 1
    known = np.isfinite(prices)
    begins = np.argmax(known, axis=0)
    ends = count - np.argmax(known[::-1], axis=0)
    edges = np.unique(np.concatenate([[0, count], begins, ends]))
    pools = [np.arange(a, b) for a, b in pairwise(edges.tolist()) if b > a]
    sizes = [len(one) for one in pools]
    usual = int(np.median(np.repeat(sizes, sizes)))
    if usual < LEAST:
        raise Insufficient("bars between two listings", usual, LEAST)
    if nights is None:
        return pools
    over = nights[:-1]
    return [part for one in pools for part in (one[over[one]], one[~over[one]]) if len(part)]


def _order(random: np.random.Generator, pools: list[Ints], count: int) -> Ints:
    order = np.arange(count)
    for pool in pools:
        order[pool] = random.permutation(pool)
    return order


def walked(prices: Floats, moves: Floats) -> Floats:
    """Return prices that begin where these do and make these moves, with the same holes."""
    begin = np.take_along_axis(prices, np.argmax(np.isfinite(prices), axis=0)[None], axis=0)
    grown = begin * np.exp(np.vstack([np.zeros(prices.shape[1]), np.cumsum(moves, axis=0)]))
    result: Floats = np.where(np.isfinite(prices), grown, np.nan)
    return result


def ratios(walks: Floats, choose: Choose, top: int, cost: float, start: int) -> Floats:
    """Return one Sharpe ratio of the excess a walk (bars x walks x markets)."""
    chosen = [choose(np.ascontiguousarray(walks[:, n])) for n in range(walks.shape[1])]
    at = chosen[0].at
    wanted = np.stack([selection.weights(one.chosen, top) for one in chosen], axis=1)
    parts = np.stack([selection.equal(one.allowed) for one in chosen], axis=1)
    real, whole = (account(walks, at, targets, cost) for targets in (wanted, parts))
    return sharpe((real.returns - whole.returns)[:, start:])
