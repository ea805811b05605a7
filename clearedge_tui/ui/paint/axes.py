"""Grid, price axis with the last value's tag, and time axis: the same under every chart."""

import math
from collections.abc import Sequence

from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.paint.scale import Scale, ticks, time_label
from clearedge_tui.ui.symbols import Symbols


def axis_width(scale: Scale, rows: int, digits: int | None = None) -> int:
    """Return the columns that the value axis needs."""
    values, step = ticks(scale, max(2, rows // 3))
    texts = [f.price(v, step) for v in values]
    texts += [f.price(v, _fine(scale), digits) for v in (scale.low, scale.high)]
    return max(len(text) for text in texts) + 2


def _fine(scale: Scale) -> float:
    """Return the step that a single value on the axis is rounded to: 1 in 100 of the range or better."""
    return float(10 ** math.floor(math.log10((scale.high - scale.low) / 100)))


def paint_grid(cells: Cells, plot: Area, axis: Area, scale: Scale, symbols: Symbols) -> None:
    """Paint horizontal lines at round values and write the values on the right."""
    values, step = ticks(scale, max(2, plot.h // 3))
    for value in values:
        y = plot.y + scale.at(value)
        cells.text(y, plot.x, symbols.grid * plot.w, p.FAINT, width=plot.w)
        cells.text(y, axis.x + 1, f.price(value, step), p.DIM, width=axis.w - 1)


def paint_tag(
    cells: Cells,
    axis: Area,
    scale: Scale,
    value: float,
    ground: int,
    symbols: Symbols,
    digits: int | None = None,
) -> None:
    """Write a value on the axis, on a coloured ground; what does not fit loses digits, not figures."""
    y = axis.y + scale.at(value)
    text = f.price(value, _fine(scale), digits)
    while len(text) > axis.w - 1 and "." in text:
        text = text[:-1].rstrip(".")
    cells.text(y, axis.x, symbols.tag, ground)
    cells.text(y, axis.x + 1, text.ljust(axis.w - 1), p.INK, ground, width=axis.w - 1)


def paint_times(cells: Cells, area: Area, times: Sequence[int | None], apart: int = 14) -> None:
    """Write time labels under columns; `times` holds the time of each column, or None."""
    known = [t for t in times if t is not None]
    if not known:
        return
    span = known[-1] - known[0]
    x = 0
    while x < len(times) - 6:
        stamp = times[x]
        if stamp is None:
            x += 1
            continue
        label = time_label(stamp, span)
        if x + len(label) <= area.w:
            cells.text(area.y, area.x + x, label, p.DIM)
        x += max(apart, len(label) + 3)
