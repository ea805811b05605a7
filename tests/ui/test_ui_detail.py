"""One instance: charts, widgets, panes; a bad widget is named in its place and the rest is drawn."""

import msgspec

from clearedge_tui.ui.paint.widgets import View
from tests.fakes import market
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk

change = msgspec.structs.replace


async def opened(d: Desk) -> None:
    await d.press("enter")
    await d.until(lambda: d.page.NAME == "detail" and d.page.detail)


async def test_detail_shows_charts_small_widgets_orders_and_facts(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        text = d.text()
        for words in ("BTC/USDT 1m", "━ fast", "spread", "Signal", "Levels", "PnL by hour", "Sharpe",
                      "Notes", "Orders 1", "denied: size 50 is above the limit of 10", "config v1"):  # fmt: skip
            assert words in text, words


async def test_panes_turn_with_tab_on_a_small_screen(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(80, 24)) as d:
        await opened(d)
        seen = []
        for _ in range(7):
            seen.append(d.page.pane)
            await d.press("tab")
        assert seen == ["chart", "panel", "orders", "fills", "log", "config", "history"]
        assert d.page.pane == "chart"


async def test_each_pane_shows_its_lines(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(100, 30)) as d:
        await opened(d)
        await d.press("o")
        assert "limit" in d.text() and "open" in d.text()
        await d.press("f")
        assert "closed +4.20" in d.text()
        await d.press("L")
        assert "gateway" in d.text()
        await d.press("tab")
        assert "fast average" in d.text() and "reload" in d.text()
        await d.press("tab")
        assert "fast 10 -> 12" in d.text()


async def test_zoom_pan_and_overlays(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(160, 30)) as d:
        await opened(d)
        await d.press("plus", "plus", "left")
        assert d.page.view.zoom == 4 and d.page.view.back > 0
        await d.press("right", "underscore")
        assert d.page.view == View(zoom=2, back=0)
        assert "━ fast" in d.text()
        await d.press("i")
        assert "━ fast" not in d.text()


async def test_one_bad_widget_is_named_and_the_others_are_drawn(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    made = market.detail(world.rows["ema-btc-1"], market.START_NS)
    bad = (
        {"type": "metric", "label": "fine", "value": 7},
        {"type": "gauge", "label": "torn", "value": "high", "low": 0, "high": 1},
        {"type": "line_chart", "title": "crooked", "series": {"a": "text"}},
        {"type": "table", "title": "rows"},
        {"type": "wheel", "spokes": 12},
        {"type": "heatmap", "title": "flat", "rows": [1, 2]},
        {"type": "metric", "label": "last", "value": float("nan")},
    )
    world.details["ema-btc-1"] = change(made, widgets=bad)
    async with desk(size=(200, 60)) as d:
        await opened(d)
        text = d.text()
        assert "✖ gauge torn: value: found 'high'," in text
        assert "✖ line_chart crooked: series: found str, wanted a list" in text
        assert "✖ table rows: no `columns`" in text
        assert "✖ heatmap flat: rows: found int," in text
        assert "wheel (unknown type)" in text and "spokes" in text
        assert "fine" in text and "last" in text and "not a number" in text
        assert "C 3" in text  # the bars are there all the same


async def test_hostile_text_never_reaches_the_terminal_raw(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    evil = "\x1b]0;owned\x07\x1b[31mred\x1b[0m [bold]not markup[/bold] \u202egnp.exe"
    row = change(world.rows["ema-btc-1"], last_event=evil, error=evil, account=evil, strategy=evil)
    world.rows["ema-btc-1"] = row
    made = market.detail(row, market.START_NS)
    world.details["ema-btc-1"] = change(
        made, widgets=({"type": "metric", "label": evil, "value": evil}, {"type": evil, evil: evil},
                       {"type": "text", "text": evil}),
    )  # fmt: skip
    async with desk(size=(200, 60)) as d:
        await d.shows("[bold]not markup[/bold]")
        await opened(d)
        await d.shows("[bold]not markup[/bold]")
        text = d.text()
        assert not [c for c in text if c != "\n" and (ord(c) < 32 or c in "\x7f\u202e\x9b")]


async def test_an_instance_that_went_away_is_told(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await opened(d)
        d.app.model.instances.pop("ema-btc-1")
        await d.shows("this instance is not there")
        await d.press("escape")
        assert d.page.NAME == "board"


async def test_detail_is_watched_while_it_is_open_and_not_afterwards(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await opened(d)
        assert world.watched[-1] == "ema-btc-1"
        await d.press("escape")
        await d.until(lambda: world.watched[-1] == "")


async def test_last_screen_goes_back_and_forth(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await opened(d)
        await d.press("6")
        await d.until(lambda: d.page.NAME == "journal")
        await d.press("minus")
        await d.until(lambda: d.page.NAME == "detail")
        await d.press("minus")
        await d.until(lambda: d.page.NAME == "journal")
        await d.press("h")
        await d.until(lambda: d.page.NAME == "board")


async def test_what_it_costs_and_a_slow_callback_are_told(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        await d.shows("0.4 % cpu")
        assert "slow call" not in d.text()
        row = d.app.model.instances["ema-btc-1"]
        await world.put_row(change(row, slowest_ms=340.0))
        await d.shows("slow call 340 ms")
