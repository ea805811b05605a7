"""Columns of Arrow as numpy, straight from their buffers.

Arrow's own `to_numpy` and `np.asarray` import pandas where it is installed: 0.2 s before the first
row, which a screen that shows bars or trades does not have.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clearedge_tui.core.errors import Bug

if TYPE_CHECKING:
    from clearedge_tui.market.columns import Floats, Ints


def ints(column: Any) -> "Ints":
    """Return whole numbers, or times as nanoseconds. A null is an error of ours."""
    one = _whole(column)
    if one.type != pa.int64():
        one = one.view(pa.int64()) if pa.types.is_timestamp(one.type) else one.cast(pa.int64())
    if one.null_count:
        raise Bug(f"{one.null_count} nulls in a column of whole numbers")
    result: Ints = _values(one, np.int64)
    return result


def reals(column: Any) -> "Floats":
    """Return floats; a null is NaN."""
    one = _whole(column)
    one = one if one.type == pa.float64() else one.cast(pa.float64())
    result: Floats = _values(one, np.float64)
    if one.null_count:
        bits = np.frombuffer(one.buffers()[0], np.uint8)
        known = np.unpackbits(bits, bitorder="little")[one.offset : one.offset + len(one)]
        result = np.where(known, result, np.nan)
    return result


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _values(one: Any, kind: npt.DTypeLike) -> Any:
    buffer = one.buffers()[1]
    if buffer is None or not len(one):
        return np.empty(0, kind)
    return np.frombuffer(buffer, kind)[one.offset : one.offset + len(one)]
