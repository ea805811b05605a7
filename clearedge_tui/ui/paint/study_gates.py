"""A study that carries a ladder of its own: what was earned, then every gate."""

from collections.abc import Mapping
from typing import Any

import msgspec

from clearedge_tui.research.gates import Gate
from clearedge_tui.research.readiness import Readiness
from clearedge_tui.ui import grid, plan_gates
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Row
from clearedge_tui.ui.ladder import Standing, sum_text
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import ladder as marks
from clearedge_tui.ui.paint.study_plain import paint_plain

_OF_LADDER = ("gates", "readiness")


class _Judged(msgspec.Struct, frozen=True):
    gates: tuple[Gate, ...] = ()
    readiness: Readiness | None = None


def paint_other(cells: Cells, area: Area, found: Mapping[str, Any], look: Look) -> int:
    """Paint a finding of a kind without a picture of its own; its gates first when it has some."""
    try:
        judged = msgspec.convert(found, _Judged)
    except msgspec.ValidationError:
        return paint_plain(cells, area, found, look)
    if not judged.gates or judged.readiness is None:
        return paint_plain(cells, area, found, look)
    used = _ladder(cells, area, Standing("", gates=judged.gates, readiness=judged.readiness), look)
    rest = {name: value for name, value in found.items() if name not in _OF_LADDER}
    return used + 1 + paint_plain(cells, area.top(used + 1)[1], rest, look)


def _ladder(cells: Cells, area: Area, one: Standing, look: Look) -> int:
    marks.paint_points(cells, area.y, area.x, area.w, one.gates, look)
    if one.readiness is not None:
        for y, text in enumerate(sum_text(one.readiness, one.gates, area.w), 2):
            cells.text(area.y + y, area.x, text, p.TEXT, width=area.w)
    rows = plan_gates.rows(one, look)
    gates = {gate.name: gate for gate in one.gates}
    for y, row in enumerate(rows, area.y + 5):
        grid.paint_row(cells, y, plan_gates.COLUMNS, row)
        _margin(cells, y, row, gates, look)
    return 5 + len(rows)


def _margin(cells: Cells, y: int, row: Row, gates: Mapping[str, Gate], look: Look) -> None:
    for column, x, width in grid.layout(plan_gates.COLUMNS, cells.w):
        if column == plan_gates.MARGIN and row.key in gates:
            marks.paint_margin(cells, y, x, width, gates[row.key], look)
