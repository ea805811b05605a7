"""What belongs to one trade: orders, fills, and what the strategy said around it."""

from collections.abc import Sequence
from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.report_rows import FillLine, OneTrade, OrderLine
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.panes import Line, paint_bits
from clearedge_tui.ui.paint.report_trades import price_text

BROAD: Final = 150
_STATUS: Final = {"filled": p.GOOD, "rejected": p.BAD, "denied": p.BAD, "cancelled": p.DIM}
_LEVEL: Final = (("error", p.BAD), ("warning", p.WARN), ("debug", p.DIM))


def _side(side: str) -> int:
    return p.UP if side == "buy" else p.DOWN


def order_line(order: OrderLine) -> Line:
    reason = f": {clean_text(order.reason)}" if order.reason else ""
    tag = f"   {clean_text(order.tag)}" if order.tag else ""
    return (
        (f.clock_time(order.ts_ns), p.DIM, 8, False),
        (order.side, _side(order.side), 4, False),
        (f.number(order.size), p.TEXT, 8, True),
        (order.kind, p.DIM, 6, False),
        ("–" if order.price is None else price_text(order.price), p.BRIGHT, 10, True),
        (f"{order.status}{reason}{tag}", _STATUS.get(order.status, p.TEXT), 0, False),
    )


def fill_line(fill: FillLine, look: Look) -> Line:
    role = {True: "maker", False: "taker", None: ""}[fill.maker]
    tag = f"   {clean_text(fill.tag)}" if fill.tag else ""
    return (
        (f.clock_time(fill.ts_ns), p.DIM, 8, False),
        (fill.side, _side(fill.side), 4, False),
        (f.number(fill.size), p.TEXT, 8, True),
        (role, p.DIM, 6, False),
        (price_text(fill.price), p.BRIGHT, 10, True),
        (f"fee {f.amount(fill.fee, look.hide_money)}{tag}", p.DIM, 0, False),
    )


def log_line(said: str) -> Line:
    words = said.lower()[20:28]
    ink = next((ink for level, ink in _LEVEL if level in words), p.TEXT)
    return ((clean_text(said), ink, 0, False),)


def parts_of(trade: OneTrade, look: Look) -> Sequence[tuple[str, list[Line]]]:
    """Return the three lists with their titles."""
    more = f", {trade.left_out:,} more" if trade.left_out else ""
    return (
        (f"Orders {len(trade.orders)}", [order_line(order) for order in trade.orders]),
        (f"Fills {len(trade.fills)}{more}", [fill_line(fill, look) for fill in trade.fills]),
        (f"Log {len(trade.log)}", [log_line(said) for said in trade.log]),
    )


def rows_of(trade: OneTrade, look: Look, width: int) -> int:
    """Return the rows that the lists need at a width."""
    sizes = [1 + max(1, len(lines)) for _, lines in parts_of(trade, look)]
    return max(sizes) if width >= BROAD else sum(sizes)


def paint_parts(cells: Cells, trade: OneTrade, look: Look, top: int) -> int:
    """Paint the lists from their row `top` on; return the rows they need."""
    parts = parts_of(trade, look)
    if cells.w < BROAD:
        _stacked(cells, parts, top)
        return rows_of(trade, look, cells.w)
    width = min(62, cells.w * 2 // 7)
    places = (0, width, 2 * width)
    for x, (title, lines) in zip(places, parts, strict=True):
        area = Area(x, 0, width if x < places[-1] else cells.w - x, cells.h)
        _paint(
            cells, area, [((title, p.BRIGHT | p.BOLD, 0, False),), *(lines or [_none(title)])][top:]
        )
    return rows_of(trade, look, cells.w)


def _none(title: str) -> Line:
    said = {"Log": "the strategy said nothing around it"}.get(title.split()[0], "none kept")
    return ((said, p.DIM, 0, False),)


def _stacked(cells: Cells, parts: Sequence[tuple[str, list[Line]]], top: int) -> None:
    rows: list[Line] = []
    for title, lines in parts:
        rows += [((title, p.BRIGHT | p.BOLD, 0, False),), *(lines or [_none(title)])]
    _paint(cells, cells.area, rows[top:])


def _paint(cells: Cells, area: Area, lines: Sequence[Line]) -> None:
    """Paint lines on cells of their own, so that each is cut at the edge of its list."""
    part = Cells(max(1, area.h), max(4, area.w))
    for y, line in enumerate(lines[: area.h]):
        paint_bits(part, y, line)
    for y in range(min(area.h, cells.h)):
        cells.ch[y][area.x : area.x + area.w] = part.ch[y][: area.w]
        cells.ink[y][area.x : area.x + area.w] = part.ink[y][: area.w]
