"""Parameter sets as points whose unit is one step, so that neighbours can be told.

A parameter with few distinct numbers is counted by their order (a step to the next of them); one
with many is divided by `step` of its range; words and switches are only ever equal or far.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.series import Bools, Floats

Value = float | int | str | bool
Params = Mapping[str, Value]

STEP = 0.1
_ORDERED = 12  # distinct numbers up to which a parameter counts as a grid
_FAR = 1e6


def coordinates(params: Sequence[Params], step: float = STEP) -> Floats:
    """Return trials x parameters in steps. Insufficient without trials or with unlike names."""
    if not params:
        raise Insufficient("trials", 0, 1)
    names = sorted(params[0])
    same = sum(sorted(one) == names for one in params)
    if same < len(params):
        raise Insufficient("trials with the same parameters", same, len(params))
    columns = [_axis([one[name] for one in params], step) for name in names]
    return np.column_stack(columns) if columns else np.zeros((len(params), 0))


def neighbours(points: Floats) -> Bools:
    """Return trials x trials: who is within one step in every parameter; nobody is his own."""
    near = np.ones((len(points), len(points)), np.bool_)
    for axis in points.T:  # one parameter at a time: memory of trials x trials, not x parameters
        near &= np.abs(axis[:, None] - axis[None, :]) <= 1.0 + 1e-9
    np.fill_diagonal(near, False)
    return near


def _axis(values: Sequence[Value], step: float) -> Floats:
    if any(isinstance(value, str | bool) for value in values):
        kinds = {value: n for n, value in enumerate(dict.fromkeys(values))}
        return np.array([kinds[value] * _FAR for value in values])
    numbers = np.array(values, dtype=np.float64)
    distinct = np.unique(numbers)
    if len(distinct) <= _ORDERED:
        return np.searchsorted(distinct, numbers).astype(np.float64)
    result: Floats = (numbers - distinct[0]) / (float(np.ptp(distinct)) * step)
    return result
