"""Longer bars from base bars, one at a time. Pure; the live twin of the catalog's resampling."""

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import BarRow


class BarBuilder:
    """Feed it closed base bars; it gives back a closed longer bar when one is complete."""

    def __init__(self, base_s: int, wanted_s: int) -> None:
        if wanted_s % base_s:
            raise UsageError(f"bars of {wanted_s} s cannot be made from bars of {base_s} s")
        self._base_ns = base_s * 1_000_000_000
        self._period_ns = wanted_s * 1_000_000_000
        self.forming: BarRow | None = None

    def feed(self, bar: BarRow) -> BarRow | None:
        """Return the bar this one completes. A gap in the base closes what it interrupts."""
        if self._period_ns == self._base_ns:
            return bar
        end = -(-bar.ts_ns // self._period_ns) * self._period_ns
        done = None
        old = self.forming
        if old is not None and old.ts_ns != end:
            done, old = old, None
        self.forming = (
            BarRow(end, bar.open, bar.high, bar.low, bar.close, bar.volume)
            if old is None
            else BarRow(
                end,
                old.open,
                max(old.high, bar.high),
                min(old.low, bar.low),
                bar.close,
                old.volume + bar.volume,
            )
        )
        if done is None and bar.ts_ns == end:
            done, self.forming = self.forming, None
        return done
