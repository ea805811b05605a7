"""A price older than its account enters anything on: said with its age, and dim."""

import msgspec
import pytest

from clearedge_tui.core.model import EngineState
from clearedge_tui.supervisor.protocol import InstanceRow, Snapshot
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.model import LinkState, Model
from clearedge_tui.ui.paint.board import BoardState, event, paint_row
from clearedge_tui.ui.paint.preview import paint_preview
from clearedge_tui.ui.paint.widgets import View, paint_charts
from tests.fakes.market import SECOND_NS, START_NS, detail, instance_rows
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk


def made(age_s: float, stale_s: float = 60, **fields: object) -> tuple[Model, InstanceRow]:
    model = Model(wall_ns=lambda: START_NS, mono=lambda: 0.0)
    (row,) = instance_rows(1, 7, START_NS)
    row = msgspec.structs.replace(
        row,
        **{
            "state": EngineState.RUNNING,
            "heard_ns": START_NS,
            "market_ns": START_NS - int(age_s * SECOND_NS),
            "stale_s": stale_s,
            "error": "",
            **fields,
        },
    )
    model.apply(Snapshot(0, START_NS, (row,), (), ()))
    model.set_link(LinkState.UP)
    return model, row


def painted(model: Model, row: InstanceRow) -> Cells:
    cells = Cells(1, 200)
    paint_row(cells, 0, row, model, Look(), BoardState())
    return cells


def ink_of(cells: Cells, text: str) -> int:
    return cells.ink[0]["".join(cells.ch[0]).index(text)] & 0xFF


@pytest.mark.parametrize(
    ("age_s", "words"),
    [(61, "STALE 61s"), (150, "STALE 2m"), (7000, "STALE 1h"), (900_000, "STALE 10d")],
)
def test_a_stale_price_is_said_with_its_age_and_its_numbers_are_dim(
    age_s: float, words: str
) -> None:
    model, row = made(age_s)
    cells = painted(model, row)
    text = "".join(cells.ch[0])
    assert words in text
    assert ink_of(cells, "STALE") == p.WARN
    assert ink_of(cells, row.market) == p.DIM
    assert ink_of(cells, row.id) == p.BRIGHT, "who it is stays readable"
    said, ink = event(row, model)
    assert said.startswith("STALE: its market was heard ") and ink == p.WARN


@pytest.mark.parametrize(
    ("age_s", "stale_s", "state"),
    [
        (59, 60, EngineState.RUNNING),
        (9000, 0, EngineState.RUNNING),
        (9000, 60, EngineState.STOPPED),
    ],
)
def test_a_fresh_price_no_limit_and_a_stopped_row_are_not_stale(
    age_s: float, stale_s: float, state: EngineState
) -> None:
    model, row = made(age_s, stale_s, state=state)
    assert not model.price_stale(row)
    cells = painted(model, row)
    assert "STALE" not in "".join(cells.ch[0])
    assert ink_of(cells, row.market) == p.TEXT


def test_a_market_that_never_spoke_is_not_called_stale() -> None:
    model, row = made(0, market_ns=0)
    assert not model.price_stale(row)


def test_the_charts_of_a_stale_price_are_dim() -> None:
    model, row = made(61)
    full = detail(row, START_NS)
    inks = []
    for stale in (False, True):
        preview, page = Cells(12, 100), Cells(30, 140)
        paint_preview(preview, row, full, Look(), stale)
        paint_charts(page, page.area, row, full, Look(), View(), stale)
        inks.append(
            [{ink & 0xFF for line in cells.ink for ink in line} for cells in (preview, page)]
        )
    fresh, old = inks
    assert all(p.UP in shown or p.DOWN in shown for shown in fresh)
    assert p.UP not in old[0] and p.DOWN not in old[0]
    assert model.price_stale(row)


async def test_the_page_of_an_instance_says_stale_beside_its_state(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    first = next(iter(world.rows))
    old = START_NS - 125 * SECOND_NS
    world.rows[first] = msgspec.structs.replace(world.rows[first], market_ns=old, stale_s=60)
    async with desk(size=(200, 60)) as d:
        await d.until(lambda: first in d.app.model.instances)
        assert "STALE 2m" in d.text()
        await d.press("enter")
        await d.until(lambda: d.page.NAME == "detail" and d.page.detail)
        assert "running  STALE 2m05s" in d.text()
