"""What trading real money reads and writes in the database: functions over a Reader or the Store.

What a person does (limits, approvals, kills) is journalled in the same transaction. The states of
limits and comparisons with venues are reports of engines, and only stored.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from clearedge_tui.core.approval import Approval
from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_state import RiskState
from clearedge_tui.core.reconcile import Difference
from clearedge_tui.store import rows
from clearedge_tui.store.db import Store
from clearedge_tui.store.reads import Reader


class Declared(msgspec.Struct, frozen=True):
    """A limit, who declared it and when."""

    limit: Limit
    at_ns: int
    who: str


class KillRow(msgspec.Struct, frozen=True):
    """A kill and what became of it. `cleared_ns` 0: it holds. The receipt says what was done."""

    id: str
    scope: str
    key: str
    actions: str
    reason: str
    who: str
    at_ns: int
    cleared_ns: int = 0
    cleared_by: str = ""
    receipt: dict[str, object] = {}


class ReconRow(msgspec.Struct, frozen=True):
    """One figure of ours beside the venue's: of what kind, whether they agree, what was done."""

    account: str
    at_ns: int
    market: str
    kind: str
    ours: str
    theirs: str
    state: str
    resolved: dict[str, object] = {}
    seq: int = 0  # given when it is written


# ---- limits -----------------------------------------------------------------------------------
def limits(reader: Reader) -> list[Declared]:
    """Return what people declared, without the defaults (`core.limits.with_defaults`)."""
    found = reader._all('SELECT * FROM limits ORDER BY scope, "key", name')
    return [
        Declared(msgspec.convert(dict(row), Limit, strict=False), row["at_ns"], row["who"])
        for row in found
    ]


def put_limit(store: Store, limit: Limit, who: str, at_ns: int) -> str:
    """Declare a limit, or change the one of its scope, key and name. Return the change in words.

    Setting the same again is nothing.
    """
    with store.batch():
        before = _limit(store, limit.scope, limit.key, limit.name)
        change = _change(before, limit)
        if not change:
            return ""
        row = rows.columns(limit) | {"at_ns": at_ns, "who": who}
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f":{name}" for name in row)
        sql = f"INSERT OR REPLACE INTO limits ({names}) VALUES ({marks})"  # noqa: S608  # our own names
        store._many(sql, [row])
        store.journal("limit.set", subject(limit.scope, limit.key), who, change, {}, at_ns)
    return change


def remove_limit(store: Store, scope: Scope, key: str, name: str, who: str, at_ns: int) -> Limit:
    """Take a limit away and return it; NotFound when there is none."""
    with store.batch():
        gone = _limit(store, scope, key, name)
        if gone is None:
            raise NotFound(f"no limit {name} of {scope} {key}; see them with: clearedge limit list")
        store._run(
            'DELETE FROM limits WHERE scope = ? AND "key" = ? AND name = ?', scope, key, name
        )
        text = f"{name} {gone.value} is taken away"
        store.journal("limit.remove", subject(scope, key), who, text, {}, at_ns)
    return gone


def subject(scope: Scope, key: str) -> str:
    """Return what the journal files a limit under: the account or instance, else its scope."""
    return key if scope is not Scope.PORTFOLIO and key != "*" else scope.value


def _limit(reader: Reader, scope: Scope, key: str, name: str) -> Limit | None:
    sql = 'SELECT * FROM limits WHERE scope = ? AND "key" = ? AND name = ?'
    row = reader._one(sql, (scope, key, name))
    return None if row is None else msgspec.convert(dict(row), Limit, strict=False)


def _change(before: Limit | None, after: Limit) -> str:
    where = f"{after.scope} {after.key}: {after.name}"
    if before is None:
        return f"{where} {after.value}, {after.action}"
    was, is_ = (msgspec.to_builtins(one) for one in (before, after))
    parts = [f"{name} {was[name]} -> {is_[name]}" for name in was if was[name] != is_[name]]
    return f"{where} {', '.join(parts)}" if parts else ""


# ---- states of limits -------------------------------------------------------------------------
def state_key(scope: Scope, key: str, account: str) -> tuple[str, str]:
    """Return where the state of a portfolio, an account or an instance is kept."""
    match scope:
        case Scope.PORTFOLIO:
            return "", key
        case Scope.ACCOUNT:
            return key, ""
        case Scope.INSTANCE:
            return account, key


def risk_states(reader: Reader) -> dict[tuple[str, str], RiskState]:
    """Return every state by `state_key`."""
    return {
        (row["account"], row["instance"]): msgspec.json.decode(row["state"], type=RiskState)
        for row in reader._all("SELECT * FROM risk_states")
    }


def put_risk_states(store: Store, states: Mapping[tuple[str, str], RiskState], at_ns: int) -> None:
    found = [
        {"account": account, "instance": instance, "state": rows.to_json(state), "at_ns": at_ns}
        for (account, instance), state in states.items()
    ]
    sql = "INSERT OR REPLACE INTO risk_states VALUES (:account, :instance, :state, :at_ns)"
    store._many(sql, found)


# ---- approvals --------------------------------------------------------------------------------
def approvals(reader: Reader, instance: str = "") -> list[Approval]:
    """Return approvals, newest first; of one instance when it is named."""
    where, values = ("WHERE instance = ?", (instance,)) if instance else ("", ())
    sql = f"SELECT * FROM approvals {where} ORDER BY at_ns DESC, rowid DESC"  # noqa: S608  # two fixed texts
    return [_approval(row) for row in reader._all(sql, values)]


def approval(reader: Reader, instance: str) -> Approval | None:
    """Return the approval that counts for an instance: the last one given, whatever it is worth."""
    return next(iter(approvals(reader, instance)), None)


def add_approval(store: Store, given: Approval, login: str = "") -> None:
    """Write down an approval and whose login it came from; the ones before no longer count."""
    row = rows.columns(given) | {"parts": rows.to_json(given.parts)}
    with store.batch():
        store.instance(given.instance)
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        store._many(f"INSERT INTO approvals ({names}) VALUES ({marks})", [row])  # noqa: S608  # our own names
        text = f"approved until {iso(given.expires_ns)} UTC"
        grounds = f"override: {given.parts.override}" if given.parts.override else ", ".join(
            f"{one.name} {one.value} ({one.run})" for one in given.parts.evidence
        )  # fmt: skip
        payload = {
            "id": given.id,
            "digest": given.digest,
            "reason": given.reason,
            "login": login,
        }
        store.journal(
            "approve", given.instance, given.who, f"{text}; {grounds}", payload, given.at_ns
        )


def revoke_approval(store: Store, instance: str, who: str, at_ns: int, login: str = "") -> Approval:
    """End the approval that counts. Refused when there is none that could be ended."""
    with store.batch():
        last = approval(store, instance)
        if last is None or last.revoked_ns:
            raise Refused(f"{instance} has no approval to revoke; see: clearedge approve show")
        sql = "UPDATE approvals SET revoked_ns = ?, revoked_by = ? WHERE id = ?"
        store._run(sql, at_ns, who, last.id)
        payload = {"id": last.id, "login": login}
        store.journal("approve.revoke", instance, who, "approval revoked", payload, at_ns)
    return msgspec.structs.replace(last, revoked_ns=at_ns, revoked_by=who)


def _approval(row: Any) -> Approval:
    flat = {**dict(row), "parts": rows.from_json(row["parts"])}
    return msgspec.convert(flat, Approval)


# ---- kills ------------------------------------------------------------------------------------
def kills(reader: Reader, only_held: bool = False) -> list[KillRow]:
    """Return kills, newest first; those that still hold when asked for them."""
    where = "WHERE cleared_ns = 0" if only_held else ""
    found = reader._all(f"SELECT * FROM kills {where} ORDER BY at_ns DESC, rowid DESC")  # noqa: S608  # fixed texts
    return [
        msgspec.convert({**dict(row), "receipt": rows.from_json(row["receipt"])}, KillRow)
        for row in found
    ]


def add_kill(store: Store, kill: KillRow) -> None:
    """Write down a kill; one that is there already stays as it is."""
    row = rows.columns(kill) | {"receipt": rows.to_json(kill.receipt)}
    with store.batch():
        if store._one("SELECT 1 FROM kills WHERE id = ?", (kill.id,)):
            return
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f":{name}" for name in row)
        store._many(f"INSERT INTO kills ({names}) VALUES ({marks})", [row])  # noqa: S608  # our own names
        text = f"{kill.scope} {kill.key}".strip() + f": {kill.actions}; {kill.reason}"
        store.journal("kill", kill.key or kill.scope, kill.who, text, {"id": kill.id}, kill.at_ns)


def put_receipt(store: Store, kill_id: str, receipt: Mapping[str, object]) -> None:
    """Say what a kill did; the last word counts."""
    store._run("UPDATE kills SET receipt = ? WHERE id = ?", rows.to_json(dict(receipt)), kill_id)


def clear_kill(store: Store, kill_id: str, who: str, at_ns: int) -> KillRow:
    """End a kill. Refused when it is not there or was cleared before."""
    with store.batch():
        found = next((one for one in kills(store, only_held=True) if one.id == kill_id), None)
        if found is None:
            raise Refused(f"no kill `{kill_id}` holds")
        store._run(
            "UPDATE kills SET cleared_ns = ?, cleared_by = ? WHERE id = ?", at_ns, who, kill_id
        )
        where = found.key or found.scope
        store.journal(
            "kill.clear", where, who, f"{found.scope} {found.key}".strip(), {"id": kill_id}, at_ns
        )
    return msgspec.structs.replace(found, cleared_ns=at_ns, cleared_by=who)


# ---- comparisons with a venue -----------------------------------------------------------------
def put_recon(store: Store, found: Sequence[ReconRow]) -> None:
    names = [name for name in ReconRow.__struct_fields__ if name != "seq"]
    values = [rows.columns(one) | {"resolved": rows.to_json(one.resolved)} for one in found]
    marks = ", ".join(f":{name}" for name in names)
    store._many(f"INSERT INTO recon ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608  # our own names


def note_differences(
    store: Store, account: str, found: Sequence[Difference], looked: Collection[str], at_ns: int
) -> None:
    """Write down which differences are new, and which are gone on the markets that were looked at."""
    now = {one.key: one for one in found}
    with store.batch():
        for row in _lasting(store, account):
            key = (row.market, row.kind, str(row.resolved.get("subject", "")))
            if now.pop(key, None) is None and row.market in looked:
                resolve_recon(store, row.seq, "gone", {**row.resolved, "at_ns": at_ns})
        put_recon(store, [_seen(account, one, at_ns) for one in now.values()])


def lasting_difference(reader: Reader, account: str, key: tuple[str, str, str]) -> ReconRow | None:
    """Return the row of a difference that nobody has settled."""
    for row in _lasting(reader, account):
        if (row.market, row.kind, row.resolved.get("subject")) == key:
            return row
    return None


def _lasting(reader: Reader, account: str) -> list[ReconRow]:
    return [row for row in recon(reader, account, 1000) if row.state == "differs"]


def _seen(account: str, one: Difference, at_ns: int) -> ReconRow:
    since, about = one.since_ns or at_ns, dict[str, object](subject=one.subject)
    return ReconRow(account, since, one.market, one.kind, one.ours, one.theirs, "differs", about)


def resolve_recon(store: Store, seq: int, state: str, resolved: Mapping[str, object]) -> None:
    """Say what became of a difference."""
    sql = "UPDATE recon SET state = ?, resolved = ? WHERE seq = ?"
    store._run(sql, state, rows.to_json(dict(resolved)), seq)


def recon(reader: Reader, account: str = "", limit: int = 200) -> list[ReconRow]:
    """Return comparisons, newest first; of one account when it is named."""
    sql = "SELECT * FROM recon WHERE ? IN ('', account) ORDER BY seq DESC LIMIT ?"
    return [
        msgspec.convert({**dict(row), "resolved": rows.from_json(row["resolved"])}, ReconRow)
        for row in reader._all(sql, (account, limit))
    ]
