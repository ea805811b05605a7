"""The gate that every imported bar passes: the engine itself checks none of this."""

import numpy as np

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData
from clearedge_tui.market.columns import PRICES, Bars
from clearedge_tui.market.raw_file import RawFile
from clearedge_tui.market.timeframes import NS, spelled

_LARGEST = 1e12  # what a decimal of 16 digits and a float both hold without loss of sense


class Gate:
    """Checks batches in order and remembers the last time seen between them."""

    def __init__(self, raw: RawFile, period_ns: int) -> None:
        self._raw = raw
        self._period = period_ns
        self._last: int | None = None
        self.rows = 0
        self.gaps = 0
        self.missing = 0
        self.first_ns = 0
        self.last_ns = 0
        self.regular = 0  # rows exactly one period after the row before

    def check(self, bars: Bars, line: int) -> None:
        """Raise BadData for the first line that cannot be true."""
        if not len(bars):
            return
        for name in (*PRICES, "volume"):
            self._values(name, getattr(bars, name), line)
        self._shape(bars, line)
        self._order(bars, line)

    def _fail(
        self, wrong: "np.ndarray[tuple[int], np.dtype[np.bool_]]", line: int, text: str
    ) -> None:
        index = int(np.argmax(wrong))
        raise BadData(
            f"{self._raw.place(line + index)}: {text}; mend the file, nothing was written"
        )

    def _values(
        self, name: str, values: "np.ndarray[tuple[int], np.dtype[np.float64]]", line: int
    ) -> None:
        wrong = ~np.isfinite(values)
        if wrong.any():
            self._fail(wrong, line, f"{name} is {values[np.argmax(wrong)]}; wanted a number")
        wrong = (values < 0) | (values > _LARGEST) | ((values == 0) if name != "volume" else False)
        if wrong.any():
            bound = "0 or more" if name == "volume" else "more than 0"
            self._fail(wrong, line, f"{name} is {values[np.argmax(wrong)]:g}; wanted {bound}")

    def _shape(self, bars: Bars, line: int) -> None:
        wrong = bars.high < bars.low
        if wrong.any():
            at = int(np.argmax(wrong))
            self._fail(wrong, line, f"high {bars.high[at]:g} is below low {bars.low[at]:g}")
        wrong = (bars.high < np.maximum(bars.open, bars.close)) | (
            bars.low > np.minimum(bars.open, bars.close)
        )
        if wrong.any():
            self._fail(wrong, line, "open or close lies outside low to high")

    def _order(self, bars: Bars, line: int) -> None:
        times = bars.ts_ns
        steps = np.diff(
            times, prepend=times[0] - self._period if self._last is None else self._last
        )
        for wrong, text in (
            (steps == 0, "the time of the line before again (a duplicate)"),
            (steps < 0, "earlier than the line before (not sorted)"),
        ):
            if wrong.any():
                self._fail(wrong, line, f"time {iso(int(times[np.argmax(wrong)]))} is {text}")
        wrong = steps < self._period
        if wrong.any():
            found = float(steps[np.argmax(wrong)]) / NS
            self._fail(
                wrong,
                line,
                f"only {found:g} s after the line before; a {spelled(self._period // NS)} bar is longer",
            )
        self._count(steps, times)

    def _count(
        self,
        steps: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        times: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    ) -> None:
        if self._last is None:
            self.first_ns = int(times[0])
        self.rows += len(times)
        self.regular += int((steps == self._period).sum())
        self.gaps += int((steps > self._period).sum())
        self.missing += int((steps // self._period - 1).sum())
        self._last = self.last_ns = int(times[-1])


def decimals_needed(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", start: int, most: int = 9
) -> int:
    """Return how many decimals, from `start` on, hold every value exactly; `most` when none does."""
    for digits in range(start, most):
        scale = 10.0**digits
        if np.array_equal(np.rint(values * scale) / scale, values):
            return digits
    return most
