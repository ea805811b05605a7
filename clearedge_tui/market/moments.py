"""Dates as people type them, in UTC nanoseconds."""

from datetime import UTC, datetime

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.timeframes import NS


def to_ns(text: str, what: str) -> int:
    """Return `2022-01-31` or `2022-01-31 12:30` as UTC ns; an offset in the text is honoured."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{what} `{clean_text(text, 40)}` is no date; write 2022-01-31 or 2022-01-31T12:30"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * NS + moment.microsecond * 1000


def span_ns(start: str, end: str) -> tuple[int, int]:
    """Return (start, end) of a range whose edges may be empty (0: the edge of the data)."""
    first = to_ns(start, "--from") if start else 0
    last = to_ns(end, "--to") if end else 0
    if first and last and last <= first:
        raise UsageError(f"--to {end} is not after --from {start}")
    return first, last
