"""From an instance's row and detail to a chart of its bars: overlays by time, markers from fills."""

import bisect
import math
from collections.abc import Mapping, Sequence

from clearedge_tui.core.model import BarRow, Book
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow
from clearedge_tui.ui.paint.candles import CandleChart, Mark


def chart_title(row: InstanceRow) -> str:
    """Return the market as a person reads it; a simulated one says so."""
    return clean_text(f"{row.market} {row.timeframe}{' simulated' if row.simulated else ''}")


def candle_chart(
    row: InstanceRow,
    detail: Detail,
    spec: Mapping[str, object] | None = None,
    zoom: int = 1,
    back: int = 0,
    extras: bool = True,
    cross_ns: int = 0,
) -> CandleChart:
    """Return the instance's bars with what its `candles` widget adds, and its fills as markers.

    A wrong overlay or marker raises ValueError or TypeError with the reason.
    """
    if spec is None:
        spec = next((w for w in detail.widgets if w.get("type") == "candles"), {})
    overlays: dict[str, list[float | None]] = {}
    marks: list[Mark] = []
    if extras:
        raw = spec.get("overlays") or {}
        if not isinstance(raw, Mapping):
            raise TypeError("overlays: found no mapping of name to values")
        overlays = {clean_text(k, 24): by_bar(points(v), detail.bars) for k, v in raw.items()}
        marks = [Mark(x.at_ns, float(x.price), x.side, x.book is Book.SHADOW) for x in detail.fills]
        marks += [_mark(m) for m in _list(spec.get("markers") or [], "markers")]
    return CandleChart(detail.bars, overlays, marks, zoom, back, chart_title(row), cross_ns)


def points(raw: object) -> list[tuple[int | None, float | None]]:
    """Return a series as (UTC ns or None, value or None); raises on anything else."""
    out: list[tuple[int | None, float | None]] = []
    for i, item in enumerate(_list(raw, "series")):
        stamp: int | None = None
        value = item
        if isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2:
            stamp, value = int(item[0]), item[1]
        if value is not None and not isinstance(value, int | float):
            try:
                value = float(str(value))
            except ValueError:
                raise ValueError(
                    f"point {i + 1}: found {clean_text(repr(value), 40)}, wanted a number"
                ) from None
        number = None if value is None or not math.isfinite(value) else float(value)
        out.append((stamp, number))
    return out


def by_bar(
    series: list[tuple[int | None, float | None]], bars: Sequence[BarRow]
) -> list[float | None]:
    """Lay a series under the bars: by its times, or (without times) its last value under the last bar."""
    out: list[float | None] = [None] * len(bars)
    if not series:
        return out
    if series[0][0] is None:
        values = [value for _, value in series][-len(bars) :]
        out[len(bars) - len(values) :] = values
        return out
    stamps = [bar.ts_ns for bar in bars]
    for stamp, value in series:
        i = bisect.bisect_left(stamps, stamp or 0)
        if i < len(stamps) and (i > 0 or stamp == stamps[0]):
            out[i] = value
    return out


def _mark(raw: object) -> Mark:
    if not isinstance(raw, Mapping):
        raise TypeError("markers: each must be a mapping with ts_ns, price and side")
    return Mark(int(raw["ts_ns"]), float(raw["price"]), str(raw.get("side", "note")))


def _list(raw: object, what: str) -> list[object]:
    if isinstance(raw, list | tuple):
        return list(raw)
    raise TypeError(f"{what}: found {type(raw).__name__}, wanted a list")
