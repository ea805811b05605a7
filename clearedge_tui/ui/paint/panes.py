"""Lines of the lists under an instance's charts: orders, fills, log, configuration, its history."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from clearedge_tui.core.model import Book, ConfigVersion, Fill, Order, OrderStatus
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, LogLine
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words

Bit = tuple[str, int, int, bool]  # text, ink, width, to the right
Line = Sequence[Bit]
_LEVEL: Final = {"error": p.BAD, "warning": p.WARN, "info": p.TEXT, "debug": p.DIM}
_STATUS: Final = {
    OrderStatus.DENIED: p.BAD, OrderStatus.REJECTED: p.BAD, OrderStatus.UNKNOWN: p.WARN,
    OrderStatus.FILLED: p.GOOD, OrderStatus.CANCELLED: p.DIM,
}  # fmt: skip


def paint_bits(cells: Cells, y: int, bits: Line) -> None:
    """Write the bits of one line from the left; the last one may take all that is left."""
    x = 1
    for text, ink, width, right in bits:
        room = max(0, min(width or cells.w - x - 1, cells.w - x - 1))
        if right:
            cells.right(y, x, room, text, ink)
        else:
            cells.text(y, x, text, ink, width=room)
        x += room + 2


def _side(side: str) -> int:
    return p.UP if side == "buy" else p.DOWN


def order_line(order: Order, look: Look) -> Line:
    price = order.avg_price or order.price or order.trigger
    note = f"{order.status}{': ' + clean_text(order.reason) if order.reason else ''}"
    ink = p.ACCENT if order.status.is_open else _STATUS.get(order.status, p.TEXT)
    return (
        (f.clock_time(order.at_ns), p.DIM, 8, False),
        (order.side, _side(order.side), 4, False),
        (f.number(order.size), p.TEXT, 9, True),
        (order.kind, p.DIM, 6, False),
        (f.price(price), p.BRIGHT, 11, True),
        (order.book.value, words.book_ink(order.book), 6, False),
        (note, ink, 0, False),
    )


def fill_line(fill: Fill, look: Look) -> Line:
    return (
        (f.clock_time(fill.at_ns), p.DIM, 8, False),
        (fill.side, _side(fill.side), 4, False),
        (f.number(fill.size), p.TEXT, 9, True),
        (f.price(fill.price), p.BRIGHT, 11, True),
        (fill.book.value, words.book_ink(fill.book), 6, False),
        (f"fee {f.amount(fill.fee, look.hide_money)}", p.DIM, 10, False),
        (f"closed {f.money(fill.realised, look.hide_money)}" if fill.realised else "", words.money_ink(fill.realised), 0, False),
    )  # fmt: skip


def log_line(line: LogLine, look: Look) -> Line:
    ink = _LEVEL.get(line.level, p.TEXT)
    return (
        (f.clock_time(line.at_ns), p.DIM, 8, False),
        (clean_text(line.level, 7), ink, 7, False),
        (clean_text(line.source, 10), p.DIM, 10, False),
        (clean_text(line.text), ink, 0, False),
    )


def version_line(version: ConfigVersion, look: Look) -> Line:
    return (
        (f"v{version.version}", p.BRIGHT, 5, False),
        (f.moment(version.at_ns), p.DIM, 16, False),
        (clean_text(version.who, 16), p.TEXT, 12, False),
        (clean_text(version.diff), p.TEXT, 0, False),
    )


def config_lines(detail: Detail) -> list[Line]:
    """Return one line a field of the configuration: name, value, unit, what it means."""
    lines: list[Line] = []
    for name, value in detail.config.items():
        raw = detail.schema.get(name)
        spec = raw if isinstance(raw, dict) else {}
        shown = "••••" if spec.get("secret") else clean_text(f.number(value), 40)
        live = "live" if spec.get("live") else "reload"
        lines.append(
            (
                (clean_text(name, 20), p.DIM, 16, False),
                (shown, p.BRIGHT, 14, True),
                (clean_text(spec.get("unit", ""), 8), p.DIM, 8, False),
                (live, p.GOOD if spec.get("live") else p.DIM, 6, False),
                (clean_text(spec.get("help", "")), p.DIM, 0, False),
            )
        )
    return lines


class PaneLine(NamedTuple):
    """One line: a key that it keeps while others come, and how it is made when it is painted."""

    key: str
    make: Callable[[], Line]


def lines_of(pane: str, detail: Detail, look: Look, words: str = "") -> list[PaneLine]:
    """Return the lines of a pane that hold every word, newest first."""
    made = _all_lines(pane, detail, look)
    wanted = words.lower().split()
    if not wanted:
        return made
    return [line for line in made if all(word in _plain(line) for word in wanted)]


def _plain(line: PaneLine) -> str:
    return " ".join(bit[0] for bit in line.make()).lower()


def _all_lines(pane: str, detail: Detail, look: Look) -> list[PaneLine]:
    match pane:
        case "orders":
            return [
                PaneLine(f"{i}", partial(order_line, o, look)) for i, o in enumerate(detail.orders)
            ]
        case "fills":
            return [
                PaneLine(f"{i}", partial(fill_line, x, look)) for i, x in enumerate(detail.fills)
            ]
        case "log":
            return _log_lines(detail, look)
        case "config":
            made = config_lines(detail)
            return [PaneLine(f"{i}", partial(_same, line)) for i, line in enumerate(made)]
        case "history":
            return [
                PaneLine(f"{v.version}", partial(version_line, v, look)) for v in detail.versions
            ]
    return []


def _same(line: Line) -> Line:
    return line


def _log_lines(detail: Detail, look: Look) -> list[PaneLine]:
    seen: Counter[str] = Counter()
    out = []
    for line in detail.log:
        name = f"{line.at_ns} {line.text}"
        seen[name] += 1
        out.append(PaneLine(f"{name} {seen[name]}", partial(log_line, line, look)))
    return out[::-1]


def shadow_note(book: Book | None) -> str:
    return "shadow book: simulated, nothing reaches the account" if book is Book.SHADOW else ""
