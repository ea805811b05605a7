"""Makers of the widgets a `render()` returns. Plain data: the console does the painting."""

from collections.abc import Mapping, Sequence
from typing import Any

Points = Sequence[float | None] | Sequence[tuple[int, float | None]]
Widget = dict[str, Any]


def line_chart(title: str, series: Mapping[str, Points] | Points) -> Widget:
    """Lines over time. A series is values, or pairs of (UTC ns, value)."""
    data = series if isinstance(series, Mapping) else {title: series}
    return {"type": "line_chart", "title": title, "series": {k: list(v) for k, v in data.items()}}


def candles(
    overlays: Mapping[str, Points] | None = None, markers: Sequence[Widget] = (), title: str = ""
) -> Widget:
    """The instance's own bars, with lines drawn over them and markers beside them."""
    return {
        "type": "candles",
        "title": title,
        "overlays": {k: list(v) for k, v in (overlays or {}).items()},
        "markers": list(markers),
    }


def marker(ts_ns: int, price: float, side: str, text: str = "") -> Widget:
    """A point on a chart; `side` is buy, sell or note."""
    return {"ts_ns": ts_ns, "price": price, "side": side, "text": text}


def metric(label: str, value: object, unit: str = "", good: bool | None = None) -> Widget:
    """One number with a name. `good` colours it: True up, False down, None neutral."""
    return {"type": "metric", "label": label, "value": value, "unit": unit, "good": good}


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Widget:
    return {
        "type": "table",
        "title": title,
        "columns": list(columns),
        "rows": [list(r) for r in rows],
    }


def bars(title: str, values: Mapping[str, float]) -> Widget:
    return {"type": "bars", "title": title, "values": dict(values)}


def heatmap(title: str, rows: Sequence[Sequence[float]]) -> Widget:
    return {"type": "heatmap", "title": title, "rows": [list(r) for r in rows]}


def gauge(label: str, value: float, low: float, high: float, unit: str = "") -> Widget:
    return {"type": "gauge", "label": label, "value": value, "low": low, "high": high, "unit": unit}


def sparkline(label: str, values: Sequence[float]) -> Widget:
    return {"type": "sparkline", "label": label, "values": list(values)}


def text(value: str) -> Widget:
    return {"type": "text", "text": value}


def log(lines: Sequence[str], title: str = "") -> Widget:
    return {"type": "log", "title": title, "lines": list(lines)}
