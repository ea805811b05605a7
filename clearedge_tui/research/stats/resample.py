"""Which period each period of a resampled path is: the stationary bootstrap, vectorised.

Politis & Romano (1994): blocks begin anywhere, have lengths of a geometric distribution and wrap
around the end. Blocks keep what one period has to do with the next.
"""

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import usable

Places = npt.NDArray[np.int32]  # half the memory of the usual ones


def stationary(random: np.random.Generator, paths: int, periods: int, block: float) -> Places:
    """Return paths x periods of places in 0 … periods - 1; `block` is the mean length, 1 is iid."""
    if periods < 1:
        raise Insufficient("periods to resample", periods, 1)
    jumps = random.random((paths, periods)) < 1.0 / max(block, 1.0)
    jumps[:, 0] = True
    anywhere = random.integers(0, periods, (paths, periods), dtype=np.int32)
    steps = np.arange(periods, dtype=np.int32)
    since = np.maximum.accumulate(np.where(jumps, steps, np.int32(0)), axis=1)
    result: Places = np.take_along_axis(anywhere, since, axis=1) + steps - since
    result[result >= periods] -= periods  # the one after the last is the first
    return result


def simple_block(periods: int) -> float:
    """Return n ** (1/3) rounded, the mean block when nothing is known of the series."""
    return max(1.0, float(np.rint(periods ** (1 / 3))))


def best_block(returns: npt.ArrayLike) -> float:
    """Return the mean block of least error: Politis & White (2004), corrected 2009, by arch.

    From 1 up to a fifth of the series. Costs the import of arch (about two seconds) once a process.
    """
    found = usable(returns, 20)
    if np.ptp(found) < 1e-15:
        return 1.0
    from arch.bootstrap import optimal_block_length

    best = float(optimal_block_length(found)["stationary"].iloc[0])
    if not np.isfinite(best):
        return simple_block(len(found))
    return float(min(max(best, 1.0), len(found) / 5))
