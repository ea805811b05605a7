"""The held-out look: what was left of it on data that no choice had seen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Cell, Col
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.lines import Values, paint_lines
from clearedge_tui.ui.paint.study_parts import (
    beside,
    count,
    figure_ink,
    heading,
    plain_share,
    ratio,
    share,
    table,
)
from clearedge_tui.ui.study import Figure, Held, Robust, Shown, read

_HIGH, _POINTS = 12, 240  # rows of a curve, and its points
_SIGNED = ("sharpe", "total_return", "cagr", "sortino", "calmar")
_FIGURES: Final[tuple[tuple[str, str, Callable[[Figure], str]], ...]] = (
    ("Sharpe", "sharpe", ratio), ("return", "total_return", share), ("CAGR", "cagr", share),
    ("volatility", "volatility", plain_share), ("largest fall", "max_drawdown", plain_share),
    ("Sortino", "sortino", ratio), ("Calmar", "calmar", ratio), ("trades", "trades", count),
    ("win rate", "win_rate", plain_share), ("profit factor", "profit_factor", ratio),
    ("exposure", "exposure", plain_share), ("bars a trade", "avg_bars", count),
)  # fmt: skip
_COLUMNS: Final = (
    Col("", 16), Col("BEFORE", 11, right=True), Col("HELD OUT", 11, right=True),
    Col("KEPT", 8, right=True),
)  # fmt: skip


def paint_held(cells: Cells, area: Area, found: Held, shown: Shown, seen: int, look: Look) -> int:
    """Paint the held-out figures against those on the data before."""
    told = "once" if shown.looks == 1 else f"{shown.looks} times"
    said = (
        f"The held-out part was looked at {told}; each look after the first raises its threshold."
    )
    gone = "Its ladder was made anew since; looks are counted there."
    ink = p.WARN if shown.looks > 1 else p.TEXT
    cells.text(area.y, area.x, said if shown.looks else gone, ink, width=area.w)
    if found.error:
        cells.text(area.y + 1, area.x, clean_text(found.error, 300), p.BAD, width=area.w)
    rest = area.top(2)[1]
    pair = beside(rest, share_left=0.3)
    before = _before(shown)
    used = 2 + _figures(cells, pair.left if pair else rest, before, found, shown)
    high = max(_HIGH, seen - 2 if pair else seen - used - 1)
    place = pair.right if pair else area.top(used + 1)[1]
    _growth(cells, place._replace(h=high), before.curve, found, shown, look)
    return max(used, 2 + high) if pair else used + 1 + high


def _before(shown: Shown) -> Robust:
    """Return what was found on the data before, when it is known."""
    found = read(shown.beside) if shown.beside is not None else None
    return found if isinstance(found, Robust) else Robust()


def _figures(cells: Cells, area: Area, before: Robust, found: Held, shown: Shown) -> int:
    since = f.day(shown.split_ns)
    inner = heading(cells, area, "Figures", f"held out from {since}" if shown.split_ns else "")
    rows = _against(before.metrics, {**found.metrics, **found.figures})
    rows.append((("market's Sharpe", p.DIM), (ratio(before.market_sharpe), p.DIM),
                 (ratio(found.market_sharpe), p.TEXT), ("", p.DIM)))  # fmt: skip
    return 1 + table(cells, inner._replace(h=len(rows) + 1), _COLUMNS, rows)


def _against(train: Mapping[str, Figure], held: Mapping[str, Figure]) -> list[Sequence[Cell]]:
    rows: list[Sequence[Cell]] = []
    for said, key, write in _FIGURES:
        before, after = train.get(key), held.get(key)
        kept = ""
        if key in ("sharpe", "cagr") and before and after is not None and before > 0:
            kept = f"{after / before * 100:.0f} %"
        ink = figure_ink(after) if key in _SIGNED else p.TEXT
        bold = p.BOLD if key == "sharpe" else 0
        row = ((said, p.TEXT), (write(before), p.DIM), (write(after), ink | bold), (kept, p.TEXT))
        rows.append(row)
    return rows


def _growth(
    cells: Cells, area: Area, before: Sequence[float], found: Held, shown: Shown, look: Look
) -> None:
    """Paint both parts as one curve, each as broad as its time, the held-out one bright."""
    inner = heading(cells, area, "Growth", "of 1, before and in the held-out part")
    inner = inner._replace(h=inner.h - 1)
    if not found.curve:
        cells.text(inner.y, inner.x, "nothing was traded there", p.DIM, width=inner.w)
        return
    one, series = shown.finding, dict[str, Values]()
    whole = max(1, one.end_ns - one.start_ns)
    first = round((shown.split_ns - one.start_ns) / whole * _POINTS) if before else 0
    first = max(0, min(_POINTS - 2, first))
    start = before[-1] if first else 1.0
    last: list[float | None] = [v * start for v in spread(found.curve, _POINTS - first)]
    series["held out"] = [*[None] * first, *last]
    if first:
        series["before"] = [*spread(before, first), *[None] * len(last)]
    times = [one.start_ns + whole * x // _POINTS for x in range(_POINTS)] if first else []
    paint_lines(cells, inner, "", series, look.symbols, times, (p.SERIES[0], p.DIM))


def spread(values: Sequence[float], count: int) -> list[float]:
    """Return so many of the values, evenly taken."""
    last = len(values) - 1
    return [values[x * last // max(1, count - 1)] for x in range(count)]
