"""Limits, approvals, kills and comparisons: written with who and when, and not to be rewritten."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pysqlite3 import dbapi2

from clearedge_tui.core.approval import Evidence, Parts, Standing, approve, limit_part, standing
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.core.limits import Action, Limit, Resume, Scope
from clearedge_tui.core.limits_state import Acted, Answer, Day, RiskState, Sent
from clearedge_tui.core.model import Instance
from clearedge_tui.core.reconcile import Difference
from clearedge_tui.store import db, records, trading
from clearedge_tui.store.db import Store, open_reader, open_store
from clearedge_tui.store.migrations import migrations
from clearedge_tui.store.rows import columns
from clearedge_tui.store.sqlite import connect_writer
from clearedge_tui.store.trading import Declared, KillRow, ReconRow
from tests.store.makers import SCHEMA
from tests.store.test_store import FILL, ORDER

LOSS = Limit(Scope.ACCOUNT, "paper", "daily_loss", "5% UTC", action=Action.FLATTEN)
STATE = RiskState(
    Decimal("1000.50"),
    Decimal("1200.10"),
    {"UTC": Day("2026-01-07", Decimal("999.9"))},
    3,
    Decimal("7.5"),
    "2026-01-07",
    (Answer(5, True),),
    (Sent(5, "BTCUSDT.LOCAL", "buy", Decimal("0.10"), None),),
    {"*/drawdown": Acted(Action.KILL, Resume.PERSON, 60, 9, 2, "why")},
)


def given(instance: str = "ema", at_ns: int = 100) -> Any:
    parts = Parts(
        {"id": instance}, {"ema_cross.py": "a" * 64}, {"size": "0.1", "n": 3}, {"kind": "live"},
        {"id": "BTCUSDT.LOCAL"}, limit_part((LOSS,)), (Evidence("sharpe", "1.4", ">=1", True, "run-1"),),
    )  # fmt: skip
    return approve(parts, "Ann", "ready", at_ns)


@pytest.fixture
def raw(store: Store, path: Path) -> Iterator[Any]:
    conn = dbapi2.connect(str(path), isolation_level=None)
    yield conn
    conn.close()


def test_limits_come_back_exactly_and_each_change_is_journalled(store: Store) -> None:
    assert trading.put_limit(store, LOSS, "ann", 5) == "account paper: daily_loss 5% UTC, flatten"
    other = msgspec.structs.replace(LOSS, value="4% UTC", warn=Decimal("0.75"), resume=Resume.AUTO)
    told = trading.put_limit(store, other, "bob", 6)
    assert (
        told
        == "account paper: daily_loss value 5% UTC -> 4% UTC, warn 0.8 -> 0.75, resume person -> auto"
    )
    assert trading.put_limit(store, other, "eve", 7) == ""
    assert trading.limits(store) == [Declared(other, 6, "bob")]
    assert trading.remove_limit(store, *_where(other), "ann", 8) == other
    assert trading.limits(store) == []
    lines = [(line.event, line.who, line.at_ns) for line in store.journal_tail(9, "paper")]
    assert lines == [("limit.remove", "ann", 8), ("limit.set", "bob", 6), ("limit.set", "ann", 5)]
    with pytest.raises(NotFound, match="no limit daily_loss of account paper"):
        trading.remove_limit(store, *_where(other), "ann", 9)


def _where(limit: Limit) -> tuple[Scope, str, str]:
    return limit.scope, limit.key, limit.name


@pytest.mark.parametrize(
    ("scope", "key", "where"),
    [
        (Scope.PORTFOLIO, "USDT", ("", "USDT")),
        (Scope.ACCOUNT, "paper", ("paper", "")),
        (Scope.INSTANCE, "ema", ("paper", "ema")),
    ],
)
def test_a_state_survives_with_every_figure(
    store: Store, path: Path, scope: Scope, key: str, where: tuple[str, str]
) -> None:
    assert trading.state_key(scope, key, "paper") == where
    trading.put_risk_states(store, {where: RiskState(), ("other", ""): RiskState()}, 1)
    trading.put_risk_states(store, {where: STATE}, 2)
    with open_reader(path) as reader:
        assert trading.risk_states(reader) == {where: STATE, ("other", ""): RiskState()}


def test_the_last_approval_counts_and_is_revoked_once(store: Store, ema: Instance) -> None:
    with pytest.raises(NotFound):
        trading.add_approval(store, given())
    store.add_instance(ema, "ann")
    assert trading.approval(store, "ema") is None
    first, second = given(), given(at_ns=200)
    for one in (first, second):
        trading.add_approval(store, one)
    assert trading.approvals(store) == [second, first]
    gone = trading.revoke_approval(store, "ema", "Bob", 300)
    assert trading.approval(store, "ema") == gone
    assert (gone.revoked_ns, gone.revoked_by) == (300, "Bob")
    assert standing(gone, 301) is Standing.REVOKED
    assert standing(first, 301) is Standing.VALID  # by itself; it does not count any more
    with pytest.raises(Refused, match="no approval to revoke"):
        trading.revoke_approval(store, "ema", "Bob", 301)
    lines = [(line.event, line.who) for line in store.journal_tail(9, "ema")][:3]
    assert lines == [("approve.revoke", "Bob"), ("approve", "Ann"), ("approve", "Ann")]


def test_an_approval_does_not_pass_on_to_another_instance_of_its_name(
    store: Store, ema: Instance
) -> None:
    store.add_instance(ema, "ann")
    trading.add_approval(store, given())
    trading.put_risk_states(store, {("paper", "ema"): STATE}, 2)
    store.remove_instance("ema", "ann", 500)
    store.add_instance(ema, "ann")
    assert trading.approval(store, "ema") is None
    assert [one.instance for one in trading.approvals(store)] == ["ema@500"]
    assert trading.risk_states(store).keys() == {("paper", "ema@500")}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE approvals SET expires_ns = expires_ns + 1", "never changes"),
        ("UPDATE approvals SET parts = '{}'", "never changes"),
        ("UPDATE approvals SET who = 'Eve'", "never changes"),
        ("UPDATE approvals SET revoked_ns = 5", "by somebody"),
        ("UPDATE approvals SET revoked_ns = 0, revoked_by = 'Eve'", "by somebody"),
        ("DELETE FROM approvals", "revoked, never deleted"),
        ("UPDATE kills SET reason = 'none'", "never changes"),
        ("UPDATE kills SET cleared_ns = 9", "by somebody"),
        ("DELETE FROM kills", "cleared, never deleted"),
        ("UPDATE fills SET account = 'other'", "a fill never changes"),
        ("INSERT INTO limits VALUES ('desk','x','y','1','1','alert',0,'auto',1,'a')", "CHECK"),
        ("INSERT INTO limits VALUES ('account','x','y','1','1','wink',0,'auto',1,'a')", "CHECK"),
    ],
)
def test_what_was_given_is_kept_against_any_writer(
    store: Store, ema: Instance, raw: Any, statement: str, told: str
) -> None:
    store.add_instance(ema, "ann")
    trading.add_approval(store, given())
    trading.add_kill(store, KillRow("k1", "global", "", "cancel", "test", "Ann", 5))
    store.put_fills([FILL])
    with pytest.raises(dbapi2.IntegrityError, match=told):
        raw.execute(statement)


def test_a_kill_is_written_cleared_and_leaves_its_receipt(store: Store) -> None:
    kill = KillRow("k1", "account", "paper", "flatten", "price is wrong", "Ann", 5)
    trading.add_kill(store, kill)
    trading.add_kill(store, msgspec.structs.replace(kill, reason="twice"))
    trading.put_receipt(store, "k1", {"cancelled": 3})
    assert trading.kills(store, only_held=True) == [
        msgspec.structs.replace(kill, receipt={"cancelled": 3})
    ]
    cleared = trading.clear_kill(store, "k1", "Bob", 9)
    assert (cleared.cleared_ns, cleared.cleared_by) == (9, "Bob")
    assert trading.kills(store) == [cleared] and trading.kills(store, only_held=True) == []
    with pytest.raises(Refused, match="no kill `k1` holds"):
        trading.clear_kill(store, "k1", "Bob", 10)
    assert [line.event for line in store.journal_tail(9, "paper")] == ["kill.clear", "kill"]


def test_a_difference_is_one_row_from_when_it_was_seen_until_it_is_gone(store: Store) -> None:
    one = Difference("A", "position", "A", "0.1", "0.2", 5)
    two = Difference("B", "order", "b-1", "open", "not open", 6)

    def rows() -> list[tuple[object, ...]]:
        found = reversed(trading.recon(store, "main"))
        return [(r.at_ns, r.resolved["subject"], r.ours, r.theirs, r.state) for r in found]

    trading.note_differences(store, "main", [one], ("A",), 10)
    trading.note_differences(store, "main", [one, two], ("A", "B"), 11)
    trading.note_differences(store, "other", [], ("A", "B"), 12)
    assert rows() == [(5, "A", "0.1", "0.2", "differs"), (6, "b-1", "open", "not open", "differs")]
    trading.note_differences(store, "main", [], ("B",), 13)  # nobody looked at A
    assert [row[-1] for row in rows()] == ["differs", "gone"]
    seen = trading.lasting_difference(store, "main", one.key)
    assert seen is not None and trading.lasting_difference(store, "main", two.key) is None
    trading.resolve_recon(store, seen.seq, "resolved", {"subject": "A", "how": "adopt"})
    trading.note_differences(store, "main", [one], ("A",), 14)  # it came back: another one
    assert [row[-1] for row in rows()] == ["resolved", "gone", "differs"]
    assert trading.recon(store, "main")[1].resolved == {"subject": "b-1", "at_ns": 13}


def test_comparisons_are_kept_in_their_order_and_resolved(store: Store) -> None:
    found = [
        ReconRow("paper", at, "BTCUSDT.LOCAL", "position", "0.1", "0.2", "differs") for at in (1, 2)
    ]
    trading.put_recon(store, [*found, msgspec.structs.replace(found[0], account="other")])
    newest = trading.recon(store, "paper")[0]
    trading.resolve_recon(store, newest.seq, "taken over", {"who": "Ann"})
    assert [(one.at_ns, one.state) for one in trading.recon(store, "paper")] == [
        (2, "taken over"), (1, "differs"),
    ]  # fmt: skip
    assert trading.recon(store, "paper", 1)[0].resolved == {"who": "Ann"}
    assert len(trading.recon(store)) == 3


def test_orders_and_fills_know_their_account(store: Store, ema: Instance, raw: Any) -> None:
    store.add_instance(ema, "ann")
    store.put_orders([ORDER])
    store.put_orders([ORDER])
    store.put_fills([FILL])
    for table in ("orders", "fills"):
        assert raw.execute(f"SELECT account FROM {table}").fetchall() == [("paper",)]
    store.remove_instance("ema", "ann", 500)
    assert raw.execute("SELECT account FROM orders").fetchall() == [("paper",)]


def test_a_database_of_the_second_version_learns_the_accounts_of_its_orders(
    path: Path, ema: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlite_utils import Database

    later = ("stop_at", "started_ns", "stop_ns")
    monkeypatch.setattr(records, "RETIRE", ("orders", "fills", "ledgers"))  # as it was then
    monkeypatch.setattr(
        db, "columns", lambda row: {k: v for k, v in columns(row).items() if k not in later}
    )
    conn = connect_writer(path)
    migrations().apply(Database(conn), stop_before="0003")
    conn.execute("PRAGMA user_version=2")
    with Store(path, conn) as old:
        old.put_schema("ema_cross", "aa", SCHEMA.to_plain(), 1)
        for name, at_ns in (("gone", 70), ("ema", 0)):
            old.add_instance(msgspec.structs.replace(ema, id=name), "ann")
            old.put_orders([msgspec.structs.replace(ORDER, id=f"o-{name}", instance=name)])
            old.put_fills([msgspec.structs.replace(FILL, id=f"f-{name}", instance=name)])
            if at_ns:
                old.remove_instance(name, "ann", at_ns)
        old.put_orders([msgspec.structs.replace(ORDER, id="o-x", instance="nobody")])
    with open_store(path) as store:
        trading.put_limit(store, LOSS, "ann", 5)
        assert store.orders("ema", 9) == [msgspec.structs.replace(ORDER, id="o-ema")]
    raw = dbapi2.connect(str(path))
    for table, names in (("orders", ["o-ema", "o-gone", "o-x"]), ("fills", ["f-ema", "f-gone"])):
        found = raw.execute(f"SELECT id, account FROM {table} ORDER BY id").fetchall()
        assert found == [(name, "" if name == "o-x" else "paper") for name in names]
    raw.close()
