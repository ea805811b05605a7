"""The painters of a report, without a screen: any size, any emptiness, and no extreme lost."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.runs.analysis.model import Analysis, Histogram
from clearedge_tui.runs.model import Curve, RunReport
from clearedge_tui.runs.report_rows import OneTrade, RunPast
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.report import paint_overview
from clearedge_tui.ui.paint.report_about import about_lines
from clearedge_tui.ui.paint.report_curve import Span, columns_of
from clearedge_tui.ui.paint.report_marks import paint_facts
from clearedge_tui.ui.paint.report_spread import Bins, paint_histogram, paint_spread
from clearedge_tui.ui.paint.report_stamps import stamps_of
from clearedge_tui.ui.paint.report_tables import paint_returns, paint_timing
from clearedge_tui.ui.paint.report_trade import paint_parts
from clearedge_tui.ui.paint.report_trades import columns, paint_trade
from clearedge_tui.ui.palette import palette
from clearedge_tui.ui.symbols import SETS
from tests.fakes import reports, runs

FULL = msgspec.convert(reports.analysis({"run_id": "bt-0007"}), Analysis)
EMPTY = Analysis(1, "USDT", 365, {}, {}, {})
TRADE = msgspec.convert(reports.trade({"number": 7}), OneTrade)


def bare(report: RunReport) -> RunReport:
    """Return a report of a run that saw no bar."""
    none = Curve()
    return msgspec.structs.replace(
        report, equity=none, buy_hold=none, drawdown=none, monthly={}, trades=(), trades_total=0
    )


@given(
    st.integers(1, 70),
    st.integers(1, 210),
    st.sampled_from(sorted(SETS)),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_every_part_is_painted_at_any_size(
    h: int, w: int, glyphs: str, hide: bool, full: bool
) -> None:
    colours = "none" if glyphs == "ascii" else "truecolor"
    look = Look(palette("default", colours), SETS[glyphs], hide_money=hide)
    report = runs.report("bt-0006") if full else bare(runs.report("bt-0006"))
    found = FULL if full else EMPTY
    for paint in (paint_returns, paint_timing, paint_spread):
        cells = Cells(h, w)
        assert paint(cells, cells.area.inset(1), found, look) >= 0
    cells = Cells(h, w)
    paint_overview(cells, cells.area.inset(1), report, look, found if full else None)
    paint_facts(cells, cells.area, TRADE, look)
    paint_parts(cells, TRADE, look, 0)
    paint_trade(cells, 0, TRADE.row, look)
    assert {len(row) for row in cells.ch} | {len(row) for row in cells.ink} == {w}
    assert about_lines(report, RunPast() if full else None, "", w)


def test_hidden_money_is_nowhere() -> None:
    look = Look(hide_money=True)
    cells = Cells(60, 200)
    report = runs.report("bt-0007")
    paint_overview(cells, cells.area, report, look, FULL)
    text = "\n".join(cells.lines())
    last = report.equity.value[-1]
    assert "1,204.50" not in text and f"{last:,.0f}" not in text and f"{last:,.1f}" not in text
    assert "start = 100" in text


@given(
    st.lists(st.tuples(st.integers(0, 999), st.floats(-1e6, 1e6)), min_size=1, max_size=200),
    st.integers(1, 60),
)
@settings(max_examples=100, deadline=None)
def test_columns_of_time_keep_every_extreme(points: list[tuple[int, float]], columns_: int) -> None:
    points.sort(key=lambda point: point[0])
    ts, values = [at for at, _ in points], [value for _, value in points]
    made = columns_of(ts, values, Span(ts[0], ts[-1]), columns_)
    seen = [pair for pair in made if pair]
    assert min(low for low, _ in seen) == min(values)
    assert max(high for _, high in seen) == max(values)
    if ts[0] < ts[-1]:
        assert None not in made, "there is no hole between two points"


@pytest.mark.parametrize("width", range(20, 260, 7))
def test_columns_of_trades_fit_and_never_overlap(width: int) -> None:
    taken = 0
    for x, column in columns(width):
        assert x > taken or x == 1
        taken = x + column.width
        assert taken <= width


def test_histogram_bars_are_as_high_as_their_counts() -> None:
    cells = Cells(12, 60)
    paint_histogram(
        cells, cells.area, Bins("x", Histogram(-2.0, 1.0, (1, 8, 4, 0)), "{:.0f}".format), Look()
    )
    heights = [sum(cells.ch[y][x] in "▁▂▃▄▅▆▇█·" for y in range(1, 11)) for x in (0, 8, 16, 24)]
    assert heights[1] == max(heights)
    assert heights[1] > heights[2] > heights[0] > 0


def test_stamps_name_what_is_wrong_once_and_the_worst_first() -> None:
    report = runs.report("bt-0006")
    summary = msgspec.structs.replace(
        report.summary, stamps=("simulated", "zero fees"), status="cancelled"
    )
    spec = msgspec.structs.replace(report.spec, fill_at="same_close")
    changed = msgspec.structs.replace(
        report, summary=summary, spec=spec, conventions=("DATA CHANGED: x has changed", "y")
    )
    found = stamps_of(changed)
    assert [ground for _, ground in found] == [p.BAD, p.BAD, p.WARN, p.WARN, p.WARN]
    assert [text for text, _ in found] == [
        "DATA CHANGED since this run", "cancelled", "simulated", "zero fees", "fills at the same close",
    ]  # fmt: skip
