"""The board: what it shows, how it is moved, marked, filtered and sorted, and what its keys send."""

import msgspec

from clearedge_tui.core.model import Mode
from clearedge_tui.settings import Home
from clearedge_tui.ui.screens.board import BoardRows
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent


async def test_board_shows_every_instance_with_mode_state_and_difference(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        text = d.text()
        for words in (
            "ema-btc-1",
            "active→observe",
            "faulted",
            "retry 8s",
            "LIVE",
            "stalled",
            "sim",
        ):
            assert words in text
        assert "LIVE 1" in text and "active 8" in text


async def test_error_of_the_selected_row_is_told_with_file_and_line(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("j", "j", "j")
        assert "strategies/grid_maker.py:41: ZeroDivisionError" in d.text()


async def test_vim_keys_and_arrows_move_the_cursor(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.press("j", "down", "k", "up", "j")
        assert board.cursor == 1
        await d.press("G")
        assert board.cursor == 23
        await d.press("g")
        assert board.cursor == 0
        await d.press("ctrl+d")
        assert board.cursor > 3
        await d.press("ctrl+u")
        assert board.cursor == 0


async def test_filter_works_while_typing_and_esc_clears_it(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.press("slash")
        await d.type("eth")
        assert all("eth" in key for key in board.keys_of_rows()) and board.keys_of_rows()
        await d.press("enter")
        assert len(board.keys_of_rows()) == 6
        await d.press("escape")
        assert len(board.keys_of_rows()) == 24


async def test_esc_inside_the_filter_clears_it_at_once(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.press("slash")
        await d.type("!btc")
        assert not any("btc" in key for key in board.keys_of_rows())
        await d.press("escape")
        assert len(board.keys_of_rows()) == 24
        assert d.app.focused is board


async def test_errors_only_keeps_rows_with_trouble(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.press("e")
        assert "donchian-sim-a-4" in board.keys_of_rows()
        assert "ema-btc-1" not in board.keys_of_rows()
        await d.press("e")
        assert "ema-btc-1" in board.keys_of_rows()


async def test_sort_by_letter_and_again_turns_round(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.press("S", "t")
        values = [d.app.model.instances[k].pnl_today for k in board.keys_of_rows()]
        known = [v for v in values if v is not None]
        assert known == sorted(known)
        await d.press("S", "t")
        values = [d.app.model.instances[k].pnl_today for k in board.keys_of_rows()]
        known = [v for v in values if v is not None]
        assert known == sorted(known, reverse=True)


async def test_cursor_follows_its_row_when_rows_are_sorted_anew(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.press("j", "j")
        before = board.current()
        await d.press("S", "t")
        assert board.current() == before


async def test_mode_menu_sends_the_mode_and_reports_the_answer(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("m", "v")
        await d.until(lambda: sent(world, "instance.mode"))
        assert sent(world, "instance.mode") == [{"id": "ema-btc-1", "mode": "observe"}]
        await d.shows("● ema-btc-1 is observe")
        assert d.app.model.instances["ema-btc-1"].actual is Mode.OBSERVE


async def test_mode_menu_can_be_left_without_sending(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("m", "escape")
        assert not world.commands


async def test_active_on_a_live_account_needs_the_typed_name(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        row = msgspec.structs.replace(world.rows["rsi-gbp-11"], desired=Mode.OFF, actual=Mode.OFF)
        await world.put_row(row)
        await d.press("slash")
        await d.type("gbp-11")
        await d.press("enter", "m", "a", "y", "enter")
        assert not sent(world, "instance.mode")
        assert "that is not rsi-gbp-11" in d.text()
        await d.press("backspace")
        await d.type("rsi-gbp-11")
        await d.press("enter")
        await d.until(lambda: sent(world, "instance.mode"))
        assert sent(world, "instance.mode") == [{"id": "rsi-gbp-11", "mode": "active"}]


async def test_marks_make_one_key_act_on_many(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("space", "space", "m", "o")
        await d.until(lambda: len(sent(world, "instance.mode")) == 2)
        assert {a["id"] for a in sent(world, "instance.mode")} == {"ema-btc-1", "grid-eth-2"}
        await d.press("asterisk")
        assert len(d.page.subjects()) == 24
        await d.press("backslash")
        assert len(d.page.subjects()) == 1


async def test_start_stop_sends_what_the_row_needs(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("s", "j", "j", "s")
        await d.until(lambda: sent(world, "instance.start"))
        assert sent(world, "instance.stop") == [{"id": "ema-btc-1"}]
        assert sent(world, "instance.start") == [{"id": "rsi-gbp-3"}]


async def test_clear_sends_the_fault_away(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("j", "j", "j", "c")
        await d.until(lambda: sent(world, "instance.clear") == [{"id": "donchian-sim-a-4"}])


async def test_freeze_holds_rows_and_says_so(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(160, 30)) as d:
        await d.press("p")
        before = d.cells("#board").lines()
        await world.put_row(
            msgspec.structs.replace(world.rows["ema-btc-1"], last_event="frozen away")
        )
        await d.until(lambda: d.app.model.instances["ema-btc-1"].last_event == "frozen away")
        d.app.tick()
        assert d.cells("#board").lines() == before
        await d.press("p")
        assert d.cells("#board").lines() != before


async def test_money_can_be_hidden(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("dollar_sign")
        assert "•••••" in d.text()
        assert "+101" not in d.text()


async def test_theme_symbols_and_rate_cycle(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("T")
        assert d.app.look.theme.name == "cb-safe"
        await d.press("B")
        assert d.app.look.symbols.name == "block"
        await d.press("B")
        assert d.app.look.symbols.name == "ascii"
        await d.press("R")
        assert d.app.look.rate_hz == 10.0


async def test_narrow_columns_and_preview_switch(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(160, 45)) as d:
        assert "PNL CURVE" in d.text()
        await d.until(lambda: "vol" in d.text())
        await d.press("w")
        assert "PNL CURVE" not in d.text()
        await d.press("v")
        assert not d.app.screen.query_one("#preview").display


async def test_mouse_selects_opens_and_scrolls(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        board = d.app.screen.query_one(BoardRows)
        await d.pilot.click(BoardRows, offset=(5, 4))
        assert board.cursor == 3
        await d.pilot.click(BoardRows, offset=(5, 4), times=2)
        await d.until(lambda: d.page.NAME == "detail")
        await d.press("escape")
        assert d.page.NAME == "board"


async def test_hints_can_be_clicked(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        at = d.cells(".hints").lines()[0].index("Mode")
        await d.pilot.click(".hints", offset=(at, 0))
        await d.until(lambda: "mode of ema-btc-1" in d.text())


async def test_too_small_a_terminal_still_tells_the_money_and_the_way_out(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(40, 10)) as d:
        small = d.app.screen.query_one(".small")
        assert small.display
        text = "\n".join(d.cells(".small").lines())
        assert "too small" in text and "LIVE 1" in text and "q leaves" in text
        await d.pilot.resize_terminal(100, 30)
        await d.pilot.pause()
        assert "ema-btc-1" in d.text()


async def test_leaving_says_that_instances_run_on(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("q")
        assert "instances keep running" in d.text()
        await d.press("escape", "q", "enter")
        assert d.app.return_code == 0
        assert not sent(world, "stop_all")


async def test_stop_everything_needs_the_typed_word(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("q", "s")
        await d.type("stop")
        await d.press("enter")
        assert not sent(world, "stop_all")
        await d.press("ctrl+u")
        await d.type("STOP")
        await d.press("enter")
        await d.until(lambda: sent(world, "stop_all"))
        await d.until(lambda: d.app.return_code == 0)


async def test_leaving_an_idle_console_asks_nothing(home: Home, desk: OpenDesk) -> None:
    from tests.fakes.supervisor import FakeSupervisor

    idle = FakeSupervisor(count=0)
    idle.jobs = {}
    await idle.start(home.control_socket)
    async with desk(up=False) as d:
        await d.until(lambda: d.app.model.hello)
        assert "no instance yet" in d.text()
        await d.press("q")
        assert d.app.return_code == 0
    await idle.stop()
