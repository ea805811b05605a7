"""What the pictures of studies share: a head, facts in columns, tables, bars, and a cloud of curves."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import grid
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Cell, Col, Row
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.axes import axis_width, paint_grid, paint_tag
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.lines import stretched
from clearedge_tui.ui.paint.scale import scale_for
from clearedge_tui.ui.study import NAMES, Figure, Study

Fact = tuple[str, str, int]
_GOOD = ("pass", "ready", "recommended")
_BAD = ("fail", "refused")


class Pair(NamedTuple):
    """Two areas beside each other where there is room, else one under the other."""

    left: Area
    right: Area


def ratio(value: Figure) -> str:
    return "–" if value is None else f"{value:z.2f}"


def share(value: Figure) -> str:
    """Return a share in percent with as many digits as tell it from nothing."""
    if value is None:
        return "–"
    digits = 2 if abs(value) >= 0.001 or not value else 4
    return f"{value * 100:+.{digits}f} %"


def plain_share(value: Figure) -> str:
    """Return a share that has no sign: how often, how much of it, how far down."""
    return share(value).lstrip("+")


def count(value: Figure) -> str:
    return "–" if value is None else f"{value:,.0f}"


def figure_ink(value: Figure) -> int:
    return p.DIM if value is None else p.UP if value > 0 else p.DOWN if value < 0 else p.TEXT


def paint_head(cells: Cells, area: Area, study: Study, verdict: str) -> int:
    """Paint what it is, how it went, and of what; return the rows used."""
    word = (verdict or study.verdict).partition(":")[0].lower()
    ink = p.GOOD if word in _GOOD else p.BAD if word in _BAD else p.BRIGHT
    name = NAMES.get(study.kind, study.kind).capitalize()
    x = cells.text(area.y, area.x, clean_text(name, 50), p.ACCENT | p.BOLD, width=area.w)
    told = clean_text(verdict or study.verdict, 400)
    cells.text(area.y, x + 2, told, ink | p.BOLD, width=area.x + area.w - x - 2)
    span = f"{f.day(study.start_ns)} to {f.day(study.end_ns)}"
    took = f"took {f.duration(study.took_s)}"
    where = (
        f"{study.strategy} on {study.market} {study.timeframe}   {span}   {took}   {study.run_id}"
    )
    cells.text(area.y + 1, area.x, clean_text(where, 300), p.TEXT, width=area.w)
    told = settings(study.config)
    cells.text(area.y + 2, area.x, f"settings: {told}", p.DIM, width=area.w)
    return 4


def settings(config: Mapping[str, object] | None) -> str:
    return clean_text(", ".join(f"{k}={v}" for k, v in (config or {}).items()) or "–", 300)


def heading(cells: Cells, area: Area, text: str, note: str = "") -> Area:
    """Paint a title with a quiet note after it; return the rest of the area."""
    x = cells.text(area.y, area.x, text, p.BRIGHT | p.BOLD, width=area.w)
    if note:
        cells.text(
            area.y, x + 2, clean_text(note, 300), p.DIM, width=max(0, area.x + area.w - x - 2)
        )
    return area.top(1)[1]


def paint_facts(cells: Cells, area: Area, facts: Sequence[Fact]) -> int:
    """Paint names with values in as many columns as fit; return the rows used."""
    columns = max(1, area.w // 36)
    each = area.w // columns
    for i, (name, value, ink) in enumerate(facts):
        x, y = area.x + i % columns * each, area.y + i // columns
        text = clean_text(value, each - 4)
        cells.text(y, x, name, p.DIM, width=max(0, each - 4 - len(text)))
        cells.right(y, x, each - 3, text, ink)
    return -(-len(facts) // columns)


def beside(area: Area, least: int = 110, share_left: float = 0.5) -> Pair | None:
    """Return two areas side by side; None where the screen is too narrow for two."""
    if area.w < least:
        return None
    left, right = area.left(round(area.w * share_left))
    return Pair(left._replace(w=left.w - 3), right)


def table(cells: Cells, area: Area, columns: Sequence[Col], rows: Sequence[Sequence[Cell]]) -> int:
    """Paint a table into an area; return the rows used."""
    part = Cells(min(area.h, len(rows) + 1), area.w + 1)
    grid.paint_head(part, columns)
    for y, row in enumerate(rows[: part.h - 1], 1):
        grid.paint_row(part, y, columns, Row("", tuple(row)))
    for y in range(part.h):
        if area.y + y < cells.h:
            cells.ch[area.y + y][area.x : area.x + area.w] = part.ch[y][1 : area.w + 1]
            cells.ink[area.y + y][area.x : area.x + area.w] = part.ink[y][1 : area.w + 1]
    return part.h


def bar(value: Figure, most: float, width: int, look: Look) -> str:
    """Return a bar for a size against the largest."""
    if value is None or most <= 0:
        return ""
    size = max(0, min(width, round(abs(value) / most * width)))
    return look.symbols.full * size


def paint_cloud(
    cells: Cells,
    area: Area,
    cloud: Sequence[Sequence[float]],
    curve: Sequence[float],
    names: tuple[str, str],
    look: Look,
) -> None:
    """Paint many faint curves with one bright one in front of them; growth of 1."""
    scale = scale_for([v for one in (*cloud, curve) for v in one], area.h)
    if scale is None or area.h < 4 or area.w < 20:
        cells.text(area.y, area.x, "no curve: nothing was traded", p.DIM, width=area.w)
        return
    plot, axis = area.left(area.w - axis_width(scale, scale.rows))
    paint_grid(cells, plot, axis, scale, look.symbols)
    dots = Dots(plot, look.symbols)
    for one in cloud:
        if len(one) > 1:
            dots.line(stretched(one, dots.w), scale, p.DIM)
    dots.paint(cells)
    if len(curve) > 1:
        dots = Dots(plot, look.symbols)
        dots.line(stretched(curve, dots.w), scale, p.SERIES[0])
        dots.paint(cells)
        paint_tag(cells, axis, scale, curve[-1], p.SERIES[0], look.symbols)
    x = cells.text(plot.y, plot.x + 1, f"━ {names[0]}  ", p.SERIES[0] | p.BOLD, p.BG)
    if cloud:
        cells.text(plot.y, x, f"━ {names[1]} ", p.DIM, p.BG)
