"""What room is used for: charts, crosshair, followed log, forms with their past; and how numbers read."""

from decimal import Decimal

import msgspec
import pytest

from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import LogLine
from clearedge_tui.ui import format as f
from clearedge_tui.ui.paint.board import layout
from clearedge_tui.ui.screens.form_aside import Aside
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent

change = msgspec.structs.replace


@pytest.mark.parametrize(("count", "rows"), [(3, 5), (8, 10), (24, 26), (200, 40)])
async def test_the_table_takes_the_rows_it_needs_and_the_chart_the_rest(
    home: Home, desk: OpenDesk, count: int, rows: int
) -> None:
    world = FakeSupervisor(count=count)
    await world.start(home.control_socket)
    async with desk(size=(200, 60)) as d:
        board, chart = d.app.screen.query_one("#board"), d.app.screen.query_one("#preview")
        await d.until(lambda: board.size.height == rows)
        assert chart.size.height == 57 - rows >= 12
    await world.stop()


def test_a_narrow_board_has_a_small_curve_unless_names_need_the_room() -> None:
    names = [c.name for c, _, _ in layout(80, longest=12)]
    assert names[-1] == "PNL CURVE"
    placed = layout(80, longest=17)
    assert "PNL CURVE" not in [c.name for c, _, _ in placed]
    assert next(w for c, _, w in placed if c.name == "INSTANCE") >= 17
    for width in range(60, 240):
        _, x, last = layout(width, longest=40)[-1]
        assert x + last <= width


async def test_crosshair_reads_bars_moves_and_leaves(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(160, 40)) as d:
        await d.press("enter")
        await d.until(lambda: d.page.NAME == "detail" and d.page.detail)
        await d.press("c")
        bars = d.page.detail.bars
        assert d.page.view.cross_ns == bars[-1].ts_ns
        assert f.moment(bars[-1].ts_ns) in d.text() and "  V " in d.text()
        await d.press(*["left"] * 3)
        assert d.page.view.cross_ns == bars[-4].ts_ns
        assert f.moment(bars[-4].ts_ns) in d.text()
        await d.press("right")
        assert d.page.view.cross_ns == bars[-3].ts_ns
        await d.press("escape")
        assert d.page.view.cross_ns == 0 and d.page.NAME == "detail"
        await d.press("escape")
        assert d.page.NAME == "board"


async def test_the_crosshair_pans_the_chart_when_it_leaves_it(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("enter")
        await d.until(lambda: d.page.NAME == "detail" and d.page.detail)
        await d.press("plus", "plus", "c", *["left"] * 40)
        bars = d.page.detail.bars
        assert d.page.view.cross_ns == bars[-41].ts_ns
        assert d.page.view.back > 0
        assert f.moment(bars[-41].ts_ns) in d.text()


async def test_the_log_follows_until_it_is_held_and_can_be_filtered(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(100, 30)) as d:
        await d.press("enter")
        await d.until(lambda: d.page.NAME == "detail" and d.page.detail)
        await d.press("L")
        assert "following the newest line" in d.text()
        await d.press("j", "j")
        assert "held here" in d.text()
        held = d.page.query_one(".main").current()
        detail = d.page.detail
        line = LogLine(detail.log[-1].at_ns + 1, "error", "strategy", "brand new")
        d.app.model.apply(change(detail, log=(*detail.log, line)))
        assert "brand new" in d.text()
        assert d.page.query_one(".main").current() == held
        await d.press("f")
        assert "brand new" in d.page.query_one(".main").current() or "following" in d.text()
        await d.press("slash")
        await d.type("brand")
        await d.press("enter")
        assert len(d.page.query_one(".main").keys_of_rows()) == 1
        await d.press("escape")
        assert len(d.page.query_one(".main").keys_of_rows()) > 1


async def test_a_wide_form_tells_its_effect_and_its_past(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await d.press("E")
        await d.until(lambda: d.page.NAME == "form" and "Versions so far" in d.text())
        assert "nothing changed yet" in d.text() and "fast 10 -> 12" in d.text()
        assert "live: changed in place" in d.text()
        await d.press("enter", "backspace", "3", "enter")
        assert "12  →  13" in d.text() and "live: in place" in d.text()
        await d.press("enter", "backspace", "backspace", "9", "9", "enter")
        assert "✖ fast" in d.text()
        await d.pilot.resize_terminal(120, 40)
        await d.until(lambda: not d.page.query_one(Aside).display)


async def test_a_wide_detail_sums_up_the_configuration(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await d.press("enter")
        await d.until(lambda: d.page.NAME == "detail" and d.page.detail)
        lines = d.cells("#charts").lines()
        assert any("Configuration" in line and "* live" in line for line in lines)
        assert any("fast *" in line and "12 bars" in line for line in lines)
        assert any("hold" in line and "4h" in line for line in lines)


async def test_gaps_that_cannot_be_told_say_what_they_need(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 30)) as d:
        await d.press("3")
        await d.until(lambda: d.page.NAME == "data" and d.page.asked.value)
        d.page.asked.value = [change(one, gaps=None, missing=None) for one in d.page.asked.value]
        assert "its market closes at times, c counts" in d.text()


async def test_the_journal_narrows_to_errors_to_one_subject_and_to_words(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 30)) as d:
        await d.press("6")
        await d.until(lambda: d.page.NAME == "journal" and d.page.asked.value)
        everything = len(d.page.shown())
        await d.press("e")
        assert 0 < len(d.page.shown()) < everything and "errors only" in d.text()
        await d.press("escape")
        assert len(d.page.shown()) == everything
        await d.press("o")
        assert len({entry.subject for entry in d.page.shown()}) == 1
        await d.press("o")
        assert len(d.page.shown()) == everything


async def test_a_tall_list_of_runs_shows_the_curve_of_the_selected_one(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(160, 50)) as d:
        await d.press("2")
        await d.until(lambda: d.page.NAME == "runs" and d.page.runs.page)
        await d.press("j")
        await d.shows("buy and hold")
        asked = [args["run_id"] for args in sent(world, "run.show")]
        assert len(asked) == len(set(asked)), "a report is asked for once"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("-111.22849050", "", "-111.23"), (Decimal("-111.2284905"), "USDT", "-111.23"), ("3.5", "USDT", "3.50"),
        (-0.0, "", "0.00"), (Decimal("-0.0"), "", "0.0"), ("-0.000", "", "0.000"), (-0.001, "%", "-0.001"),
        (12345.678, "", "12,345.68"), (0.00012346, "BTC", "0.0001235"), (True, "USD", "yes"), ("long", "", "long"),
        (7, "USDT", "7"), (Decimal("NaN"), "USDT", "NaN"),
    ],
)  # fmt: skip
def test_metrics_read_like_money_and_never_show_a_negative_zero(
    value: object, unit: str, shown: str
) -> None:
    assert f.reading(value, unit) == shown


def test_prices_take_the_digits_of_their_market() -> None:
    assert f.precision([2723.85, 2722.6]) == 2
    assert f.precision([1.35125]) == 5
    assert f.precision([38400.0]) == 1
    assert f.precision([1 / 3]) is None
    assert f.price(2723.5, digits=2) == "2,723.50"
    assert f.money(Decimal("-0.001")) == "0.00" and f.percent(-0.000001) == "0.00 %"
    assert f.price(-0.0000001) == "0.000000"
