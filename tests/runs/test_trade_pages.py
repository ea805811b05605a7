"""The list of trades: words and comparisons, order and pages, against a plain loop over rows."""

import contextlib
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import UsageError
from clearedge_tui.runs.fill_columns import money
from clearedge_tui.runs.report_rows import TradeRow
from clearedge_tui.runs.trade_pages import FIELDS, Order, TradeTable, table_of

DAY_NS, SECOND_NS = 86_400_000_000_000, 1_000_000_000
FIRST_NS = 18_993 * DAY_NS  # 2022-01-01, a Saturday
COLUMNS = (
    "side",
    "size",
    "entry_ns",
    "entry_price",
    "exit_ns",
    "exit_price",
    "pnl",
    "fees",
    "bars",
)
AMOUNT = st.decimals(-500, 500, places=2, allow_nan=False)
TAGS = ("", "stop", "Stop loss", "target", "5")


@st.composite
def trades(draw: st.DrawFn) -> TradeTable:
    """Draw up to thirty trades of a newer or an older run."""
    count = draw(st.integers(0, 30))

    def many(one: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(one, min_size=count, max_size=count))

    entry = sorted(many(st.integers(FIRST_NS, FIRST_NS + 9 * DAY_NS)))
    price = st.decimals(1, 50_000, places=2)
    columns: dict[str, Any] = {
        "side": pa.array(many(st.sampled_from(("long", "short"))), pa.string()),
        "size": money(many(st.decimals("0.001", 9, places=3))),
        "entry_ns": pa.array(entry, pa.int64()),
        "entry_price": money(many(price)),
        "exit_ns": pa.array([at + draw(st.integers(1, DAY_NS)) for at in entry], pa.int64()),
        "exit_price": money(many(price)),
        "pnl": money(many(AMOUNT)),
        "fees": money(many(st.decimals(0, 5, places=2))),
        "bars": pa.array(many(st.integers(1, 60)), pa.int64()),
    }
    if draw(st.booleans()):
        columns["mae"] = pa.array(many(st.none() | st.floats(-50, 0)), pa.float64())
        columns["first_fill"] = pa.array(range(count), pa.int64())
        columns["last_fill"] = pa.array(range(count), pa.int64())
    return table_of(pa.table(columns), many(st.sampled_from(TAGS)))


def value(row: TradeRow, name: str) -> Any:
    """Return what a column of the filter means for a row."""
    return {
        "number": row.number, "bars": row.bars, "pnl": row.pnl, "fees": row.fees, "size": row.size,
        "entry": row.entry_price, "exit": row.exit_price, "side": row.side, "tag": row.exit_tag,
        "mae": row.mae, "in": row.entry_ns, "out": row.exit_ns,
        "minutes": (row.exit_ns - row.entry_ns) / 60e9, "hour": row.entry_ns // (DAY_NS // 24) % 24,
    }[name]  # fmt: skip


COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "=": lambda a, b: a == b, ":": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}  # fmt: skip


@given(trades(), st.sampled_from(("pnl", "bars", "fees", "entry", "size", "number", "hour")),
       st.sampled_from(sorted(COMPARE)), st.integers(-60, 60))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_comparison_keeps_the_rows_a_loop_keeps(
    table: TradeTable, name: str, test: str, at: int
) -> None:
    rows = table.of(np.arange(len(table)))
    wanted = [r.number for r in rows if COMPARE[test](value(r, name), Decimal(at))]
    found = table.page(Order(f"{name}{test}{at}", "number", down=False), 0, 500)
    assert [row.number for row in found.rows] == wanted
    assert found.matched == len(wanted)
    assert found.won == sum(r.pnl > 0 for r in found.rows)
    assert found.pnl == pytest.approx(float(sum((r.pnl for r in found.rows), Decimal(0))))


@given(
    trades(),
    st.sampled_from(("stop", "STOP", "5", "long", "loss", '"stop loss"', "xyz")),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_word_is_looked_for_in_side_tags_and_number(
    table: TradeTable, word: str, inverse: bool
) -> None:
    bare = word.strip('"').lower()
    wanted = {
        row.number
        for row in table.of(np.arange(len(table)))
        if (bare in f"{row.side}|{row.entry_tag}|{row.exit_tag}".lower() or bare == str(row.number))
        is not inverse
    }
    found = table.order(Order(f"-{word}" if inverse else word))
    assert {int(n) + 1 for n in found} == wanted


@given(trades(), st.sampled_from(sorted(FIELDS)), st.booleans(), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_pages_hold_every_row_once_in_order(
    table: TradeTable, sort: str, down: bool, size: int
) -> None:
    asked = Order("", sort, down)
    pages = [table.page(asked, at, size).rows for at in range(0, len(table) + size, size)]
    numbers = [row.number for page in pages for row in page]
    assert sorted(numbers) == list(range(1, len(table) + 1))
    values = table.column(sort)[table.order(asked)].tolist()
    known = [one for one in values if one == one]
    assert known == sorted(known, reverse=down)
    assert all(one != one for one in values[len(known) :]), "what is not known comes last"


@given(trades(), st.integers(0, 8), st.sampled_from(("in", "out")))
@settings(max_examples=40, deadline=None)
def test_a_day_stands_for_all_of_it(table: TradeTable, day: int, name: str) -> None:
    start = FIRST_NS + day * DAY_NS
    rows = table.of(np.arange(len(table)))
    for test in COMPARE:
        wanted = set()
        for row in rows:
            at = float(value(row, name))
            within = start <= at < start + DAY_NS
            equal = {":": within, "=": within, "!=": not within}
            wanted |= {row.number} if equal.get(test, COMPARE[test](at, float(start))) else set()
        found = table.order(Order(f"{name}{test}2022-01-{day + 1:02}"))
        assert {int(n) + 1 for n in found} == wanted, test


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("pnk<0", "no field `pnk`; nearest: pnl"),
        ("pnl<abc", "`abc` is no number and no date"),
        ("side<long", "side is text"),
    ],
)
def test_a_term_that_says_nothing_is_named(words: str, wanted: str) -> None:
    empty = table_of(pa.table({name: pa.array([], pa.int64()) for name in COLUMNS}), [])
    with pytest.raises(UsageError, match=wanted):
        empty.order(Order(f"stop {words}"))


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_words_are_a_filter_or_a_usage_error(words: str) -> None:
    table = table_of(pa.table({name: pa.array([], pa.int64()) for name in COLUMNS}), [])
    with contextlib.suppress(UsageError):
        assert table.page(Order(words), 0, 10).matched == 0
