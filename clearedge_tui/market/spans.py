"""Arithmetic of time spans, half-open [start, end) in UTC ns. Pure."""

from collections.abc import Iterable

Spans = tuple[tuple[int, int], ...]

_DAY_NS = 86_400_000_000_000


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return the same time as few spans, ascending: what overlaps or touches becomes one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def without(spans: Iterable[tuple[int, int]], holes: Iterable[tuple[int, int]]) -> Spans:
    """Return the spans less the holes."""
    cuts = merged(holes)
    found: list[tuple[int, int]] = []
    first = 0
    for start, end in merged(spans):
        at = start
        while first < len(cuts) and cuts[first][1] <= start:
            first += 1
        number = first
        while number < len(cuts) and cuts[number][0] < end:
            low, high = cuts[number]
            if low > at:
                found.append((at, low))
            at = max(at, high)
            number += 1
        if at < end:
            found.append((at, end))
    return tuple(found)


def clipped(spans: Iterable[tuple[int, int]], start: int, end: int) -> Spans:
    """Return what of the spans lies in [start, end)."""
    return merged((max(low, start), min(high, end)) for low, high in spans)


def length(spans: Iterable[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def by_days(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return the UTC days that lie in the spans whole, one span each."""
    return tuple(
        (day * _DAY_NS, (day + 1) * _DAY_NS)
        for start, end in spans
        for day in range(-(-start // _DAY_NS), end // _DAY_NS)
    )
