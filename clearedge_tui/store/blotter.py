"""Orders and fills of all instances, newest first, a page at a time."""

from collections.abc import Sequence

from clearedge_tui.core.model import Fill, Order
from clearedge_tui.store import rows
from clearedge_tui.store.reads import Reader

_OPEN = "('sent', 'open', 'partial', 'unknown')"
_ORDER_WORDS = "id || ' ' || instance || ' ' || market || ' ' || side || ' ' || kind || ' ' || status || ' ' || book || ' ' || reason || ' ' || tag"
_FILL_WORDS = "id || ' ' || instance || ' ' || market || ' ' || side || ' ' || book"


def orders(
    reader: Reader, limit: int, offset: int = 0, words: Sequence[str] = (), only_open: bool = False
) -> tuple[list[Order], int]:
    """Return a page of the orders that hold every word, and how many there are."""
    where, values = _where(_ORDER_WORDS, words)
    if only_open:
        where += f" AND status IN {_OPEN}"
    found = reader._all(
        f"SELECT * FROM orders WHERE {where} ORDER BY rowid DESC LIMIT ? OFFSET ?",  # noqa: S608  # our own texts
        (*values, limit, offset),
    )
    total = reader._one(f"SELECT count(*) AS n FROM orders WHERE {where}", values)  # noqa: S608
    return [rows.order(row) for row in found], int(total["n"])


def fills(
    reader: Reader, limit: int, offset: int = 0, words: Sequence[str] = ()
) -> tuple[list[Fill], int]:
    """Return a page of the fills that hold every word, and how many there are."""
    where, values = _where(_FILL_WORDS, words)
    found = reader._all(
        f"SELECT * FROM fills WHERE {where} ORDER BY rowid DESC LIMIT ? OFFSET ?",  # noqa: S608
        (*values, limit, offset),
    )
    total = reader._one(f"SELECT count(*) AS n FROM fills WHERE {where}", values)  # noqa: S608
    return [rows.fill(row) for row in found], int(total["n"])


def _where(text: str, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return a condition that every word is in a row, or with `!` before it is not."""
    parts, values = ["1"], []
    for word in words:
        refuse = word.startswith("!") and len(word) > 1
        parts.append(f"instr(lower({text}), ?) {'= 0' if refuse else '> 0'}")
        values.append(word[1:].lower() if refuse else word.lower())
    return " AND ".join(parts), tuple(values)
