"""Rank the markets, hold the best K in equal parts, judge by the excess over holding them all.

Momentum: the return from `lookback` to `skip` bars ago (Jegadeesh & Titman 1993). Reversion: minus
the return of the last `lookback` bars. Low volatility: minus the standard deviation of the last
`lookback` returns. A market may be held once it has had a price for the whole lookback.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi import selection
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.prices import changes, checked, eligible, filled
from clearedge_tui.research.multi.result import Result, figures, tested
from clearedge_tui.research.multi.selection import Choice
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Floats, Ints


class Signal(StrEnum):
    """What markets are ranked by."""

    MOMENTUM = "momentum"
    REVERSION = "reversion"
    LOW_VOL = "low_vol"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to rank and hold. Cost is a share of what is traded, each way."""

    signal: Signal
    top: int
    lookback: int
    every: int  # bars between rebalances
    skip: int = 0  # of momentum
    cost: float = 0.0005
    bars_a_year: float = 252.0


def run(prices: npt.ArrayLike, settings: Settings, *, twins: int = 0, seed: int = 0) -> Result:
    """Run over prices (bars x markets); with `twins`, also the rank test against random choices."""
    _check(settings)
    found = checked(prices, settings.lookback + 2 * settings.every + 2, settings.top + 1)
    made = choice(found, settings)
    if not (made.allowed.sum(axis=1) > settings.top).any():
        most = int(made.allowed.sum(axis=1).max())
        raise Insufficient("markets to choose from on any bar", most, settings.top + 1)
    return held(found, made, settings, twins, seed)


def choice(prices: Floats, settings: Settings) -> Choice:
    """Return what is held, by prices up to each decision."""
    at = np.arange(settings.lookback, len(prices), settings.every)
    allowed = eligible(prices, settings.lookback)[at]
    return Choice(at, selection.best(scores(prices, settings, at), allowed, settings.top), allowed)


def held(prices: Floats, made: Choice, settings: Settings, twins: int, seed: int) -> Result:
    """Hold what was chosen, against all that was allowed and against random twins."""
    at, chosen, allowed = made
    top, cost = settings.top, settings.cost
    real = account(prices, at, selection.weights(chosen, top)[:, None], cost)
    whole = account(prices, at, selection.equal(allowed)[:, None], cost)
    start = int(at[0])
    opened = int(
        (chosen & ~np.vstack([np.zeros((1, chosen.shape[1]), np.bool_), chosen[:-1]])).sum()
    )
    test = None
    if twins:
        random = np.random.default_rng(seed)
        drawn = selection.random_like(random, chosen, allowed, twins)
        others = account(prices, at, selection.weights(drawn, top), cost)
        test = tested(real.returns[0], others.returns, whole.returns[0], start, opened, twins)
    return Result(
        returns=real.returns[0],
        benchmark=whole.returns[0],
        turnover=real.turnover[0],
        weights=real.weights,
        start=start,
        changes=opened,
        stats=figures(
            real.returns[0], whole.returns[0], real.turnover[0], start, settings.bars_a_year
        ),
        test=test,
    )


def scores(prices: Floats, settings: Settings, at: Ints) -> Floats:
    """Return decisions x markets, more is better, from prices up to each bar of `at`."""
    known = filled(prices)
    before = known[at - settings.lookback]
    if settings.signal is Signal.MOMENTUM:
        return np.asarray(known[at - settings.skip] / before - 1.0)
    if settings.signal is Signal.REVERSION:
        return np.asarray(1.0 - known[at] / before)
    moved = changes(prices)
    return np.array([-moved[bar - settings.lookback : bar].std(axis=0) for bar in at.tolist()])


def _check(settings: Settings) -> None:
    whole = min(settings.top, settings.every) >= 1 and settings.lookback >= 2
    if not whole or not 0 <= settings.skip < settings.lookback or settings.cost < 0:
        msg = (
            f"top {settings.top} and every {settings.every} must be 1 or more, lookback"
            f" {settings.lookback} 2 or more and above skip {settings.skip}, cost"
            f" {settings.cost:g} not negative; change them"
        )
        raise UsageError(msg)
