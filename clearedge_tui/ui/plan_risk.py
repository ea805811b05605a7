"""Limits and approvals as rows: what is allowed, what is used, who holds what back. Least room first."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.limits_values import KINDS
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.grid import Cell, Col, Line, Row, bar
from clearedge_tui.ui.look import Look

BAR: Final = 10
STALE_S: Final = 5.0
COLUMNS: Final = (
    Col("STATE", 8),
    Col("OF", 19, grow=True),
    Col("LIMIT", 18),
    Col("NOW", 11, right=True, least=76),
    Col("AT MOST", 11, right=True),
    Col("USED", BAR, least=100),
    Col("", 6, right=True),
    Col("LEFT", 11, right=True, least=110),
    Col("ACTION", 11, least=92),
    Col("HELD BY", 34, least=140, grow=True),
    Col("AGE", 6, right=True, least=120),
)
APPROVALS: Final = (
    Col("STATE", 14),
    Col("INSTANCE", 20, grow=True),
    Col("BY", 14),
    Col("LEFT", 8, right=True),
    Col("GROUNDS", 26, least=96, grow=True),
    Col("WHAT DIFFERS", 30, least=130, grow=True),
)
_STATES: Final = {"breach": 0, "unknown": 2, "warn": 1, "ok": 3, "declared": 4}
_INK: Final = {
    "breach": p.BAD | p.BOLD, "warn": p.WARN, "ok": p.GOOD, "unknown": p.WARN, "declared": p.DIM,
}  # fmt: skip


class Limited(msgspec.Struct, frozen=True):
    """One limit on one portfolio, account or instance, as it is answered."""

    scope: str
    key: str
    name: str
    value: str
    state: str = "unknown"
    text: str = ""
    account: str = ""
    now: Decimal | None = None
    allowed: Decimal = Decimal(0)
    headroom: Decimal | None = None
    used: Decimal | None = None
    warn: Decimal = Decimal("0.8")
    action: str = "alert"
    resume: str = "person"
    held: str = ""
    age_s: float | None = None
    cooldown_s: int = 0

    @property
    def id(self) -> str:
        return f"{self.scope} {self.key} {self.name}"


def read(found: object) -> list[Limited]:
    """Return an answer of `risk.list`. Raises ValidationError when it is none."""
    return msgspec.convert(found or [], list[Limited], strict=False)


def declared(found: Iterable[dict[str, Any]], live: Sequence[Limited]) -> list[Limited]:
    """Return what is declared and no gateway speaks of: nobody runs that it would hold."""
    told = {(one.scope, one.key, one.name) for one in live}
    ruled = {(one.scope, one.name) for one in live}
    out = []
    for row in found:
        key = (str(row["scope"]), str(row["key"]), str(row["name"]))
        if key in told or (key[1] == "all" and (key[0], key[2]) in ruled):
            continue
        limit = msgspec.convert({**row, "state": "declared"}, Limited, strict=False)
        out.append(limit)
    return out


def as_declared(one: Limited, found: Iterable[dict[str, Any]]) -> Limited:
    """Return a limit with the cooldown of its declaration, which its figures do not tell."""
    same = [row for row in found if (row["scope"], row["name"]) == (one.scope, one.name)]
    own = next((row for row in same if row["key"] == one.key), None)
    row = own or next((row for row in same if row["key"] == "all"), {})
    return msgspec.structs.replace(one, cooldown_s=int(row.get("cooldown_s") or 0))


def tightest(limits: Iterable[Limited]) -> list[Limited]:
    """Return limits by what is left of them: broken first, then the least headroom."""

    def order(one: Limited) -> tuple[bool, int, Decimal, str]:
        share = -one.used if one.used is not None else Decimal(0)
        rank = 0 if one.state in ("breach", "warn", "ok") and one.used is not None else 1
        first = 0 if one.state == "breach" else 1
        return not one.held and first == 1, first + rank * 2 + _rank(one), share, one.id

    return sorted(limits, key=order)


def _rank(one: Limited) -> int:
    return 0 if one.used is not None else _STATES.get(one.state, 5)


def rows(limits: Iterable[Limited], kills: Sequence[KillRow], look: Look) -> list[Row]:
    """Return what is killed, then every limit."""
    return [*(_kill(one) for one in kills), *(_row(one, look) for one in tightest(limits))]


def _kill(one: KillRow) -> Row:
    text = f"KILLED {one.what}: {one.action}   {one.confirmed} of {one.lines} confirmed"
    text += f"   NO ANSWER from {', '.join(one.awaited)}" if one.awaited else ""
    ink = p.BAD | p.BOLD
    return Row(f"kill {one.scope}.{one.key}", ((text, ink),), ((text, ink),), title=True)


def _row(one: Limited, look: Look) -> Row:
    ink = _INK.get(one.state, p.WARN)
    old = one.age_s is not None and one.age_s > STALE_S
    plain = p.DIM if old else p.TEXT
    say = _Said(one, look.hide_money)
    share = f"{one.used * 100:.0f} %" if one.used is not None else "–"
    drawn = (
        bar(float(one.used), BAR, look.symbols.full, look.symbols.empty)
        if one.used is not None
        else ""
    )
    about: list[Line] = [(one.text or f"{one.name} of {one.scope} {one.key}: {one.value}", plain)]
    if one.held:
        about.append((f"HOLDS NEW RISK BACK: {one.held}; c ends it", p.BAD | p.BOLD))
    kind = KINDS.get(one.name)
    then = "a person ends it" if one.resume == "person" else "it ends by itself"
    about.append(
        (
            f"{kind.about if kind else one.name}; warned from {one.warn * 100:.0f} % on; {one.action}, {then}",
            p.DIM,
        )
    )
    if one.state == "declared":
        about.append(("declared; nothing runs that it would hold back, so it has no figure", p.DIM))
    cells: tuple[Cell, ...] = (
        (one.state, ink), (clean_text(f"{one.scope} {one.key}"), p.BRIGHT), (one.name, plain),
        (say(one.now), plain), (say(one.allowed) if one.allowed else one.value, plain),
        (drawn, ink), (share, ink), (say(one.headroom), plain), (one.action, p.DIM),
        (one.held, p.BAD | p.BOLD), (f.duration(one.age_s), p.WARN if old else p.DIM),
    )  # fmt: skip
    return Row(one.id, cells, tuple(about), words=f"{one.account} {one.text}")


class _Said:
    """Numbers of a limit in its unit; unknown is a dash, never a zero."""

    def __init__(self, one: Limited, hide: bool) -> None:
        kind = KINDS.get(one.name)
        self._unit = kind.unit if kind else "count"
        if "%" in one.value and self._unit in ("money", "share"):
            self._unit = "share"
        self._hide = hide

    def __call__(self, number: Decimal | None) -> str:
        if number is None:
            return "–"
        if not number.is_finite():
            return "no bound"
        match self._unit:
            case "share":
                return f"{number * 100:.2f} %"
            case "money":
                return f.amount(number, self._hide)
            case "seconds":
                return f.duration(float(number))
            case "times":
                return f"{number:.2f}×"
        return f.number(number)


# ---- approvals ----------------------------------------------------------------------------------
class Approved(msgspec.Struct, frozen=True):
    """An approval as it is answered, with what it is worth now."""

    instance: str
    who: str
    reason: str = ""
    at_ns: int = 0
    expires_ns: int = 0
    standing: str = ""
    holds: bool = False
    why_not: list[str] = []
    parts: dict[str, Any] = {}


def approval_rows(found: Iterable[Approved], wanting: Iterable[str], now_ns: int) -> list[Row]:
    """Return approvals, the soonest to end first; `wanting` are live instances without one."""
    approvals = sorted(found, key=lambda a: (a.holds, a.expires_ns, a.instance))
    known = {one.instance for one in approvals}
    missing = [_missing(name) for name in sorted(set(wanting) - known)]
    return missing + [_approval(one, now_ns) for one in approvals]


def _missing(name: str) -> Row:
    cells: tuple[Cell, ...] = (
        ("not approved", p.WARN), (clean_text(name), p.BRIGHT), ("–", p.DIM), ("–", p.DIM), ("", p.DIM), ("", p.DIM),
    )  # fmt: skip
    said = f"{name} trades no real money until a person approves it: a"
    return Row(f"approval {name}", cells, ((said, p.WARN),))


def _approval(one: Approved, now_ns: int) -> Row:
    left_s = (one.expires_ns - now_ns) / 1e9
    left = (
        f"{left_s / 86_400:.0f} d"
        if left_s > 172_800
        else f.duration(left_s)
        if left_s > 0
        else "over"
    )
    ink = p.GOOD if one.holds else p.BAD
    soon = p.WARN if 0 < left_s < 3 * 86_400 else p.TEXT
    override = str(one.parts.get("override") or "")
    evidence = one.parts.get("evidence") or []
    grounds = f"OVERRIDE: {override}" if override else ", ".join(
        f"{e.get('name')} {e.get('value')} ({e.get('run')})" for e in evidence
    )  # fmt: skip
    differs = "; ".join(one.why_not)
    about: list[Line] = [
        (f"{one.instance}: {'holds' if one.holds else 'DOES NOT HOLD'}, by {one.who}, {f.moment(one.at_ns)} UTC", ink),
        (f"until {f.moment(one.expires_ns)} UTC   {grounds}   {one.reason}", p.WARN if override else p.TEXT),
        *((why, p.BAD) for why in one.why_not),
    ]  # fmt: skip
    cells: tuple[Cell, ...] = (
        ("holds" if one.holds else one.standing if one.standing != "valid" else "DIFFERS", ink),
        (clean_text(one.instance), p.BRIGHT), (clean_text(one.who), p.TEXT), (left, soon if one.holds else p.DIM),
        (clean_text(grounds), p.WARN if override else p.TEXT), (clean_text(differs), p.BAD),
    )  # fmt: skip
    return Row(f"approval {one.instance}", cells, tuple(about), words=one.standing)
