"""Sending only what changed shows the same as sending everything."""

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.view import CellView

CHANGE = st.tuples(st.integers(0, 5), st.integers(0, 19), st.text(alphabet="ab漢 ", max_size=5), st.integers(4, 10))


def copy(cells: Cells) -> Cells:
    made = Cells(cells.h, cells.w)
    made.ch, made.ink = [list(r) for r in cells.ch], [list(r) for r in cells.ink]
    return made


@given(st.lists(st.lists(CHANGE, max_size=4), max_size=6))
def test_replaying_the_changed_regions_gives_the_new_picture(frames):
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
def test_at_most_one_region_a_row_and_none_without_a_change(changes):
    old = Cells(6, 20)
    new = copy(old)
    for y, x, text, ink in changes:
        new.text(y, x, text, ink)
    regions = new.diff(old) or []
    assert len({r.y for r in regions}) == len(regions)
    assert not copy(new).diff(new)


def test_another_size_means_everything():
    assert Cells(2, 3).diff(Cells(2, 4)) is None and Cells(2, 3).diff(None) is None


def screen_text(app) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def test_a_moving_board_looks_the_same_with_and_without_diff(world, desk):
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
