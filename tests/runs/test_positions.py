"""The position after each fill, held against the ledger that keeps it exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.model import Position
from clearedge_tui.runs.fill_columns import columns_of
from clearedge_tui.runs.outcome import FillRow
from clearedge_tui.runs.positions import positions

sizes = st.integers(1, 40).map(lambda n: Decimal(n) / 10)
prices = st.integers(100, 2_000).map(lambda n: Decimal(n) / 10)
fills = st.lists(st.tuples(st.sampled_from(["buy", "sell"]), sizes, prices), max_size=40)


@given(fills)
def test_it_is_the_ledgers_position(given_fills: list[tuple[str, Decimal, Decimal]]) -> None:
    rows = [
        FillRow(n, f"o{n}", side, size, price, Decimal("0.01"), False, "")
        for n, (side, size, price) in enumerate(given_fills)
    ]
    made = positions(columns_of(rows))
    book, realised = Position(), Decimal(0)
    for n, row in enumerate(rows):
        book, _ = apply_fill(book, row.side, row.size, row.price, row.fee)
        realised = book.realised
        assert made.held[n] == pytest.approx(float(book.size))
        assert made.avg_price[n] == pytest.approx(float(book.avg_price), abs=1e-9)
        assert made.realised[n] == pytest.approx(float(realised), abs=1e-6)
        assert made.fees[n] == pytest.approx(0.01 * (n + 1))
