"""One account's own small database: intents before they leave, fills once each, sums with them.

Its gateway is its only writer. It must be able to act while this file cannot be written, so nothing
here waits long: a lock held by somebody else is an error after 50 ms.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.core.errors import Refused
from clearedge_tui.core.kept import Entry, SeatKept
from clearedge_tui.core.model import Fill
from clearedge_tui.store.sqlite import connect_reader, connect_writer, explained

_VERSION = 1
_NONE: Mapping[str, str] = {}
_BUSY_MS = 50
_TABLES = (
    """CREATE TABLE IF NOT EXISTS orders (
        id TEXT PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        instance TEXT NOT NULL,
        open INTEGER NOT NULL CHECK (open IN (0, 1)),
        body TEXT NOT NULL CHECK (json_valid(body))
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS orders_open ON orders (open) WHERE open = 1",
    """CREATE TABLE IF NOT EXISTS fills (
        id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL UNIQUE,
        instance TEXT NOT NULL,
        body TEXT NOT NULL CHECK (json_valid(body))
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS seats (
        instance TEXT PRIMARY KEY,
        body TEXT NOT NULL CHECK (json_valid(body))
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
_entry = msgspec.json.Decoder(Entry).decode
_seat = msgspec.json.Decoder(SeatKept).decode
_fill = msgspec.json.Decoder(Fill).decode


class AccountFile:
    """Open it with `open_account_file`. Methods raise RetryLater when nothing can be written."""

    def __init__(self, path: Path, conn: Any, durable: bool) -> None:
        self._path = path
        self._conn = conn
        self._durable = durable
        self.salt = self.meta("salt")

    # ---- reading at the start -----------------------------------------------------------------
    def seats(self) -> list[SeatKept]:
        return [_seat(row[0]) for row in self._rows("SELECT body FROM seats ORDER BY instance")]

    def open_orders(self) -> list[Entry]:
        return [
            _entry(row[0])
            for row in self._rows("SELECT body FROM orders WHERE open = 1 ORDER BY rowid")
        ]

    def order(self, key: str) -> Entry | None:
        """Return an order by what the venue knows it by."""
        rows = self._rows("SELECT body FROM orders WHERE key = ?", key)
        return _entry(rows[0][0]) if rows else None

    def order_named(self, order_id: str) -> Entry | None:
        rows = self._rows("SELECT body FROM orders WHERE id = ?", order_id)
        return _entry(rows[0][0]) if rows else None

    def fills(self, limit: int = 1000, instance: str = "") -> list[Fill]:
        """Return the newest fills, oldest first."""
        rows = self._rows(
            "SELECT body FROM fills WHERE ? IN ('', instance) ORDER BY seq DESC LIMIT ?",
            instance,
            limit,
        )
        return [_fill(row[0]) for row in reversed(rows)]

    def has_fill(self, fill_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM fills WHERE id = ?", fill_id))

    def meta(self, key: str) -> str:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    # ---- writing ------------------------------------------------------------------------------
    def put_intent(self, entry: Entry, metas: Mapping[str, str] = _NONE) -> None:
        """Write an order down before it leaves; of real money the disk itself has it on return.

        What the venue says afterwards it can be asked again: that need not wait for the disk.
        """
        with self._write(self._durable):
            self._order(entry)
            self._metas(metas)

    def put_order(self, entry: Entry) -> None:
        """Write an order down as it is now, whenever its venue speaks."""
        self.put_orders((entry,))

    def put_orders(self, entries: Iterable[Entry]) -> None:
        with self._write():
            for entry in entries:
                self._order(entry)

    def put_fill(
        self, entry: Entry, fill: Fill, seat: SeatKept, metas: Mapping[str, str] = _NONE
    ) -> None:
        """Write a fill, its order and the sums that follow from it: all of it or nothing."""
        with self._write():
            self._order(entry)
            self._metas(metas)
            self._conn.execute(
                "INSERT INTO fills VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM fills), ?, ?)",
                (fill.id, fill.instance, msgspec.json.encode(fill).decode()),
            )
            self._seat(seat)

    def put_seat(self, seat: SeatKept) -> None:
        with self._write():
            self._seat(seat)

    def forget(self, instance: str) -> None:
        """An instance was removed: whoever gets its name begins with nothing."""
        with self._write():
            for table in ("seats", "orders", "fills"):
                self._conn.execute(f"DELETE FROM {table} WHERE instance = ?", (instance,))  # noqa: S608

    def set_meta(self, key: str, value: str) -> None:
        self.set_metas({key: value})

    def set_metas(self, metas: Mapping[str, str]) -> None:
        with self._write():
            self._metas(metas)

    def close(self) -> None:
        self._conn.close()

    def _order(self, entry: Entry) -> None:
        body = msgspec.json.encode(entry).decode()
        order = entry.order
        self._conn.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET open = excluded.open, body = excluded.body",
            (order.id, entry.key, order.instance, int(order.status.is_open), body),
        )

    def _metas(self, metas: Mapping[str, str]) -> None:
        for pair in metas.items():
            self._conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", pair)

    def _seat(self, seat: SeatKept) -> None:
        body = msgspec.json.encode(seat).decode()
        self._conn.execute("INSERT OR REPLACE INTO seats VALUES (?, ?)", (seat.instance.id, body))

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with explained(self._path):
            found: list[Any] = self._conn.execute(sql, values).fetchall()
        return found

    @contextmanager
    def _write(self, on_disk: bool = False) -> Iterator[None]:
        """Do it whole or not at all; `on_disk`: it outlives a loss of power from here on."""
        run = self._conn.execute
        with explained(self._path):
            if on_disk:
                run("PRAGMA synchronous=FULL")
            try:
                run("BEGIN IMMEDIATE")
                yield
                run("COMMIT")
            except BaseException:
                if self._conn.in_transaction:
                    run("ROLLBACK")
                raise
            finally:
                if on_disk:
                    run("PRAGMA synchronous=NORMAL")


def read_account_file(path: Path) -> tuple[list[SeatKept], list[Entry]]:
    """Return who trades on an account and its open orders, while its gateway may be writing."""
    if not path.exists():
        return [], []
    conn = connect_reader(path)
    try:
        with explained(path):
            seats = conn.execute("SELECT body FROM seats").fetchall()
            orders = conn.execute("SELECT body FROM orders WHERE open = 1").fetchall()
    finally:
        conn.close()
    return [_seat(row[0]) for row in seats], [_entry(row[0]) for row in orders]


def read_orders(path: Path) -> list[Entry]:
    """Return every order of an account that was written down, oldest first."""
    conn = connect_reader(path)
    try:
        with explained(path):
            rows = conn.execute("SELECT body FROM orders ORDER BY rowid").fetchall()
    finally:
        conn.close()
    return [_entry(row[0]) for row in rows]


def open_account_file(path: Path, durable: bool) -> AccountFile:
    """Open or make an account's file. `durable`: an intent waits for the disk (real money)."""
    conn = connect_writer(path)
    with explained(path):
        conn.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        conn.execute("PRAGMA synchronous=NORMAL")
        version = conn.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            conn.close()
            raise Refused(f"{path} was written by a newer ClearEdge: update, or move it away")
        if version < _VERSION:
            conn.execute("BEGIN IMMEDIATE")
            for statement in _TABLES:
                conn.execute(statement)
            conn.execute("INSERT OR IGNORE INTO meta VALUES ('salt', ?)", (secrets.token_hex(8),))
            conn.execute(f"PRAGMA user_version={_VERSION}")
            conn.execute("COMMIT")
    return AccountFile(path, conn, durable)
