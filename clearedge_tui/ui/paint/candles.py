"""Candles on half cells, lines over them, markers beside them, volume below."""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clearedge_tui.core.model import BarRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.paint.axes import axis_width, paint_grid, paint_tag, paint_times
from clearedge_tui.ui.paint.crosshair import bar_at, paint_crosshair, reading
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.scale import Scale, scale_for
from clearedge_tui.ui.symbols import Symbols

ZOOMS = (1, 2, 4, 6)  # columns a bar


@dataclass(frozen=True, slots=True)
class Mark:
    """A buy, a sell or a note beside a bar."""

    ts_ns: int
    price: float
    side: str
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class CandleChart:
    """What to draw: bars oldest first; each overlay has one value a bar (None is a gap)."""

    bars: Sequence[BarRow]
    overlays: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    marks: Sequence[Mark] = ()
    zoom: int = 1
    back: int = 0  # bars hidden on the right
    title: str = ""
    cross_ns: int = 0  # time of the bar under the crosshair; 0 is none


def paint_candles(
    cells: Cells, area: Area, chart: CandleChart, symbols: Symbols, stale: bool = False
) -> None:
    """Paint the newest bars that fit; the newest price is tagged on the axis."""
    end = max(1, len(chart.bars) - chart.back)
    if not chart.bars or area.h < 4 or area.w < 16:
        cells.text(area.y + area.h // 2, area.x + 2, "no bars yet", p.DIM, width=area.w - 2)
        return
    volume = max(1, area.h // 7) if area.h >= 14 else 0
    rows = area.h - 1 - volume
    guess = max(1, (area.w - 10) // chart.zoom)
    start = max(0, end - guess)
    shown = chart.bars[start:end]
    lines = {k: v[start:end] for k, v in chart.overlays.items()}
    scale = scale_for(_range(shown, lines), rows)
    if scale is None:
        return
    digits = f.precision([v for b in shown for v in (b.open, b.high, b.low, b.close)])
    axis, plot_all = area.right(axis_width(scale, rows, digits))
    shown = shown[-max(1, plot_all.w // chart.zoom) :]
    start = end - len(shown)
    lines = {k: v[start:end] for k, v in chart.overlays.items()}
    plot, below = plot_all.top(rows)
    paint_grid(cells, plot, axis, scale, symbols)
    _candles(cells, plot, shown, scale, chart.zoom, symbols, stale)
    _overlays(cells, plot, lines, scale, chart.zoom, symbols)
    _marks(cells, plot, shown, chart, scale, symbols)
    last = shown[-1]
    paint_tag(cells, axis._replace(h=rows), scale, last.close, _ink(last, stale), symbols, digits)
    if chart.cross_ns:
        at = bar_at(shown, chart.cross_ns)
        last = shown[at]
        x = plot.x + at * chart.zoom + (chart.zoom - 1) // 2
        paint_crosshair(cells, plot, axis._replace(h=rows), x, last, scale, symbols, digits)
        lines = {name: values[: at + 1] for name, values in lines.items()}
    if volume:
        _volume(cells, below.top(volume)[0], axis, shown, chart.zoom, symbols, stale)
    times: list[int | None] = [None] * (len(shown) * chart.zoom)
    for i, bar in enumerate(shown):
        times[i * chart.zoom] = bar.ts_ns
    paint_times(cells, Area(plot.x, area.y + area.h - 1, plot.w, 1), times)
    _legend(cells, plot, last, lines, chart, digits, stale)


def _range(bars: Sequence[BarRow], lines: Mapping[str, Sequence[float | None]]) -> list[float]:
    values = [v for bar in bars for v in (bar.low, bar.high)]
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    for line in lines.values():  # a wild overlay must not flatten the bars
        values += [v for v in line if v is not None and low - room < v < high + room]
    return values


def _ink(bar: BarRow, stale: bool) -> int:
    return p.DIM if stale else p.UP if bar.close >= bar.open else p.DOWN


def _candles(
    cells: Cells,
    plot: Area,
    bars: Sequence[BarRow],
    scale: Scale,
    zoom: int,
    symbols: Symbols,
    stale: bool,
) -> None:
    for i, bar in enumerate(bars):
        x, ink = plot.x + i * zoom, _ink(bar, stale)
        top, bottom = scale.at(bar.high, 2), scale.at(bar.low, 2)
        body_top, body_bottom = (
            scale.at(max(bar.open, bar.close), 2),
            scale.at(min(bar.open, bar.close), 2),
        )
        for row in range(top // 2, bottom // 2 + 1):
            states = [
                2 if body_top <= half <= body_bottom else 1 if top <= half <= bottom else 0
                for half in (row * 2, row * 2 + 1)
            ]
            glyph = symbols.candle[states[0] * 3 + states[1]]
            if zoom < 4:
                cells.put(plot.y + row, x, glyph, ink)
            else:
                _wide(cells, plot.y + row, x, zoom - 1, states, glyph, ink, symbols)


def _wide(
    cells: Cells,
    y: int,
    x: int,
    width: int,
    states: list[int],
    glyph: str,
    ink: int,
    symbols: Symbols,
) -> None:
    full, upper, lower = symbols.body
    body = {(True, True): full, (True, False): upper, (False, True): lower}.get(
        (states[0] == 2, states[1] == 2)
    )
    for k in range(width):
        if body:
            cells.put(y, x + k, body, ink)
        elif k == width // 2:
            cells.put(y, x + k, glyph, ink)


def _overlays(
    cells: Cells,
    plot: Area,
    lines: Mapping[str, Sequence[float | None]],
    scale: Scale,
    zoom: int,
    symbols: Symbols,
) -> None:
    for number, line in enumerate(lines.values()):
        dots = Dots(plot, symbols)
        columns: list[tuple[float, float] | None] = []
        per_bar = symbols.across * zoom
        for i, value in enumerate(line):
            after = line[i + 1] if i + 1 < len(line) else value
            for k in range(per_bar):
                if value is None or after is None:
                    point = value
                else:
                    point = value + (after - value) * k / per_bar
                columns.append(None if point is None or not scale.holds(point) else (point, point))
        dots.line(columns, scale, p.SERIES[number % len(p.SERIES)])
        dots.paint(cells, keep="┃╻╹╽╿█▀▄#")


def _marks(
    cells: Cells,
    plot: Area,
    bars: Sequence[BarRow],
    chart: CandleChart,
    scale: Scale,
    symbols: Symbols,
) -> None:
    stamps = [bar.ts_ns for bar in bars]
    for mark in chart.marks:
        i = bisect.bisect_left(stamps, mark.ts_ns)
        if mark.ts_ns <= stamps[0] - (stamps[1] - stamps[0] if len(stamps) > 1 else 0) or i >= len(
            bars
        ):
            continue
        bar, x = bars[i], plot.x + i * chart.zoom + (chart.zoom - 1) // 2
        if mark.side == "buy":
            y, glyph, ink = scale.at(bar.low) + 1, symbols.buy, p.GOOD
        elif mark.side == "sell":
            y, glyph, ink = scale.at(bar.high) - 1, symbols.sell, p.BAD
        else:
            y, glyph, ink = scale.at(mark.price), symbols.note, p.ACCENT
        if 0 <= y < plot.h:
            cells.put(plot.y + y, x, glyph, p.SHADOW if mark.shadow else ink | p.BOLD)


def _volume(
    cells: Cells,
    area: Area,
    axis: Area,
    bars: Sequence[BarRow],
    zoom: int,
    symbols: Symbols,
    stale: bool,
) -> None:
    most = max((bar.volume for bar in bars), default=0.0)
    if most <= 0:
        return
    for i, bar in enumerate(bars):
        parts = max(1, round(bar.volume / most * area.h * 8)) if bar.volume > 0 else 0
        ink = p.FAINT if stale else p.UP_SOFT if bar.close >= bar.open else p.DOWN_SOFT
        for row in range(area.h):
            part = min(8, max(0, parts - (area.h - 1 - row) * 8))
            if part:
                for k in range(max(1, zoom - 1)):
                    cells.put(area.y + row, area.x + i * zoom + k, symbols.eighths[part], ink)
    cells.text(area.y, axis.x + 1, f"vol {f.count(round(most))}", p.FAINT, width=axis.w - 1)


def _legend(
    cells: Cells,
    plot: Area,
    bar: BarRow,
    lines: Mapping[str, Sequence[float | None]],
    chart: CandleChart,
    digits: int | None,
    stale: bool,
) -> None:
    x = plot.x + 1
    title = "" if chart.cross_ns and plot.w < 100 else chart.title
    if title:
        x = cells.text(plot.y, x, f"{title}  ", p.BRIGHT | p.BOLD, p.BG)
    text = reading(bar, digits)
    if not chart.cross_ns:  # the newest bar needs no time and no volume
        text = text.partition("  ")[2].partition("  V ")[0]
    if plot.w > len(text) + len(title) + 6 or chart.cross_ns:
        x = cells.text(plot.y, x, f"{text}  ", _ink(bar, stale), p.BG, width=plot.w - 1)
    for number, (name, values) in enumerate(lines.items()):
        newest = next((v for v in reversed(values) if v is not None), None)
        text = f"━ {name} {f.price(newest, digits=digits)}  "
        if x + len(text) < plot.x + plot.w:
            x = cells.text(plot.y, x, text, p.SERIES[number % len(p.SERIES)], p.BG)
