"""Walk-forward arithmetic: the windows, what out of sample kept of in sample, how parameters drift.

Places are ints of any unit (bars, days, UTC ns); a window's ends are not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.stats.curve_figures import growth
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.moments import moments
from clearedge_tui.research.stats.series import Floats, Ints, usable
from clearedge_tui.research.stats.space import Params


@dataclass(frozen=True, slots=True)
class Window:
    """Choose on [train_start, train_end), trade [test_start, test_end); the embargo lies between."""

    train_start: int
    train_end: int
    test_start: int
    test_end: int


def by_length(
    start: int,
    end: int,
    train: int,
    test: int,
    *,
    step: int | None = None,
    embargo: int = 0,
    anchored: bool = False,
) -> tuple[Window, ...]:
    """Return windows of given lengths over [start, end), each `step` (None: `test`) after the last.

    Anchored windows all begin at `start` and grow. Tests never overlap: a step under `test` is
    refused. A last test that does not fit whole is left out. Insufficient when none fits.
    """
    pace = test if step is None else step
    if min(train, test) < 1 or embargo < 0 or pace < test:
        msg = (
            f"train {train} and test {test} must be 1 or more, embargo {embargo} 0 or more and"
            f" step {pace} not under test {test}; change them and try again"
        )
        raise UsageError(msg)
    first = start + train + embargo
    found = tuple(
        Window(start if anchored else at - embargo - train, at - embargo, at, at + test)
        for at in range(first, end - test + 1, pace)
    )
    if not found:
        raise Insufficient("length for one window", max(0, end - start), train + embargo + test)
    return found


def by_count(
    start: int,
    end: int,
    count: int,
    *,
    train_to_test: float = 3.0,
    embargo: int = 0,
    anchored: bool = False,
) -> tuple[Window, ...]:
    """Return `count` windows that fill [start, end) to its end; rolling training is
    `train_to_test` tests long, anchored training begins that long."""
    if count < 1 or train_to_test <= 0:
        msg = f"{count} windows at {train_to_test:g} train to test; take 1 or more and above 0"
        raise UsageError(msg)
    test = int((end - start - embargo) / (count + train_to_test))
    if test < 1:
        raise Insufficient("length for the windows", max(0, end - start), count + embargo + 1)
    train = end - start - embargo - count * test  # the odd rest goes to training
    return by_length(start, end, train, test, embargo=embargo, anchored=anchored)


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What out of sample kept. A ratio is None when in sample earned nothing to keep."""

    inside: float  # mean of the windows' annual compounded returns in sample
    outside: float  # annual compounded return of the stitched test windows
    ratio: float | None  # outside / inside (Pardo 2008, walk-forward efficiency)
    sharpe: float | None  # of the stitched test windows, a year
    winning: int  # test windows with a return above 0
    windows: int


def efficiency(
    inside: Sequence[npt.ArrayLike], outside: Sequence[npt.ArrayLike], periods_a_year: float
) -> Efficiency:
    """Return the efficiency of windows given as their returns per period. Insufficient under two."""
    if len(outside) < 2 or len(inside) != len(outside):
        raise Insufficient("windows with both halves", min(len(inside), len(outside)), 2)
    trained = [_a_year(usable(part, 2), periods_a_year) for part in inside]
    parts = [usable(part, 1) for part in outside]
    joined = np.concatenate(parts)
    within, beyond = float(np.mean(trained)), _a_year(joined, periods_a_year)
    try:
        sharpe = moments(joined).sharpe * sqrt(periods_a_year)
    except Insufficient:
        sharpe = None  # it never traded outside
    return Efficiency(
        inside=within,
        outside=beyond,
        ratio=beyond / within if within > 0 else None,
        sharpe=sharpe,
        winning=sum(bool((1.0 + part).prod() > 1.0) for part in parts),
        windows=len(parts),
    )


def _a_year(returns: Floats, periods_a_year: float) -> float:
    grown = float(growth(returns[None, :])[0])
    return float((1.0 + grown) ** periods_a_year - 1.0) if np.isfinite(grown) else -1.0


def drift(chosen: Sequence[Params], ranges: Params | None = None) -> tuple[float, ...]:
    """Return how far the parameters moved from each window to the next, 0 … 1.

    The mean over parameters of |step| / range, where `ranges` gives the width searched (None: the
    width seen); a word or switch that changed is 1. Near 0 is stable, near 1/3 is a new draw each
    time. Insufficient under two windows.
    """
    if len(chosen) < 2:
        raise Insufficient("windows with parameters", len(chosen), 2)
    names = sorted(chosen[0])
    if not names:
        return (0.0,) * (len(chosen) - 1)
    widths = {name: _width(name, chosen, ranges) for name in names}
    return tuple(
        sum(_moved(before[name], after[name], widths[name]) for name in names) / len(names)
        for before, after in pairwise(chosen)
    )


def _width(name: str, chosen: Sequence[Params], ranges: Params | None) -> float:
    if ranges is not None and not isinstance(ranges.get(name, 0.0), str):
        given = float(ranges.get(name, 0.0))
        if given > 0:
            return given
    seen = [float(one[name]) for one in chosen if not isinstance(one[name], str)]
    return max(seen) - min(seen) if seen else 0.0


def _moved(before: object, after: object, width: float) -> float:
    if before == after:
        return 0.0
    if isinstance(before, int | float) and isinstance(after, int | float) and width > 0:
        return min(1.0, abs(after - before) / width)
    return 1.0


def stitched(parts: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> tuple[Ints, Floats]:
    """Join (ts_ns, returns) of test windows in the order given; times must go strictly forward."""
    if not parts:
        raise Insufficient("test windows", 0, 1)
    times = np.concatenate([np.asarray(ts, dtype=np.int64) for ts, _ in parts])
    returns = usable(np.concatenate([np.asarray(part, dtype=np.float64) for _, part in parts]), 1)
    if len(times) != len(returns):
        raise Insufficient("times, one for each return", len(times), len(returns))
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        at = int(times[back[0] + 1])
        msg = f"test windows overlap at {at} ns: give windows that follow each other"
        raise UsageError(msg)
    return times, returns
