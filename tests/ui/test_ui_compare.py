"""Runs side by side: curves over one time, what differs first, the best marked, code in colours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.runs.compare import best_of
from clearedge_tui.runs.model import Curve
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.paint.compare_curves import over_time
from tests.fakes.runs import line
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent


async def test_marked_runs_are_laid_side_by_side(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(160, 50)) as d:
        await d.press("2")
        await d.shows("bt-0007")
        await d.press("c")
        await d.shows("mark two or more runs")
        await d.press("j", "m", "m", "c")
        await d.shows("they cover different spans of time")
        assert sent(world, "run.compare") == [{"run_ids": ["bt-0007", "bt-0006"]}]
        text = d.text()
        assert "★ +31.40 %" in text and "-35.60 pp" in text and "the same in all: 7" in text
        assert text.index("Sharpe") < text.index("the same in all") < text.index("Trades  ")
        await d.press("e")
        assert "Trades  " not in d.text() and "e shows them" in d.text()
        for words in ("fast", "sha256", "code sha256", "+    if ctx.fast > ctx.slow and"):
            await d.press("tab")
            assert words in d.text(), words
        rows = d.cells("CompareRows")
        inks = {line[:2]: ink[2] & 255 for line, ink in zip(rows.lines(), rows.ink, strict=True)}
        assert inks[" +"] == p.UP and inks[" -"] == p.DOWN
        await d.press("escape")
        assert d.page.NAME == "runs" and len(d.page.marks) == 2


async def test_the_palette_compares_and_runs_without_room_come_with_the_arrows(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("colon")
        await d.type("run compare bt-0007 bt-0006 bt-0005 bt-0004 bt-0003")
        await d.press("enter")
        await d.shows("1 more: → ←")
        assert "4 rsi_pullba" in d.text() and "5 ema_cross" not in d.cells("CompareRows").lines()[0]
        await d.press("right")
        head = d.cells("CompareRows").lines()[0]
        assert "1 ema_cross" in head and "5 ema_cross" in head and "2 grid" not in head


async def test_what_cannot_be_compared_says_why(world: FakeSupervisor, desk: OpenDesk) -> None:
    world.refuse["run.compare"] = "no run `bt-0001`"
    async with desk() as d:
        d.app.visit("compare", "bt-0001 bt-0002")
        await d.shows("no run `bt-0001`")
        assert "no run `bt-0001`" in "\n".join(d.cells("#compare").lines())


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("sharpe", (1.0, 2.0, None), 1), ("sharpe", (2.0, 2.0), -1), ("max_drawdown", (0.3, 0.1), 1),
        ("max_drawdown", (-0.3, -0.1), 1), ("trades", (1.0, 2.0), -1), ("sharpe", (1.0, None), -1),
        ("sharpe", (1.0, float("nan"), 0.5), 0),
    ],
)  # fmt: skip
def test_the_best_is_marked_where_more_or_less_is_plainly_better(
    name: str, values: tuple[float | None, ...], best: int
) -> None:
    assert best_of(line(name, *values)) == best


@given(
    st.lists(st.floats(0.1, 10), min_size=1, max_size=200),
    st.integers(2, 100),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_a_curve_over_time_keeps_its_extremes_and_its_place(
    values: list[float], columns: int, before: int, after: int
) -> None:
    step = 60 * 10**9
    stamps = tuple(10**18 + n * step for n in range(len(values)))
    start, end = stamps[0] - before * step, stamps[-1] + after * step
    drawn = over_time(Curve(stamps, tuple(values)), start, end, columns)
    there = [pair for pair in drawn if pair is not None]
    assert len(drawn) == columns
    assert min(low for low, _ in there) == min(values)
    assert max(high for _, high in there) == max(values)
    first = next(x for x, pair in enumerate(drawn) if pair)
    assert all(pair for pair in drawn[first : first + len(there)]), "no hole in the middle"
