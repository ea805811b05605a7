"""Find runs among many: filtered by any field, sorted by any, a page at a time. Pure over the index."""

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import UsageError
from clearedge_tui.runs import query
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.query import Value

_TEXT = ("run_id", "kind", "status", "strategy", "market", "timeframe", "error", "trace_id", "note")
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


def value(index: Index, row: RunRow, name: str) -> Value:
    """Return a field of a run; None when it has none of that name."""
    match name:
        case "tag":
            return row.tags
        case "stamp":
            return row.stamps
        case _ if name in _NUMBERS or name in _TIMES:
            found: Value = getattr(row, _NUMBERS.get(name) or _TIMES[name])
            return found
        case _ if name in _TEXT or name in _SIGNS:
            return getattr(row, name)  # type: ignore[no-any-return]
        case _:
            return index.figure(row, name)


def search(
    index: Index, text: str = "", sort: str = NEWEST, offset: int = 0, limit: int = 200
) -> Page:
    """Return a page of the runs that a filter leaves. `-name` sorts downwards; None comes last.

    Raises UsageError for a filter or a field that makes no sense, naming the nearest.
    """
    known = fields(index)
    terms = query.parse(text, known)
    left = [row for row in index.rows if _fits(index, row, terms)] if terms else list(index.rows)
    if sort != NEWEST:
        left = _sorted(index, left, sort, known)
    shown = tuple(left[offset : offset + limit])
    return Page(shown, index.names, len(left), len(index.rows), index.size_bytes)


def _fits(index: Index, row: RunRow, terms: tuple[query.Term, ...]) -> bool:
    texts = (row.run_id, row.strategy, row.market, row.timeframe, row.status, row.note, *row.tags)
    return query.matches(terms, lambda name: value(index, row, name), texts)


def _sorted(index: Index, rows: list[RunRow], sort: str, known: dict[str, type]) -> list[RunRow]:
    name = sort.removeprefix("-")
    if name not in known:
        raise UsageError(f"no field `{name}` to sort by{nearest(name, known)}")
    there = [(row, found) for row in rows if (found := value(index, row, name)) is not None]
    missing = [row for row in rows if value(index, row, name) is None]
    # equal ones stay newest first
    there.sort(key=lambda one: one[1], reverse=sort.startswith("-"))
    return [*(row for row, _ in there), *missing]
