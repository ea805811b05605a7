"""Frame pacing: a new frame only after the terminal has answered for the last one.

After each frame the console asks for the cursor position (ESC[6n). A slow link or a stopped
terminal answers late, so frames are skipped instead of queued and keys stay quick.
"""

from collections.abc import Callable
from typing import Final

from clearedge_tui.core.clock import monotonic

QUESTION: Final = "\x1b[6n"
LIMIT_S: Final = 10.0


class Pacer:
    """Says whether a frame may go out. A terminal that never answers is not asked again."""

    def __init__(self, clock: Callable[[], float] = monotonic, limit_s: float = LIMIT_S) -> None:
        self._clock = clock
        self._limit = limit_s
        self._asked: float | None = None
        self._answers = 0
        self.off = False

    def may_paint(self) -> bool:
        if self._asked is None:
            return True
        if self._clock() - self._asked < self._limit:
            return False
        self._asked = None
        if not self._answers:
            self.off = True
        return True

    def ask(self) -> bool:
        """Return True when the question should be sent now; the next frame waits for its answer."""
        if self.off or self._asked is not None:
            return False
        self._asked = self._clock()
        return True

    def answered(self) -> None:
        self._asked = None
        self._answers += 1
