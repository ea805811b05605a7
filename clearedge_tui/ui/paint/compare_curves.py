"""Equity of several runs over one axis of time, each from 1.0, and the legend that names them."""

from collections.abc import Sequence

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.compare import Comparison
from clearedge_tui.runs.model import Curve
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.axes import axis_width, paint_grid, paint_tag, paint_times
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.scale import scale_for

Span = tuple[float, float]
INKS = (*p.SERIES, p.UP, p.DOWN)  # as many as can be compared


def ink_of(number: int) -> int:
    return INKS[number % len(INKS)]


def paint_legend(cells: Cells, area: Area, found: Comparison, look: Look) -> None:
    """Paint one line a run: its colour, number, name, id and what it made."""
    last = [curve.value[-1] - 1 if curve.value else None for curve in found.equity]
    size = max(8, min(max(len(title) for title in found.titles), area.w - 5 - 15 - 12))
    for number, (run_id, title, made) in enumerate(
        zip(found.run_ids, found.titles, last, strict=True)
    ):
        y, x = area.y + number, area.x
        if number >= area.h:
            return
        x = cells.text(y, x, f"{look.symbols.full * 2} {number + 1} ", ink_of(number) | p.BOLD)
        cells.text(y, x, clean_text(title), p.BRIGHT, width=size)
        x = cells.text(y, x + size, f"{f.percent(made):>12}", words.money_ink(made)) + 3
        cells.text(y, x, clean_text(run_id), p.DIM, width=area.x + area.w - x)


def paint_curves(cells: Cells, area: Area, curves: Sequence[Curve], look: Look) -> None:
    """Paint them over the time that any of them covers; the first one is on top."""
    known = [curve for curve in curves if curve.value]
    scale = scale_for((v for curve in known for v in curve.value), area.h - 1)
    if scale is None or area.h < 4 or area.w < 24:
        cells.text(area.y, area.x, "no curves: these runs have no equity", p.DIM, width=area.w)
        return
    start = min(curve.ts_ns[0] for curve in known)
    end = max(curve.ts_ns[-1] for curve in known)
    width = axis_width(scale, scale.rows)
    plot, axis = area.left(area.w - width)
    plot, axis = plot._replace(h=scale.rows), axis._replace(h=scale.rows)
    paint_grid(cells, plot, axis, scale, look.symbols)
    if scale.holds(1.0):
        cells.rule(plot.y + scale.at(1.0), plot.x, plot.w, look.symbols.rule, p.FAINT)
    for number, curve in reversed(list(enumerate(curves))):
        dots = Dots(plot, look.symbols)
        dots.line(over_time(curve, start, end, dots.w), scale, ink_of(number))
        dots.paint(cells)
    for number, curve in reversed(list(enumerate(curves))):
        if curve.value:
            paint_tag(cells, axis, scale, curve.value[-1], ink_of(number), look.symbols)
            x = plot.x + (curve.ts_ns[-1] - start) * (plot.w - 1) // max(1, end - start)
            y = plot.y + scale.at(curve.value[-1])
            ink = ink_of(number) | p.BOLD  # its number too: a colour alone tells nobody enough
            cells.put(y, min(x + 1, plot.x + plot.w - 1), str(number + 1), ink)
    stamps = [start + (end - start) * x // max(1, plot.w - 1) for x in range(plot.w)]
    paint_times(cells, Area(plot.x, area.y + area.h - 1, plot.w, 1), stamps)


def over_time(curve: Curve, start: int, end: int, columns: int) -> list[Span | None]:
    """Return the lowest and highest value in each column of time; None before and after the curve.

    Between two points that are more than a column apart the line is straight.
    """
    out: list[Span | None] = [None] * columns
    span = max(1, end - start)
    before: tuple[int, float] | None = None
    for ts_ns, value in zip(curve.ts_ns, curve.value, strict=False):
        x = (ts_ns - start) * (columns - 1) // span
        if before is not None:
            for between in range(before[0] + 1, x):
                share = (between - before[0]) / (x - before[0])
                straight = before[1] + (value - before[1]) * share
                out[between] = (straight, straight)
        now = out[x]
        out[x] = (min(now[0], value), max(now[1], value)) if now else (value, value)
        before = (x, value)
    return out
