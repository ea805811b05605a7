"""The rules hold for any connection, not only for our methods."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from clearedge_tui.core.model import Instance
from clearedge_tui.store.db import Store
from clearedge_tui.store.rules import config_ok
from tests.store.makers import GOOD

VERSION = "INSERT INTO config_versions VALUES ('ema', 2, 1, 'x', '', ?)"


@pytest.fixture
def raw(store: Store, ema: Instance, path: Path) -> Iterator[Any]:
    store.add_instance(ema, "ann")
    conn = dbapi2.connect(str(path), isolation_level=None)
    conn.create_function("config_ok", 2, config_ok, deterministic=True)
    conn.execute("PRAGMA foreign_keys=ON")
    yield conn
    conn.close()


@pytest.mark.parametrize(
    "column", ["id", "strategy", "account", "market", "timeframe", "created_ns"]
)
def test_identity_never_changes(raw: Any, column: str) -> None:
    with pytest.raises(dbapi2.IntegrityError, match="identity of an instance never changes"):
        raw.execute(f"UPDATE instances SET {column} = '7'")


@pytest.mark.parametrize(
    "change",
    [{"fast": 1}, {"fast": 60}, {"fast": "12"}, {"size": 0.1}, {"other": 1}, {"slow": None}],
)
def test_a_config_out_of_range_is_refused(raw: Any, change: dict[str, object]) -> None:
    with pytest.raises(dbapi2.IntegrityError, match="does not fit the schema"):
        raw.execute(VERSION, (json.dumps({**GOOD, **change}),))


def test_an_incomplete_config_is_refused(raw: Any) -> None:
    with pytest.raises(dbapi2.IntegrityError, match="does not fit the schema"):
        raw.execute(VERSION, (json.dumps({"fast": 3}),))


def test_a_fitting_config_is_taken(raw: Any) -> None:
    raw.execute(VERSION, (json.dumps({**GOOD, "fast": 20}),))


def test_a_connection_without_the_rule_cannot_write_a_config(raw: Any, path: Path) -> None:
    bare = dbapi2.connect(str(path), isolation_level=None)
    with pytest.raises(dbapi2.OperationalError, match="no such function: config_ok"):
        bare.execute(VERSION, (json.dumps(GOOD),))
    bare.close()


def test_without_a_schema_only_an_empty_config_fits() -> None:
    assert config_ok(None, "{}") == 1
    assert config_ok(None, '{"a": 1}') == 0


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE journal SET text = ''", "append-only"),
        ("DELETE FROM journal", "append-only"),
        ("INSERT OR REPLACE INTO journal VALUES (1, 1, '', '', '', '', '{}')", "append-only"),
        ("UPDATE config_versions SET who = ''", "never changes"),
        ("DELETE FROM config_versions", "as long as its instance"),
        ("UPDATE instances SET mode = 'on'", "CHECK"),
        ("UPDATE instances SET config_version = 5", "FOREIGN KEY"),
    ],
)
def test_history_cannot_be_rewritten(raw: Any, statement: str, words: str) -> None:
    with pytest.raises(dbapi2.IntegrityError, match=words):
        raw.execute(statement)


def test_the_schema_of_the_database_can_be_read_by_an_older_sqlite(raw: Any, path: Path) -> None:
    other = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    assert other.execute("SELECT count(*) FROM instances").fetchone() == (1,)
    other.close()
