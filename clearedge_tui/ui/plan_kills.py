"""The receipts of kills as rows: what was open, when its end was asked for, when it was proven."""

from collections.abc import Iterable, Sequence
from typing import Final

from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.receipt import Receipt, ReceiptLine
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.grid import Cell, Col, Line, Row

COLUMNS: Final = (
    Col("STATE", 11),
    Col("WHAT", 8),
    Col("MARKET", 20, least=100),
    Col("ORDER OR INSTANCE", 18, grow=True),
    Col("OPEN", 16, grow=True),
    Col("SENT", 8, right=True),
    Col("CONFIRMED", 9, right=True),
    Col("NOTE", 20, least=110, grow=True),
)


def rows(kills: Sequence[KillRow], receipts: Iterable[Receipt], now_ns: int) -> list[Row]:
    """Return the kills that are on, then each account's receipts, newest first, line by line."""
    out = [_kill(one, now_ns) for one in kills]
    held = {name for one in kills for name in one.names}
    for receipt in sorted(receipts, key=lambda r: -r.seen_ns):
        out += _receipt(receipt, receipt.kill in held, now_ns)
    return out


def _kill(one: KillRow, now_ns: int) -> Row:
    state: Cell = ("KILLED", p.BAD | p.BOLD)
    since = f"{f.duration((now_ns - one.at_ns) / 1e9)} ago" if one.at_ns else "since unknown"
    said = one.reason or "no reason yet: r says why"
    waits = f"; NO ANSWER from {', '.join(one.awaited)}" if one.awaited else ""
    about: list[Line] = [
        (f"{one.what}: {one.action}, {since}, by {one.who or 'nobody known'}: {said}", p.TEXT),
        (f"{one.confirmed} of {one.lines} confirmed, answered by {', '.join(one.answered) or 'nobody'}{waits}",
         p.BAD if not one.proven else p.GOOD),
        ("L lifts it (typed name); what it stopped observes until somebody raises it", p.DIM),
    ]  # fmt: skip
    cells: tuple[Cell, ...] = (
        state, (one.action, p.BAD), ("", p.DIM), (one.what, p.BRIGHT | p.BOLD),
        (f"{one.confirmed} of {one.lines}", p.TEXT), (since, p.DIM), ("", p.DIM), (said, p.DIM),
    )  # fmt: skip
    return Row(f"kill {one.scope}.{one.key}", cells, tuple(about), words=" ".join(one.names))


def _receipt(receipt: Receipt, held: bool, now_ns: int) -> list[Row]:
    age = f.duration((now_ns - receipt.seen_ns) / 1e9)
    by = "" if receipt.by == "gateway" else f" (by the {receipt.by})"
    disk = "" if receipt.written else "; NOT WRITTEN: the disk took no file"
    over = "" if held else "; lifted"
    ink = p.BAD | p.BOLD if receipt.open and held else p.TEXT | p.BOLD if held else p.DIM
    head = f"{receipt.kill} on {receipt.text}{by}, {age} ago{over}{disk}"
    key = f"{receipt.seen_ns} {receipt.account} {receipt.kill} {receipt.by}"
    title = Row(key, ((head, ink),), ((head, ink),), title=True, words=receipt.account)
    lines = sorted(receipt.lines, key=lambda one: (one.confirmed, one.what, one.subject))
    return [title, *(_line(receipt, line, key, now_ns, held) for line in lines)]


def _line(receipt: Receipt, line: ReceiptLine, key: str, now_ns: int, held: bool) -> Row:
    state: Cell = ("confirmed", p.GOOD) if line.confirmed else ("UNCONFIRMED", p.BAD | p.BOLD)
    took = f"+{(line.confirmed_ns - receipt.seen_ns) / 1e6:,.0f} ms" if line.confirmed else "–"
    sent = f"+{(line.sent_ns - receipt.seen_ns) / 1e6:,.0f} ms" if line.sent_ns else "not sent"
    plain = p.TEXT if held else p.DIM
    waits = f.duration((now_ns - receipt.seen_ns) / 1e9)
    told = (
        f"{line.what} {line.subject}: the venue confirmed it {f.clock_time(line.confirmed_ns)}"
        if line.confirmed
        else f"{line.what} {line.subject}: NOBODY HAS CONFIRMED IT for {waits}; it may still be open"
    )
    cells: tuple[Cell, ...] = (
        state, (line.what, plain), (line.market, plain),
        (clean_text(line.subject) or "not ours", p.BRIGHT), (line.text, plain),
        (sent, p.DIM if line.sent_ns else p.WARN), (took, state[1]), (line.note, p.DIM),
    )  # fmt: skip
    about = ((told, state[1]), (f"{line.market}  {line.text}  {line.note}", p.TEXT))
    return Row(f"{key} {line.what} {line.subject}", cells, about, words=receipt.account)
