"""Accounts as rows: can it trade, what does it hold, what does its venue say. Unknown stays unknown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from clearedge_tui.core.model import AccountKind, EngineState, Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import AccountRow, InstanceRow, VenueSeen
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.grid import Cell, Col, Line, Row
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words

COLUMNS: Final = (
    Col("ACCOUNT", 13, grow=True),
    Col("KIND", 5),
    Col("VENUE", 12, least=84),
    Col("READY", 19, least=120),
    Col("STATE", 9),
    Col("MODES", 14, least=96),
    Col("EQUITY", 13, right=True),
    Col("BALANCE", 13, right=True, least=150),
    Col("AGE", 6, right=True),
    Col("LINKS", 6, right=True, least=72),
    Col("AUDITOR", 9, least=130),
    Col("CLOCK", 8, right=True, least=140),
    Col("LATENCY", 8, right=True, least=110),
    Col("P50/P95", 12, right=True, least=170),
    Col("DIFFER", 11),
)
CHECKS: Final = (
    Col("STATE", 8),
    Col("WHAT", 15),
    Col("SAID", 30, grow=True),
    Col("AGE", 8, right=True),
)
DIFFERENCES: Final = (
    Col("KIND", 8), Col("MARKET", 20), Col("SUBJECT", 20, grow=True, least=100),
    Col("OURS", 18, right=True), Col("THE VENUE'S", 18, right=True), Col("SINCE", 7, right=True),
)  # fmt: skip
DECISIONS: Final = (
    Col("SEEN", 16), Col("SUBJECT", 18, grow=True), Col("OURS", 12), Col("VENUE'S", 14),
    Col("ENDED", 9), Col("WHEN", 16, least=100), Col("INTO", 14, least=120), Col("BY", 12, least=110),
)  # fmt: skip
STALE_S: Final = 5.0
_STATE: Final = {"ok": p.GOOD, "warn": p.WARN, "bad": p.BAD | p.BOLD, "unknown": p.WARN}
_UP: Final = ("connected", "active", "open", "up", "ready", "subscribed", "authenticated")
_SKEW_MS: Final = 1000.0


class Check(msgspec.Struct, frozen=True):
    name: str
    state: str
    text: str
    at_ns: int = 0


class Ready(msgspec.Struct, frozen=True):
    """Whether an account could trade, as `account.readiness` answers it."""

    account: str
    state: str = "unknown"
    missing: list[str] = []
    checks: list[Check] = []


def rows(
    accounts: Iterable[AccountRow],
    instances: Sequence[InstanceRow],
    ready: Mapping[str, Ready],
    look: Look,
    now_ns: int,
) -> list[Row]:
    """Return one row an account, real money first."""
    found = sorted(accounts, key=lambda a: (a.kind is not AccountKind.LIVE, a.name))
    return [
        _row(
            one, [r for r in instances if r.account == one.name], ready.get(one.name), look, now_ns
        )
        for one in found
    ]


def _row(
    one: AccountRow, own: Sequence[InstanceRow], ready: Ready | None, look: Look, now_ns: int
) -> Row:
    live = one.kind is AccountKind.LIVE
    name = p.LIVE | p.BOLD if live else p.BRIGHT
    age_s = (now_ns - one.heard_ns) / 1e9 if one.heard_ns else None
    old = age_s is None or age_s > STALE_S
    money = p.DIM if old else p.TEXT
    state: Cell = (str(one.state), p.BAD if one.error else words.state_ink(one.state))
    known = one.heard_ns > 0
    cells: tuple[Cell, ...] = (
        (clean_text(one.name), name), ("LIVE" if live else "paper", name if live else p.DIM),
        (one.venue or one.feed, p.TEXT), _ready(ready), state, (modes(own), p.TEXT),
        (f"{f.amount(one.equity if known else None, look.hide_money)}", money),
        (f"{f.amount(one.balance if known else None, look.hide_money)}", money),
        (f.duration(age_s), p.WARN if old and one.state is EngineState.RUNNING else p.DIM),
        *_venue_cells(one.seen, now_ns),
    )  # fmt: skip
    return Row(one.name, cells, tuple(about(one, ready, now_ns)), words=f"{one.kind} {one.error}")


def modes(own: Sequence[InstanceRow]) -> str:
    """Return how many instances act, observe and are off."""
    counts = [sum(row.actual is mode for row in own) for mode in (Mode.ACTIVE, Mode.OBSERVE)]
    off = len(own) - sum(counts)
    parts = zip([*counts, off], ("act", "obs", "off"), strict=True)
    return " ".join(f"{n} {name}" for n, name in parts if n) or "none"


def _ready(ready: Ready | None) -> Cell:
    if ready is None:
        return "unknown", p.DIM
    ink = {"configured": p.GOOD, "disabled": p.DIM}.get(ready.state, p.BAD)
    return ready.state, ink


def _up(state: str) -> bool:
    return state.lower() in _UP


def _venue_cells(seen: VenueSeen | None, now_ns: int) -> list[Cell]:
    if seen is None:
        return [("–", p.DIM)] * 6
    up = sum(_up(state) for state in seen.links.values())
    links: Cell = (f"{up}/{len(seen.links)}", p.GOOD if up == len(seen.links) else p.BAD)
    auditor = (str(seen.auditor), p.BAD if seen.auditor_error else words.state_ink(seen.auditor))
    wrong = seen.skew_ms is not None and abs(seen.skew_ms) >= _SKEW_MS
    skew = f"{seen.skew_ms:+.0f} ms" if seen.skew_ms is not None else "unknown"
    last = f"{seen.latency_ms:.0f} ms" if seen.latency_ms is not None else "unknown"
    spread = "–"
    if seen.p50_ms is not None and seen.p95_ms is not None:
        spread = f"{seen.p50_ms:.0f}/{seen.p95_ms:.0f} ms"
    return [
        links if seen.links else ("none", p.WARN),
        auditor,
        (skew, p.BAD if wrong else p.DIM),
        (last, p.DIM if seen.latency_ms is None else p.TEXT),
        (spread, p.DIM),
        differ(seen, now_ns),
    ]


def differ(seen: VenueSeen, now_ns: int) -> Cell:
    """Return the last comparison in a cell: how many differ, or how old the equality is."""
    if not seen.compared_ns:
        return "never", p.WARN
    if seen.differences:
        return f"{seen.differences} DIFFER", p.BAD | p.BOLD
    age = f.duration((now_ns - seen.compared_ns) / 1e9)
    return (f"? {age}", p.WARN) if seen.compared_error else (f"equal {age}", p.GOOD)


def about(one: AccountRow, ready: Ready | None, now_ns: int) -> list[Line]:
    lines: list[Line] = []
    if one.error:
        lines.append((one.error, p.BAD))
    if ready is not None and ready.missing:
        lines.append((f"missing: {', '.join(ready.missing)}; clearedge secret set NAME", p.BAD))
    seen = one.seen
    if seen is not None:
        lines += _told(seen, now_ns)
    feed = f"{one.feed} {one.speed:g}×" if one.feed != "venue" else f"hears {one.venue}"
    ticks = one.ticks.text() or "no tick yet"
    stored = f"   : speed {one.name} N   : rewind {one.name}" if one.feed != "venue" else ""
    return [*lines, (f"{feed}; {ticks}{stored}", p.DIM)]


def _told(seen: VenueSeen, now_ns: int) -> list[Line]:
    """Return what the venue said: rights first when they are dangerous."""
    lines: list[Line] = []
    if any("withdraw" in one for one in seen.rights or ()):
        lines.append(("THE KEY MAY WITHDRAW: make one without that right", p.BAD | p.BOLD))
    rights = ", ".join(seen.rights) if seen.rights is not None else "unknown"
    asked = f.duration((now_ns - seen.asked_ns) / 1e9) + " ago" if seen.asked_ns else "never"
    lines.append(
        (f"the venue was heard by the second client {asked}; the key may: {rights}", p.TEXT)
    )
    if seen.auditor_error:
        lines.append((f"auditor: {seen.auditor_error}", p.BAD))
    links = "  ".join(f"{name} {state}" for name, state in sorted(seen.links.items()))
    lines.append((f"links: {links or 'none'}", p.TEXT if seen.links else p.WARN))
    if seen.balances:
        held = "  ".join(
            f"{name} {f.number(value)}" for name, value in sorted(seen.balances.items())
        )
        lines.append((f"the venue says: {held}", p.TEXT))
    if seen.wallet:
        lines.append((seen.wallet, p.TEXT if seen.wallet.startswith("balance agreed") else p.WARN))
    return lines


# ---- one account ----------------------------------------------------------------------------------
def check_rows(ready: Ready | None, now_ns: int, about: Sequence[Line] = ()) -> list[Row]:
    """Return the checks of an account, what is wrong first; `about` is told of the whole."""
    if ready is None:
        return []
    order = ("bad", "warn", "unknown", "ok")
    state: Cell = _ready(ready)
    said = f"missing: {', '.join(ready.missing)}" if ready.missing else "its entry in accounts.toml"
    cells: tuple[Cell, ...] = (
        ("", p.DIM), ("readiness", p.BRIGHT), (f"{state[0]}   {said}", state[1]), ("", p.DIM),
    )  # fmt: skip
    out = [Row("readiness", cells, tuple(about))]
    for one in sorted(ready.checks, key=lambda c: order.index(c.state) if c.state in order else 2):
        ink = _STATE.get(one.state, p.WARN)
        age = f.duration((now_ns - one.at_ns) / 1e9) if one.at_ns else "never"
        cells = (
            (one.state, ink), (one.name, p.BRIGHT), (one.text, ink if one.state == "bad" else p.TEXT), (age, p.DIM),
        )  # fmt: skip
        out.append(Row(one.name, cells, ((one.text, ink),)))
    return out


_WAYS = (
    "a adopts it into an instance   x marks it as somebody else's   F trades it away (typed account)",
    "a takes the venue's balance as agreed",
)


def difference_rows(found: Iterable[Mapping[str, Any]], now_ns: int) -> list[Row]:
    """Return differences with both numbers; each blocks entries on its market."""
    out = []
    for one in found:
        since = int(one.get("since_ns") or 0)
        age = f.duration((now_ns - since) / 1e9) if since else "–"
        kind, market, subject = str(one["kind"]), str(one["market"]), str(one["subject"])
        about = (
            (f"{kind} {subject} on {market}: ours {one['ours']}, the venue's {one['theirs']}, for {age}", p.BAD),
            ("nothing is entered there until it is settled or goes away", p.WARN),
            (_WAYS[kind == "balance"], p.DIM),
        )  # fmt: skip
        cells: tuple[Cell, ...] = (
            (kind, p.BAD), (market, p.BRIGHT), (subject, p.TEXT), (str(one["ours"]), p.TEXT),
            (str(one["theirs"]), p.BAD | p.BOLD), (age, p.WARN),
        )  # fmt: skip
        out.append(Row(f"{market}\t{kind}\t{subject}", cells, about))
    return out


def decision_rows(found: Iterable[Mapping[str, Any]]) -> list[Row]:
    out = []
    for one in found:
        resolved = one.get("resolved") or {}
        how = str(resolved.get("how") or one.get("state") or "")
        cells: tuple[Cell, ...] = (
            (f.moment(int(one.get("at_ns") or 0)), p.DIM),
            (f"{one.get('kind')} {resolved.get('subject') or one.get('market')}", p.BRIGHT),
            (str(one.get("ours") or ""), p.TEXT), (str(one.get("theirs") or ""), p.TEXT),
            (how, p.WARN if how == "differs" else p.ACCENT),
            (f.moment(int(resolved["at_ns"])) if resolved.get("at_ns") else "", p.DIM),
            (str(resolved.get("instance") or ""), p.TEXT), (str(resolved.get("who") or ""), p.DIM),
        )  # fmt: skip
        out.append(Row(f"{one.get('seq')} {one.get('at_ns')}", cells))
    return out
