"""Time that passes only when somebody sleeps."""

from clearedge_tui.market.sources.resilience import Clock

START_NS = 1_735_689_600_000_000_000  # 2025-01-01


class Hours:
    """A clock that notes every wait."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self.now_ns = now_ns
        self.waits: list[float] = []
        self.clock = Clock(lambda: self.now_ns, lambda: self.now_ns / 1e9, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.pass_s(seconds)

    def pass_s(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)
