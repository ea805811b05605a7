"""When a process that died may start again: a pure function of its history and the clock."""

from collections.abc import Sequence

import msgspec

from clearedge_tui.core.model import EngineState

WINDOW_S = 300.0
MOST = 3
FIRST_S = 1.0
LONGEST_S = 60.0


class Verdict(msgspec.Struct, frozen=True):
    """`at_s` is the monotonic second of the next start; only `BACKOFF` has one."""

    state: EngineState
    at_s: float = 0.0
    crashes: int = 0


def judge(crashes_s: Sequence[float], started_s: float = 0.0) -> Verdict:
    """Return what follows the last of these crashes (monotonic seconds, oldest first).

    Three crashes within five minutes latch FAILED. Otherwise starts are kept apart by 1, 2, 4 …
    60 s, doubling with each crash of the last hour. The wait counts from the start of the process
    that died, so one that ran for long comes back at once and one that dies at birth waits.
    """
    if not crashes_s:
        return Verdict(EngineState.STARTING)
    last = crashes_s[-1]
    recent = sum(1 for at in crashes_s if last - at < WINDOW_S)
    if recent >= MOST:
        return Verdict(EngineState.FAILED, crashes=recent)
    run = sum(1 for at in crashes_s if last - at < 3600)
    apart = min(LONGEST_S, FIRST_S * 2 ** (run - 1))
    return Verdict(EngineState.BACKOFF, at_s=max(last, started_s + apart), crashes=recent)
