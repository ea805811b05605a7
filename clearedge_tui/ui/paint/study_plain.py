"""A finding of a kind without a picture of its own: figures, curves, tables and words, as they are."""

from collections.abc import Mapping
from typing import Any

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.lines import Values, paint_lines
from clearedge_tui.ui.paint.parts import paint_grid_of_text
from clearedge_tui.ui.paint.study_parts import Fact, heading, paint_facts

_CURVE, _LEAST = 10, 8  # rows of a curve; numbers that make one
_MOST_ROWS, _MOST_COLUMNS, _DEEP = 40, 10, 3
_TIMES = "_ns"  # how names of times end


def paint_plain(cells: Cells, area: Area, found: Mapping[str, Any], look: Look) -> int:
    """Paint all of it; return the rows used."""
    return _part(cells, area, "", found, look, 0)


def _part(
    cells: Cells, area: Area, title: str, found: Mapping[str, Any], look: Look, deep: int
) -> int:
    used = 0
    if title:
        heading(cells, area, _said(title))
        used = 1
    facts = [_fact(name, value) for name, value in found.items() if _is_plain(value)]
    short = [one for one in facts if len(one[1]) <= 10]
    used += paint_facts(cells, area.top(used)[1], short)
    for name, text, ink in (one for one in facts if len(one[1]) > 10):
        cells.text(area.y + used, area.x, name, p.DIM, width=17)
        cells.text(area.y + used, area.x + 18, text, ink, width=area.w - 18)
        used += 1
    for name, value in found.items():
        if not _is_plain(value) and value and area.h - used > 2:
            used += 1 + _whole(cells, area.top(used + 1)[1], str(name), value, look, deep)
    return used


def _whole(cells: Cells, area: Area, name: str, value: Any, look: Look, deep: int) -> int:
    if isinstance(value, Mapping):
        return _part(cells, area, name, value, look, deep + 1) if deep < _DEEP else 0
    if _is_curve(value) and not name.endswith(_TIMES):
        paint_lines(cells, area._replace(h=min(_CURVE, area.h)), _said(name), _series(name, value), look.symbols)  # fmt: skip
        return min(_CURVE, area.h)
    inner = heading(cells, area, _said(name))
    rows = [one for one in value if isinstance(one, Mapping)][:_MOST_ROWS]
    if rows:
        names = [n for n in rows[0] if _is_plain(rows[0][n])][:_MOST_COLUMNS]
        texts = [[_written(n, row.get(n))[:24] for n in names] for row in rows]
        return 1 + paint_grid_of_text(cells, inner, [_said(n) for n in names], texts)
    told = ", ".join(_written(name, one) for one in list(value)[:60] if _is_plain(one))
    cells.text(inner.y, inner.x, told, p.TEXT, width=inner.w)
    return 2


def _series(name: str, value: Any) -> dict[str, Values]:
    return {_said(name): [float(v) if v is not None else None for v in value]}


def _said(name: str) -> str:
    return clean_text(name.removesuffix(_TIMES).replace("_", " "), 40)


def _fact(name: str, value: Any) -> Fact:
    return _said(str(name)), _written(str(name), value), p.BRIGHT


def _written(name: str, value: Any) -> str:
    """Return a value as it is read; times as moments."""
    if name.endswith(_TIMES) and isinstance(value, int) and not isinstance(value, bool):
        return f.moment(value)
    return clean_text(f.number(value), 300)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _is_curve(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) >= _LEAST
        and all(
            v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in value
        )
    )
