"""The list of trades: its columns by the width there is, and one line a trade."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.report_rows import TradePage, TradeRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words

Write = Callable[[TradeRow, Look], tuple[str, int]]


class Column(NamedTuple):
    """One column. `letter` sorts by it, `name` is what the filter calls it."""

    letter: str
    name: str
    head: str
    width: int
    right: bool
    write: Write


def price_text(value: Decimal) -> str:
    """Return a price as it was; an average with more digits than fit is rounded."""
    text = f.number(value)
    return text if len(text) <= 10 else f.price(value)


def _money(value: float | None, look: Look) -> tuple[str, int]:
    return f.money(value, look.hide_money), words.money_ink(value)


def _side(row: TradeRow, look: Look) -> tuple[str, int]:
    del look
    return row.side, p.UP if row.side == "long" else p.DOWN


_ALL: Final = (  # in the order they stand
    Column("n", "number", "#", 6, True, lambda r, _: (f"{r.number:,}", p.DIM)),
    Column("s", "side", "SIDE", 5, False, _side),
    Column("i", "in", "IN", 16, False, lambda r, _: (f.moment(r.entry_ns), p.TEXT)),
    Column("u", "out", "OUT", 16, False, lambda r, _: (f.moment(r.exit_ns), p.DIM)),
    Column("b", "bars", "BARS", 6, True, lambda r, _: (f"{r.bars:,}", p.DIM)),
    Column("l", "minutes", "LENGTH", 7, True,
           lambda r, _: (f.duration((r.exit_ns - r.entry_ns) / 1e9), p.DIM)),
    Column("z", "size", "SIZE", 9, True, lambda r, _: (f.number(r.size), p.TEXT)),
    Column("e", "entry", "ENTRY", 10, True, lambda r, _: (price_text(r.entry_price), p.TEXT)),
    Column("x", "exit", "EXIT", 10, True, lambda r, _: (price_text(r.exit_price), p.TEXT)),
    Column("p", "pnl", "PNL", 11, True, lambda r, look: _money(float(r.pnl), look)),
    Column("r", "return", "RETURN", 8, True,
           lambda r, _: (f"{r.share * 100:+.2f}%", words.money_ink(r.share))),
    Column("a", "mae", "MAE", 10, True, lambda r, look: (f.money(r.mae, look.hide_money), p.DIM)),
    Column("m", "mfe", "MFE", 10, True, lambda r, look: (f.money(r.mfe, look.hide_money), p.DIM)),
    Column("f", "fees", "FEES", 8, True, lambda r, look: (f.amount(r.fees, look.hide_money), p.DIM)),
    Column("", "so_far", "SO FAR", 12, True, lambda r, look: _money(r.pnl_so_far, look)),
    Column("d", "entry_tag", "IN BY", 12, False, lambda r, _: (clean_text(r.entry_tag, 40), p.DIM)),
    Column("t", "tag", "OUT BY", 8, False, lambda r, _: (clean_text(r.exit_tag, 40), p.ACCENT)),
)  # fmt: skip
# what a narrow screen keeps longest
_RANK: Final = (
    "number", "side", "in", "pnl", "return", "bars", "tag", "entry", "exit", "size", "out", "mae", "mfe", "minutes",
    "entry_tag", "so_far", "fees",
)  # fmt: skip
LETTERS: Final = {column.letter: column.name for column in _ALL if column.letter}


def columns(width: int) -> Sequence[tuple[int, Column]]:
    """Return the columns that fit, with their places."""
    by_name = {column.name: column for column in _ALL}
    kept, used = set(), 1
    for name in _RANK:
        if used + by_name[name].width + 1 > width - 1:
            break
        kept.add(name)
        used += by_name[name].width + 1
    x, out = 1, []
    for column in _ALL:
        if column.name in kept:
            out.append((x, column))
            x += column.width + 1
    return out


def paint_head(cells: Cells, sort: str, down: bool, sorting: bool, look: Look) -> None:
    """Name the columns; the sorted one is bright and says which way. While sorting, letters light up."""
    for x, column in columns(cells.w):
        chosen = column.name == sort
        way = look.symbols.sell if down else look.symbols.buy
        text = f"{column.head}{way}" if chosen else column.head
        ink = p.ACCENT | p.BOLD if chosen else p.DIM
        if sorting and column.letter:
            text, ink = f"{column.letter}:{column.head}"[: column.width], p.ACCENT
        if column.right:
            cells.right(0, x, column.width, text, ink)
        else:
            cells.text(0, x, text, ink, width=column.width)


def column_at(width: int, x: int) -> str:
    """Return the name of the column under a place of the head, if it can be sorted by."""
    for start, column in columns(width):
        if start <= x < start + column.width and column.letter:
            return column.name
    return ""


def paint_trade(cells: Cells, y: int, row: TradeRow | None, look: Look) -> None:
    if row is None:
        cells.text(y, 1, look.symbols.more, p.FAINT)
        return
    for x, column in columns(cells.w):
        text, ink = column.write(row, look)
        if column.right:
            cells.right(y, x, column.width, text, ink)
        else:
            cells.text(y, x, text, ink, width=column.width)


def told(page: TradePage, words_: str, currency: str, look: Look) -> tuple[str, int]:
    """Return what the list holds, in one line."""
    share = f"{page.won / page.matched * 100:.0f} % won" if page.matched else ""
    pnl = f.money(page.pnl, look.hide_money)
    sums = f"PnL {pnl} {currency}   {share}" if page.matched else ""
    if words_:
        return f"{page.matched:,} of {page.total:,} trades   {sums}   filter: {words_}", p.ACCENT
    return f"{page.total:,} trades   {sums}", p.DIM
