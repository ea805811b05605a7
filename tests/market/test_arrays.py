"""Columns of Arrow as numpy: the same numbers as Arrow's own way, and no pandas on the way."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import Bug
from clearedge_tui.market.arrays import ints, reals

real = st.none() | st.floats(allow_nan=False)
LOOKS = """
import sys
import pyarrow as pa
from clearedge_tui.market.arrays import ints, reals
from clearedge_tui.runs import candles, run_bars, trade_pages
whole = pa.Array.from_buffers(pa.int64(), 2, [None, pa.py_buffer(bytes([1, *bytes(7)] * 2))])
assert ints(whole).tolist() == [1, 1] and len(reals(pa.nulls(3, pa.float64()))) == 3
print("pandas" in sys.modules)
"""


@given(st.lists(st.lists(real, max_size=20), max_size=4), st.integers(0, 9))
def test_floats_are_those_of_arrow_and_a_null_is_nan(
    parts: list[list[float | None]], skip: int
) -> None:
    column = pa.chunked_array([pa.array(part, pa.float64()) for part in parts], pa.float64())
    cut = column.slice(skip)
    wanted = [np.nan if value is None else value for value in cut.to_pylist()]
    np.testing.assert_array_equal(reals(cut), wanted)
    one = column.combine_chunks().slice(skip)
    np.testing.assert_array_equal(reals(one), wanted)


@given(st.lists(st.integers(-(2**62), 2**62), max_size=30), st.integers(0, 9))
def test_whole_numbers_and_times_are_those_of_arrow(values: list[int], skip: int) -> None:
    for kind in (pa.int64(), pa.timestamp("ns", tz="UTC")):
        column = pa.chunked_array([pa.array(values, pa.int64()).view(kind)]).slice(skip)
        assert ints(column).tolist() == values[skip:]


def test_a_null_among_whole_numbers_is_an_error_and_not_a_number() -> None:
    with pytest.raises(Bug, match="1 nulls"):
        ints(pa.array([1, None], pa.int64()))


def test_what_a_report_reads_first_does_not_bring_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
