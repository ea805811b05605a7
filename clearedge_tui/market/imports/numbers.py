"""Columns of numbers as floats, or the line of the first cell that is none; and their decimals."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.columns import Floats
from clearedge_tui.market.imports.raw_file import RawBatch, RawFile
from clearedge_tui.market.imports.times import first_bad

MOST_DECIMALS = 9
_EPSILON = 4 * np.finfo(np.float64).eps


def numbers(raw: RawFile, batch: RawBatch, name: str) -> Floats:
    """Return a column as floats. Raises BadData with the line for text or nothing."""
    column = batch.fields[name]
    if pa.types.is_float64(column.type) and not column.null_count:
        plain: Floats = column.to_numpy(zero_copy_only=False)
        return plain
    comma = bool(raw.style and raw.style.decimal_comma)
    try:
        found: Floats = _floats(column, comma)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        at = first_bad(column, lambda part: _floats(part, comma))
    else:
        return found
    value = column[at].as_py()
    text = clean_text("" if value is None else value, 40)
    raise BadData(
        f"{raw.place(batch.line_of(at))}: {name} is `{text}`; wanted a number; nothing was written"
    )


def where_there(raw: RawFile, batch: RawBatch, name: str) -> Floats:
    """Return a column as floats, NaN where a cell is empty."""
    column = batch.fields[name]
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(column, ""), "nan", column)
    elif column.null_count and pa.types.is_floating(column.type):
        column = pc.fill_null(column, float("nan"))
    return numbers(raw, RawBatch(batch.line, {name: column}, batch.step), name)


def _floats(column: Any, comma: bool) -> Floats:
    kind = column.type
    if column.null_count or pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        raise ValueError
    if pa.types.is_float32(kind):  # the shortest number that reads as this one
        column = column.cast(pa.string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.replace_substring(column, ",", ".") if comma else column
    found: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found


def fits(values: Floats, digits: int) -> bool:
    """Whether every value has at most so many decimals, but for the dust of binary fractions."""
    units = values * 10.0**digits
    off = np.abs(np.rint(units) - units)
    return not len(values) or bool((off <= np.abs(units) * _EPSILON).all())


def decimals_needed(values: Floats, start: int = 0) -> int:
    """Return how many decimals, from `start` on, hold every value; the most there are when none does."""
    known = values[np.isfinite(values)]
    return next((n for n in range(start, MOST_DECIMALS) if fits(known, n)), MOST_DECIMALS)
