"""What is written comes back as it was; what is declared is journalled with it."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from pysqlite3 import dbapi2

from clearedge_tui.core.errors import ClearEdgeError, NotFound, Refused, RetryLater, UsageError
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import (
    Book,
    EngineState,
    ExitPolicy,
    Fill,
    Instance,
    Mode,
    ObserveOrders,
    Order,
    OrderStatus,
    Position,
)
from clearedge_tui.store.db import Store, open_reader, open_store
from clearedge_tui.store.sqlite import require_version

ORDER = Order(
    "o1",
    "ema",
    Book.PAPER,
    "BTCUSDT.LOCAL",
    "buy",
    "limit",
    Decimal("0.10"),
    Decimal("42000.50"),
    tag="in",
    at_ns=5,
    trigger=Decimal("41999.50"),
)
FILL = Fill(
    "f1",
    "o1",
    "ema",
    Book.PAPER,
    "BTCUSDT.LOCAL",
    "buy",
    Decimal("0.10"),
    Decimal("42000.5"),
    Decimal("1.05"),
    6,
)
LEDGER = LedgerRow(
    "ema",
    Book.PAPER,
    Position(Decimal("0.1"), Decimal("42000.5"), Decimal("-3.10"), Decimal("1.05")),
    Decimal("42010"),
    Decimal("-3.2"),
    spark=(0.0, 1.5),
    fills=1,
    at_ns=9,
)


def test_an_instance_comes_back_as_declared(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    assert store.instances() == [ema]
    assert store.instance("ema") == ema
    assert [line.event for line in store.journal_tail(5, "ema")] == ["instance.add"]


def test_orders_fills_and_ledgers_keep_their_exact_numbers(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    store.put_orders([ORDER])
    store.put_fills([FILL])
    store.put_ledgers([LEDGER])
    assert store.orders("ema", 10) == [ORDER]
    assert store.fills("ema", 10) == [FILL]
    assert store.ledgers() == [LEDGER]


def test_putting_twice_updates_orders_and_keeps_fills(store: Store) -> None:
    done = Order(
        **{f: getattr(ORDER, f) for f in ORDER.__struct_fields__} | {"status": OrderStatus.FILLED}
    )
    for order in (ORDER, done):
        store.put_orders([order])
        store.put_fills([FILL])
    assert [order.status for order in store.orders("ema", 10)] == [OrderStatus.FILLED]
    assert store.fills("ema", 10) == [FILL]


def test_newest_orders_come_first(store: Store) -> None:
    orders = [
        Order(f"o{n}", "ema", Book.SHADOW, "M", "buy", "market", Decimal(1)) for n in range(5)
    ]
    store.put_orders(orders)
    assert [order.id for order in store.orders("ema", 3)] == ["o4", "o3", "o2"]


def test_a_mode_is_recorded_with_who_and_when(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    store.set_mode("ema", Mode.ACTIVE, "bob", 20)
    store.set_mode("ema", Mode.ACTIVE, "bob", 21)
    assert store.instance("ema").mode is Mode.ACTIVE
    last = store.journal_tail(9, "ema")[0]
    assert (last.event, last.who, last.text, last.at_ns) == (
        "instance.mode",
        "bob",
        "off -> active",
        20,
    )


def test_a_config_becomes_a_version_with_a_diff(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    assert store.set_config("ema", {**ema.config, "fast": "10", "key": "hunter2"}, "bob", 20) == 2
    newest, first = store.config_versions("ema")
    assert (newest.version, newest.who, newest.diff) == (2, "bob", "fast 12 -> 10, key changed")
    assert first.config == ema.config
    assert store.instance("ema").config["fast"] == 10
    assert store.instance("ema").config_version == 2


def test_an_equal_config_is_no_new_version(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    assert store.set_config("ema", ema.config, "bob", 20) == 1
    assert len(store.config_versions("ema")) == 1


def test_a_bad_config_names_the_field_and_changes_nothing(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    with pytest.raises(UsageError, match="fast: 500 is too high"):
        store.set_config("ema", {**ema.config, "fast": 500}, "bob", 20)
    assert store.instance("ema") == ema


def test_policies_change_one_by_one(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    store.set_policies("ema", exit_policy=ExitPolicy.FLATTEN, who="bob", at_ns=3)
    store.set_policies("ema", observe_orders=ObserveOrders.DENY, armed=True)
    store.set_resume_mode("ema", Mode.ACTIVE)
    now = store.instance("ema")
    assert now.exit_policy is ExitPolicy.FLATTEN
    assert now.observe_orders is ObserveOrders.DENY
    assert now.armed
    assert now.resume_mode is Mode.ACTIVE


def test_a_removed_instance_frees_its_id_and_keeps_its_history(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    store.put_orders([ORDER])
    store.put_fills([FILL])
    store.put_ledgers([LEDGER])
    store.remove_instance("ema", "ann", 99)
    assert store.instances() == []
    store.put_ledgers([LEDGER])
    store.add_instance(ema, "ann")
    assert store.ledgers() == []
    assert store.orders("ema", 10) == []
    assert store.fills("ema@99", 10)[0].id == "f1"


def test_status_of_a_removed_instance_is_not_recorded(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    store.put_status("ema", None, EngineState.BACKOFF, "died", 7)
    assert store.statuses()["ema"].state is EngineState.BACKOFF
    store.remove_instance("ema", "ann", 8)
    store.put_status("ema", Mode.OFF, EngineState.STOPPED, "", 9)
    assert store.statuses() == {}


def test_unknown_and_doubled_ids_are_refused(store: Store, ema: Instance) -> None:
    store.add_instance(ema, "ann")
    with pytest.raises(Refused, match="exists already"):
        store.add_instance(ema, "ann")
    with pytest.raises(NotFound, match=r"no instance `emma`; known: ema"):
        store.instance("emma")


def test_a_failing_part_of_a_batch_undoes_only_itself(store: Store, ema: Instance) -> None:
    with store.batch():
        store.add_instance(ema, "ann")
        with pytest.raises(Refused):
            store.add_instance(ema, "ann")
        store.set_meta("clean", "no")
    assert store.meta("clean") == "no"
    assert len(store.journal_tail(9)) == 1


def test_a_failing_batch_undoes_everything(store: Store, ema: Instance) -> None:
    with pytest.raises(ZeroDivisionError), store.batch():
        store.add_instance(ema, "ann")
        _ = 1 / 0
    assert store.instances() == []
    store.add_instance(ema, "ann")


def test_a_command_is_begun_once(store: Store) -> None:
    assert store.command_begin("c1", "instance.mode", {"id": "ema"}, "ann", 1) is None
    assert [c.id for c in store.commands_pending()] == ["c1"]
    store.command_end("c1", "done", "ok", 2)
    again = store.command_begin("c1", "instance.mode", {"id": "ema"}, "ann", 3)
    assert again is not None
    assert (again.status, again.message) == ("done", "ok")


def test_epochs_only_grow(path: Path) -> None:
    with open_store(path) as store:
        assert store.bump_epoch() == 1
    with open_store(path) as store:
        assert store.bump_epoch() == 2


def test_a_reader_sees_and_cannot_write(store: Store, ema: Instance, path: Path) -> None:
    store.add_instance(ema, "ann")
    with open_reader(path) as reader:
        assert reader.instances() == [ema]
        with pytest.raises(dbapi2.OperationalError, match=r"readonly|read-only|query_only"):
            reader._conn.execute("DELETE FROM meta")


def test_a_reader_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nothing has been declared"):
        open_reader(tmp_path / "none.db")


def test_a_second_writer_waits_and_is_told(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearedge_tui.store.sqlite._BUSY_MS", 50)
    with open_store(path) as second:
        with store.batch():
            store.set_meta("a", "1")
            with pytest.raises(RetryLater, match="written by another process"):
                second.set_meta("a", "2")
        second.set_meta("a", "2")
    assert store.meta("a") == "2"


def test_a_damaged_file_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, it is a text of some length" * 100)
    with pytest.raises(ClearEdgeError, match="damaged"):
        open_store(path)


def test_a_newer_database_is_refused_untouched(store: Store, path: Path) -> None:
    store._conn.execute("PRAGMA user_version=99")
    with pytest.raises(Refused, match="newer ClearEdge"):
        open_store(path)


def test_an_old_sqlite_is_refused() -> None:
    with pytest.raises(ClearEdgeError, match=r"3\.51\.2 can corrupt"):
        require_version((3, 51, 2))


def test_a_failing_migration_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("clearedge_tui.store.migrations.RULES", ("CREATE TABLE half (",))
        with pytest.raises(ClearEdgeError):
            open_store(path)
    raw = dbapi2.connect(str(path))
    assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    raw.close()
    open_store(path).close()


def test_a_ready_database_opens_without_sqlite_utils(store: Store, path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from clearedge_tui.store.db import open_store;"
        f"open_store(Path({str(path)!r})).close();"
        "print([m for m in ('sqlite_utils', 'pandas', 'numpy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=90
    )
    assert done.stdout.strip() == "[]"


def test_a_database_of_the_first_version_learns_of_stop_orders(path: Path) -> None:
    with open_store(path) as store:
        store.put_orders([ORDER])
    raw = dbapi2.connect(path)
    raw.execute('ALTER TABLE orders DROP COLUMN "trigger"')
    (applied,) = raw.execute(
        "SELECT name FROM sqlite_master WHERE name LIKE '%sqlite_migrations'"
    ).fetchone()
    raw.execute(f"DELETE FROM {applied} WHERE name = '0002'")
    raw.execute("PRAGMA user_version=1")
    raw.commit()
    raw.close()
    with open_store(path) as store:
        store.put_orders([msgspec.structs.replace(ORDER, id="o2")])
    with open_reader(path) as reader:
        found = {order.id: order.trigger for order in reader.orders("ema", 9)}
    assert found == {"o1": None, "o2": ORDER.trigger}
