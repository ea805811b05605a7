"""Comparing two files, what is expected and what was observed, in the form that ops-lab uses.

Numbers are compared as numbers and shown as they were written. The worst check decides: ok, then
warning, then unknown, then mismatch. A moment that is yet to come is no fresh one: it is unknown.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.errors import UsageError

_RANKS = ("ok", "warning", "unknown", "mismatch")
_MOST_BYTES = 4_000_000
_FUTURE_S = 5.0  # two machines' clocks may differ by so much


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    symbol: str
    side: str  # long | short | flat
    qty: str
    avg_entry_price: str | None = None


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_id: str
    symbol: str
    side: str
    type: str
    qty: str
    price: str | None = None
    time_in_force: str | None = None
    status: str | None = None


class Freshness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position_ts_utc: str
    orders_ts_utc: str
    max_age_seconds: int


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One side of the comparison, as its file says it."""

    schema_version: str
    run_id: str
    as_of_utc: str
    position: Held
    open_orders: tuple[Open, ...] = ()
    freshness: Freshness | None = None
    notes: str | None = None


class Check(msgspec.Struct, frozen=True):
    name: str
    severity: str
    matched: bool
    details: tuple[str, ...] = ()


class FilesCompared(msgspec.Struct, frozen=True):
    run_id: str
    status: str
    passed: bool
    checks: tuple[Check, ...]

    @property
    def text(self) -> str:
        said = "; ".join(detail for check in self.checks for detail in check.details)
        return f"{self.status}" + (f": {said}" if said else ": position, orders and times agree")


def check_files(expected: Path, observed: Path, now_ns: int) -> FilesCompared:
    """Compare two files. Raises UsageError for what is no such file, or of another run."""
    ours, theirs = _read(expected), _read(observed)
    if ours.run_id != theirs.run_id:
        raise UsageError(
            f"{observed} is of run {theirs.run_id}, and {expected} of run {ours.run_id}"
        )
    return check(ours, theirs, now_ns)


def check(ours: Statement, theirs: Statement, now_ns: int) -> FilesCompared:
    checks = (_position(ours, theirs), _orders(ours, theirs), _fresh(ours, theirs, now_ns))
    worst = max((one.severity for one in checks), key=_RANKS.index)
    return FilesCompared(ours.run_id, worst, worst in ("ok", "warning"), checks)


def _read(path: Path) -> Statement:
    try:
        raw = path.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise UsageError(f"{path} is larger than {_MOST_BYTES:,} bytes")
        found = msgspec.json.decode(raw, type=Statement)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path}: {error}; wanted a statement of position and orders") from None
    if found.schema_version != "v1":
        raise UsageError(f"{path}: schema_version {found.schema_version}; wanted v1")
    return found


def _number(text: str | None) -> Decimal | None:
    try:
        found = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _position(ours: Statement, theirs: Statement) -> Check:
    one, other = ours.position, theirs.position
    for held in (one, other):
        flat = held.side == "flat"
        if _number(held.qty) is None or held.side not in ("long", "short", "flat"):
            return Check("position", "unknown", False, (f"position {held.side} {held.qty}",))
        if flat != (_number(held.qty) == 0) or (flat and held.avg_entry_price is not None):
            return Check("position", "unknown", False, (f"a {held.side} position of {held.qty}",))
    told = tuple(
        f"position {name}: ours {a}, theirs {b}"
        for name, a, b in (
            ("symbol", one.symbol, other.symbol),
            ("side", one.side, other.side),
            ("qty", one.qty, other.qty),
            ("avg_entry_price", one.avg_entry_price, other.avg_entry_price),
        )
        if _differ(name, a, b)
    )
    return Check("position", "mismatch" if told else "ok", not told, told)


def _differ(name: str, a: str | None, b: str | None) -> bool:
    if name in ("qty", "price", "avg_entry_price"):
        return _number(a) != _number(b)
    return a != b


def _orders(ours: Statement, theirs: Statement) -> Check:
    mine = {one.order_id: one for one in ours.open_orders}
    there = {one.order_id: one for one in theirs.open_orders}
    if len(mine) != len(ours.open_orders) or len(there) != len(theirs.open_orders):
        return Check("open_orders", "unknown", False, ("an order id stands there twice",))
    told = [f"order {key} is not there" for key in mine.keys() - there.keys()]
    told += [f"order {key} is not ours" for key in there.keys() - mine.keys()]
    for key in sorted(mine.keys() & there.keys()):
        a, b = mine[key], there[key]
        for name in ("symbol", "side", "type", "qty", "price", "time_in_force", "status"):
            left, right = getattr(a, name), getattr(b, name)
            optional = name in ("time_in_force", "status")
            if optional and (left is None or right is None):
                continue
            if _differ(name, left, right):
                told.append(f"order {key} {name}: ours {left}, theirs {right}")
    return Check("open_orders", "mismatch" if told else "ok", not told, tuple(sorted(told)))


def _fresh(ours: Statement, theirs: Statement, now_ns: int) -> Check:
    fresh = theirs.freshness or ours.freshness
    if fresh is None:
        return Check("freshness", "unknown", False, ("how fresh it is was not said",))
    now = to_datetime(now_ns)
    told, ahead = [], False
    for name, text in (("position", fresh.position_ts_utc), ("orders", fresh.orders_ts_utc)):
        age = _age_s(text, now)
        if age is None or age < -_FUTURE_S:
            ahead = True
            told.append(f"{name} of {text}: {'no time' if age is None else 'yet to come'}")
        elif age > fresh.max_age_seconds:
            told.append(f"{name} is {age:.0f} s old; at most {fresh.max_age_seconds}")
    severity = "unknown" if ahead else "warning" if told else "ok"
    return Check("freshness", severity, not ahead, tuple(told))


def _age_s(text: str, now: datetime) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return (now - moment).total_seconds()


def as_plain(found: FilesCompared) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain | {"pass": found.passed}
