"""Probability of backtest overfitting by combinatorially symmetric cross-validation (CSCV).

Bailey, Borwein, Lopez de Prado & Zhu (2017), "The Probability of Backtest Overfitting", section 2.
The periods are cut into S blocks; every choice of S/2 blocks is once "in sample": the variant that
is best there is ranked among all in the other half. PBO is how often it lands in the worse half.
Its value without any edge is about 0.5, not 1. Sharpe ratios of halves come from sums and sums of
squares of the blocks, so no half is ever put together.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Bools, Floats, table

_AT_ONCE = 2048  # splits held in memory together
_LEAST_IN_BLOCK = 2


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What CSCV found. Sharpe ratios are per period."""

    pbo: float  # share of splits whose logit is 0 or less
    logits: Floats  # one a split
    slope: (
        float | None
    )  # out-of-sample Sharpe against in-sample of the chosen: performance degradation
    intercept: float | None
    probability_of_loss: float  # share of splits in which the chosen has a Sharpe below 0 outside
    splits: int
    blocks: int
    periods: int  # used; the tail that fills no block is left out
    variants: int


def cscv(
    returns: npt.ArrayLike, blocks: int = 16, sample: int | None = None, seed: int = 0
) -> Overfitting:
    """Return the overfitting of choosing the best of the columns of `returns` (periods x variants).

    `sample` caps the splits: that many are drawn with `seed` without replacement, each with its
    mirror. A variant that never moves in a half has Sharpe 0 there. Insufficient under two variants
    or two periods a block.
    """
    if blocks < 2 or blocks % 2:
        raise Insufficient(f"blocks in an even number, not {blocks}", blocks, 2)
    found = table(returns, blocks * _LEAST_IN_BLOCK, 2)
    length = len(found) // blocks
    cut = found[: length * blocks].reshape(blocks, length, -1)
    halves = _halves(blocks, sample, seed)
    inside, outside, ranks = [], [], []
    sums, squares = cut.sum(axis=1), (cut**2).sum(axis=1)
    for at in range(0, len(halves), _AT_ONCE):
        chosen = halves[at : at + _AT_ONCE].astype(np.float64)
        within = _sharpe(chosen @ sums, chosen @ squares, length * blocks // 2)
        beyond = _sharpe((1 - chosen) @ sums, (1 - chosen) @ squares, length * blocks // 2)
        best = within.argmax(axis=1)[:, None]
        its = np.take_along_axis(beyond, best, 1)
        below, same = (beyond < its).sum(axis=1), (beyond == its).sum(axis=1)
        ranks.append(below + (same + 1) / 2)  # ties share their mean rank
        inside.append(np.take_along_axis(within, best, 1)[:, 0])
        outside.append(its[:, 0])
    return _gather(np.concatenate(ranks), np.concatenate(inside), np.concatenate(outside), cut)


def _gather(ranks: Floats, inside: Floats, outside: Floats, cut: Floats) -> Overfitting:
    blocks, length, variants = cut.shape
    share = ranks / (variants + 1)
    logits: Floats = np.log(share / (1.0 - share))
    off = inside - inside.mean()
    power = float(off @ off)
    slope = float(off @ outside) / power if power > 1e-24 else None
    return Overfitting(
        pbo=float((logits <= 1e-12).mean()),
        logits=logits,
        slope=slope,
        intercept=None if slope is None else float(outside.mean() - slope * inside.mean()),
        probability_of_loss=float((outside < 0).mean()),
        splits=len(logits),
        blocks=blocks,
        periods=blocks * length,
        variants=variants,
    )


def _sharpe(sums: Floats, squares: Floats, count: int) -> Floats:
    mean = sums / count
    variance = (squares - sums * mean) / (count - 1)
    dead = variance <= 1e-12 * squares / count  # what floats leave of nothing
    result: Floats = np.where(dead, 0.0, mean / np.sqrt(np.where(dead, 1.0, variance)))
    return result


def _halves(blocks: int, sample: int | None, seed: int) -> Bools:
    """Return splits x blocks: which are in sample. All of them, or a mirrored sample."""
    total = comb(blocks, blocks // 2)
    if sample is None or sample >= total:
        return _rows(blocks, list(combinations(range(blocks), blocks // 2)))
    if sample < 2:
        raise Insufficient("splits", sample, 2)
    random = np.random.default_rng(seed)
    half: set[tuple[int, ...]] = set()
    while len(half) < sample // 2:
        rest = random.choice(blocks - 1, blocks // 2 - 1, replace=False) + 1
        half.add((0, *sorted(rest.tolist())))  # block 0 in sample; its mirror has it outside
    first = _rows(blocks, sorted(half))
    return np.concatenate([first, ~first])


def _rows(blocks: int, chosen: list[tuple[int, ...]]) -> Bools:
    made = np.zeros((len(chosen), blocks), np.bool_)
    np.put_along_axis(made, np.array(chosen), True, axis=1)
    return made
