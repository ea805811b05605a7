"""Every key of the table does something, and it is its own binding that does it."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
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
from tests.ui.stage import Stage
from tests.ui.still import BOARD, READY, StillConsole, StillLink

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


async def settled(app: StillConsole, pilot: Pilot[int], before: Seen | None = None) -> Seen:
    """Return what is seen once it stays the same for two looks; one may have been `before`."""
    for _ in range(20):
        await pilot.pause()
        now = seen(app)
        if now == before:
            return now
        before = now
    raise AssertionError("the screen never comes to rest")


async def effect(
    app: StillConsole, pilot: Pilot[int], key: Key, press: str, bound: tuple[bool, ...]
) -> list[Seen]:
    """Press a key, with or without its binding; return what was seen before and after each."""
    place = (app.size, app.start)
    now = await settled(app, pilot, FRESH.get(place))
    known = FRESH.setdefault(place, now)
    # how often a page asks while it opens follows its first layouts, not what was before
    assert now == known._replace(sent=now.sent), "something is left of what was pressed before"
    for first in BEFORE.get(key.id, []):
        await pilot.press(first)
        now = await settled(app, pilot, now)
    looks = [now]
    for with_it in bound:
        app.set_keymap({} if with_it else {key.id: "f20"})
        await pilot.press(press)
        left = app.return_code is not None
        looks.append(seen(app) if left else await settled(app, pilot, looks[-1]))
    return looks


FRESH: dict[object, Seen] = {}  # what each place looked like when a console was there first
Effect = Callable[..., list[Seen]]


@pytest.fixture(scope="module")
def effect_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Effect]:
    """Press a key where it is bound: `effect_of(key, press, False, True)`."""
    patch = pytest.MonkeyPatch()
    # a press would wait twice for an idle processor; here what is seen says when it has had its effect
    patch.setattr("textual.app.wait_for_idle", asyncio.sleep)
    home = Home(tmp_path_factory.mktemp("keys"))
    home.sockets.mkdir(parents=True)
    stages: dict[tuple[int, int], Stage] = {}

    def effect_of(key: Key, press: str, *bound: bool) -> list[Seen]:
        size = SIZE.get(key.id, (100, 30))
        stage = stages.setdefault(size, Stage(home, size))
        place = PLACE.get(key.scope, BOARD)
        return stage.play(place, partial(effect, key=key, press=press, bound=bound))

    yield effect_of
    for stage in stages.values():
        stage.close()
    patch.undo()


EVERY = [(key, press) for key in TABLE for press in key.keys.split(",")]


@pytest.mark.parametrize(("key", "press"), EVERY, ids=lambda x: x.id if isinstance(x, Key) else x)
def test_key_has_an_effect_that_is_its_own(effect_of: Effect, key: Key, press: str) -> None:
    before, without, after = effect_of(key, press, False, True)
    if without != before:  # another binding took the key: start afresh
        before, after = effect_of(key, press, True)
        assert after != before, f"{press} changes nothing on the {key.scope} screen"
    assert after != without, f"{press} does the same without the binding {key.id}"


@pytest.mark.parametrize("scope", sorted({*PLACE, "board"}))
def test_a_key_that_is_not_in_the_table_changes_nothing(effect_of: Effect, scope: str) -> None:
    before, after = effect_of(Key("stray", "Z", "Z", "", "", "", scope), "Z", True)
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
