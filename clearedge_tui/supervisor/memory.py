"""What a process costs: its share of a processor, and the memory that would be free without it."""

import os
from pathlib import Path
from typing import NamedTuple

from clearedge_tui.core.clock import monotonic

_COUNT_S = 4.0  # between two looks at its processor time
_WEIGH_S = 30.0  # summing a process's pages costs milliseconds: it is done when they changed,
_SELDOM_S = 600.0  # or now and then, because shared pages may have become its own
_GROWN_MB = 1.0
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


class Stat(NamedTuple):
    """What the kernel counts of a process (Linux, proc_pid_stat(5))."""

    born: int  # in clock ticks since boot: another one is another process of this number
    spent_s: float  # processor time
    resident_mb: float  # shared pages included


class Scales:
    """Looks at processes now and then: a hundred looks a second would be seen themselves."""

    def __init__(self) -> None:
        self._known: dict[int, _Process] = {}

    def look(self, pid: int) -> tuple[float, float] | None:
        """Return percent of one core and private MB; None when it is too soon or it is gone."""
        known = self._known.get(pid)
        now = monotonic()
        if known is not None and now - known.counted_s < _COUNT_S:
            return None
        seen = stat(pid)
        if seen is None or (known is not None and known.born != seen.born):
            self._known.pop(pid, None)
            return None
        if known is None:
            known = self._known[pid] = _Process(pid, seen)
        return known.look(now, seen)


class _Process:
    def __init__(self, pid: int, seen: Stat) -> None:
        self._pid = pid
        self.born = seen.born
        self.counted_s = 0.0
        self._spent_s = seen.spent_s
        self._weighed_s = 0.0
        self._resident = 0.0
        self._private = 0.0
        self._again_s = _WEIGH_S

    def look(self, now: float, seen: Stat) -> tuple[float, float]:
        span = now - self.counted_s if self.counted_s else 0.0
        share = (seen.spent_s - self._spent_s) / span * 100 if span else 0.0
        self.counted_s, self._spent_s = now, seen.spent_s
        if now - self._weighed_s > _WEIGH_S:
            grown = abs(seen.resident_mb - self._resident) > _GROWN_MB
            if grown or now - self._weighed_s > self._again_s:
                self._again_s = _WEIGH_S if grown else min(2 * self._again_s, _SELDOM_S)
                self._weighed_s, self._resident = now, seen.resident_mb
                self._private = private_mb(self._pid)
        return round(share, 1), self._private


def stat(pid: int) -> Stat | None:
    """Read it in some microseconds; None when there is no such process any more."""
    try:
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        raw = os.read(file, 4096)
    except OSError:
        return None
    finally:
        os.close(file)
    fields = raw[raw.rindex(b")") + 2 :].split()
    if fields[0] == b"Z":
        return None
    spent = (int(fields[11]) + int(fields[12])) * _TICK_S
    return Stat(int(fields[19]), spent, int(fields[21]) * _PAGE_MB)


def private_mb(pid: int) -> float:
    """Return private memory in MB (Linux); 0.0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return round(kilobytes / 1000, 1)
