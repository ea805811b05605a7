"""Modes, states and health as the one word and ink that every screen uses."""

from typing import Final

from clearedge_tui.core.model import AccountKind, Book, EngineState, Health, Mode
from clearedge_tui.supervisor.protocol import InstanceRow
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.symbols import Symbols

_STATE: Final = {
    EngineState.RUNNING: p.TEXT,
    EngineState.STARTING: p.ACCENT,
    EngineState.RELOADING: p.ACCENT,
    EngineState.STOPPING: p.ACCENT,
    EngineState.PAUSED: p.WARN,
    EngineState.STALLED: p.WARN,
    EngineState.BACKOFF: p.WARN,
    EngineState.FAULTED: p.BAD,
    EngineState.FAILED: p.BAD,
    EngineState.UNKNOWN: p.WARN,
    EngineState.STOPPED: p.DIM,
}
TROUBLE: Final = frozenset(
    {
        EngineState.STALLED,
        EngineState.BACKOFF,
        EngineState.FAULTED,
        EngineState.FAILED,
        EngineState.UNKNOWN,
    }
)


def health(value: Health, symbols: Symbols) -> tuple[str, int]:
    """Return the glyph and its ink; the glyph alone says it too."""
    return {
        Health.OK: (symbols.ok, p.GOOD),
        Health.WARN: (symbols.warn, p.WARN),
        Health.BAD: (symbols.bad, p.BAD),
        Health.IDLE: (symbols.idle, p.DIM),
        Health.UNKNOWN: (symbols.unknown, p.DIM),
    }[value]


def mode_ink(mode: Mode | None, kind: AccountKind) -> int:
    if mode is None:
        return p.WARN
    if mode is Mode.ACTIVE:
        return (p.LIVE if kind is AccountKind.LIVE else p.PAPER) | p.BOLD
    return p.SHADOW if mode is Mode.OBSERVE else p.DIM


def mode_word(row: InstanceRow, symbols: Symbols) -> str:
    """Return what runs; when something else is wanted, `active→observe` (from → to)."""
    if row.actual is None:
        return f"?{symbols.arrow}{row.desired}"
    if row.actual is row.desired:
        live = row.actual is Mode.ACTIVE and row.account_kind is AccountKind.LIVE
        return "LIVE" if live else row.actual.value
    return f"{row.actual}{symbols.arrow}{row.desired}"


def state_ink(state: EngineState) -> int:
    return _STATE[state]


def book_ink(book: Book | None) -> int:
    return {Book.LIVE: p.LIVE, Book.PAPER: p.PAPER, Book.SHADOW: p.SHADOW, None: p.DIM}[book]


def money_ink(value: object) -> int:
    if not isinstance(value, int | float) and not hasattr(value, "is_signed"):
        return p.DIM
    return p.UP if value > 0 else p.DOWN if value < 0 else p.DIM  # type: ignore[operator]  # a number, see above


def in_trouble(row: InstanceRow) -> bool:
    return bool(row.error) or row.state in TROUBLE or row.health in (Health.WARN, Health.BAD)
