"""What an instance says: to its log file always, to the supervisor when there is one."""

import sys

from clearedge_tui.core.clock import iso, monotonic, now_ns
from clearedge_tui.core.messages import Said
from clearedge_tui.core.text import clean_text
from clearedge_tui.engine.lease import LeaseKeeper

_LINES_PER_S = 50


class Voice:
    def __init__(self, lease: LeaseKeeper) -> None:
        self._lease = lease
        self._said = 0
        self._since = 0.0

    def strategy(self, level: str, text: str) -> None:
        """Pass on a line of the strategy's; more than fifty a second are counted, not passed."""
        now = monotonic()
        if now - self._since >= 1.0:
            dropped = self._said - _LINES_PER_S
            self._said, self._since = 0, now
            if dropped > 0:
                self.line("warning", "engine", f"{dropped} log lines dropped in a second")
        self._said += 1
        if self._said <= _LINES_PER_S:
            self.line(level, "strategy", text)

    def line(self, level: str, source: str, text: str) -> None:
        washed = clean_text(text)
        sys.stdout.write(f"{iso(now_ns())} {level:<7} {washed}\n")
        self._lease.tell(Said(now_ns(), level, source, washed))
