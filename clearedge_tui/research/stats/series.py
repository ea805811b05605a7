"""A series good enough to count with: one dimension, finite, long enough."""

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FLAT = 1e-12  # a standard deviation under this is no movement at all


def usable(values: npt.ArrayLike, least: int, what: str = "periods") -> Floats:
    """Return the values as float64; Insufficient under `least` of them or with a NaN or infinity."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1:
        msg = f"{what} in one row (got {found.ndim} dimensions)"
        raise Insufficient(msg, found.ndim, 1)
    whole = int(np.isfinite(found).sum())
    if whole < len(found):
        raise Insufficient(f"{what} that are numbers", whole, len(found))
    if whole < least:
        raise Insufficient(what, whole, least)
    return found


def table(values: npt.ArrayLike, least_rows: int, least_columns: int) -> Floats:
    """Return periods x variants as float64; Insufficient when small or not all numbers."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2:
        raise Insufficient("dimensions of periods x variants", found.ndim, 2)
    whole = int(np.isfinite(found).sum())
    if whole < found.size:
        raise Insufficient("returns that are numbers", whole, found.size)
    if found.shape[0] < least_rows:
        raise Insufficient("periods", found.shape[0], least_rows)
    if found.shape[1] < least_columns:
        raise Insufficient("variants", found.shape[1], least_columns)
    return found
