"""Inside a session, buy the laggards; be flat at its close.

At each decision the return since the session's first close is taken of every market; the `top` that
lag their mean most are held in equal parts until the next decision, and sold at the last close. What
a market did over night is in no figure. The last bar of a session is said by the caller's calendar,
since it is not known from prices that no bar will follow.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi import cross_sectional, selection
from clearedge_tui.research.multi.cross_sectional import Signal
from clearedge_tui.research.multi.prices import checked
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.multi.selection import Choice
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Settings:
    """How to rank and hold. Cost is a share of what is traded, each way."""

    top: int
    wait: int  # bars of a session before the first decision, 1 or more
    every: int  # bars between decisions of a session
    cost: float = 0.0002
    bars_a_year: float = 252.0 * 390


def run(
    prices: npt.ArrayLike,
    last: npt.ArrayLike,
    settings: Settings,
    *,
    twins: int = 0,
    seed: int = 0,
) -> Result:
    """Run over prices (bars x markets); `last` marks the bars that end a session by the calendar."""
    if min(settings.top, settings.wait, settings.every) < 1 or settings.cost < 0:
        msg = f"top, wait and every must be 1 or more, cost not negative: change {settings}"
        raise UsageError(msg)
    found = checked(prices, settings.wait + 3, settings.top + 1)
    ends = np.asarray(last, dtype=np.bool_)
    if len(ends) != len(found):
        raise Insufficient("bars marked as last or not", len(ends), len(found))
    made = choice(found, ends, settings)
    if bool(ends[made.at].all()):
        raise Insufficient("decisions in sessions", 0, 1)
    as_daily = cross_sectional.Settings(
        Signal.REVERSION, settings.top, 2, 1, 0, settings.cost, settings.bars_a_year
    )
    return cross_sectional.held(found, made, as_daily, twins, seed)


def choice(prices: Floats, ends: Bools, settings: Settings) -> Choice:
    """Return what is held, by prices of the session up to each decision; nothing after its end."""
    since, first = _places(ends)
    decides = (since >= settings.wait) & ((since - settings.wait) % settings.every == 0) & ~ends
    at = np.flatnonzero(decides | ends)
    scores, allowed = _ranked(prices, at, first)
    allowed &= ~ends[at][:, None]
    return Choice(at, selection.best(scores, allowed, settings.top), allowed)


def _places(ends: Bools) -> tuple[Ints, Ints]:
    """Return how many bars of its session were before each bar, and its session's first bar."""
    bars = np.arange(len(ends))
    begins = np.concatenate([[True], ends[:-1]])
    first: Ints = np.maximum.accumulate(np.where(begins, bars, 0))
    return bars - first, first


def _ranked(prices: Floats, at: Ints, first: Ints) -> tuple[Floats, Bools]:
    moved = prices[at] / prices[first[at]] - 1.0
    allowed = np.isfinite(moved)
    count = np.maximum(allowed.sum(axis=1, keepdims=True), 1)
    mean = np.where(allowed, moved, 0.0).sum(axis=1, keepdims=True) / count
    return mean - moved, allowed
