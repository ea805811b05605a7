"""A walk-forward: every window in and out of sample, what was traded there, and the tests stitched."""

from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Cell, Col
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.lines import paint_lines
from clearedge_tui.ui.paint.study_parts import (
    bar,
    figure_ink,
    heading,
    paint_facts,
    ratio,
    settings,
    share,
    table,
)
from clearedge_tui.ui.study import Part, Walk

_CURVE = 12  # rows, at least
_COLUMNS = (
    Col("#", 2, right=True),
    Col("TRAINED ON", 23, least=100),
    Col("TESTED ON", 23),
    Col("IN", 6, right=True),
    Col("OUT", 6, right=True),
    Col("", 8, least=100),
    Col("RETURN", 10, right=True),
    Col("TRADES", 6, right=True),
    Col("SETTINGS", 14, least=78, grow=True),
)


def paint_walk(cells: Cells, area: Area, found: Walk, seen: int, look: Look) -> int:
    """Paint it, the curve down to what is seen; return the rows used."""
    used = paint_facts(cells, area, _facts(found)) + 1
    rest = heading(cells, area.top(used)[1], "Windows", "Sharpe ratios in and out of sample")
    most = max((abs(one.outside or 0.0) for one in found.parts), default=0.0)
    rows = [_row(i, one, most, look) for i, one in enumerate(found.parts, 1)]
    taken = table(cells, rest._replace(h=len(rows) + 1), _COLUMNS, rows)
    used += 1 + taken + 1
    if found.drift:
        used += _drift(cells, area.top(used)[1], found, look) + 1
    high = max(_CURVE, seen - used)
    place = heading(cells, area.top(used)[1]._replace(h=high), "Tests stitched", "growth of 1")
    times: list[int | None] = []
    if found.parts and found.curve:
        first, last = found.parts[0].test_start_ns, found.parts[-1].test_end_ns
        step = (last - first) // max(1, len(found.curve) - 1)
        times = [first + i * step for i in range(len(found.curve))]
    paint_lines(cells, place._replace(h=place.h - 1), "", {"out of sample": list(found.curve)} if found.curve else {},
                look.symbols, times, (p.SERIES[0],))  # fmt: skip
    return used + high


def _facts(found: Walk) -> list[tuple[str, str, int]]:
    trades = sum(one.trades or 0 for one in found.parts)
    return [
        ("Sharpe, stitched", ratio(found.sharpe), figure_ink(found.sharpe) | p.BOLD),
        ("efficiency", ratio(found.ratio), p.BRIGHT),
        ("windows gained", f"{found.winning} of {len(found.parts)}", p.BRIGHT),
        ("trades outside", f"{trades:,.0f}", p.TEXT),
        ("settings", "searched in each" if found.optimised else "fixed", p.TEXT),
        ("training", "anchored" if found.anchored else "rolling", p.TEXT),
    ]


def _row(number: int, one: Part, most: float, look: Look) -> tuple[Cell, ...]:
    told = settings(one.params) if one.params else one.why.partition(": ")[2] or "as given"
    return (
        (str(number), p.DIM),
        (f"{f.day(one.train_start_ns)} {f.day(one.train_end_ns)}", p.DIM),
        (f"{f.day(one.test_start_ns)} {f.day(one.test_end_ns)}", p.TEXT),
        (ratio(one.inside), p.DIM),
        (ratio(one.outside), figure_ink(one.outside) | p.BOLD),
        (bar(one.outside, most, 8, look), figure_ink(one.outside)),
        (share(one.outside_return), figure_ink(one.outside_return)),
        ("–" if one.trades is None else f"{one.trades:,.0f}", p.TEXT),
        (told, p.TEXT if one.params else p.DIM),
    )


def _drift(cells: Cells, area: Area, found: Walk, look: Look) -> int:
    """Paint how far the settings moved from window to window; a third of the range is a new draw."""
    mean = sum(found.drift) / len(found.drift)
    place = heading(cells, area, "Drift of the settings",
                    f"mean {mean:.2f} of their range; about 0.33 is a new draw each time")  # fmt: skip
    x = place.x
    for at, step in enumerate(found.drift, 1):
        text = f"{at}→{at + 1} {bar(step, 1.0, 10, look)} {step:.2f}  "
        if x + len(text) > area.x + area.w:
            break
        x = cells.text(place.y, x, text, p.WARN if step > 0.25 else p.TEXT)
    return 2
