"""From an exception in a strategy's code to a fault that names the user's file and line."""

import traceback
from pathlib import Path

from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.core.text import clean_text

_MOST_DETAIL = 20_000


def fault_from(error: BaseException, path: Path | str) -> StrategyFault:
    """Return the fault for an exception, placed at the deepest frame inside the user's file."""
    if isinstance(error, StrategyFault) and error.path:
        return error
    file = str(path)
    line = _line(error, file)
    return StrategyFault(_words(error), file, line, _detail(error))


def _line(error: BaseException, file: str) -> int:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    try:
        frames = traceback.extract_tb(error.__traceback__)
    except RecursionError:
        return 0
    return next((f.lineno or 0 for f in reversed(frames) if f.filename == file), 0)


def _words(error: BaseException) -> str:
    if isinstance(error, StrategyFault):
        return error.message
    try:
        text = clean_text(error.msg if isinstance(error, SyntaxError) else error, 300)
    except Exception:  # noqa: BLE001  # a user's exception may fail at being shown
        text = "(its text cannot be shown)"
    name = clean_text(type(error).__name__, 60)
    return f"{name}: {text}" if text else name


def _detail(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))[-_MOST_DETAIL:]
    except Exception:  # noqa: BLE001  # as above
        return ""
