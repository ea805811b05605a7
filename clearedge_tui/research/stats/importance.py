"""Which parameter moves the score: the share of its variance between the values of each alone.

Epsilon squared (Kelley 1935): the variance between bins less what chance puts there, over the whole.
Parameters with many values are cut into bins of equal counts. It sees no interaction of parameters.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.series import Floats, usable
from clearedge_tui.research.stats.space import Params

LEAST = 20
_BINS = 8


def explained(params: Sequence[Params], scores: npt.ArrayLike) -> dict[str, float]:
    """Return 0 … 1 a parameter. Insufficient under 20 trials; give only trials with a score."""
    found = usable(scores, LEAST, "trials with a score")
    whole = float(((found - found.mean()) ** 2).sum())
    return {
        name: _share(_bins([one[name] for one in params]), found, whole)
        for name in sorted(params[0])
    }


def _share(bins: npt.NDArray[np.int64], scores: Floats, whole: float) -> float:
    groups = int(bins.max()) + 1
    if groups < 2 or whole <= 0 or groups >= len(scores):
        return 0.0
    counts = np.bincount(bins, minlength=groups)
    means = np.bincount(bins, scores, groups) / np.maximum(counts, 1)
    inside = float(((scores - means[bins]) ** 2).sum())
    noise = inside / (len(scores) - groups)
    return min(1.0, max(0.0, (whole - inside - (groups - 1) * noise) / whole))


def _bins(values: Sequence[object]) -> npt.NDArray[np.int64]:
    if any(isinstance(value, str | bool) for value in values):
        kinds = {value: n for n, value in enumerate(dict.fromkeys(values))}
        return np.array([kinds[value] for value in values], np.int64)
    numbers = np.array(values, dtype=np.float64)
    distinct, places = np.unique(numbers, return_inverse=True)
    if len(distinct) <= _BINS:
        return places.astype(np.int64)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1]))
    binned = np.searchsorted(edges, numbers, "right")
    return np.unique(binned, return_inverse=True)[1].astype(np.int64)
