"""What a `render()` returned, laid out: charts in the middle, small widgets beside or below.

One bad widget becomes a named error in its place; everything else is still drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.candles import paint_candles
from clearedge_tui.ui.paint.instance import candle_chart, points
from clearedge_tui.ui.paint.lines import paint_lines
from clearedge_tui.ui.paint.parts import PAINTERS, Spec, paint_unknown

Paint = Callable[[Cells, Area, Spec], int]
CHARTS = ("candles", "line_chart", "markers")
SIDE = 38
BROAD = 110
# what a wrong spec can raise in a painter; anything else is our own bug and must be seen as one
WRONG = (KeyError, TypeError, ValueError, ArithmeticError, IndexError, AttributeError)


@dataclass(frozen=True, slots=True)
class View:
    """How the person looks at the charts now."""

    zoom: int = 1
    back: int = 0
    extras: bool = True
    cross_ns: int = 0  # time of the bar under the crosshair; 0 is none


def split(widgets: Sequence[Spec]) -> tuple[list[Spec], list[Spec]]:
    """Return (charts, small widgets). Bars are always shown, asked for or not."""
    charts = [w for w in widgets if w.get("type") in CHARTS]
    small = [w for w in widgets if w.get("type") not in CHARTS]
    if not any(w.get("type") == "candles" for w in charts):
        markers = [
            m for w in charts if w.get("type") == "markers" for m in _sequence(w.get("markers"))
        ]
        charts = [{"type": "candles", "markers": markers}, *charts]
    return [w for w in charts if w.get("type") != "markers"], small


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []


def paint_charts(
    cells: Cells,
    area: Area,
    row: InstanceRow,
    detail: Detail,
    look: Look,
    view: View,
    stale: bool = False,
) -> None:
    """Stack the charts; the bars get most of the height, charts that find no room are named.

    Bars of a `stale` price are dim.
    """
    charts, _ = split(detail.widgets)
    least = 6
    room = max(1, area.h // least)
    shown, hidden = charts[:room], charts[room:]
    shares = [3 if c.get("type") == "candles" else 1 for c in shown]
    rest = area
    for i, spec in enumerate(shown):
        height = rest.h if i == len(shown) - 1 else max(least, area.h * shares[i] // sum(shares))
        piece, rest = rest.top(height)
        guarded(cells, piece, spec, lambda c, a, s: _chart(c, a, s, row, detail, look, view, stale))
    if hidden:
        names = ", ".join(_name(c) for c in hidden)
        cells.right(area.y + area.h - 1, area.x, area.w, f"more: {names}", p.DIM)


def _chart(
    cells: Cells,
    area: Area,
    spec: Spec,
    row: InstanceRow,
    detail: Detail,
    look: Look,
    view: View,
    stale: bool,
) -> int:
    if spec.get("type") == "candles":
        chart = candle_chart(row, detail, spec, view.zoom, view.back, view.extras, view.cross_ns)
        paint_candles(cells, area, chart, look.symbols, stale)
        return area.h
    raw = spec.get("series", spec.get("data"))
    title = clean_text(spec.get("title", ""), 40)
    series = raw if isinstance(raw, dict) else {title or "line": raw}
    lines = {clean_text(k, 24): [v for _, v in points(values)] for k, values in series.items()}
    paint_lines(cells, area, title, lines, look.symbols)
    return area.h


def guarded(cells: Cells, area: Area, spec: Spec, paint: Paint) -> int:
    """Paint one widget; a wrong one is named where it would have stood."""
    try:
        return paint(cells, area, spec)
    except WRONG as error:
        reason = (
            f"no `{clean_text(error.args[0], 40)}`"
            if isinstance(error, KeyError) and error.args
            else clean_text(error, 200)
        )
        return _paint_fault(cells, area, f"✖ {_name(spec)}: {reason}")


def _paint_fault(cells: Cells, area: Area, text: str) -> int:
    import textwrap

    lines = textwrap.wrap(text, max(10, area.w))[: max(1, min(4, area.h))]
    cells.fill(area._replace(h=len(lines)), p.BG)
    for y, line in enumerate(lines):
        cells.text(area.y + y, area.x, line, p.BAD, width=area.w)
    return len(lines)


def _name(spec: Spec) -> str:
    title = spec.get("title") or spec.get("label") or ""
    return clean_text(f"{spec.get('type', 'widget')} {title}".strip(), 40)


def paint_small(cells: Cells, area: Area, widgets: Sequence[Spec], look: Look) -> int:
    """Paint the small widgets under each other; return the rows used. What does not fit is counted."""
    rest, kind_before = area, ""
    for i, spec in enumerate(widgets):
        kind = str(spec.get("type", ""))
        single = kind in ("metric", "gauge", "sparkline")
        if kind_before and not (single and kind_before == "single"):
            rest = rest.top(1)[1]
        if rest.h < 1:
            cells.right(
                area.y + area.h - 1, area.x, area.w, f"{len(widgets) - i} more below", p.DIM
            )
            break
        painter = PAINTERS.get(kind, paint_unknown)
        used = guarded(cells, rest, spec, lambda c, a, s, draw=painter: draw(c, a, s, look))  # type: ignore[misc]
        rest = rest.top(used)[1]
        kind_before = "single" if single else kind
    return area.h - rest.h


def paint_strip(cells: Cells, area: Area, widgets: Sequence[Spec], look: Look) -> None:
    """Paint metrics side by side in one line, for narrow screens."""
    x = area.x
    for spec in widgets:
        if spec.get("type") not in ("metric", "gauge"):
            continue
        size = min(30, len(clean_text(spec.get("label", ""), 20)) + 14)
        if x + size > area.x + area.w:
            return
        guarded(
            cells, Area(x, area.y, size, 1), spec, lambda c, a, s: PAINTERS["metric"](c, a, s, look)
        )
        x += size + 3
