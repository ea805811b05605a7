"""Connections: which SQLite, which pragmas, and what its errors mean to a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from clearedge_tui.core.errors import Bug, ClearEdgeError, Refused, RetryLater

Connection = Any  # pysqlite3 ships no types
OLDEST = (3, 51, 3)  # before it a checkpoint that restarts the log can lose a committed page
_BUSY_MS = 5000


def require_version(found: tuple[int, ...] = dbapi2.sqlite_version_info) -> None:
    """Raise when the SQLite library is one that can corrupt a database in WAL mode."""
    if found < OLDEST:
        raise ClearEdgeError(
            f"SQLite {'.'.join(map(str, found))} can corrupt the database;"
            f" wanted {'.'.join(map(str, OLDEST))} or newer: install pysqlite3 0.6.1 or newer"
        )


def connect_writer(path: Path) -> Connection:
    """Open for writing. Nothing but SQLite ever opens this file: a plain open() drops its locks."""
    require_version()
    path.parent.mkdir(parents=True, exist_ok=True)
    with explained(path):
        conn = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
        conn.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("PRAGMA synchronous=FULL")  # NORMAL can lose acknowledged rows at power loss
        conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("PRAGMA recursive_triggers=ON")
        conn.execute("PRAGMA journal_size_limit=67108864")
    return conn


def connect_reader(path: Path) -> Connection:
    """Open for reading only."""
    require_version()
    with explained(path):
        conn = dbapi2.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        conn.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        conn.execute("PRAGMA query_only=ON")
    return conn


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours. A trigger's refusal keeps its own words."""
    try:
        yield
    except dbapi2.IntegrityError as error:
        raise Refused(f"the database refuses it: {error}") from error
    except dbapi2.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise RetryLater(f"{path} is being written by another process; try again") from error
        raise RetryLater(f"{path}: {text}") from error
    except dbapi2.ProgrammingError as error:
        raise Bug(f"{path}: {error}") from error
    except dbapi2.DatabaseError as error:
        raise ClearEdgeError(f"{path} is damaged: {error}. Restore it from a copy") from error
