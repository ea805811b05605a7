"""Lines over time: any number of series, round ticks, a legend that names them."""

from collections.abc import Mapping, Sequence

from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.paint.axes import axis_width, paint_grid, paint_tag, paint_times
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.scale import decimate, scale_for
from clearedge_tui.ui.symbols import Symbols

Values = Sequence[float | None]


def paint_lines(
    cells: Cells,
    area: Area,
    title: str,
    series: Mapping[str, Values],
    symbols: Symbols,
    times: Sequence[int | None] = (),
    inks: Sequence[int] = p.SERIES,
) -> None:
    """Paint every series over the same scale; the first one is on top. Extremes are kept."""
    scale = scale_for(
        (v for s in series.values() for v in s if v is not None), area.h - bool(times)
    )
    if scale is None or area.h < 2 or area.w < 16:
        cells.text(area.y, area.x + 1, f"{title}: no values yet", p.DIM, width=area.w - 1)
        return
    width = axis_width(scale, scale.rows)
    plot, axis = area.left(area.w - width)
    plot, axis = plot._replace(h=scale.rows), axis._replace(h=scale.rows)
    paint_grid(cells, plot, axis, scale, symbols)
    for number, values in reversed(list(enumerate(series.values()))):
        dots = Dots(plot, symbols)
        dots.line(stretched(values, dots.w), scale, inks[number % len(inks)])
        dots.paint(cells)
    first = next(iter(series.values()))
    newest = next((v for v in reversed(first) if v is not None), None)
    if newest is not None:
        paint_tag(cells, axis, scale, newest, inks[0], symbols)
    if times:
        stamps = [times[min(len(times) - 1, x * len(times) // plot.w)] for x in range(plot.w)]
        paint_times(cells, Area(plot.x, area.y + area.h - 1, plot.w, 1), stamps)
    _legend(cells, plot, title, series, inks)


def stretched(values: Values, dots: int) -> list[tuple[float, float] | None]:
    """Return one (low, high) a dot column: decimated when there are many, stretched when few."""
    pairs = decimate(values, dots)
    n = len(pairs)
    if n >= dots or n < 2:
        return pairs
    out: list[tuple[float, float] | None] = []
    for x in range(dots):
        place = x * (n - 1) / (dots - 1)
        left = int(place)
        a, b = pairs[left], pairs[min(left + 1, n - 1)]
        if a is None or b is None:
            out.append(a if place - left < 0.5 else b)
            continue
        value = a[0] + (b[0] - a[0]) * (place - left)
        out.append((value, value))
    return out


def _legend(
    cells: Cells, plot: Area, title: str, series: Mapping[str, Values], inks: Sequence[int]
) -> None:
    x = plot.x + 1
    if title:
        x = cells.text(plot.y, x, f"{title}  ", p.BRIGHT | p.BOLD, p.BG)
    for number, (name, values) in enumerate(series.items()):
        newest = next((v for v in reversed(values) if v is not None), None)
        label = f.number(newest) if name == title else f"━ {name} {f.number(newest)}"
        if x + len(label) + 2 < plot.x + plot.w:
            x = cells.text(plot.y, x, f"{label}  ", inks[number % len(inks)], p.BG)


def paint_drawdown(cells: Cells, area: Area, values: Values, symbols: Symbols) -> None:
    """Paint losses from the last peak, hanging from the top; `values` are shares (-0.08)."""
    plot, axis = area.left(area.w - 9)
    columns = [pair[0] if pair else 0.0 for pair in decimate(values, max(1, plot.w))]
    worst = min(columns, default=0.0)
    cells.text(area.y, axis.x + 1, "drawdown", p.DIM, width=8)
    cells.text(area.y + area.h - 1, axis.x + 1, f.percent(worst, signed=False), p.DOWN, width=8)
    if worst >= 0 or not columns:
        return
    stretch = max(1.0, plot.w / len(columns))
    for x in range(plot.w):
        value = columns[min(len(columns) - 1, int(x / stretch))]
        parts = round(value / worst * area.h * 8)
        for row in range(area.h):
            part = min(8, max(0, parts - row * 8))
            if part == 8:
                cells.put(area.y + row, plot.x + x, symbols.eighths[8], p.DOWN_SOFT)
            elif part:  # the rest of the cell, in the ground's colour, over the bar's
                cells.text(area.y + row, plot.x + x, symbols.eighths[8 - part], p.BG, p.DOWN_SOFT)
