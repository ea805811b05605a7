"""Which lines of the home's journal belong into the journal of a session, and under which name."""

from collections.abc import Mapping

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import events
from clearedge_tui.runs.sessions import SessionSpec

_NAMES = {
    "instance.mode": events.MODE_CHANGED,
    "mode.lowered": events.MODE_CHANGED,
    "instance.set": events.DECLARATION_CHANGED,
    "instance.policy": events.DECLARATION_CHANGED,
    "approve.give": events.APPROVAL_CHANGED,
    "approve.revoke": events.APPROVAL_CHANGED,
    "approval.lost": events.APPROVAL_CHANGED,
    "instance.stop_at": events.DECLARATION_CHANGED,
    "instance.left": events.MODE_CHANGED,
    "engine.start": events.ENGINE_STARTED,
    "engine.crash": events.ENGINE_LOST,
    "engine.reload": events.ENGINE_RELOADED,
    "engine.fault": events.ENGINE_FAULTED,
    "account.crash": events.GATEWAY_LOST,
    "data.gap": events.DATA_GAP,
    "kill": events.KILL_ACTIVATED,
    "kill.clear": events.KILL_CLEARED,
    "order.unknown": events.ORDERS_DOUBTED,
}
DENIED = "order.denied"
_TAKEN = ("folder", "about", "event", "status")  # by the journal itself
_EVERYBODY = ("", "all", "global", "portfolio")


def name_of(event: str) -> str:
    """Return what a line is called in a session's journal; empty for one that is not told there."""
    if event.startswith("approve"):
        return events.APPROVAL_CHANGED
    if event.startswith("limit.") and event not in ("limit.set", "limit.remove"):
        return events.LIMIT_ACTED
    return _NAMES.get(event, "")


def concerns(spec: SessionSpec, event: str, subject: str, text: str) -> bool:
    """Whether a line is about this session: its instance, account, venue, strategy or market."""
    if subject == spec.instance:
        return True
    if event == "data.gap":  # of a market; it begins with the account that has it
        return subject == spec.market and text.startswith(f"{spec.account}:")
    if event.startswith(("engine.", "instance.", "approv", "mode.")):
        return False
    wide = (spec.account, spec.venue, spec.strategy, spec.currency)
    return subject in _EVERYBODY or subject in wide


def payload_of(who: str, text: str, payload: Mapping[str, object]) -> dict[str, object]:
    """Return what is kept of a line: its words, who did it, and its figures."""
    figures = {
        n: v
        for n, v in payload.items()
        if n not in _TAKEN and isinstance(v, str | int | float | bool)
    }
    return {**figures, "who": clean_text(who, 80), "text": clean_text(text, 500)}
