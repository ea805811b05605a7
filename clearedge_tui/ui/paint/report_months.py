"""Returns of months and years as a heat map: the colour says how much, the number says it too."""

from collections.abc import Mapping

from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEAR, _SUM = 6, 10


def paint_months(
    cells: Cells,
    area: Area,
    monthly: Mapping[str, float],
    yearly: Mapping[str, float],
    look: Look,
) -> int:
    """Paint a row a year, the newest first; return the rows used."""
    years = sorted({key[:4] for key in monthly}, reverse=True)
    size = max(5, min(9, (area.w - _YEAR - _SUM) // 12))
    for i, name in enumerate(MONTHS):
        text = name if size > 5 else name[0]
        cells.right(area.y, area.x + _YEAR + i * size, size - 1, text, p.DIM)
    cells.right(area.y, area.x + _YEAR + 12 * size, _SUM - 1, "year", p.DIM)
    sizes = sorted(abs(v) for v in monthly.values())
    most = (
        sizes[int(0.95 * (len(sizes) - 1))] if sizes else 0.0
    )  # one wild month does not pale the rest
    for y, year in enumerate(years[: area.h - 1], area.y + 1):
        cells.text(y, area.x, year, p.TEXT)
        for month in range(12):
            value = monthly.get(f"{year}-{month + 1:02d}")
            if value is not None:
                x = area.x + _YEAR + month * size
                paint_share(cells, y, x, size - 1, value, most, look)
        whole = yearly.get(year)
        if whole is None:
            whole = compounded([v for key, v in monthly.items() if key[:4] == year])
        ink = words.money_ink(whole) | p.BOLD
        cells.right(y, area.x + _YEAR + 12 * size, _SUM - 1, f.percent(whole), ink)
    return min(len(years), area.h - 1) + 1


def compounded(shares: list[float]) -> float:
    value = 1.0
    for share in shares:
        value *= 1 + share
    return value - 1


def paint_share(
    cells: Cells, y: int, x: int, width: int, value: float, most: float, look: Look
) -> None:
    """Paint one share on the ground of its size: from a loss over nothing to a gain."""
    step = 4 + max(-4, min(4, round(value / (most or 1.0) * 4)))
    ground = p.BG if look.theme.mono else p.DIVERGE[step]
    fore = p.INK if step in (0, 8) and not look.theme.mono else p.BRIGHT
    digits = 1 if abs(value) < 0.0995 or width > 5 else 0
    text = f"{value * 100:+z.{digits}f}"
    text = text if any(c in "123456789" for c in text) else text[1:]
    cells.text(y, x, " " * width, fore, ground)
    cells.right(y, x, width, text, fore, ground)
