"""A trade on a chart and in a line: its marks, the line from entry to exit, its facts."""

from collections.abc import Mapping, Sequence

from clearedge_tui.core.model import BarRow
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.report_rows import OneTrade, RunBars
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.candles import Mark
from clearedge_tui.ui.paint.crosshair import bar_at
from clearedge_tui.ui.paint.report_trades import price_text


def marks_of(found: RunBars, trade: OneTrade | None) -> list[Mark]:
    """Return entries and exits; beside a chosen trade the others are pale, and last in the way."""
    chosen = trade.row.number if trade else 0
    marks = []
    for one in found.marks:
        if one.number == chosen:
            continue
        into, out = ("buy", "sell") if one.long else ("sell", "buy")
        marks += [
            Mark(one.entry_ns, one.entry_price, into, shadow=trade is not None),
            Mark(one.exit_ns, one.exit_price, out, shadow=trade is not None),
        ]
    if trade is not None:
        if trade.fills and not trade.left_out:
            marks += [Mark(fill.ts_ns, float(fill.price), fill.side) for fill in trade.fills]
        else:
            into, out = ("buy", "sell") if trade.row.side == "long" else ("sell", "buy")
            marks.append(Mark(trade.row.entry_ns, float(trade.row.entry_price), into))
            marks.append(Mark(trade.row.exit_ns, float(trade.row.exit_price), out))
    return marks


def held_line(
    bars: Sequence[BarRow], trade: OneTrade | None
) -> Mapping[str, Sequence[float | None]]:
    """Return a line from the entry of a trade to its exit, one value a bar."""
    if trade is None or not bars:
        return {}
    row = trade.row
    if row.entry_ns > bars[-1].ts_ns or row.exit_ns < bars[0].ts_ns:
        return {}
    first, last = bar_at(bars, row.entry_ns), bar_at(bars, row.exit_ns)
    begin, end = float(row.entry_price), float(row.exit_price)
    steps = max(1, last - first)
    line: list[float | None] = [None] * len(bars)
    for i in range(first, last + 1):
        line[i] = begin + (end - begin) * (i - first) / steps
    return {f"trade {row.number}": line}


def paint_facts(cells: Cells, area: Area, trade: OneTrade, look: Look) -> int:
    """Paint one trade in words, over one line or two; return the rows used."""
    row, hidden = trade.row, look.hide_money
    held = f.duration((row.exit_ns - row.entry_ns) / 1e9)
    size = f.HIDDEN if hidden else f.number(row.size)
    parts = [
        (f"#{row.number:,}", p.BRIGHT | p.BOLD),
        (row.side, (p.UP if row.side == "long" else p.DOWN) | p.BOLD),
        (size, p.TEXT),
        (
            f"{price_text(row.entry_price)} {look.symbols.arrow} {price_text(row.exit_price)}",
            p.BRIGHT,
        ),
        (f.money(row.pnl, hidden), words.money_ink(row.pnl) | p.BOLD),
        (f"{row.share * 100:+.2f} %", words.money_ink(row.share)),
        (f"{row.bars:,} bars {held}", p.TEXT),
        (f"MAE {f.money(row.mae, hidden)}", p.DIM),
        (f"MFE {f.money(row.mfe, hidden)}", p.DIM),
        (f"fees {f.amount(row.fees, hidden)}", p.DIM),
        (f"in by {clean_text(row.entry_tag, 40)}" if row.entry_tag else "", p.DIM),
        (f"out by {clean_text(row.exit_tag, 40)}" if row.exit_tag else "", p.ACCENT),
        (f"in {f.moment(row.entry_ns)}", p.DIM),
        (f"out {f.moment(row.exit_ns)}", p.DIM),
    ]
    x, y = area.x, area.y
    for text, ink in parts:
        if not text:
            continue
        if x + len(text) > area.x + area.w:
            if y + 1 >= area.y + area.h or y > area.y:
                break
            x, y = area.x, y + 1
        x = cells.text(y, x, text, ink) + 2
    return y - area.y + 1
