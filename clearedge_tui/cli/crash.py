"""What is left of an error nobody expected: the traceback in a file, one line for the person."""

import tempfile
import traceback
from pathlib import Path

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import find_home


def record(error: Exception, home: str | None = None) -> str:
    """Append the traceback to the home's log, or to a new temporary file, and return the line."""
    text = "".join(traceback.format_exception(error))
    at_ns = now_ns()
    path = _file(home)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{iso(at_ns)} unexpected\n{text}\n")
    except OSError:
        path = Path("(no log could be written)")
    return f"unexpected {type(error).__name__}: {clean_text(error, 200)}. This is a bug; details: {path}"


def _file(home: str | None) -> Path:
    try:
        return find_home(home).logs / "clearedge.log"
    except (ClearEdgeError, OSError):
        with tempfile.NamedTemporaryFile(prefix="clearedge-", suffix=".log", delete=False) as made:
            return Path(made.name)
