"""Sending only what changed shows the same as sending everything."""

import pyte
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.console import Console
from clearedge_tui.ui.crop import render_segments
from clearedge_tui.ui.palette import palette
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk

Change = tuple[int, int, str, int]  # row, column, text, ink
CHANGE = st.tuples(
    st.integers(0, 5), st.integers(0, 19), st.text(alphabet="ab漢 ", max_size=5), st.integers(4, 10)
)


def copy(cells: Cells) -> Cells:
    made = Cells(cells.h, cells.w)
    made.ch, made.ink = [list(r) for r in cells.ch], [list(r) for r in cells.ink]
    return made


@given(st.lists(st.lists(CHANGE, max_size=4), max_size=6))
def test_replaying_the_changed_regions_gives_the_new_picture(frames: list[list[Change]]) -> None:
    shown, old = Cells(6, 20), Cells(6, 20)
    for frame in frames:
        new = copy(old)
        for y, x, text, ink in frame:
            new.text(y, x, text, ink)
        for region in new.diff(old) or []:
            assert isinstance(region, Region) and region.height == 1
            span = slice(region.x, region.right)
            shown.ch[region.y][span] = new.ch[region.y][span]
            shown.ink[region.y][span] = new.ink[region.y][span]
        assert shown.ch == new.ch and shown.ink == new.ink
        old = new


@given(st.lists(CHANGE, max_size=4))
def test_at_most_one_region_a_row_and_none_without_a_change(changes: list[Change]) -> None:
    old = Cells(6, 20)
    new = copy(old)
    for y, x, text, ink in changes:
        new.text(y, x, text, ink)
    regions = new.diff(old) or []
    assert len({r.y for r in regions}) == len(regions)
    assert not copy(new).diff(new)


@given(st.lists(CHANGE, min_size=1, max_size=6))
def test_cropped_regions_show_the_same_in_a_terminal(changes: list[Change]) -> None:
    from io import StringIO

    from rich.console import Console as RichConsole
    from textual._compositor import ChopsUpdate

    terminal = RichConsole(file=StringIO(), force_terminal=True, color_system="truecolor", width=20)
    theme = palette("default", "truecolor")
    old = Cells(6, 20)
    for y in range(6):
        old.text(y, 0, "0123456789abcdefghij", 4 + y)
    new = copy(old)
    for y, x, text, ink in changes:
        new.text(y, x, text, ink)
    regions = new.diff(old)
    if not regions:
        return
    shown, wanted = pyte.Screen(20, 6), pyte.Screen(20, 6)
    for screen, cells in ((shown, old), (wanted, new)):
        for y in range(6):
            pyte.Stream(screen).feed(f"\x1b[{y + 1};1H{cells.strip(y, theme).render(terminal)}")
    chops = [{0: new.strip(y, theme)} for y in range(6)]
    update = ChopsUpdate(chops, [(r.y, r.x, r.right) for r in regions], [[20]] * 6)
    pyte.Stream(shown).feed(render_segments(update, terminal))
    assert shown.display == wanted.display


def test_another_size_means_everything() -> None:
    assert Cells(2, 3).diff(Cells(2, 4)) is None and Cells(2, 3).diff(None) is None


def screen_text(app: Console) -> list[str]:
    return [
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    ]


async def test_a_moving_board_looks_the_same_with_and_without_diff(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(160, 45)) as d:
        for key in ("j", "S", "t", "space", "j", "e", "e"):
            await d.press(key)
            await world.push(world.move())
            await d.pilot.pause(0.02)
            d.app.paint_now()
        d.app.look.frozen = True
        await d.pilot.pause()
        by_diff = screen_text(d.app)
        for view in d.app.screen.query(CellView):
            view.refresh()
        await d.pilot.pause()
        assert screen_text(d.app)[1:] == by_diff[1:]
        assert isinstance(d.app.screen.query_one("#board"), RowsView)
