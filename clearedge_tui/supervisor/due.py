"""Instances that were to stop by themselves, when their time has come."""

from typing import TYPE_CHECKING

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.model import Mode

if TYPE_CHECKING:
    from clearedge_tui.supervisor.supervisor import Supervisor


def stop_what_is_due(supervisor: "Supervisor") -> None:
    """Declare them `off`; their exit policy says what becomes of orders and position."""
    store = supervisor.store
    for run in supervisor.runs.values():
        wanted = run.instance
        if not wanted.stop_ns or wanted.stop_ns > now_ns() or wanted.mode is Mode.OFF:
            continue
        text = f"{wanted.mode} -> off: its time was {wanted.stop_at} ({iso(wanted.stop_ns)} UTC)"
        with store.batch():
            store.set_mode(wanted.id, Mode.OFF, "stop-at", now_ns())
            store.set_resume_mode(wanted.id, wanted.mode)
        supervisor.record.event("instance.stop_at", wanted.id, text)
        run.last_event, run.last_event_ns = text, now_ns()
        supervisor.adopt_declared(store.instance(wanted.id))
