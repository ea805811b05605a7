"""Equity over time: its band of resampled days, its falls shaded, the market beside it, under water."""

from collections.abc import Sequence
from dataclasses import dataclass

from clearedge_tui.runs.analysis.model import Simulation
from clearedge_tui.runs.model import Curve
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.axes import axis_width, paint_grid, paint_tag, paint_times
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.scale import Scale, scale_for

Pair = tuple[float, float]
_OUTER, _INNER, _FALL = p.HEAD, p.DIVERGE[4], p.DIVERGE[3]


@dataclass(frozen=True, slots=True)
class Span:
    """Times laid over columns."""

    first_ns: int
    last_ns: int

    def at(self, ts_ns: int, columns: int) -> int:
        return (ts_ns - self.first_ns) * (columns - 1) // max(1, self.last_ns - self.first_ns)

    def time(self, column: int, columns: int) -> int:
        return self.first_ns + (self.last_ns - self.first_ns) * column // max(1, columns - 1)


def span_of(curve: Curve) -> Span:
    return Span(curve.ts_ns[0], curve.ts_ns[-1]) if curve.ts_ns else Span(0, 0)


def columns_of(
    ts_ns: Sequence[int], values: Sequence[float], span: Span, columns: int
) -> list[Pair | None]:
    """Return (lowest, highest) of each column of time; between two points the line is straight."""
    out: list[Pair | None] = [None] * columns
    before: tuple[int, float] | None = None
    for ts, value in zip(ts_ns, values, strict=False):
        x = span.at(ts, columns)
        if not 0 <= x < columns:
            continue
        if before is not None and x > before[0] + 1:
            for between in range(before[0] + 1, x):
                part = (between - before[0]) / (x - before[0])
                one = before[1] + (value - before[1]) * part
                out[between] = (one, one)
        held = out[x]
        out[x] = (min(held[0], value), max(held[1], value)) if held else (value, value)
        before = (x, value)
    return out


def paint_curve(
    cells: Cells,
    area: Area,
    equity: Curve,
    market: Curve,
    simulation: Simulation | None,
    look: Look,
    currency: str,
) -> int:
    """Paint the account over buy and hold; return the columns of its axis.

    While money is hidden the scale says 100 for the start.
    """
    if not equity.value or area.h < 3 or area.w < 24:
        cells.text(area.y, area.x + 1, "no curve: the run ended before its first bar", p.DIM)
        return 0
    unit = 100 / (equity.value[0] or 1.0) if look.hide_money else 1.0  # the start is 100
    own = [v * unit for v in equity.value]
    other = [v * unit for v in market.value]
    bands = {n: [v * unit for v in b] for n, b in simulation.bands.items()} if simulation else {}
    scale = scale_for(_range(own, other, bands), area.h - 1)
    if scale is None:
        return 0
    width = axis_width(scale, scale.rows)
    plot, axis = area.left(area.w - width)
    plot, axis = plot._replace(h=scale.rows), axis._replace(h=scale.rows)
    span = span_of(equity)
    paint_grid(cells, plot, axis, scale, look.symbols)
    if simulation and bands:
        _band(cells, plot, scale, span, simulation.ts_ns, bands, look)
    line = columns_of(equity.ts_ns, own, span, plot.w * look.symbols.across)
    _shade(cells, plot, scale, line, look)
    for points, ink in (
        (columns_of(market.ts_ns, other, span, plot.w * look.symbols.across), p.DIM),
        (line, p.ACCENT),
    ):
        dots = Dots(plot, look.symbols)
        dots.line([pair if pair and _inside(pair, scale) else None for pair in points], scale, ink)
        dots.paint(cells)
    paint_tag(cells, axis, scale, own[-1], p.ACCENT, look.symbols)
    times: list[int | None] = [span.time(x, plot.w) for x in range(plot.w)]
    paint_times(cells, Area(plot.x, area.y + area.h - 1, plot.w, 1), times)
    words = _words(own, other, scale)
    words += [("", _OUTER), ("5–95 % resampled", p.DIM)] if bands and not look.theme.mono else []
    _legend(cells, plot, "start = 100" if look.hide_money else currency, words)
    return width


def _words(own: Sequence[float], other: Sequence[float], scale: Scale) -> list[tuple[str, int]]:
    """Return what the curves are called, with their last values."""
    words = [(f"━ equity {f.number(own[-1])}", p.ACCENT)]
    if other:
        inside = all(scale.holds(v) for v in other)
        told = f.number(other[-1]) if inside else "off the scale"
        words.append((f"━ buy and hold {told}", p.DIM))
    return words


def _inside(pair: Pair, scale: Scale) -> bool:
    return pair[0] >= scale.low and pair[1] <= scale.high


def _range(
    own: Sequence[float], other: Sequence[float], bands: dict[str, list[float]]
) -> list[float]:
    """Return what the scale has to hold: a band or market far off must not flatten the account."""
    low, high = min(own), max(own)
    room = (high - low) or abs(high) * 0.01 or 1.0
    near = [v for name in ("p5", "p95") for v in bands.get(name, ())]
    near = [max(low - room, min(high + room, v)) for v in near]
    far = any(not low - 4 * room <= v <= high + 4 * room for v in other)
    return [*own, *near, *([] if far else other)]


def _band(
    cells: Cells,
    plot: Area,
    scale: Scale,
    span: Span,
    ts_ns: Sequence[int],
    bands: dict[str, list[float]],
    look: Look,
) -> None:
    edges = {
        n: columns_of(ts_ns, v, span, plot.w) for n, v in bands.items() if len(v) == len(ts_ns)
    }
    if look.theme.mono:  # its edges could not be told from the curves
        return
    if look.theme.rgb[_OUTER] == look.theme.rgb[p.BG]:
        for name in ("p5", "p95"):  # no room between the colours: its edges alone
            dots = Dots(plot, look.symbols)
            dots.line(edges.get(name, []), scale, p.FAINT)
            dots.paint(cells)
        return
    for below, above, ground in (("p5", "p95", _OUTER), ("p25", "p75", _INNER)):
        pairs = zip(edges.get(below, ()), edges.get(above, ()), strict=False)
        for x, (low, high) in enumerate(pairs):
            if low and high:
                _fill(cells, plot, x, scale.at(high[1], 8), scale.at(low[0], 8), ground, look)


def _shade(cells: Cells, plot: Area, scale: Scale, line: Sequence[Pair | None], look: Look) -> None:
    """Give the room between the account and its highest value so far the colour of a loss."""
    if look.theme.mono:
        return
    across, peak = look.symbols.across, float("-inf")
    for x in range(plot.w):
        part = [pair for pair in line[x * across : (x + 1) * across] if pair]
        if not part:
            continue
        peak = max(peak, *(pair[1] for pair in part))
        top, bottom = scale.at(peak, 8), scale.at(min(pair[0] for pair in part), 8)
        if bottom > top + 1:
            _fill(cells, plot, x, top, bottom, _FALL, look)


def _fill(cells: Cells, plot: Area, x: int, top: int, bottom: int, ground: int, look: Look) -> None:
    """Give one column a ground between two eighths of rows; what is written on whole cells stays."""
    column, eighths = plot.x + x, look.symbols.eighths
    for row in range(top // 8, min(plot.h - 1, bottom // 8) + 1):
        y, above, below = plot.y + row, max(0, top - row * 8), max(0, row * 8 + 7 - bottom)
        under = cells.ink[y][column] >> 8 & 0xFF
        if above and not below:
            cells.text(y, column, eighths[8 - above], ground, under)
        elif below and not above:
            cells.text(y, column, eighths[below], under, ground)
        elif above + below < 5:
            glyph = cells.ch[y][column] if cells.ch[y][column] == look.symbols.grid else " "
            cells.text(y, column, glyph, p.FAINT, ground)


def _legend(cells: Cells, plot: Area, title: str, words: Sequence[tuple[str, int]]) -> None:
    x = cells.text(plot.y, plot.x + 1, f"{title}  ", p.BRIGHT | p.BOLD, p.BG)
    for text, ink in words:
        if not text and x + 21 < plot.x + plot.w:  # a patch of the band's own colour
            x = cells.text(plot.y, x, "  ", p.DIM, ink) + 1
        elif text and x + len(text) + 2 < plot.x + plot.w:
            x = cells.text(plot.y, x, f"{text}  ", ink, p.BG)


def paint_under_water(
    cells: Cells, area: Area, drawdown: Curve, span: Span, axis: int, look: Look
) -> None:
    """Paint the fall from the last peak, hanging from the top, over the same time as the curve."""
    plot, side = area.left(area.w - axis)
    if not drawdown.value or plot.w < 8 or area.h < 1:
        return
    pairs = columns_of(drawdown.ts_ns, drawdown.value, span, plot.w)
    worst = min(drawdown.value)
    cells.text(area.y, side.x + 1, "fall", p.DIM, width=side.w - 1)
    cells.text(area.y + area.h - 1, side.x + 1, f"{worst * 100:.1f}%", p.DOWN, width=side.w - 1)
    if worst >= 0:
        return
    for x, pair in enumerate(pairs):
        parts = round((pair[0] if pair else 0.0) / worst * area.h * 8)
        for row in range(area.h):
            part = min(8, max(0, parts - row * 8))
            if part == 8:
                cells.put(area.y + row, plot.x + x, look.symbols.eighths[8], p.DOWN_SOFT)
            elif part and look.theme.mono:  # a ground cannot show there, half a cell or none
                cells.put(
                    area.y + row, plot.x + x, look.symbols.eighths[part // 4 * 8], p.DOWN_SOFT
                )
            elif part:  # the rest of the cell, in the ground's colour, over the bar's
                glyph = look.symbols.eighths[8 - part]
                cells.text(area.y + row, plot.x + x, glyph, p.BG, p.DOWN_SOFT)
