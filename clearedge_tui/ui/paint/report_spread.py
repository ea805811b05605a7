"""How results spread: histograms with the normal curve beside them, and rolling figures."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from clearedge_tui.runs.analysis.model import Analysis, Histogram
from clearedge_tui.runs.model import Curve
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.axes import axis_width, paint_grid, paint_tag, paint_times
from clearedge_tui.ui.paint.dots import Dots
from clearedge_tui.ui.paint.report_curve import columns_of, span_of
from clearedge_tui.ui.paint.scale import scale_for

_GAP = 3


def paint_spread(cells: Cells, area: Area, found: Analysis, look: Look) -> int:
    """Paint histograms above rolling curves; three columns on a broad screen, else two."""
    window = f" over {found.window_days} days" if found.window_days else ""
    final = found.simulation.final_bins if found.simulation else Histogram()
    start = found.figures.get("starting_balance") or 0.0
    above = (
        Bins("Daily returns", found.daily_returns, _share),
        Bins("Returns of trades", found.trade_returns, _share),
        Bins("Final equity, resampled", final, _hidden if look.hide_money else _money, start),
    )
    below = [
        (f"Sharpe{window}", found.rolling_sharpe, 1.0),
        (f"Volatility{window}, %", found.rolling_volatility, 100.0),
        ("Position / equity, %", found.exposure, 100.0),
    ]
    below.sort(key=lambda one: not one[1].value)  # what there is comes first
    columns = 3 if area.w >= 130 else 2
    width = (area.w - _GAP * (columns - 1)) // columns
    high = area.h // 2
    for i in range(columns):
        x = area.x + i * (width + _GAP)
        paint_histogram(cells, Area(x, area.y, width, high - 1), above[i], look)
        name, curve, unit = below[i]
        _rolling(cells, Area(x, area.y + high, width, area.h - high), name, curve, unit, look)
    return area.h


class Bins(NamedTuple):
    """A histogram to paint: how its values are written, and from where on they are gains."""

    title: str
    found: Histogram
    write: Callable[[float], str]
    zero: float = 0.0
    inks: tuple[int, int] = (p.UP, p.DOWN)  # above it and below it


def _share(value: float) -> str:
    return f"{value * 100:+.3g}%"


def _money(value: float) -> str:
    return f"{value / 1000:,.4g}k" if abs(value) >= 10_000 else f"{value:,.4g}"


def _hidden(value: float) -> str:
    del value
    return f.HIDDEN


def paint_histogram(cells: Cells, area: Area, shown: Bins, look: Look) -> None:
    """Paint a bar a bin; dots say how many a normal spread of the same mean and width would have."""
    bins, write = shown.found, shown.write
    cells.text(area.y, area.x, shown.title, p.BRIGHT | p.BOLD, width=area.w)
    total = sum(bins.counts)
    if total < 3 or area.h < 4 or area.w < 8:
        cells.text(area.y + 1, area.x, "too few for a histogram", p.DIM, width=area.w)
        return
    each = max(1, min(8, area.w // len(bins.counts)))
    merged = -(-len(bins.counts) // area.w)  # more bins than columns
    counts = [sum(bins.counts[i : i + merged]) for i in range(0, len(bins.counts), merged)]
    wide = bins.width * merged
    mean, spread = _moments(bins.first, wide, counts)
    normal = [
        total * wide * _density(bins.first + (i + 0.5) * wide, mean, spread)
        for i in range(len(counts))
    ]
    most = max(*counts, *normal, 1.0)
    plot = Area(area.x, area.y + 1, each * len(counts), area.h - 2)
    for i, count in enumerate(counts):
        middle = bins.first + (i + 0.5) * wide
        ink = shown.inks[0] if middle > shown.zero else shown.inks[1]
        _column(cells, plot, plot.x + i * each, max(1, each - (each > 2)), count / most, ink, look)
        y = plot.y + plot.h - 1 - min(plot.h - 1, int(normal[i] / most * plot.h))
        if normal[i] / most * plot.h >= 0.5:
            x = plot.x + i * each + (each - 1) // 2
            full = cells.ch[y][x] == look.symbols.eighths[8] and not look.theme.mono
            cells.text(y, x, look.symbols.bullet, p.BRIGHT | p.BOLD, ink if full else None)
    _edges(cells, plot, shown, wide, len(counts), each, area.w)
    told = f"n {total:,}  mean {write(mean)}  spread {write(spread)}"
    if area.w > len(shown.title) + len(told) + 2:
        cells.right(area.y, area.x, area.w, told, p.DIM)


def _moments(first: float, width: float, counts: Sequence[int]) -> tuple[float, float]:
    """Return mean and standard deviation of values that stand in the middle of their bins."""
    total = sum(counts)
    at = [first + (i + 0.5) * width for i in range(len(counts))]
    mean = sum(x * n for x, n in zip(at, counts, strict=True)) / total
    return mean, math.sqrt(
        sum(n * (x - mean) ** 2 for x, n in zip(at, counts, strict=True)) / total
    )


def _density(x: float, mean: float, spread: float) -> float:
    if spread <= 0:
        return 0.0
    return math.exp(-(((x - mean) / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi))


def _column(
    cells: Cells, plot: Area, x: int, width: int, share: float, ink: int, look: Look
) -> None:
    parts = max(1, round(share * plot.h * 8)) if share > 0 else 0
    for row in range(plot.h):
        part = min(8, max(0, parts - (plot.h - 1 - row) * 8))
        if part:
            cells.text(plot.y + row, x, look.symbols.eighths[part] * width, ink)


def _edges(
    cells: Cells, plot: Area, shown: Bins, wide: float, count: int, each: int, room: int
) -> None:
    """Write the values of the edges below, that of 0 among them, as many as stand free."""
    y, taken, first = plot.y + plot.h, -1, shown.found.first
    zero = round(-first / wide)
    step = max(1, -(-9 // each))
    wanted = {zero, *range(zero % step, count + 1, step)}
    for n in sorted(n for n in wanted if 0 <= n <= count):
        text = shown.write(first + n * wide) if n != zero else "0"
        x = max(0, n * each - len(text) // 2)
        if x > taken and x + len(text) <= room:
            cells.text(y, plot.x + x, text, p.BRIGHT if n == zero else p.DIM)
            taken = x + len(text)


def _rolling(cells: Cells, area: Area, title: str, curve: Curve, unit: float, look: Look) -> None:
    """Paint one curve over time with its zero."""
    cells.text(area.y, area.x, title, p.BRIGHT | p.BOLD, width=area.w)
    values = [value * unit for value in curve.value]
    scale = scale_for([*values, 0.0], area.h - 2) if values else None
    if scale is None or area.h < 5:
        why = "the run is too short for it" if not values else "no room"
        cells.text(area.y + 1, area.x, why, p.DIM, width=area.w)
        return
    plot, axis = area.top(1)[1].left(area.w - axis_width(scale, scale.rows))
    plot, axis = plot._replace(h=scale.rows), axis._replace(h=scale.rows)
    paint_grid(cells, plot, axis, scale, look.symbols)
    zero = plot.y + scale.at(0.0)
    cells.text(zero, plot.x, look.symbols.rule * plot.w, p.FAINT, width=plot.w)
    span = span_of(curve)
    dots = Dots(plot, look.symbols)
    dots.line(columns_of(curve.ts_ns, values, span, dots.w), scale, p.ACCENT)
    dots.paint(cells)
    paint_tag(cells, axis, scale, values[-1], p.ACCENT, look.symbols)
    times: list[int | None] = [span.time(x, plot.w) for x in range(plot.w)]
    paint_times(cells, Area(plot.x, area.y + area.h - 1, plot.w, 1), times)
