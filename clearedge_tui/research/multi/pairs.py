"""Trade the distance of two markets: spread = log A - beta * log B, in equal amounts of money.

z is the spread's distance from its mean over the last `window` bars in standard deviations, all of
them with the beta of now. Enter against the distance at |z| > `entry`; leave when |z| < `leave`, when
z changed its sign, or when |z| > `stop`. Half of the equity is in each leg, opposite in sign; both
legs pay. Twins enter at random on flat bars with |z| >= `leave`, as often and as often long as the
real one, and leave by the same rules.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.multi.account import account
from clearedge_tui.research.multi.hedge import Hedge, beta
from clearedge_tui.research.multi.prices import checked
from clearedge_tui.research.multi.result import Result, figures, tested
from clearedge_tui.research.stats import rule
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.rule import RuleTest
from clearedge_tui.research.stats.series import Floats


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure and trade. Cost is a share of what is traded in a leg, each way."""

    window: int = 60
    entry: float = 2.0
    leave: float = 0.5
    stop: float = float("inf")
    hedge: Hedge = Hedge.FIXED
    fixed: float = 1.0
    cost: float = 0.0005
    bars_a_year: float = 252.0


def run(prices: npt.ArrayLike, settings: Settings, *, twins: int = 0, seed: int = 0) -> Result:
    """Run over prices (bars x 2: A, B). The benchmark is cash."""
    if not 0 <= settings.leave < settings.entry < settings.stop or settings.window < 3:
        msg = f"wanted 0 <= leave < entry < stop and a window of 3 or more: change {settings}"
        raise UsageError(msg)
    found = checked(prices, 2 * settings.window, 2)
    if found.shape[1] > 2:
        raise UsageError(f"a pair has two markets, not {found.shape[1]}; give the two")
    scores = distance(found, settings)
    positions = _positions(scores, settings, 1, None)
    real = account(found, np.arange(len(found)), _targets(positions), settings.cost)
    opened = int((np.diff(positions[0], prepend=0) != 0)[positions[0] != 0].sum())
    start = min(int(np.argmax(np.isfinite(scores))), len(found) - 2)
    returns, cash = real.returns[0], np.zeros(len(found) - 1)
    test = _test(found, scores, positions, returns, opened, start, settings, twins, seed)
    return Result(
        returns=returns,
        benchmark=cash,
        turnover=real.turnover[0],
        weights=real.weights,
        start=start,
        changes=opened,
        stats=figures(returns, cash, real.turnover[0], start, settings.bars_a_year),
        test=test,
    )


def distance(prices: Floats, settings: Settings) -> Floats:
    """Return z bar by bar; NaN where a price or beta of its window is missing."""
    logs = np.log(prices)
    ratios = beta(logs[:, 0], logs[:, 1], settings.hedge, settings.window, settings.fixed)
    views = np.lib.stride_tricks.sliding_window_view
    a, b = (views(logs[:, leg], settings.window) for leg in (0, 1))
    spreads = a - ratios[settings.window - 1 :, None] * b
    deviation = spreads.std(axis=1, ddof=1)
    made = np.full(len(prices), np.nan)
    fine = deviation > 1e-9
    made[settings.window - 1 :] = np.where(
        fine, (spreads[:, -1] - spreads.mean(axis=1)) / np.where(fine, deviation, 1.0), np.nan
    )
    return made


@dataclass(frozen=True, slots=True)
class _Chance:
    """How twins enter."""

    odds: float
    long: float  # share of entries
    seed: int


def _positions(
    scores: Floats, settings: Settings, paths: int, chance: _Chance | None
) -> npt.NDArray[np.int8]:
    """Return paths x bars: 1 long the spread, -1 short, 0 flat, from each bar's close on."""
    random = np.random.default_rng(0 if chance is None else chance.seed)
    made = np.zeros((paths, len(scores)), np.int8)
    now, side = np.zeros(paths, np.int8), np.zeros(paths)
    for bar, z in enumerate(scores.tolist()):
        far, flat = abs(z), now == 0
        if far < settings.leave or far > settings.stop:
            now = np.zeros(paths, np.int8)
        elif far >= settings.leave:  # not when z is unknown
            now = np.where(~flat & (side != np.sign(z)), 0, now).astype(np.int8)
            wanted = _entries(random, z, settings, paths, chance)
            enters = flat & (wanted != 0)
            now = np.where(enters, wanted, now).astype(np.int8)
            side = np.where(enters, np.sign(z), side)
        made[:, bar] = now
    return made


def _entries(
    random: np.random.Generator,
    z: float,
    settings: Settings,
    paths: int,
    chance: _Chance | None,
) -> npt.NDArray[np.int8]:
    if chance is None:
        return np.full(paths, -np.sign(z) if abs(z) > settings.entry else 0, np.int8)
    drawn, ways = random.random((2, paths))
    return np.where(drawn < chance.odds, np.where(ways < chance.long, 1, -1), 0).astype(np.int8)


def _targets(positions: npt.NDArray[np.int8]) -> Floats:
    """Return bars x paths x 2: half of the equity a leg where a position changes, NaN elsewhere."""
    changed = np.diff(positions, axis=1, prepend=0) != 0
    legs = positions[:, :, None] * np.array([0.5, -0.5])
    return np.where(changed[:, :, None], legs, np.nan).transpose(1, 0, 2)


def _test(
    prices: Floats,
    scores: Floats,
    positions: npt.NDArray[np.int8],
    returns: Floats,
    opened: int,
    start: int,
    settings: Settings,
    twins: int,
    seed: int,
) -> RuleTest | None:
    if not twins:
        return None
    far = np.abs(scores)
    before = np.concatenate([[0], positions[0, :-1]])
    could = (before == 0) & (far >= settings.leave) & (far <= settings.stop)
    entered = (before == 0) & (positions[0] != 0)
    try:
        odds = rule.entry_odds(opened, int(could.sum()))
    except Insufficient:
        return rule.judge(None, [], opened, least_twins=twins)
    chance = _Chance(odds, float((positions[0][entered] > 0).mean()), seed)
    drawn = _targets(_positions(scores, settings, twins, chance))
    others = account(prices, np.arange(len(prices)), drawn, settings.cost)
    return tested(returns, others.returns, np.zeros_like(returns), start, opened, twins)
