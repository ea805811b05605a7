"""The strategies screen: every file, what it is, why it does not load, and what can be done with it."""

from decimal import Decimal

import msgspec
from textual import events

from clearedge_tui.supervisor.protocol import InstanceRow
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.strategies import StrategyLook
from clearedge_tui.ui.strategy import (
    StrategyFile,
    places_text,
    rules_of,
    settings_of,
    share_text,
    used_by,
)
from tests.fakes import strategies
from tests.fakes.market import SCHEMA, START_NS, instance_rows
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent


async def opened(d: Desk) -> RowsView:
    await d.press("4", "tab")
    await d.shows("donchian_breakout")
    await d.shows("SETTING")
    rows: RowsView = d.page.query_one(RowsView)
    return rows


async def test_every_file_has_a_row_with_kind_share_words_and_time(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        text = d.text()
        users = used_by("ema_cross", d.app.model.instances.values())
        for words in (
            "ema_cross", "class", "module", "native", share_text(users), places_text(users)[:20],
            "Follow the trend", "mean_revert.py:14: NameError", "1 does not load",
        ):  # fmt: skip
            assert words in text, words


async def test_details_show_the_settings_and_the_instances_of_the_selected_file(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        text = d.text()
        for words in (
            "makes them cross",
            "fast",
            "2..200",
            "bars",
            "fast average",
            "ema-btc-1",
            "ema_cross.py",
        ):
            assert words in text, words
        await d.press("j")
        assert "leave on a new low" in d.text() and "makes them cross" not in d.text()


async def test_a_large_screen_shows_the_backtests_and_the_curve_of_the_newest(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        await d.shows("buy and hold")
        assert "Backtests" in d.text() and "+31.40 %" in d.text() and "412" in d.text()
        assert sent(world, "run.show") == [{"run_id": "bt-0007"}]
        await d.press("j")
        await d.shows("no backtest yet: b makes one")
        assert "buy and hold" not in d.text()


async def test_the_selected_file_is_painted_anew_only_when_it_changed(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        await d.shows("buy and hold")
        look = d.page.query_one(StrategyLook)
        before = look.cells
        d.app.paint_now()
        assert look.cells is before
        row = next(row for row in world.rows.values() if row.strategy == "ema_cross")
        await world.put_row(msgspec.structs.replace(row, pnl_total=Decimal("123456.5")))
        await d.shows("+123,456.50")


async def test_a_small_screen_shows_the_same_in_less_room(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await opened(d)
        text = d.text()
        for words in ("mean_revert.py:14", "2..200", "INSTANCES", "n Instance", "b Backtest"):
            assert words in text, words


async def test_enter_checks_again_and_tells_the_whole_error(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await d.press("G", "enter")
        await d.shows("WINDOW = windw * 2")
        assert sent(world, "strategy.check") == [{"strategy": "mean_revert"}]
        await d.press("escape")
        assert d.page.NAME == "strategies" and len(d.app.screen_stack) == 2


async def test_enter_on_a_sound_file_tells_everything_about_it(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await d.press("enter")
        await d.shows("loads; nothing is wrong")
        assert "fast = 12   int  2..200  bars" in d.text()


async def test_b_opens_the_backtest_form_with_this_strategy(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await d.press("j", "b")
        await d.shows("‹ donchian_breakout ›")
        assert "fast average" in d.text()
        await d.press("w", "enter")
        await d.until(lambda: sent(world, "backtest.run"))
        assert sent(world, "backtest.run")[0]["strategy"] == "donchian_breakout"


async def test_n_opens_the_form_of_a_new_instance_with_this_strategy(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await d.press("j", "n")
        await d.shows("‹ donchian_breakout ›")
        await d.press("w", "enter")
        await d.until(lambda: sent(world, "instance.add"))
        assert sent(world, "instance.add")[0]["strategy"] == "donchian_breakout"
        await d.until(lambda: d.page.NAME == "strategies")


async def test_a_file_that_does_not_load_is_neither_tested_nor_declared(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        for key in ("b", "n"):
            await d.press("G", key)
            assert "mean_revert does not load: enter tells why" in d.text()
            assert d.page.NAME == "strategies"


async def test_a_new_file_is_written_from_a_template_and_selected(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        rows = await opened(d)
        await d.press("N")
        await d.shows("New strategy file")
        assert "a name is needed" in d.text()
        await d.press("enter", *"Mine")
        assert "a letter first" in d.text()
        await d.press("ctrl+u")
        await d.type("ema_cross")
        assert "this file is there already" in d.text()
        await d.press("ctrl+u")
        await d.type("grid_maker2")
        await d.press("enter", "j", "right", "w", "enter")
        await d.until(lambda: sent(world, "strategy.new"))
        assert sent(world, "strategy.new") == [{"name": "grid_maker2", "kind": "module"}]
        await d.until(lambda: d.page.NAME == "strategies" and rows.is_attached)


async def test_reload_loads_every_file_anew(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await opened(d)
        await d.press("r")
        await d.until(lambda: {"again": True} in sent(world, "strategy.list"))


async def test_filter_keeps_what_holds_the_words_and_esc_shows_all(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        rows = await opened(d)
        await d.press("slash", *"dip", "enter")
        assert rows.keys_of_rows() == ["rsi_pullback"]
        await d.press("escape")
        assert len(rows.keys_of_rows()) == 5
        await d.press("slash", *"nothing")
        assert "no strategy holds these words" in d.text()


async def test_keys_and_mouse_move_the_cursor(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        rows = await opened(d)
        for keys, at in ((["j", "down"], 2), (["k"], 1), (["G"], 4), (["g"], 0)):
            await d.press(*keys)
            assert rows.cursor == at
        await d.pilot.click(RowsView, offset=(5, 3))
        assert rows.cursor == 2
        await d.pilot._post_mouse_events([events.MouseScrollDown], RowsView, offset=(5, 2))
        await d.until(lambda: rows.cursor == 4)


async def test_an_empty_folder_says_what_to_do(world: FakeSupervisor, desk: OpenDesk) -> None:
    world.answers["strategy.list"] = []
    async with desk() as d:
        await d.press("4", "tab")
        await d.shows("no strategy file yet: N writes one from a template")
        await d.press("b", "n", "enter")
        assert d.page.NAME == "strategies"


async def test_without_a_supervisor_it_says_so_and_fills_once_one_answers(desk: OpenDesk) -> None:
    async with desk(up=False) as d:
        await d.press("4", "tab")
        await d.shows("no supervisor answers")
        await d.press("r")
        assert "not asked: no supervisor answers" in d.text()
        fake = FakeSupervisor()
        await fake.start(d.app.home.control_socket)
        try:
            await d.until(lambda: d.app.model.link is LinkState.UP, 10)
            await d.shows("donchian_breakout", 10)
        finally:
            await fake.stop()


async def test_a_lost_link_keeps_the_files_and_a_refusal_is_told(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        world.refuse["strategy.list"] = "the folder cannot be read"
        await d.press("r")
        await d.shows("the folder cannot be read")
        assert "donchian_breakout" in d.text()


def test_settings_are_read_as_a_person_types_them() -> None:
    found = {one.name: one for one in settings_of(SCHEMA)}
    assert found["fast"][:6] == ("fast", "int", "12", "2..200", "bars", True)
    odd = settings_of(
        {"x": {"type": "nonsense"}, "d": {"type": "duration", "default": 5400}, "$rules": ["a < b"]}
    )
    assert [(one.name, one.kind, one.default) for one in odd] == [
        ("x", "?", ""),
        ("d", "duration", "1h30m"),
    ]
    secret = settings_of({"key": {"type": "string", "default": "hunter2", "secret": True}})
    assert secret[0].default == "•••"
    assert rules_of({"$rules": ["a < b"]}) == ["a < b"] and rules_of({}) == []


def test_users_at_work_come_first_and_are_counted() -> None:
    rows: list[InstanceRow] = instance_rows(24, 7, START_NS)
    users = used_by("ema_cross", rows)
    assert {row.strategy for row in users} == {"ema_cross"}
    running, declared = map(int, share_text(users).split("/"))
    assert declared == len(users) and 0 < running <= declared
    assert share_text([]) == "–"


def test_the_fake_rows_are_what_the_screen_reads() -> None:
    found = msgspec.convert(strategies.rows(), list[StrategyFile])
    assert [one.strategy for one in found if one.error] == [strategies.BROKEN]
