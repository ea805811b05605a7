"""What a process costs: its share of a processor, and the memory that would be free without it."""

import os
from pathlib import Path

import psutil

from clearedge_tui.core.clock import monotonic

_COUNT_S = 4.0  # between two looks at its processor time
_WEIGH_S = 30.0  # summing a process's pages costs milliseconds: it is done when they changed,
_SELDOM_S = 600.0  # or now and then, because shared pages may have become its own
_GROWN_MB = 1.0


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
        try:
            if known is None:
                known = self._known[pid] = _Process(pid)
            return known.look(now)
        except psutil.Error:
            self._known.pop(pid, None)
            return None


class _Process:
    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.counted_s = 0.0
        self._weighed_s = 0.0
        self._resident = 0.0
        self._private = 0.0
        self._again_s = _WEIGH_S

    def look(self, now: float) -> tuple[float, float]:
        self.counted_s = now
        share = self._process.cpu_percent()
        if now - self._weighed_s > _WEIGH_S:
            resident = resident_mb(self._process.pid)
            grown = abs(resident - self._resident) > _GROWN_MB
            if grown or now - self._weighed_s > self._again_s:
                self._again_s = _WEIGH_S if grown else min(2 * self._again_s, _SELDOM_S)
                self._weighed_s, self._resident = now, resident
                self._private = private_mb(self._process.pid)
        return share, self._private


def resident_mb(pid: int) -> float:
    """Return resident memory in MB, shared pages included: microseconds; 0.0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def private_mb(pid: int) -> float:
    """Return private memory in MB (Linux); 0.0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return round(kilobytes / 1000, 1)
