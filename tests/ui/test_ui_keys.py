"""Every key of the table does something, and it is its own binding that does it."""

from typing import NamedTuple

import pytest
from textual import events
from textual.pilot import Pilot

from clearedge_tui.settings import Home
from clearedge_tui.ui.keys import SCOPES, TABLE, Key
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk
from tests.ui.test_ui_snapshots import READY, StillConsole, StillLink, still

PLACE = {
    "book": ("book", ""),
    "accounts": ("accounts", ""),
    "account": ("account", "paper"),
    "risk": ("risk", ""),
    "kills": ("kills", ""),
    "detail": ("detail", "ema-btc-1"),
    "log": ("detail", "ema-btc-1"),
    "form": ("config", "ema-btc-1"),
    "report": ("report", "bt-0007"),
    "sheet": ("report", "bt-0007"),
    "trades": ("report", "bt-0007"),
    "bars": ("report", "bt-0007"),
    "runs": ("runs", ""),
    "compare": ("compare", "bt-0007 bt-0006 bt-0004 bt-0008 bt-0009 bt-0010"),
    "data": ("data", ""),
    "series": ("data", ""),
    "strategies": ("strategies", ""),
    "ladder": ("ladder", ""),
    "gates": ("gates", READY),
    "study": ("study", "st-opt"),
    "journal": ("journal", ""),
}
BEFORE = {  # keys that make the effect of a key visible
    "back": ["e"], "last": ["2", "1"], "up": ["j"], "first": ["j"], "page.up": ["G"], "mark.none": ["space"],
    "study.across": ["tab", "tab"], "study.down": ["tab", "tab"], "zoom.out": ["plus"], "pan.right": ["left"], "follow": ["L"],
    "go.board": ["2"], "next.choice": ["j", "j", "j"], "prev.choice": ["j", "j", "j"], "pane.orders": ["f"], "revert": ["enter", "1", "enter"],
    "errors.runs": ["j", "j", "j"], "mark.runs": ["j"], "mark.none.runs": ["j", "m"], "runs.left": ["right"], "mark.none.data": ["space"], "year.before": ["j"], "year.after": ["j", "left"],
    **{f"scroll.{what}": ["tab", "tab", "tab", *keys] for what, keys in (
        ("down", ()), ("up", "j"), ("page", ()), ("page.up", "G"), ("first", "G"), ("last", ()))},
    "sort.trades": ["t"], "step.bars": ["v"], "step.bars.back": ["v"], "open.bars": ["v", "n"],
    "zoom.bars": ["v"], "zoom.bars.out": ["v", "plus"], "pan.bars": ["v", "plus"], "pan.bars.later": ["v", "plus", "left"],
    "cross.bars": ["v"], "parts.down": ["t", "enter"], "parts.up": ["t", "enter", "J"],
}  # fmt: skip
SCROLLED = {key.id: (80, 24) for key in TABLE if key.scope == "sheet"}
SIZE = {
    **SCROLLED,
    "runs.right": (80, 24),
    "runs.left": (80, 24),
    "preview": (120, 40),
    "pane.back": (80, 24),
}


class Seen(NamedTuple):
    """Everything a key may change: what is painted, where we are, what was sent, said and chosen."""

    screens: tuple[str, ...]
    text: str
    sent: int
    said: int
    look: tuple[object, ...]
    clipboard: str
    code: int | None


def seen(app: StillConsole) -> Seen:
    app.paint_now()
    look, link = app.look, app.link
    assert isinstance(link, StillLink)
    text = "\n".join(
        line
        for screen in app.screen_stack
        for view in screen.query(CellView)
        if view.cells is not None and view.display
        for line in (*view.cells.lines(), str(view.cells.ink))
    )
    chosen = (look.theme.name, look.symbols.name, look.rate_hz, look.hide_money, look.frozen)
    names = tuple(type(screen).__name__ for screen in app.screen_stack)
    return Seen(
        names,
        text,
        len(link.world.commands),
        len(app.model.notices),
        chosen,
        app.clipboard,
        app.return_code,
    )


async def settled(app: StillConsole, pilot: Pilot[int]) -> Seen:
    """Return what is seen once it stays the same for two looks."""
    before = seen(app)
    for _ in range(20):
        await pilot.pause()
        now = seen(app)
        if now == before:
            return now
        before = now
    raise AssertionError("the screen never comes to rest")


async def effect(home: Home, key: Key, press: str, *bound: bool) -> list[Seen]:
    """Press a key on its screen, with or without its binding; return what was seen before and after each."""
    app = still(home, PLACE.get(key.scope, ("board", "")))
    assert isinstance(app, StillConsole)
    app.model.mono = lambda: 1.0
    async with app.run_test(size=SIZE.get(key.id, (160, 45))) as pilot:
        await settled(app, pilot)
        await pilot.press(*BEFORE.get(key.id, []))
        looks = [await settled(app, pilot)]
        for with_it in bound:
            app.set_keymap({} if with_it else {key.id: "f20"})
            await pilot.press(press)
            looks.append(await settled(app, pilot) if app.return_code is None else seen(app))
        assert not app.failures, app.failures
        return looks


EVERY = [(key, press) for key in TABLE for press in key.keys.split(",")]


@pytest.mark.parametrize(("key", "press"), EVERY, ids=lambda x: x.id if isinstance(x, Key) else x)
async def test_key_has_an_effect_that_is_its_own(home: Home, key: Key, press: str) -> None:
    before, without, after = await effect(home, key, press, False, True)
    if without != before:  # another binding took the key: start afresh
        before, after = await effect(home, key, press, True)
        assert after != before, f"{press} changes nothing on the {key.scope} screen"
    assert after != without, f"{press} does the same without the binding {key.id}"


@pytest.mark.parametrize("scope", sorted({*PLACE, "board"}))
async def test_a_key_that_is_not_in_the_table_changes_nothing(home: Home, scope: str) -> None:
    stray = Key("stray", "Z", "Z", "", "", "", scope)
    before, after = await effect(home, stray, "Z", True)
    assert after == before


def test_no_key_of_a_screen_has_two_meanings_in_one_scope() -> None:
    for scope in {key.scope for key in TABLE}:
        names = [k for key in TABLE if key.scope == scope for k in key.keys.split(",")]
        assert len(names) == len(set(names)), scope
    assert {key.scope for key in TABLE} <= {s for scopes in SCOPES.values() for s in scopes}


@pytest.mark.parametrize("place", ["1", "2", "3", "4", "6"])
async def test_wheel_and_click_move_the_cursor_of_every_list(
    world: FakeSupervisor, desk: OpenDesk, place: str
) -> None:
    async with desk(size=(160, 30)) as d:
        await d.press("2", place)
        rows = d.app.screen.query_one(RowsView)
        await d.until(lambda: len(rows.keys_of_rows()) > 1)
        for kind, wanted in ((events.MouseScrollDown, 3), (events.MouseScrollUp, 0)):
            await d.pilot._post_mouse_events([kind], RowsView, offset=(5, 3))
            at = min(wanted, len(rows.keys_of_rows()) - 1)
            await d.until(lambda at=at: rows.cursor == at)  # type: ignore[misc]
        await d.pilot.click(RowsView, offset=(5, rows.HEAD + 1))
        await d.until(lambda: rows.cursor == 1)
