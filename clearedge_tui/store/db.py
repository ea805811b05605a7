"""The writer: one in the whole product, held by the supervisor. Readers open their own view."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import (
    EngineState,
    ExitPolicy,
    Fill,
    Instance,
    Mode,
    ObserveOrders,
    Order,
)
from clearedge_tui.core.stop_at import parse as parse_stop_at
from clearedge_tui.store import records
from clearedge_tui.store.migrations import migrate, require_latest
from clearedge_tui.store.reads import Reader
from clearedge_tui.store.rows import CommandRow, columns, to_json
from clearedge_tui.store.rules import config_ok, diff, schema_of
from clearedge_tui.store.sqlite import Connection, connect_reader, connect_writer, explained


def open_store(path: Path) -> "Store":
    """Open for writing: creates and migrates the database as needed."""
    conn = connect_writer(path)
    try:
        migrate(conn, path)
        return Store(path, conn)
    except BaseException:
        conn.close()
        raise


def open_reader(path: Path) -> Reader:
    """Open for reading only; NotFound when nothing was ever declared here."""
    if not path.is_file():
        raise NotFound(f"no database at {path}: nothing has been declared in this home yet")
    conn = connect_reader(path)
    try:
        require_latest(conn, path)
        return Reader(path, conn)
    except BaseException:
        conn.close()
        raise


class Store(Reader):
    """Every method is one transaction, or part of the surrounding `batch()`.

    What a person declares is journalled in the same transaction as the change.
    """

    def __init__(self, path: Path, conn: Connection) -> None:
        super().__init__(path, conn)
        self._guard = threading.RLock()
        self._depth = 0
        self.told: Callable[[str, str, str, str, Mapping[str, object]], None] | None = None
        conn.create_function("config_ok", 2, config_ok, deterministic=True)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make everything inside one transaction; a part that fails alone undoes only itself."""
        with self._guard, explained(self.path):
            begin, commit, undo = _brackets(self._depth)
            self._conn.execute(begin)
            self._depth += 1
            try:
                yield
                self._conn.execute(commit)
            except BaseException:
                if self._conn.in_transaction:  # a full disk may have undone it already
                    for statement in undo:
                        self._conn.execute(statement)
                raise
            finally:
                self._depth -= 1

    def _run(self, sql: str, *values: object) -> None:
        with self.batch():
            self._conn.execute(sql, values)

    def _many(self, sql: str, values: list[dict[str, object]]) -> None:
        with self.batch():
            self._conn.executemany(sql, values)

    # ---- what people declare ------------------------------------------------------------------
    def add_instance(self, instance: Instance, who: str) -> None:
        """Declare an instance with its first configuration, exactly as given."""
        at_ns = instance.created_ns
        with self.batch():
            if self._one("SELECT 1 FROM instances WHERE id = ?", (instance.id,)):
                raise Refused(f"instance `{instance.id}` exists already: choose another id")
            row = {k: v for k, v in columns(instance).items() if k != "config"} | {
                "config_version": 1
            }
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            self._conn.execute(f"INSERT INTO instances ({names}) VALUES ({marks})", row)  # noqa: S608  # our own names
            self._put_config(instance.id, 1, at_ns, who, "", instance.config)
            text = f"{instance.strategy} on {instance.market} {instance.timeframe}, account {instance.account}"
            self.journal("instance.add", instance.id, who, text, {"mode": instance.mode}, at_ns)

    def set_mode(self, id: str, mode: Mode, who: str, at_ns: int) -> None:
        """Declare a mode. Every change is journalled; setting the same again is nothing."""
        with self.batch():
            before = self.instance(id).mode
            if before is mode:
                return
            self._conn.execute("UPDATE instances SET mode = ? WHERE id = ?", (mode, id))
            if Mode.OFF in (before, mode):
                self._started(id, at_ns if before is Mode.OFF else 0)
            self.journal("instance.mode", id, who, f"{before} -> {mode}", {}, at_ns)

    def _started(self, id: str, at_ns: int) -> None:
        """Note since when it is on (0: it is off), and the moment its `stop_at` means for that."""
        wanted = parse_stop_at(self.instance(id).stop_at)
        due_ns = wanted.due_ns(at_ns, at_ns) if wanted and at_ns else 0
        self._conn.execute(
            "UPDATE instances SET started_ns = ?, stop_ns = ? WHERE id = ?", (at_ns, due_ns, id)
        )

    def set_stop_at(self, id: str, text: str, who: str, at_ns: int) -> None:
        """Declare when it goes to `off` by itself. Refused for a moment that has passed already."""
        wanted = parse_stop_at(text)
        told = wanted.text if wanted else ""
        with self.batch():
            now = self.instance(id)
            if told == now.stop_at:
                return
            due_ns = wanted.due_ns(now.started_ns, at_ns) if wanted and now.started_ns else 0
            if due_ns and due_ns <= at_ns:
                raise Refused(
                    f"{id} is on since {iso(now.started_ns)}, longer than {told}: stop it"
                )
            self._conn.execute(
                "UPDATE instances SET stop_at = ?, stop_ns = ? WHERE id = ?", (told, due_ns, id)
            )
            change = f"stop_at {now.stop_at or 'never'} -> {told or 'never'}"
            self.journal("instance.policy", id, who, change, {}, at_ns)

    def set_config(self, id: str, config: Mapping[str, object], who: str, at_ns: int) -> int:
        """Write a complete configuration as a new version and return its number.

        An equal one keeps the version it has. UsageError says which field does not fit.
        """
        with self.batch():
            now = self.instance(id)
            schema = schema_of(to_json(self.schema(now.strategy) or {}))
            config = schema.validate(config)
            secret = frozenset(name for name, field in schema.fields.items() if field.secret)
            change = diff(now.config, config, secret)
            if not change:
                return now.config_version
            row = self._one(
                "SELECT max(version) AS last FROM config_versions WHERE instance = ?", (id,)
            )
            version = int(row["last"]) + 1
            self._put_config(id, version, at_ns, who, change, config)
            self._conn.execute(
                "UPDATE instances SET config_version = ? WHERE id = ?", (version, id)
            )
            self.journal("instance.set", id, who, change, {"version": version}, at_ns)
        return version

    def _put_config(
        self, id: str, version: int, at_ns: int, who: str, change: str, config: Mapping[str, object]
    ) -> None:
        self._conn.execute(
            "INSERT INTO config_versions (instance, version, at_ns, who, diff, config)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (id, version, at_ns, who, change, to_json(config)),
        )

    def set_policies(
        self,
        id: str,
        *,
        observe_orders: ObserveOrders | None = None,
        exit_policy: ExitPolicy | None = None,
        armed: bool | None = None,
        who: str = "unknown",
        at_ns: int = 0,
    ) -> None:
        """Declare what is given; what is None stays. `at_ns` 0 is now."""
        given = {"observe_orders": observe_orders, "exit_policy": exit_policy, "armed": armed}
        at_ns = at_ns or now_ns()
        with self.batch():
            before = columns(self.instance(id))
            changes = {k: v for k, v in given.items() if v is not None and v != before[k]}
            for name, value in changes.items():
                sql = f"UPDATE instances SET {name} = ? WHERE id = ?"  # noqa: S608  # one of three names
                self._conn.execute(sql, (value, id))
                self.journal(
                    "instance.policy", id, who, f"{name} {before[name]} -> {value}", {}, at_ns
                )

    def set_resume_mode(self, id: str, mode: Mode) -> None:
        """Remember the mode that `start` returns to."""
        self.instance(id)
        self._run("UPDATE instances SET resume_mode = ? WHERE id = ?", mode, id)

    def remove_instance(self, id: str, who: str, at_ns: int) -> None:
        """Forget the declaration. Its orders, fills and ledgers stay under the name `id@at_ns`."""
        with self.batch():
            gone = self.instance(id)
            for table in records.RETIRE:
                sql = f"UPDATE {table} SET instance = ? WHERE instance = ?"  # noqa: S608  # names of ours
                self._conn.execute(sql, (f"{id}@{at_ns}", id))
            self._conn.execute("DELETE FROM status WHERE id = ?", (id,))
            self._conn.execute("DELETE FROM instances WHERE id = ?", (id,))
            payload = {"strategy": gone.strategy, "market": gone.market, "account": gone.account}
            self.journal("instance.rm", id, who, f"history is kept as {id}@{at_ns}", payload, at_ns)

    def put_schema(
        self, strategy: str, sha256: str, schema: Mapping[str, object], at_ns: int
    ) -> None:
        """Remember the schema of a strategy file's content as the newest one."""
        self._run(
            "INSERT INTO schemas (strategy, sha256, schema, at_ns) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET schema = excluded.schema, at_ns = excluded.at_ns",
            strategy,
            sha256,
            to_json(schema),
            at_ns,
        )

    # ---- what engines report ------------------------------------------------------------------
    def put_status(
        self, id: str, mode: Mode | None, state: EngineState, error: str, at_ns: int
    ) -> None:
        """Record what runs; of an instance that was removed nothing is recorded."""
        row: dict[str, object] = {
            "id": id,
            "mode": mode,
            "state": state,
            "error": error,
            "at_ns": at_ns,
        }
        self._many(records.PUT_STATUS, [row])

    def put_orders(self, orders: Sequence[Order]) -> None:
        """Insert or update by id."""
        self._many(records.PUT_ORDER, records.values(orders))

    def put_fills(self, fills: Sequence[Fill]) -> None:
        """Insert; a fill that is there already stays as it is."""
        self._many(records.PUT_FILL, records.values(fills))

    def put_ledgers(self, ledgers: Sequence[LedgerRow]) -> None:
        self._many(records.PUT_LEDGER, records.values(ledgers))

    # ---- journal, commands, meta --------------------------------------------------------------
    def journal(
        self,
        event: str,
        subject: str,
        who: str,
        text: str,
        payload: Mapping[str, object],
        at_ns: int,
        told: bool = False,
    ) -> None:
        """Write a line; `told` says that whoever follows the journal has heard it already."""
        self._run(
            "INSERT INTO journal (at_ns, event, subject, who, text, payload) VALUES (?, ?, ?, ?, ?, ?)",
            at_ns,
            event,
            subject,
            who,
            text,
            to_json(payload),
        )
        if self.told is not None and not told:
            self.told(event, subject, who, text, payload)

    def command_begin(
        self, id: str, verb: str, args: Mapping[str, object], who: str, at_ns: int
    ) -> CommandRow | None:
        """Record a command as pending and return None, or return what is known of this id."""
        with self.batch():
            known = self.command(id)
            if known is None:
                self._conn.execute(
                    "INSERT INTO commands VALUES (?, ?, ?, ?, 'pending', '', ?)",
                    (id, verb, to_json(args), who, at_ns),
                )
            return known

    def command_end(self, id: str, status: str, message: str, at_ns: int) -> None:
        """Record what became of a command: `done` or `refused`."""
        self._run(
            "UPDATE commands SET status = ?, message = ?, at_ns = ? WHERE id = ?",
            status,
            message,
            at_ns,
            id,
        )

    def set_meta(self, key: str, value: str) -> None:
        self._run(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            key,
            value,
        )

    def bump_epoch(self) -> int:
        """Begin a new supervisor's epoch and return its number."""
        with self.batch():
            epoch = int(self.meta("epoch") or 0) + 1
            self.set_meta("epoch", str(epoch))
        return epoch


def _brackets(depth: int) -> tuple[str, str, tuple[str, ...]]:
    if depth == 0:
        return "BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",)
    name = f"part_{depth}"
    return f"SAVEPOINT {name}", f"RELEASE {name}", (f"ROLLBACK TO {name}", f"RELEASE {name}")
