"""How many requests a venue takes in a second before it says no."""

from collections import deque

from clearedge_tui.venue_sim.model import Denial, Denied


class Limiter:
    """Counts the last second. `most` 0 is no limit."""

    def __init__(self) -> None:
        self.most = 0
        self._seen: deque[float] = deque()

    def take(self, at_s: float) -> None:
        """Count a request. Raises Denied when there were too many in the second before it."""
        if not self.most:
            return
        while self._seen and self._seen[0] <= at_s - 1:
            self._seen.popleft()
        if len(self._seen) >= self.most:
            raise Denied(Denial.RATE)
        self._seen.append(at_s)

    @property
    def left(self) -> int:
        return max(0, self.most - len(self._seen))
