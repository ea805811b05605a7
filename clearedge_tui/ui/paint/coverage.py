"""The coverage map: a row a year with a cell a month, and the days of one year by week."""

from datetime import date
from typing import Final

from clearedge_tui.core.day_map import Days
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.symbols import Symbols

ROWS: Final = 8  # names, and the days of a week
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MONTHS: Final = "JFMAMJJASOND"
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_WEEKS: Final = 5  # column of the first week, after the year and the names of days
_YEAR: Final = _WEEKS + 54  # columns of a year by week
_INKS: Final = {
    "full": p.DIVERGE[7],
    "most": p.DIVERGE[7],
    "part": p.WARN,
    "missing": p.BAD,
    "closed": p.DIM,
    "unknown": p.DIM,
}


def glyph(state: str, symbols: Symbols) -> tuple[str, int]:
    signs = {
        "full": symbols.eighths[-1], "most": symbols.mostly, "part": symbols.partly, "missing": symbols.hole,
        "closed": symbols.shut, "unknown": "?",
    }  # fmt: skip
    return signs.get(state, " "), _INKS.get(state, p.DIM)


def paint_map(cells: Cells, area: Area, days: Days, year: int, look: Look) -> None:
    """Paint the years on the left and the days of `year` (and of those before) on the right."""
    if not days.rows:
        cells.text(area.y, area.x, "no rows", p.DIM)
        return
    size = 2 if area.w >= 5 + 24 + _YEAR else 1
    left, right = area.left(area.w - _YEAR if size == 2 else 5 + 12 + 2)
    _paint_years(cells, left, days, year, size, look)
    while right.w >= _YEAR and right.h >= 2 and days.rows and year >= days.years[0]:
        part, right = right.top(ROWS + 1)
        _paint_year(cells, part, days, year, look.symbols)
        year -= 1  # where there is room for more years, the ones before it follow


def _paint_years(cells: Cells, area: Area, days: Days, year: int, size: int, look: Look) -> None:
    for month, letter in enumerate(_MONTHS):
        cells.text(area.y, area.x + 5 + month * size, letter, p.DIM)
    years = days.years
    room = max(1, area.h - 1)
    at = years.index(year) if year in years else len(years) - 1
    first = max(0, min(at - room // 2, len(years) - room))
    for y, one in enumerate(years[first : first + room], area.y + 1):
        here = one == year
        cells.text(y, area.x, str(one), (p.BRIGHT | p.BOLD) if here else p.DIM)
        if here and len(years) > 1:
            cells.text(y, area.x + 4, look.symbols.mark, p.ACCENT)
        for month in range(12):
            sign, ink = glyph(days.month(one, month + 1), look.symbols)
            cells.text(y, area.x + 5 + month * size, sign * size, ink)


def _paint_year(cells: Cells, area: Area, days: Days, year: int, symbols: Symbols) -> None:
    first = date(year, 1, 1)
    shift = first.weekday()
    if area.h > 2:
        cells.text(area.y + 2, area.x, str(year), p.DIM)
    for weekday in range(0, min(7, area.h - 1), 2):
        cells.text(area.y + 1 + weekday, area.x + 2, _DAYS[weekday], p.DIM)
    for month, name in enumerate(_NAMES, 1):
        week = (date(year, month, 1).toordinal() - first.toordinal() + shift) // 7
        cells.text(area.y, area.x + _WEEKS + week, name, p.DIM)
    for number in range(date(year, 12, 31).toordinal() - first.toordinal() + 1):
        state = days.state(first.toordinal() + number - _EPOCH)
        week, weekday = divmod(number + shift, 7)
        if state and weekday < area.h - 1:  # a year that is cut shows its first weekdays
            cells.put(area.y + 1 + weekday, area.x + _WEEKS + week, *glyph(state, symbols))


def paint_legend(cells: Cells, y: int, x: int, days: Days, look: Look) -> int:
    """Paint what the signs mean that the map may show; return the column after it."""
    words = [("full", "all there"), ("most", "nearly"), ("part", "part")]
    if days.wanted:
        words += [("missing", "missing"), ("closed", "closed")]
    if days.unknown or not days.wanted:
        words.append(("unknown", "closed or missing"))
    for state, word in words:
        sign, ink = glyph(state, look.symbols)
        cells.text(y, x, sign, ink)
        x = cells.text(y, x + 2, word, ink if state == "missing" else p.DIM) + 2
    return x
