"""A search: what is recommended and why, the leaders, what matters, and the best curves."""

from collections.abc import Sequence
from textwrap import wrap

from clearedge_tui.core.text import clean_text
from clearedge_tui.research.gates import THRESHOLDS
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Cell, Col
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.lines import Values, paint_lines
from clearedge_tui.ui.paint.study_map import paint_map
from clearedge_tui.ui.paint.study_parts import (
    Fact,
    bar,
    beside,
    figure_ink,
    heading,
    paint_facts,
    ratio,
    settings,
    share,
    table,
)
from clearedge_tui.ui.study import Search, Tried

_FEW = 8  # leaders on the overview of a small screen
_LINES = 5
_COLUMNS = (
    Col("", 1),
    Col("#", 5, right=True),
    Col("SCORE", 8, right=True),
    Col("SHARPE", 7, right=True),
    Col("RETURN", 10, right=True),
    Col("FALL", 9, right=True, least=90),
    Col("TRADES", 6, right=True),
    Col("SETTINGS", 24, grow=True),
)


def paint_search(
    cells: Cells, area: Area, found: Search, axes: tuple[str, str], seen: int, look: Look
) -> int:
    """Paint the overview; with room the map is on it."""
    used = _advice(cells, area, found) + 1
    rest = area.top(used)[1]
    pair = beside(rest, 130)
    if pair is None:
        used += _importance(cells, rest, found, look) + 1
        few = found.leaders()[:_FEW]
        used += paint_leaders(cells, area.top(used)[1], found, look, few, "Leaders") + 1
        high = max(10, seen - used)
        _curves(cells, area.top(used)[1]._replace(h=high), found, look)
        return used + high
    high = max(24, seen - used)
    left, right = pair.left._replace(h=high), pair.right._replace(h=high)
    taken = _importance(cells, left, found, look) + 1
    below = left.top(taken)[1]
    few = found.leaders()[: max(_FEW, below.h - 16)]
    taken += paint_leaders(cells, below, found, look, few, "Leaders") + 1
    _curves(cells, left.top(taken)[1], found, look)
    paint_map(cells, right, found, axes, look)
    return used + high


def _advice(cells: Cells, area: Area, found: Search) -> int:
    """Paint why something is recommended, or nothing is."""
    lines = wrap(clean_text(found.why, 600), max(20, area.w)) or [""]
    for y, line in enumerate(lines):
        cells.text(area.y + y, area.x, line, p.TEXT if found.chosen else p.WARN, width=area.w)
    return len(lines) + 1 + paint_facts(cells, area.top(len(lines) + 1)[1], _facts(found))


def _facts(found: Search) -> list[Fact]:
    states = [one.state for one in found.trials]
    scored = states.count("scored")
    lost = len(states) - scored
    pbo = "–" if found.pbo is None else f"{found.pbo:.2f}"
    spa = "–" if found.spa_p is None else f"{found.spa_p:.3f}"
    good = p.DIM if found.pbo is None else p.GOOD if found.pbo < THRESHOLDS["pbo"] else p.BAD
    return [
        ("trials", f"{len(states):,}", p.BRIGHT),
        ("scored", f"{scored:,}", p.TEXT),
        ("without a score", f"{lost:,}", p.WARN if lost else p.DIM),
        ("objective", clean_text(found.wanted.get("objective", "–"), 20), p.TEXT),
        ("sampler", clean_text(found.wanted.get("sampler", "–"), 12), p.TEXT),
        ("overfitting, PBO", pbo, good | p.BOLD),
        ("superior, p", spa, p.TEXT),
        ("on a plateau", f"{sum(one.plateau for one in found.trials):,}", p.TEXT),
    ]


def _importance(cells: Cells, area: Area, found: Search, look: Look) -> int:
    inner = heading(cells, area, "What matters", "share of the score's spread that it explains")
    names = found.names()
    if not found.importance:
        cells.text(inner.y, inner.x, "too few trials to tell", p.DIM, width=inner.w)
        return 2
    room = max(8, min(48, area.w - 26))
    for y, name in enumerate(names):
        value = found.importance.get(name)
        cells.text(inner.y + y, inner.x, clean_text(name, 40), p.TEXT, width=15)
        told = "–" if value is None else f"{value * 100:.0f} %"
        cells.right(inner.y + y, inner.x + 15, 6, told, p.BRIGHT)
        cells.text(inner.y + y, inner.x + 23, bar(value, 1.0, room, look), p.ACCENT)
    return 1 + len(names)


def paint_leaders(
    cells: Cells, area: Area, found: Search, look: Look, few: Sequence[Tried], title: str
) -> int:
    """Paint trials, the best first; the recommended one, its plateau and the best score are marked."""
    symbols = look.symbols
    note = f"{symbols.star} recommended  {symbols.buy} best score  {symbols.note} on a plateau"
    inner = heading(cells, area, title, note)
    rows = [_row(one, found, look) for one in few]
    return 1 + table(cells, inner._replace(h=len(rows) + 1), _COLUMNS, rows)


def mark_of(one: Tried, found: Search, look: Look) -> Cell:
    """Return what a trial is marked with."""
    if found.chosen is not None and one.params == found.chosen:
        return look.symbols.star, p.GOOD | p.BOLD
    if one.params == found.best:
        return look.symbols.buy, p.WARN
    return (look.symbols.note, p.ACCENT) if one.plateau else (" ", p.DIM)


def _row(one: Tried, found: Search, look: Look) -> tuple[Cell, ...]:
    scored = one.score is not None
    told = settings(one.params)
    if not scored:
        told = f"{one.why or one.state}   {told}"
    return (
        mark_of(one, found, look),
        (str(one.number), p.DIM),
        ("–" if one.score is None else f"{one.score:.3f}", p.BRIGHT if scored else p.DIM),
        (ratio(one.sharpe), figure_ink(one.sharpe)),
        (share(one.total_return), figure_ink(one.total_return)),
        (share(one.max_drawdown).lstrip("+"), p.TEXT),
        ("–" if one.trades is None else f"{one.trades:,.0f}", p.TEXT),
        (clean_text(told, 200), p.TEXT if scored else p.DIM),
    )


def _curves(cells: Cells, area: Area, found: Search, look: Look) -> None:
    inner = heading(cells, area, "Curves of the best", "growth of 1 on the data of the search")
    curves: dict[str, Values] = {
        f"#{number}": list(found.curves[str(number)])
        for number in found.top[:_LINES]
        if found.curves.get(str(number))
    }
    if not curves:
        cells.text(inner.y, inner.x, "none: no trial has a score", p.DIM, width=inner.w)
        return
    paint_lines(cells, inner, "", curves, look.symbols)
