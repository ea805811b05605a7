"""Two parameters against each other: a cell is the mean score of the trials that fell into it."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.study_parts import heading
from clearedge_tui.ui.study import Search, Tried

_MOST, _FEWEST = 24, 4  # columns or rows of cells
_SIDE = 9  # columns of the values at the left
_DARK = 4  # steps of heat that light text stands on


class Axis(NamedTuple):
    """One parameter cut into places; `labels` say where each begins."""

    name: str
    labels: tuple[str, ...]
    low: float
    width: float  # 0: each value has its own place
    values: tuple[object, ...]

    def at(self, value: object) -> int:
        if self.width and isinstance(value, int | float):
            place = int((float(value) - self.low) / self.width)
            return max(0, min(len(self.labels) - 1, place))
        return self.values.index(value) if value in self.values else len(self.values) - 1


def axis(name: str, found: Sequence[Tried], most: int) -> Axis:
    """Return one place a value of a grid; of scattered numbers places of equal width, not too many."""
    seen = {one.params[name] for one in found if name in one.params}
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in seen)
    values = tuple(sorted(seen) if numeric else sorted(seen, key=str))
    if not numeric or (len(values) <= most and _even(values)):
        return Axis(name, tuple(_label(v) for v in values[:most]), 0.0, 0.0, values[:most])
    low, high = float(values[0]), float(values[-1])
    whole = all(isinstance(v, int) for v in values)
    count = min(most, max(_FEWEST, round(1.5 * math.sqrt(len(found)))))
    width = (high - low + whole) / count
    width = math.ceil(width) if whole else width
    count = max(1, math.ceil((high - low + whole) / width)) if whole else count
    return Axis(name, tuple(_label(low + i * width) for i in range(count)), low, width, values)


def _even(values: Sequence[float]) -> bool:
    """Whether numbers stand equally far apart, as those of a grid do."""
    steps = [b - a for a, b in pairwise(values)]
    return not steps or max(steps) - min(steps) <= 1e-9 * abs(max(steps))


def _label(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return clean_text(value, 8)


class Place(NamedTuple):
    """What fell into one cell."""

    scores: list[float]
    plateau: bool
    mark: str


def paint_map(cells: Cells, area: Area, found: Search, axes: tuple[str, str], look: Look) -> int:
    """Paint the map of two parameters; return the rows used."""
    across, down = axes
    if across == down or not across:
        inner = heading(cells, area, "Map", "one parameter was searched: a map needs two")
        return area.h - inner.h + 1
    scored = [one for one in found.trials if one.score is not None]
    inner = heading(cells, area, f"Map   {clean_text(across, 20)} across, {clean_text(down, 20)} down",
                    "mean score; x and y choose others")  # fmt: skip
    if not scored:
        cells.text(inner.y, inner.x, "no trial has a score", p.DIM, width=inner.w)
        return 2
    rows = axis(down, scored, max(2, min(_MOST, inner.h - 4)))
    columns = axis(across, scored, max(2, min(_MOST, (inner.w - _SIDE) // 4)))
    each = max(2, min(7, (inner.w - _SIDE) // len(columns.labels)))
    places = _places(scored, found, columns, rows, look)
    means = [sum(one.scores) / len(one.scores) for one in places.values()]
    low, span = min(means), (max(means) - min(means)) or 1.0
    tall = 2 if 2 * len(rows.labels) <= inner.h - 4 else 1
    for y, label in enumerate(rows.labels):
        cells.right(inner.y + y * tall, inner.x, _SIDE - 1, label, p.DIM)
        for x in range(len(columns.labels)):
            spot = (inner.y + y * tall, inner.x + _SIDE + x * each)
            place = places.get((y, x))
            if place is None:
                cells.text(*spot, look.symbols.bullet.center(each), p.FAINT)
            else:
                _cell(cells, spot, (each, tall), place, (low, span), look)
    used = len(rows.labels) * tall
    _labels(cells, inner.y + used, inner.x + _SIDE, each, columns)
    _legend(cells, inner._replace(y=inner.y + used + 1), low, low + span, look)
    return used + 3


def _places(
    scored: Sequence[Tried], found: Search, columns: Axis, rows: Axis, look: Look
) -> dict[tuple[int, int], Place]:
    out: dict[tuple[int, int], Place] = {}
    for one in scored:
        if columns.name not in one.params or rows.name not in one.params:
            continue
        key = rows.at(one.params[rows.name]), columns.at(one.params[columns.name])
        held = out.get(key) or Place([], False, "")
        mark = held.mark
        if found.chosen is not None and one.params == found.chosen:
            mark = look.symbols.star
        elif one.params == found.best and not mark:
            mark = look.symbols.buy
        score = one.score or 0.0
        out[key] = Place([*held.scores, score], held.plateau or one.plateau, mark)
    return out


def _cell(
    cells: Cells, spot: tuple[int, int], size: tuple[int, int], place: Place,
    range_: tuple[float, float], look: Look,
) -> None:  # fmt: skip
    each, tall = size
    mean = sum(place.scores) / len(place.scores)
    step = round((mean - range_[0]) / range_[1] * (len(p.HEAT) - 1))
    mark = place.mark or (look.symbols.note if place.plateau else "")
    digits = 2 if each >= 6 else 1
    text = f"{mean:.{digits}f}" if each >= 5 else ""
    text = f"{mark}{text}" if len(mark) + len(text) < each else mark or text
    ground = p.BG if look.theme.mono else p.HEAT[step]
    fore = p.BRIGHT if step <= _DARK or look.theme.mono else p.INK
    if look.theme.mono and not text:
        text = look.symbols.spark[step * (len(look.symbols.spark) - 1) // (len(p.HEAT) - 1)]
    bold = p.BOLD if place.mark else 0
    cells.text(*spot, text.center(each), fore | bold, ground)
    if tall > 1:
        cells.text(spot[0] + 1, spot[1], " " * each, fore, ground)


def _labels(cells: Cells, y: int, x: int, each: int, columns: Axis) -> None:
    free = 0
    for i, label in enumerate(columns.labels):
        if i * each >= free:
            cells.text(y, x + i * each, label, p.DIM)
            free = i * each + len(label) + 1


def _legend(cells: Cells, area: Area, low: float, high: float, look: Look) -> None:
    x = cells.text(area.y, area.x, f"{low:.2f} ", p.DIM)
    for step in p.HEAT:
        x = cells.text(area.y, x, "  ", p.TEXT, p.BG if look.theme.mono else step)
    x = cells.text(area.y, x + 1, f"{high:.2f}   ", p.DIM)
    symbols = look.symbols
    told = f"{symbols.star} recommended  {symbols.buy} best score  {symbols.note} on a plateau"
    cells.text(area.y, x, told, p.DIM, width=max(0, area.x + area.w - x))
