"""What a strategy's render() returned, made into plain data that may cross to the console."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.contract._types import OrderNotAllowed
from clearedge_tui.core.text import clean_text
from clearedge_tui.engine.loading import fault_from

_MOST_WIDGETS = 40
_MOST_BYTES = 400_000
_MOST_POINTS = 5000


def draw(render: Callable[[], object], path: Path) -> tuple[dict[str, object], ...]:
    """Return the widgets as plain data. What cannot be shown becomes an `error` widget."""
    try:
        made = render()
    except OrderNotAllowed as error:
        return (_error(f"render asked for an order: {error}"),)
    except Exception as error:  # noqa: BLE001  # guard: strategy code
        return (_error(f"render failed: {fault_from(error, path)}"),)
    if not isinstance(made, dict) or not isinstance(made.get("widgets"), list | tuple):
        return (_error(f"render returned {type(made).__name__}; wanted {{'widgets': [...]}}"),)
    widgets = [_plain(w, n) for n, w in enumerate(made["widgets"][:_MOST_WIDGETS], 1)]
    if len(made["widgets"]) > _MOST_WIDGETS:
        widgets.append(
            _error(f"{len(made['widgets'])} widgets; the first {_MOST_WIDGETS} are shown")
        )
    return tuple(widgets)


def _error(text: str) -> dict[str, object]:
    return {"type": "error", "text": clean_text(text)}


def _plain(widget: Any, number: int) -> dict[str, object]:
    if not isinstance(widget, dict):
        return _error(f"widget {number} is a {type(widget).__name__}; wanted a dict with `type`")
    try:
        raw = msgspec.msgpack.encode(widget, enc_hook=_hook)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return _error(
            f"widget {number} ({clean_text(widget.get('type'), 30)}) cannot be shown: {error}"
        )
    if len(raw) > _MOST_BYTES:
        return _error(
            f"widget {number} has {len(raw):,} bytes; at most {_MOST_BYTES:,} can be shown"
        )
    plain: dict[str, object] = msgspec.msgpack.decode(raw, type=dict[str, object], strict=False)
    return plain


def _hook(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    for name in ("tolist", "item", "isoformat"):
        if hasattr(value, name):
            return getattr(value, name)()
    if hasattr(value, "__iter__"):
        return list(value)[:_MOST_POINTS]
    raise TypeError(f"a {type(value).__name__} is no plain data")
