"""The best so far of a search while it runs: score, growth, trades and settings, the best first."""

from collections.abc import Sequence
from typing import Final

from clearedge_tui.core.leader import POINTS, Leader
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Cell, Col
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.study_parts import count, figure_ink, share, table

WIDE: Final = 120  # columns; from here on a curve has all its points
TALL: Final = 40  # rows; from here on a line is left free below
_MOST, _REST, _EACH = 10, 9, 3  # rows of a screen: one in three of what is beyond the rest
_LARGE: Final = 1000


def height(found: int, rows: int) -> int:
    """Return the rows that so many leaders take of a screen, with their head."""
    shown = min(found, _MOST, max(0, (rows - _REST) // _EACH))
    return shown + 1 + (rows >= TALL) if shown else 0


def paint_best(cells: Cells, area: Area, found: Sequence[Leader], look: Look) -> None:
    """Paint as many as there is room for, under the names of their columns."""
    if area.h < 2 or not found:
        return
    points = POINTS if area.w >= WIDE else POINTS // 2
    columns = (
        Col("#", 2, right=True),
        Col("SCORE", 9, right=True),
        Col("GROWTH", points),
        Col("RETURN", 10, least=72, right=True),
        Col("TRADES", 6, right=True),
        Col("SETTINGS", 12, grow=True),
    )
    rows = [_row(rank, one, points, look) for rank, one in enumerate(found, 1)]
    table(cells, area, columns, rows)


def _row(rank: int, one: Leader, points: int, look: Look) -> tuple[Cell, ...]:
    first = p.BRIGHT | p.BOLD if rank == 1 else p.TEXT
    grown = one.curve[-1] - 1.0 if one.curve else None
    return (
        (str(rank), p.ACCENT if rank == 1 else p.DIM),
        (f"{one.score:z,.3f}" if abs(one.score) < _LARGE else f"{one.score:,.0f}", first),
        (f.sparkline(one.curve, points, look.symbols.spark), figure_ink(grown)),
        (share(grown), figure_ink(grown)),
        (count(one.trades), p.TEXT),
        (one.settings, first),
    )
