"""Find runs among many: filtered by any field, sorted by any, a page at a time. Pure over the index."""

from collections.abc import Callable
from operator import attrgetter, itemgetter

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import UsageError
from clearedge_tui.runs import query
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.query import Value

_TEXT = (
    "run_id",
    "kind",
    "status",
    "strategy",
    "market",
    "timeframe",
    "error",
    "trace_id",
    "note",
    "phase",
)
_NUMBERS = {"duration": "duration_s", "size": "size_bytes"}
_TIMES = {"created": "created_ns", "from": "start_ns", "to": "end_ns"}
_SIGNS = {"simulated": bool, "star": bool}
NEWEST = "-created"


class Page(msgspec.Struct, frozen=True):
    """Part of a list. `found` says how many the filter left, `total` how many there are."""

    rows: tuple[RunRow, ...]
    names: tuple[str, ...]  # of the figures
    found: int
    total: int
    size_bytes: int  # of all of them


def fields(index: Index) -> dict[str, type]:
    """Return what a run can be found by, and what each field holds."""
    texts = dict.fromkeys((*_TEXT, "tag", "stamp"), str)
    numbers = dict.fromkeys((*_NUMBERS, *_TIMES, *index.names), float)
    return {**texts, **numbers, **_SIGNS}


def reader(index: Index, name: str) -> Callable[[RunRow], Value]:
    """Return what reads a field of a run; it gives None for a run that has none of that name."""
    match name:
        case "tag":
            return lambda row: row.tags
        case "stamp":
            return lambda row: row.stamps
        case _ if name in _NUMBERS or name in _TIMES:
            return attrgetter(_NUMBERS.get(name) or _TIMES[name])
        case _ if name in _TEXT or name in _SIGNS:
            return attrgetter(name)
        case _ if name in index.names:
            at = index.names.index(name)
            return lambda row: row.figures[at] if at < len(row.figures) else None
    return lambda row: None


def search(
    index: Index, text: str = "", sort: str = NEWEST, offset: int = 0, limit: int = 200
) -> Page:
    """Return a page of the runs that a filter leaves. `-name` sorts downwards; None comes last.

    Sessions of instances are many: they come when a word, a kind or a phase is asked for. Raises
    UsageError for a filter or a field that makes no sense, naming the nearest.
    """
    known = fields(index)
    terms = query.parse(text, known)
    if not any(not term.field or term.field in ("kind", "phase") for term in terms):
        rows = tuple(row for row in index.rows if row.kind != "session")
        index = msgspec.structs.replace(index, rows=rows)
    left = _left(index, terms) if terms else list(index.rows)
    if sort != NEWEST:
        left = _sorted(index, left, sort, known)
    shown = tuple(left[max(0, offset) : max(0, offset) + max(0, limit)])
    return Page(shown, index.names, len(left), len(index.rows), index.size_bytes)


def _left(index: Index, terms: tuple[query.Term, ...]) -> list[RunRow]:
    """Return the rows that meet every condition. What a term reads is found out once, not per row."""
    words = [term for term in terms if not term.field]
    others = [(term, reader(index, term.field)) for term in terms if term.field]
    return [
        row
        for row in index.rows
        if all(term.fits(read(row)) for term, read in others)
        and all(term.named(_texts(row)) for term in words)
    ]


def _texts(row: RunRow) -> tuple[str, ...]:
    return (
        row.run_id,
        row.strategy,
        row.market,
        row.timeframe,
        row.status,
        row.phase,
        row.note,
        *row.tags,
    )


def _sorted(index: Index, rows: list[RunRow], sort: str, known: dict[str, type]) -> list[RunRow]:
    name = sort.removeprefix("-")
    if name not in known:
        raise UsageError(f"no field `{name}` to sort by{nearest(name, known)}")
    read = reader(index, name)
    found = [(value, row) for row in rows if (value := read(row)) is not None]
    missing = [row for row in rows if read(row) is None] if len(found) < len(rows) else []
    # equal ones stay newest first
    found.sort(key=itemgetter(0), reverse=sort.startswith("-"))
    return [*(row for _, row in found), *missing]
