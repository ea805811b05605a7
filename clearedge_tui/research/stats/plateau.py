"""Choose parameters by their neighbourhood: what works only at one point is luck.

The neighbourhood of a trial is itself and all trials within one step of it in every parameter
(`space`). Its worth is the mean of its scores less `penalty` times their standard deviation; the
trial of highest worth is recommended, not the one of highest score. A trial is a lone spike when its
neighbours' mean is under `keep` of its own score, and lies on a plateau when even the worst of them
keeps that much. Scores: more is better, 0 is no edge (a Sharpe ratio, say).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.series import Bools, Floats
from clearedge_tui.research.stats.space import STEP, Params, coordinates, neighbours

PENALTY = 1.0
KEEP = 0.5
LEAST_NEIGHBOURS = 2


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """One trial among its neighbours. Figures are None without a score or without neighbours."""

    score: float | None
    neighbours: int  # with a score
    mean: float | None  # of the neighbourhood, itself included
    worst: float | None
    worth: float | None  # mean - penalty * spread
    plateau: bool
    refused: str  # why it is not recommended; empty when it could be


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The trial to take (its place among those given), or None and why there is none."""

    index: int | None
    why: str
    best: int | None  # place of the highest score, which may be a spike
    trials: tuple[Neighbourhood, ...]


def recommend(
    params: Sequence[Params],
    scores: npt.ArrayLike,
    *,
    penalty: float = PENALTY,
    keep: float = KEEP,
    least_neighbours: int = LEAST_NEIGHBOURS,
    step: float = STEP,
) -> Recommendation:
    """Return the recommendation. A NaN score is a trial without one. Trials with equal worth: first."""
    found = np.asarray(scores, dtype=np.float64)
    near = neighbours(coordinates(params, step))
    trials = tuple(
        _neighbourhood(n, found, near, penalty, keep, least_neighbours) for n in range(len(found))
    )
    scored = [n for n in range(len(found)) if np.isfinite(found[n])]
    if not scored:
        return Recommendation(None, "no trial has a score", None, trials)
    best = max(scored, key=lambda n: found[n])
    fit = [n for n in scored if not trials[n].refused]
    if not fit:
        return Recommendation(None, f"none: the best trial {trials[best].refused}", best, trials)
    taken = max(fit, key=lambda n: (trials[n].worth or 0.0, -n))
    return Recommendation(taken, _why(trials, taken, best), best, trials)


def _neighbourhood(
    n: int, scores: Floats, near: Bools, penalty: float, keep: float, least: int
) -> Neighbourhood:
    score = float(scores[n])
    others = scores[near[n]]
    others = others[np.isfinite(others)]
    if not np.isfinite(score):
        return Neighbourhood(None, len(others), None, None, None, False, "has no score")
    if len(others) < max(1, least):
        why = f"has {len(others)} neighbours, wanted {least}: try more values around it"
        return Neighbourhood(score, len(others), None, None, None, False, why)
    all_ = np.append(others, score)
    mean, worst = float(all_.mean()), float(all_.min())
    worth = mean - penalty * float(all_.std())
    around, refused = float(others.mean()), ""
    if score <= 0:
        refused = f"scores {score:.3g}: no edge to keep"
    elif around < keep * score:
        refused = f"is a lone spike: it scores {score:.3g}, its neighbours {around:.3g} on average"
    plateau = not refused and worst >= keep * score
    return Neighbourhood(score, len(others), mean, worst, worth, plateau, refused)


def _why(trials: Sequence[Neighbourhood], taken: int, best: int) -> str:
    one = trials[taken]
    ground = "on a plateau" if one.plateau else "not on a plateau"
    said = (
        f"its {one.neighbours} neighbours and itself score {one.mean:.3g} on average and"
        f" {one.worst:.3g} at worst, {ground}"
    )
    if taken == best:
        return said
    other = trials[best]
    ground = other.refused or f"has a neighbourhood worth {other.worth:.3g}, not {one.worth:.3g}"
    return f"{said}; the best score {ground}"
