"""Tables of an analysis: months and years, the deepest falls, hours, weekdays, exits."""

from collections.abc import Sequence
from typing import NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis, Fall, Slot
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.report_months import paint_months

_WIDEST = 128
_SLOT = 46  # columns a table of slots needs at least
_GAP = 3


def paint_returns(cells: Cells, area: Area, found: Analysis, look: Look) -> int:
    """Paint the heat map of months and the table of falls below it; return the rows used."""
    cells.text(area.y, area.x, "Monthly returns, %", p.BRIGHT | p.BOLD)
    if not found.monthly:
        cells.text(area.y + 1, area.x, "none: the run is shorter than a day", p.DIM)
    years = len({key[:4] for key in found.monthly})
    narrow = area._replace(y=area.y + 1, w=min(area.w, _WIDEST), h=years + 1)
    used = 2 + paint_months(cells, narrow, found.monthly, found.yearly, look) + 1
    return _falls(cells, area.top(used)[1], found.falls, look)


def _falls(cells: Cells, area: Area, falls: Sequence[Fall], look: Look) -> int:
    cells.text(area.y, area.x, "Deepest falls of bar-by-bar equity", p.BRIGHT | p.BOLD)
    if not falls:
        cells.text(area.y + 1, area.x, "none: equity was never below a peak", p.DIM)
        return area.y + 2
    places = ((0, 16, "PEAK"), (18, 16, "LOWEST"), (36, 16, "BACK AT THE PEAK"))
    for x, _, name in places:
        cells.text(area.y + 1, area.x + x, name, p.DIM)
    for x, width, name in ((53, 8, "DEPTH"), (62, 7, "DAYS"), (70, 8, "TO HEAL")):
        cells.right(area.y + 1, area.x + x, width, name, p.DIM)
    worst = max(fall.depth for fall in falls) or 1.0
    room = min(60, area.w - 82)
    for y, fall in enumerate(falls, area.y + 2):
        cells.text(y, area.x, f.moment(fall.start_ns), p.TEXT)
        cells.text(y, area.x + 18, f.moment(fall.trough_ns), p.TEXT)
        back = (f.moment(fall.end_ns), p.TEXT) if fall.end_ns else ("not yet", p.WARN)
        cells.text(y, area.x + 36, *back)
        cells.right(y, area.x + 53, 8, f.percent(-fall.depth), p.DOWN)
        cells.right(y, area.x + 62, 7, _days(fall.days), p.TEXT)
        heal = "–" if fall.recovery_days is None else _days(fall.recovery_days)
        cells.right(y, area.x + 70, 8, heal, p.TEXT)
        if room >= 8:
            size = max(1, round(fall.depth / worst * room))
            cells.text(y, area.x + 81, look.symbols.mostly * size, p.DOWN_SOFT)
    return area.y + 2 + len(falls)


def _days(days: float) -> str:
    return f"{days:,.0f}" if days >= 10 else f"{days:.1f}"


def paint_timing(cells: Cells, area: Area, found: Analysis, look: Look) -> int:
    """Paint trades by hour, weekday and tag: side by side where there is room, else stacked."""
    exits = [slot for slot in found.exits if slot.trades]
    left = (("By hour of entry, UTC", found.hours),)
    right = (("By weekday of entry, UTC", found.weekdays), ("By tag of the exit", exits))
    if area.w < 2 * _SLOT + _GAP:
        return _stacked(cells, area, (*right, *left), look)
    half = (min(area.w, 170) - _GAP) // 2
    one, rest = area.left(half)
    two = rest._replace(x=rest.x + _GAP, w=half)
    return max(_stacked(cells, one, left, look), _stacked(cells, two, right, look))


def _stacked(
    cells: Cells, area: Area, parts: Sequence[tuple[str, Sequence[Slot]]], look: Look
) -> int:
    y = area.y
    for title, slots in parts:
        y = _slots(cells, area._replace(y=y), title, slots, look) + 1
    return y


def _slots(cells: Cells, area: Area, title: str, slots: Sequence[Slot], look: Look) -> int:
    """Paint one line a slot: name, trades, share won, PnL, and a bar from the middle."""
    cells.text(area.y, area.x, title, p.BRIGHT | p.BOLD, width=area.w)
    if not any(slot.trades for slot in slots):
        cells.text(area.y + 1, area.x, "no trades", p.DIM)
        return area.y + 2
    wide = 12 if area.w >= 64 else 8
    heads = ((wide + 1, 6, "TRADES"), (wide + 8, 7, "WON"), (wide + 16, 12, "PNL"))
    for x, width, name in heads:
        cells.right(area.y + 1, area.x + x, width, name, p.DIM)
    bars = _Bars.of([slot.pnl for slot in slots], area.x + wide + 30, area.w - wide - 31)
    for y, slot in enumerate(slots, area.y + 2):
        name = clean_text(slot.name, 40) or "no tag"
        cells.text(y, area.x, name, p.TEXT if slot.trades else p.FAINT, width=wide)
        if not slot.trades:
            continue
        cells.right(y, area.x + wide + 1, 6, f"{slot.trades:,}", p.TEXT)
        won = "–" if slot.win_rate is None else f"{slot.win_rate * 100:.0f} %"
        cells.right(y, area.x + wide + 8, 7, won, p.DIM)
        pnl = f.money(slot.pnl, look.hide_money)
        cells.right(y, area.x + wide + 16, 12, pnl, words.money_ink(slot.pnl))
        bars.paint(cells, y, slot.pnl, look)
    return area.y + 2 + len(slots)


class _Bars(NamedTuple):
    """Bars from a zero that stands where losses and gains both have the room they need."""

    zero: int
    each: float  # columns a unit

    @classmethod
    def of(cls, values: Sequence[float], x: int, room: int) -> "_Bars":
        low, high = min(0.0, *values), max(0.0, *values)
        if room < 8 or high == low:
            return cls(x, 0.0)
        each = (room - 1) / (high - low)
        return cls(x + round(-low * each), each)

    def paint(self, cells: Cells, y: int, value: float, look: Look) -> None:
        if not self.each:
            return
        size = max(1, round(abs(value) * self.each)) if value else 0
        start = self.zero + 1 if value > 0 else self.zero - size
        ink = p.UP_SOFT if value > 0 else p.DOWN_SOFT
        cells.text(y, start, look.symbols.mostly * size, ink)
        cells.put(y, self.zero, look.symbols.upright, p.FAINT)
