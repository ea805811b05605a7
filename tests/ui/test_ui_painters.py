"""Painters on plain cells: nothing outside the grid, extremes kept, exact text where it matters."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.board import BoardState, layout, visible
from clearedge_tui.ui.paint.candles import CandleChart, Mark, paint_candles
from clearedge_tui.ui.paint.instance import by_bar, points
from clearedge_tui.ui.paint.lines import paint_drawdown, paint_lines
from clearedge_tui.ui.paint.parts import PAINTERS
from clearedge_tui.ui.paint.scale import decimate, scale_for, ticks
from clearedge_tui.ui.symbols import ASCII, BLOCK, BRAILLE, Symbols
from tests.fakes.market import START_NS, bars, instance_rows

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.text(), st.integers(-3, 30), st.integers(-3, 6), st.integers(-1, 30))
def test_any_text_stays_in_its_row_and_holds_nothing_unprintable(
    text: str, x: int, y: int, width: int
) -> None:
    cells = Cells(4, 20)
    cells.text(y, x, text, width=width)
    for line in cells.ch:
        assert len(line) == 20
        assert all(c == "" or c.isprintable() for c in line)


@given(st.text(alphabet="a漢é🙂\u0301", max_size=30), st.integers(0, 19))
def test_wide_characters_take_two_cells_or_none(text: str, x: int) -> None:
    from rich.cells import cell_len

    cells = Cells(1, 20)
    cells.text(0, x, text)
    assert cell_len("".join(cells.ch[0])) == 20
    assert cells.strip(0, p.palette("default", "truecolor")).cell_length == 20


@given(st.lists(st.tuples(st.integers(0, 9), st.text(alphabet="a漢", max_size=4)), max_size=8))
def test_writing_over_half_a_wide_character_keeps_the_row_as_wide_as_it_is(
    writes: list[tuple[int, str]],
) -> None:
    from rich.cells import cell_len

    cells = Cells(1, 10)
    for x, text in writes:
        cells.text(0, x, text)
        assert cell_len("".join(cells.ch[0])) == 10


@given(st.lists(NUMBERS, min_size=1, max_size=500), st.integers(1, 60))
def test_decimation_keeps_every_extreme(values: list[float], buckets: int) -> None:
    pairs = [pair for pair in decimate(values, buckets) if pair]
    assert min(low for low, _ in pairs) == min(values)
    assert max(high for _, high in pairs) == max(values)


@given(NUMBERS, NUMBERS, st.integers(1, 40))
def test_ticks_are_round_and_inside(a: float, b: float, rows: int) -> None:
    scale = scale_for([a, b], rows)
    if scale is None or not scale.high - scale.low > abs(scale.high) * 1e-9:
        return
    values, step = ticks(scale, rows)
    assert all(scale.low - step * 1e-6 <= v <= scale.high + step * 1e-6 for v in values)
    assert len(values) <= rows + 2


@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 320), st.sampled_from([1, 2, 4, 6]),
       st.sampled_from([BRAILLE, BLOCK, ASCII]))  # fmt: skip
def test_candles_fit_any_area(w: int, h: int, count: int, zoom: int, symbols: Symbols) -> None:
    series = bars(3, 100.0, max(count, 1))[:count]
    chart = CandleChart(
        series, {"a": [100.0] * count}, (Mark(START_NS, 99.0, "buy"),), zoom, back=count // 3
    )
    cells = Cells(h, w)
    paint_candles(cells, cells.area, chart, symbols)
    assert all(len(line) == w for line in cells.ch)


def test_candles_show_the_last_price_and_the_markers() -> None:
    series = bars(3, 38_000.0, 120)
    marks = (
        Mark(series[-5].ts_ns, series[-5].low, "buy"),
        Mark(series[-9].ts_ns, series[-9].high, "sell"),
    )
    cells = Cells(24, 80)
    paint_candles(cells, cells.area, CandleChart(series, {}, marks), BRAILLE)
    text = "\n".join(cells.lines())
    assert "◀" in text and "▲" in text and "▼" in text and f"C {series[-1].close:,.2f}" in text


@given(
    st.lists(st.one_of(st.none(), NUMBERS), max_size=400), st.integers(1, 80), st.integers(1, 20)
)
def test_lines_and_drawdown_fit_any_area(values: list[float | None], w: int, h: int) -> None:
    cells = Cells(h, w)
    paint_lines(cells, cells.area, "x", {"x": values}, BRAILLE)
    paint_drawdown(cells, cells.area, [-abs(v or 0.0) for v in values], BRAILLE)
    assert all(len(line) == w for line in cells.ch)


def test_a_series_without_times_ends_under_the_last_bar() -> None:
    series = bars(1, 10.0, 5)
    assert by_bar(points([1, 2, 3]), series) == [None, None, 1.0, 2.0, 3.0]


def test_a_series_with_times_lies_under_its_bars() -> None:
    series = bars(1, 10.0, 4)
    laid = by_bar(points([[series[1].ts_ns, 5], [series[3].ts_ns, None]]), series)
    assert laid == [None, 5.0, None, None]


SPECS: dict[str, dict[str, object]] = {
    "metric": {"label": "x", "value": 3.5, "unit": "%", "good": True},
    "gauge": {"label": "x", "value": 5, "low": 0, "high": 10},
    "sparkline": {"label": "x", "values": [1, 2, None, 3]},
    "text": {"text": "a long line of text that has to be wrapped somewhere"},
    "log": {"title": "t", "lines": ["a", "b"]},
    "table": {"title": "t", "columns": ["a", "b"], "rows": [[1, "x"], [2.5, "y"], [3]]},
    "bars": {"title": "t", "values": {"a": 1, "b": -2}},
    "heatmap": {"title": "t", "rows": [[1, 2], [3, 4], [5, 6]]},
}


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("symbols", [BRAILLE, BLOCK, ASCII], ids=lambda s: s.name)
@pytest.mark.parametrize("size", [(3, 1), (38, 3), (38, 20)])
def test_every_small_widget_fits_any_area(
    kind: str, symbols: Symbols, size: tuple[int, int]
) -> None:
    w, h = size
    cells = Cells(h, w)
    used = PAINTERS[kind](cells, cells.area, SPECS[kind], Look(symbols=symbols))
    assert 0 < used <= max(h, 2)
    assert all(len(line) == w for line in cells.ch)


def test_ascii_glyphs_are_ascii_only() -> None:
    series = bars(3, 100.0, 60)
    cells = Cells(20, 60)
    paint_candles(cells, cells.area, CandleChart(series, {"a": [100.0] * 60}), ASCII)
    plot = "".join("".join(row[:40]) for row in cells.ch[1:19])
    assert plot.isascii()


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 200, 300])
def test_board_columns_never_overlap_or_leave_the_screen(width: int) -> None:
    end = 0
    for column, x, size in layout(width):
        assert x >= end and x + size <= width, column.name
        end = x + size


@given(st.text(alphabet="!abcdefg- ", max_size=12))
def test_filter_is_every_word_or_none_of_the_refused(words: str) -> None:
    rows = instance_rows(24, 7, START_NS)
    found = visible(rows, BoardState(words=words))
    assert [r for r in rows if r in found] == found


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("962.32"), "+962.32"), (Decimal("-0.5"), "-0.50"), (None, "–"), (Decimal(0), "0.00"), (1234.5, "+1,234.50")],
)  # fmt: skip
def test_money_has_a_sign_and_two_decimals(value: Decimal | float | None, text: str) -> None:
    assert f.money(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.24, "3.2s"), (42, "42s"), (250, "4m10s"), (7500, "2h05m"), (280_000, "3d05h"), (None, "–")]
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert f.duration(seconds) == text


@pytest.mark.parametrize("name", p.THEMES)
@pytest.mark.parametrize("colours", ["truecolor", "256", "standard", "none"])
def test_every_role_has_a_style_and_up_differs_from_down(name: str, colours: str) -> None:
    theme = p.palette(name, colours)
    for role in range(len(theme.rgb)):
        theme.style(role)
    if colours != "none":
        assert theme.rgb[p.UP] != theme.rgb[p.DOWN] and theme.rgb[p.LIVE] != theme.rgb[p.PAPER]
    else:
        assert theme.style(p.LIVE).color is None


def test_areas_cut_without_losing_a_cell() -> None:
    area = Area(2, 3, 10, 8)
    top, rest = area.top(3)
    assert top.h + rest.h == area.h and rest.y == top.y + 3
    piece, rest = area.right(4)
    assert piece.w == 4 and rest.w == 6 and piece.x == 8
