"""Numbered migrations, all pending ones in one transaction or none.

sqlite-utils keeps the list of what was applied, but it brings pandas and numpy along (0.5 s), so
it is imported only when something is pending; `user_version` answers that without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from clearedge_tui.core.errors import Refused, RetryLater
from clearedge_tui.store import session_tables, trading_tables
from clearedge_tui.store.first_tables import RULES, TABLES
from clearedge_tui.store.sqlite import Connection, explained

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

LATEST = 4


def migrate(conn: Connection, path: Path) -> None:
    """Bring the database to `LATEST`. A database of a newer version is refused untouched."""
    if _known(conn, path) == LATEST:
        return
    from sqlite_utils import Database

    with explained(path):
        conn.execute("BEGIN IMMEDIATE")
        try:
            # inside this transaction sqlite-utils works in savepoints; another process may have
            # been first, then nothing is pending any more
            migrations().apply(Database(conn))
            conn.execute(f"PRAGMA user_version={LATEST}")
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise


def require_latest(conn: Connection, path: Path) -> None:
    """Raise unless a reader of this version can understand the database."""
    if _known(conn, path) < LATEST:
        raise RetryLater(f"{path} is not set up yet: start clearedge once")


def _known(conn: Connection, path: Path) -> int:
    with explained(path):
        version = int(conn.execute("PRAGMA user_version").fetchone()[0])
    if version > LATEST:
        raise Refused(
            f"{path} was written by a newer ClearEdge (version {version}; this one knows {LATEST}):"
            " update ClearEdge, or use another home"
        )
    return version


def migrations() -> "Migrations":
    """Return the numbered steps. A step that has shipped never changes."""
    from sqlite_utils import Migrations

    steps = Migrations("clearedge")

    @steps(name="0001")
    def first(db: "Database") -> None:
        for statement in TABLES + RULES:
            db.conn.execute(statement)

    @steps(name="0002")
    def stop_orders(db: "Database") -> None:
        db.conn.execute('ALTER TABLE orders ADD COLUMN "trigger" TEXT')

    @steps(name="0003")
    def trading(db: "Database") -> None:
        for statement in (
            *trading_tables.TABLES,
            *trading_tables.COLUMNS,
            *trading_tables.RULES,
        ):
            db.conn.execute(statement)

    @steps(name="0004")
    def sessions(db: "Database") -> None:
        for statement in (
            *session_tables.TABLES,
            *session_tables.COLUMNS,
            *session_tables.RULES,
        ):
            db.conn.execute(statement)

    return steps
