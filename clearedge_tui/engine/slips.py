"""What an order that takes pays beyond the price it meets: the same wherever a fill is made."""

import math

import numpy as np

from clearedge_tui.core.errors import UsageError
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.costs import Slippage

_USUAL_BARS = 20  # whose mean volume an order's impact is measured against
_DUST = 1e-6  # of a tick


class Slip:
    """A model of slippage over a run's bars."""

    def __init__(self, bars: Bars, slippage: Slippage, tick: float) -> None:
        if slippage.impact and not bars.volume.any():
            raise UsageError("slippage `impact` is of the bars' volume, and these have none")
        self._slippage = slippage
        self._tick = tick
        self._volumes = np.concatenate([[0.0], np.cumsum(bars.volume)])

    def ticks(self, met: float, size: float, at: int, buys: bool) -> int:
        """Return the price an order is filled at, in ticks; `at` is the bar under way."""
        away, steps = self._away(met, size, at) / self._tick, met / self._tick
        if buys:
            return math.ceil(steps + away - _DUST)
        return max(1, math.floor(steps - away + _DUST))

    def _away(self, met: float, size: float, at: int) -> float:
        share = float(self._slippage.share)
        if self._slippage.impact:
            share += float(self._slippage.impact) * math.sqrt(
                size / (self._usual_volume(at) or size)
            )
        return met * share + self._slippage.ticks * self._tick

    def _usual_volume(self, at: int) -> float:
        """Return the mean volume of the last bars that had closed; 0 when it is not known."""
        since = max(0, at - _USUAL_BARS)
        volume = float(self._volumes[at] - self._volumes[since])
        if volume <= 0:
            since, volume = 0, float(self._volumes[at])
        return volume / max(1, at - since)
