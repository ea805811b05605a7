"""The life of a session: an instance's engine from its start in observe or active to its end. Pure.

A reload and a crash that is followed by a restart happen inside one session: it begins again at
INITIALIZING. What has ended never changes, whatever comes late or twice.
"""

from enum import StrEnum

import msgspec

from clearedge_tui.core.model import EngineState


class Phase(StrEnum):
    INITIALIZING = "initializing"
    WARMUP = "warmup"  # history has joined, no tick was seen yet
    RUNNING = "running"
    PAUSED = "paused"  # a runtime freeze
    STOPPED = "stopped"
    ERROR = "error"

    @property
    def ended(self) -> bool:
        return self in ENDED


ENDED = frozenset({Phase.STOPPED, Phase.ERROR})
_ENDS = {Phase.STOPPED, Phase.ERROR}
_NEXT: dict[Phase, set[Phase]] = {
    Phase.INITIALIZING: {Phase.WARMUP, *_ENDS},
    Phase.WARMUP: {Phase.RUNNING, Phase.INITIALIZING, *_ENDS},
    Phase.RUNNING: {Phase.PAUSED, Phase.INITIALIZING, *_ENDS},
    Phase.PAUSED: {Phase.RUNNING, Phase.INITIALIZING, *_ENDS},
    Phase.STOPPED: set(),
    Phase.ERROR: set(),
}


def may(now: Phase | None, wanted: Phase) -> bool:
    """Say whether an update changes the phase. The same again changes nothing, and is not taken.

    A session begins with INITIALIZING (`now` is None).
    """
    return wanted is Phase.INITIALIZING if now is None else wanted in _NEXT[now]


def way(now: Phase | None, wanted: Phase) -> tuple[Phase, ...]:
    """Return the phases to go through to the wanted one; empty when it cannot be reached.

    Whoever looks now and then misses phases: an engine that runs has been through its warm-up.
    """
    if now is wanted:
        return ()
    found: list[tuple[Phase, ...]] = [(one,) for one in Phase if may(now, one)]
    for steps in found:  # grows while it is walked: the nearest way first, no phase twice
        if steps[-1] is wanted:
            return steps
        found += [(*steps, one) for one in _NEXT[steps[-1]] if one not in (*steps, now)]
    return ()


def seen(state: EngineState, alive: bool, paused: bool) -> Phase | None:
    """Return the phase that an engine's state stands for; None when it says nothing of it."""
    match state:
        case EngineState.FAULTED | EngineState.FAILED:
            return Phase.ERROR
        case EngineState.STOPPED:
            return None if alive else Phase.STOPPED
        case EngineState.RUNNING | EngineState.PAUSED:
            return Phase.PAUSED if paused else Phase.RUNNING
        case EngineState.RELOADING | EngineState.BACKOFF:
            return Phase.INITIALIZING
    return None  # starting or unknown: the process itself says how far it is


class Warmed(msgspec.Struct, frozen=True, tag=True):
    """From an instance: the bars before now that it was given, and where they are from."""

    bars: int
    base_s: int
    first_ns: int = 0
    last_ns: int = 0
    come_from: str = ""

    def text(self) -> str:
        origin = f" from {self.come_from}" if self.come_from else ""
        return f"{self.bars:,} bars of {self.base_s} s{origin}" if self.bars else "no bars"
