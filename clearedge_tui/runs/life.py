"""The life of a run: which status may follow which. Pure; a finished run never changes."""

from enum import StrEnum


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # nobody was left to end it; it can be resumed


FINAL = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})
_NEXT = {
    Status.QUEUED: {Status.RUNNING, Status.FAILED, Status.CANCELLED, Status.INTERRUPTED},
    Status.RUNNING: {Status.DONE, Status.FAILED, Status.CANCELLED, Status.INTERRUPTED},
    Status.INTERRUPTED: {Status.RUNNING, Status.FAILED, Status.CANCELLED},
}


def may(now: Status | None, wanted: Status) -> bool:
    """Say whether an update is taken. The same status again is taken, and changes nothing.

    A run begins as `queued` (`now` is None). An update that comes late or twice is not an error:
    it is just not taken, so nothing tries it again.
    """
    if now is None:
        return wanted is Status.QUEUED
    return wanted is now if now in FINAL else wanted is now or wanted in _NEXT[now]
