"""Everything that can be read from the database. Short reads: a long one makes the log grow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from pysqlite3 import dbapi2

from clearedge_tui.core.errors import NotFound
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import ConfigVersion, Fill, Instance, Order
from clearedge_tui.store import rows
from clearedge_tui.store.rows import CommandRow, JournalRow, StatusRow
from clearedge_tui.store.sqlite import Connection, explained

_INSTANCES = """SELECT i.*, v.config FROM instances i
    JOIN config_versions v ON v.instance = i.id AND v.version = i.config_version"""


class Reader:
    """A view of the database. Usable from any one thread at a time."""

    def __init__(self, path: Path, conn: Connection) -> None:
        self.path = path
        self._conn = conn
        conn.row_factory = dbapi2.Row

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._conn.close()

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with explained(self.path):
            return list(self._conn.execute(sql, tuple(values)))

    def _one(self, sql: str, values: Sequence[object] = ()) -> Any:
        with explained(self.path):
            return self._conn.execute(sql, tuple(values)).fetchone()

    def instances(self) -> list[Instance]:
        """Return every declared instance, oldest first."""
        return [
            rows.instance(row) for row in self._all(f"{_INSTANCES} ORDER BY i.created_ns, i.id")
        ]

    def instance(self, id: str) -> Instance:
        """Return one instance; NotFound names those there are."""
        row = self._one(f"{_INSTANCES} WHERE i.id = ?", (id,))
        if row is None:
            known = [str(one["id"]) for one in self._all("SELECT id FROM instances ORDER BY id")]
            raise NotFound(f"no instance `{id}`; known: {', '.join(known[:20]) or 'none'}")
        return rows.instance(row)

    def config_versions(self, id: str) -> list[ConfigVersion]:
        """Return an instance's configurations, newest first."""
        found = self._all(
            "SELECT version, at_ns, who, diff, config FROM config_versions"
            " WHERE instance = ? ORDER BY version DESC",
            (id,),
        )
        return [
            ConfigVersion(
                r["version"], r["at_ns"], r["who"], r["diff"], rows.from_json(r["config"])
            )
            for r in found
        ]

    def schema(self, strategy: str) -> dict[str, Any] | None:
        """Return the newest schema of a strategy as plain data, None when it never loaded."""
        row = self._one(
            "SELECT schema FROM schemas WHERE strategy = ? ORDER BY at_ns DESC LIMIT 1", (strategy,)
        )
        return None if row is None else rows.from_json(row["schema"])

    def statuses(self) -> dict[str, StatusRow]:
        found = self._all("SELECT * FROM status")
        return {row["id"]: msgspec.convert(dict(row), StatusRow) for row in found}

    def journal_tail(self, limit: int, subject: str | None = None) -> list[JournalRow]:
        """Return the last lines of the journal (of one subject), newest first."""
        where, values = ("", ()) if subject is None else ("WHERE subject = ?", (subject,))
        found = self._all(
            f"SELECT * FROM journal {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608  # two fixed texts
            (*values, limit),
        )
        lines = [{**dict(row), "payload": rows.from_json(row["payload"])} for row in found]
        return [msgspec.convert(line, JournalRow) for line in lines]

    def journal_trace(self, trace_id: str, limit: int) -> list[JournalRow]:
        """Return the last lines of one thread (or of the first letters of its id), newest first."""
        found = self._all(
            "SELECT * FROM journal WHERE json_extract(payload, '$.trace_id') GLOB ? "
            "ORDER BY seq DESC LIMIT ?",
            (f"{trace_id}*", limit),
        )
        lines = [{**dict(row), "payload": rows.from_json(row["payload"])} for row in found]
        return [msgspec.convert(line, JournalRow) for line in lines]

    def orders(self, instance: str, limit: int) -> list[Order]:
        """Return an instance's orders, newest first."""
        found = self._all(
            "SELECT * FROM orders WHERE instance = ? ORDER BY rowid DESC LIMIT ?", (instance, limit)
        )
        return [rows.order(row) for row in found]

    def fills(self, instance: str, limit: int) -> list[Fill]:
        """Return an instance's fills, newest first."""
        found = self._all(
            "SELECT * FROM fills WHERE instance = ? ORDER BY rowid DESC LIMIT ?", (instance, limit)
        )
        return [rows.fill(row) for row in found]

    def ledgers(self) -> list[LedgerRow]:
        """Return the books of the instances that are declared."""
        found = self._all("SELECT * FROM ledgers WHERE instance IN (SELECT id FROM instances)")
        return [rows.ledger(row) for row in found]

    def meta(self, key: str) -> str:
        """Return a remembered value, '' when there is none."""
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return "" if row is None else str(row["value"])

    def command(self, id: str) -> CommandRow | None:
        row = self._one("SELECT * FROM commands WHERE id = ?", (id,))
        return None if row is None else _command(row)

    def commands_pending(self) -> list[CommandRow]:
        """Return what was begun and never ended, oldest first."""
        found = self._all("SELECT * FROM commands WHERE status = 'pending' ORDER BY rowid")
        return [_command(row) for row in found]


def _command(row: Any) -> CommandRow:
    return msgspec.convert({**dict(row), "args": rows.from_json(row["args"])}, CommandRow)
