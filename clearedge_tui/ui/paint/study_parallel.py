"""Parallel coordinates: an upright a parameter, a line a trial, the score at the end."""

from collections.abc import Sequence

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.scale import Scale
from clearedge_tui.ui.paint.study_parts import heading
from clearedge_tui.ui.study import Search, Tried

_LEAST, _MOST_LINES = 10, 150


def paint_parallel(cells: Cells, area: Area, found: Search, look: Look) -> int:
    """Paint it as tall as is seen; return the rows used."""
    scored = [one for one in found.leaders() if one.score is not None][:_MOST_LINES]
    names = found.names()
    high = max(_LEAST, area.h)
    few = f"the best {_MOST_LINES}, " if len(scored) == _MOST_LINES else ""
    note = f"a line a trial, {few}coloured by its score; white: the recommended one"
    inner = heading(cells, area._replace(h=high), "Parallel coordinates", note)
    if not scored or not names:
        cells.text(inner.y, inner.x, "no trial has a score", p.DIM, width=inner.w)
        return 2
    tracks = [_track(name, scored) for name in names]
    tracks.append(_ranged([one.score or 0.0 for one in scored]))
    plot = inner._replace(x=inner.x + 4, y=inner.y + 2, w=inner.w - 12, h=inner.h - 4)
    spots = [plot.x + round(i * (plot.w - 1) / len(names)) for i in range(len(names) + 1)]
    scale = Scale(-0.02, 1.02, plot.h)
    for step, ink in enumerate(p.HEAT):  # the best are drawn last, over the others
        dots = Dots(plot, look.symbols)
        for number, share in enumerate(tracks[-1][0]):
            if round(share * (len(p.HEAT) - 1)) == step:
                _line(dots, [track[0][number] for track in tracks], scale, ink)
        dots.paint(cells)
    chosen = next((i for i, one in enumerate(scored) if one.params == found.chosen), None)
    if chosen is not None:
        dots = Dots(plot, look.symbols)
        _line(dots, [track[0][chosen] for track in tracks], scale, p.BRIGHT | p.BOLD)
        dots.paint(cells)
    for x, name, (_, low, top) in zip(spots, [*names, "score"], tracks, strict=True):
        for y in range(plot.h):
            if cells.ink[plot.y + y][x] & 0xFF != p.BRIGHT:
                cells.put(plot.y + y, x, look.symbols.upright, p.DIM)
        _named(cells, inner, inner.y, x, clean_text(name, 20), p.ACCENT | p.BOLD)
        _named(cells, inner, inner.y + 1, x, top, p.DIM)
        _named(cells, inner, plot.y + plot.h, x, low, p.DIM)
    return high


def _named(cells: Cells, area: Area, y: int, x: int, text: str, ink: int) -> None:
    start = max(area.x, min(x - len(text) // 2, area.x + area.w - len(text)))
    cells.text(y, start, text, ink)


Track = tuple[list[float], str, str]  # where each trial is, 0 to 1; the lowest and highest value


def _track(name: str, scored: Sequence[Tried]) -> Track:
    values = [one.params.get(name) for one in scored]
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return _ranged([float(v) for v in values if isinstance(v, int | float)])
    known = sorted({str(v) for v in values})
    top = max(1, len(known) - 1)
    where = [known.index(str(v)) / top for v in values]
    return where, clean_text(known[0], 12), clean_text(known[-1], 12)


def _ranged(values: list[float]) -> Track:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return [(v - low) / span for v in values], f"{low:.4g}", f"{high:.4g}"


def _line(dots: Dots, heights: Sequence[float], scale: Scale, ink: int) -> None:
    last = len(heights) - 1
    columns: list[tuple[float, float] | None] = []
    for x in range(dots.w):
        place = x * last / max(1, dots.w - 1)
        left = min(last - 1, int(place))
        value = heights[left] + (heights[left + 1] - heights[left]) * (place - left)
        columns.append((value, value))
    dots.line(columns, scale, ink)
