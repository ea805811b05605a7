"""Trade the distance of two markets: spread = log A - beta * log B, in equal amounts of money.

z is the spread's distance from its mean over the last `window` bars in standard deviations, all of
them with the beta of now. Enter against the distance at |z| > `entry`; leave when |z| < `leave`, when
z changed its sign, or when |z| > `stop`. Half of the equity is in each leg, opposite in sign; both
legs pay. Twins enter against the distance too, but at random on flat bars with |z| >= `leave`, as often
as the real one, and leave by the same rules: they ask whether waiting for `entry` pays. Whether the
pair comes back at all is asked by `pair_shuffle`.
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

Sides = npt.NDArray[np.int8]


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
    check(settings)
    found = checked(prices, 2 * settings.window, 2)
    if found.shape[1] > 2:
        raise UsageError(f"a pair has two markets, not {found.shape[1]}; give the two")
    scores = distance(found, settings)
    sides = positions(scores[None, :], settings)
    real = account(found, np.arange(len(found)), targets(sides), settings.cost)
    opened = int((np.diff(sides[0], prepend=0) != 0)[sides[0] != 0].sum())
    start = min(int(np.argmax(np.isfinite(scores))), len(found) - 2)
    returns, cash = real.returns[0], np.zeros(len(found) - 1)
    test = _test(found, scores, sides, returns, opened, start, settings, twins, seed)
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


def check(settings: Settings) -> None:
    """Refuse settings that cannot be traded."""
    if not 0 <= settings.leave < settings.entry < settings.stop or settings.window < 3:
        msg = f"wanted 0 <= leave < entry < stop and a window of 3 or more: change {settings}"
        raise UsageError(msg)


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


def positions(
    scores: Floats, settings: Settings, odds: float | None = None, seed: int = 0
) -> Sides:
    """Return paths x bars out of z (paths x bars): 1 long the spread, -1 short, 0 flat, from each
    bar's close on. With `odds` entries are random. An unknown z changes nothing."""
    random = np.random.default_rng(seed)
    made = np.zeros(scores.shape, np.int8)
    now = np.zeros(len(scores), np.int8)
    least = settings.leave if odds is not None else np.nextafter(settings.entry, np.inf)
    for bar in range(scores.shape[1]):
        z = scores[:, bar]
        far, side = np.abs(z), np.sign(np.nan_to_num(z)).astype(np.int8)
        leaves = (far < settings.leave) | (far > settings.stop) | (now * side > 0)
        enters = (now == 0) & (far >= least) & (far <= settings.stop)
        if odds is not None:
            enters &= random.random(len(scores)) < odds
        now = np.where(leaves, 0, np.where(enters, -side, now)).astype(np.int8)
        made[:, bar] = now
    return made


def targets(sides: Sides) -> Floats:
    """Return bars x paths x 2: half of the equity a leg where a position changes, NaN elsewhere."""
    changed = np.diff(sides, axis=1, prepend=0) != 0
    legs = sides[:, :, None] * np.array([0.5, -0.5])
    return np.where(changed[:, :, None], legs, np.nan).transpose(1, 0, 2)


def _test(
    prices: Floats,
    scores: Floats,
    sides: Sides,
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
    before = np.concatenate([[0], sides[0, :-1]])
    could = (before == 0) & (far >= settings.leave) & (far <= settings.stop)
    try:
        odds = rule.entry_odds(opened, int(could.sum()))
    except Insufficient:
        return rule.judge(None, [], opened, least_twins=twins)
    shared = np.broadcast_to(scores, (twins, len(scores)))
    drawn = targets(positions(shared, settings, odds, seed))
    others = account(prices, np.arange(len(prices)), drawn, settings.cost)
    return tested(returns, others.returns, np.zeros_like(returns), start, opened, twins)
