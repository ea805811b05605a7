"""What has to happen so that what runs is what was declared. A pure function, asked often."""

from enum import StrEnum

import msgspec

from clearedge_tui.core.model import EngineState, Mode

STALLED_S = 5.0  # no life sign: shown as stalled
KILL_S = 8.0  # still none: ended, and started again by the restart rule


class Step(StrEnum):
    NOTHING = "nothing"
    START = "start"
    ATTACH = "attach"  # the gateway does not know the process yet, or not any more
    SET_MODE = "set mode"
    RELOAD = "reload"
    STOP = "stop"
    KILL = "kill"


class Seen(msgspec.Struct, frozen=True):
    """What is known of one instance at this moment. Seconds are monotonic."""

    desired: Mode
    config_version: int
    code: str  # of the file, as it lies there and loads
    state: EngineState
    alive: bool
    gateway_up: bool
    attached: bool = False
    enforced: Mode | None = None
    running_config: int = 0
    running_code: str = ""
    tried_config: int = 0  # what a fault happened with
    tried_code: str = ""
    retry_at_s: float = 0.0
    silent_s: float = 0.0  # since its last life sign


def next_step(seen: Seen, now_s: float) -> Step:
    """Return the one step to take now. Going down never waits for anything."""
    if seen.desired is Mode.OFF:
        return _down(seen)
    if seen.state is EngineState.FAILED:
        return Step.STOP if seen.alive else Step.NOTHING
    if not seen.alive:
        return _up(seen, now_s)
    if seen.state is EngineState.STOPPING:
        return Step.KILL if seen.silent_s > KILL_S else Step.NOTHING
    if seen.silent_s > KILL_S:
        return Step.KILL
    if not seen.gateway_up:
        return Step.NOTHING
    if not seen.attached:
        return Step.ATTACH
    if seen.enforced is not seen.desired:
        return Step.SET_MODE
    return _fresh(seen)


def _down(seen: Seen) -> Step:
    if not seen.alive:
        return Step.NOTHING
    if seen.attached and seen.gateway_up and seen.enforced is not Mode.OFF:
        return Step.SET_MODE
    if seen.state is EngineState.STOPPING:
        return Step.KILL if seen.silent_s > KILL_S else Step.NOTHING
    return Step.STOP


def _up(seen: Seen, now_s: float) -> Step:
    if not seen.gateway_up:
        return Step.NOTHING
    if seen.state is EngineState.BACKOFF and now_s < seen.retry_at_s:
        return Step.NOTHING
    if seen.state is EngineState.FAULTED and not _mended(seen):
        return Step.NOTHING
    return Step.START


def _fresh(seen: Seen) -> Step:
    if seen.state is EngineState.FAULTED:
        return Step.RELOAD if _mended(seen) else Step.NOTHING
    if seen.state not in (EngineState.RUNNING, EngineState.PAUSED):
        return Step.NOTHING
    stale = seen.running_config != seen.config_version or (
        seen.code and seen.running_code != seen.code
    )
    return Step.RELOAD if stale else Step.NOTHING


def _mended(seen: Seen) -> bool:
    """Whether the code or the config changed since the fault."""
    return (
        seen.code != "" and seen.code != seen.tried_code
    ) or seen.config_version != seen.tried_config
