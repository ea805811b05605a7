"""One line a limit, and how it is printed."""

import statistics
from collections.abc import Callable, Sequence

import msgspec


class Row(msgspec.Struct, frozen=True):
    """A measured value and its limit. `limit` None is for the record only."""

    what: str
    value: float | None
    unit: str
    limit: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "skipped"
        if self.limit is None:
            return ""
        return "ok" if self.value <= self.limit else "OVER"


def show(rows: Sequence[Row]) -> str:
    """Return the table as text."""
    head = ("what", "measured", "at most", "", "note")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(4)]
    return "\n".join(
        f"{what:<{widths[0]}}  {value:>{widths[1]}}  {limit:>{widths[2]}}  {verdict:<{widths[3]}}  {note}".rstrip()
        for what, value, limit, verdict, note in lines
    )


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    value = "-" if row.value is None else f"{row.value:,.3g} {row.unit}"
    limit = "" if row.limit is None else f"{row.limit:,g} {row.unit}"
    return row.what, value, limit, row.verdict, row.note


def best(count: int, measure: Callable[[], float]) -> float:
    """Return the median of `count` measurements after one that warms the caches."""
    measure()
    return statistics.median(measure() for _ in range(count))


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
