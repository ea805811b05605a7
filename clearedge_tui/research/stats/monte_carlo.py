"""What the account could have become: trades in another order, drawn again or skipped; or other days.

Trades are money (PnL of each, in the order they closed) added to a starting balance. `REORDER` keeps
them all, so only the way there differs and not the end; `RESAMPLE` draws as many with replacement;
`SKIP` leaves each out with a chance. Periods are returns, compounded, by the stationary bootstrap.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.stats.resample import best_block, stationary
from clearedge_tui.research.stats.series import Floats, usable

LEAST_TRADES = 10
LEAST_PERIODS = 20
_LEVELS = (5.0, 50.0, 95.0)
_POINTS = 200


class Way(StrEnum):
    """How the trades are changed."""

    REORDER = "reorder"
    RESAMPLE = "resample"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Spread:
    """The 5th, 50th and 95th percentile over the paths."""

    p5: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Paths:
    """What became of the paths. Money is in the currency of the balance."""

    way: str
    paths: int
    at: tuple[int, ...]  # after how many trades or periods the bands are; the first is 0
    bands: dict[str, tuple[float, ...]]  # p5, p50, p95 of equity there
    final: Spread
    drawdown: Spread  # deepest fall below the highest value so far, a share of it
    loss: float  # share of paths that end below the start
    ruin: float  # share of paths that ever are at or below `ruin_at`
    ruin_at: float


def of_trades(
    pnls: npt.ArrayLike,
    balance: float,
    *,
    way: Way,
    seed: int,
    paths: int = 1000,
    skip: float = 0.1,
    ruin: float = 0.5,
) -> Paths:
    """Return paths of changed trades. `ruin` is a share of the balance. Insufficient under ten."""
    found = usable(pnls, LEAST_TRADES, "trades")
    if not (balance > 0 and 0 <= skip < 1 and 0 <= ruin < 1):
        msg = f"balance {balance:g} above 0, skip {skip:g} and ruin {ruin:g} in 0 … 1: change them"
        raise UsageError(msg)
    random = np.random.default_rng(seed)
    if way is Way.REORDER:
        drawn = random.permuted(np.tile(found, (paths, 1)), axis=1)
    elif way is Way.RESAMPLE:
        drawn = found[random.integers(0, len(found), (paths, len(found)))]
    else:
        drawn = np.where(random.random((paths, len(found))) < skip, 0.0, found)
    return _summed(way.value, balance + np.cumsum(drawn, axis=1), balance, ruin)


def of_periods(
    returns: npt.ArrayLike,
    balance: float,
    *,
    seed: int,
    paths: int = 1000,
    block: float | None = None,
    ruin: float = 0.5,
) -> Paths:
    """Return paths of resampled returns per period; `block` None asks arch. Insufficient under 20."""
    found = usable(returns, LEAST_PERIODS)
    size = best_block(found) if block is None else block
    places = stationary(np.random.default_rng(seed), paths, len(found), size)
    worth = balance * np.cumprod(np.maximum(1.0 + found[places], 0.0), axis=1)
    return _summed("periods", worth, balance, ruin)


def _summed(way: str, equity: Floats, balance: float, ruin: float) -> Paths:
    count, length = equity.shape
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), balance)
    deepest = np.maximum(1.0 - (equity / peak).min(axis=1), 0.0)
    shown = np.unique(np.linspace(1, length, min(length, _POINTS)).astype(np.int64))
    bands = np.percentile(equity[:, shown - 1], _LEVELS, axis=0)
    level = ruin * balance
    return Paths(
        way=way,
        paths=count,
        at=(0, *shown.tolist()),
        bands={f"p{q:g}": (balance, *row.tolist()) for q, row in zip(_LEVELS, bands, strict=True)},
        final=_spread(equity[:, -1]),
        drawdown=_spread(deepest),
        loss=float((equity[:, -1] < balance - 1e-9 * balance).mean()),
        ruin=float((equity.min(axis=1) <= level).mean()),
        ruin_at=level,
    )


def _spread(values: Floats) -> Spread:
    return Spread(*np.percentile(values, _LEVELS).tolist())
