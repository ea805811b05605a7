"""What every imported row has to pass: the engine itself checks none of this."""

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData
from clearedge_tui.market.columns import PRICES, Bars, Floats, Ints
from clearedge_tui.market.imports.raw_file import RawFile
from clearedge_tui.market.timeframes import NS, spelled

_LARGEST = 1e12  # what a decimal of 16 digits and a float both hold without loss of sense
_UNITS = 9.2e18  # what 64 bits hold
Flags = npt.NDArray[np.bool_]


class Gate:
    """Checks batches in order and remembers the last time seen between them.

    `period_ns` is the length of a bar, 0 for ticks: those may share a moment.
    """

    def __init__(self, raw: RawFile, period_ns: int = 0) -> None:
        self._raw = raw
        self._period = period_ns
        self._step = -1 if raw.backwards else 1
        self._last: int | None = None
        self.regular = 0  # rows exactly one period after the row before

    def fail(self, wrong: Flags, line: int, text: str) -> None:
        index = int(np.argmax(wrong))
        raise BadData(
            f"{self._raw.place(line + self._step * index)}: {text}; mend the file, nothing was written"
        )

    def bars(self, bars: Bars, line: int) -> None:
        """Raise BadData for the first line that cannot be true."""
        if not len(bars):
            return
        for name in PRICES:
            self.values(name, getattr(bars, name), line)
        self.values("volume", bars.volume, line, zero=True)
        self._shape(bars, line)
        self.order(bars.ts_ns, line)

    def values(self, name: str, values: Floats, line: int, zero: bool = False) -> None:
        """A number, and above zero (or zero too)."""
        if not len(values):
            return
        low, high = values.min(), values.max()  # NaN when any is
        if high <= _LARGEST and (low >= 0 if zero else low > 0):
            return
        wrong = ~np.isfinite(values)
        if wrong.any():
            self.fail(wrong, line, f"{name} is {values[np.argmax(wrong)]}; wanted a number")
        wrong = values > _LARGEST
        if wrong.any():
            found = values[np.argmax(wrong)]
            self.fail(wrong, line, f"{name} is {found:g}; wanted at most {_LARGEST:g}")
        wrong = (values < 0) if zero else (values <= 0)
        bound = "0 or more" if zero else "more than 0"
        self.fail(wrong, line, f"{name} is {values[np.argmax(wrong)]:g}; wanted {bound}")

    def writable(
        self, name: str, values: Floats, line: int, digits: int, zero: bool = False
    ) -> None:
        """Values that the market's decimals can hold, and that they do not round away."""
        if not len(values):
            return
        step = 10.0**-digits
        if values.max() >= _UNITS * step:
            wrong = values >= _UNITS * step
            found = f"{name} is {values[np.argmax(wrong)]:g}, too large for {digits} decimals"
            self.fail(wrong, line, found)
        if not zero and values.min() < step / 2:
            wrong = np.rint(values / step) == 0
            if wrong.any():
                found = (
                    f"{name} is {values[np.argmax(wrong)]:g}, less than the market's step {step:g}"
                )
                self.fail(wrong, line, found)

    def below(self, low: Floats, high: Floats, line: int, names: tuple[str, str]) -> None:
        """The one is not above the other, such as bid and ask."""
        wrong = low > high
        if wrong.any():
            at = int(np.argmax(wrong))
            self.fail(wrong, line, f"{names[0]} {low[at]:.15g} is above {names[1]} {high[at]:.15g}")

    def _shape(self, bars: Bars, line: int) -> None:
        top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
        if (bars.high >= top).all() and (bars.low <= bottom).all():
            return
        wrong = bars.high < bars.low
        if wrong.any():
            at = int(np.argmax(wrong))
            self.fail(wrong, line, f"high {bars.high[at]:g} is below low {bars.low[at]:g}")
        wrong = (bars.high < top) | (bars.low > bottom)
        self.fail(wrong, line, "open or close lies outside low to high")

    def order(self, times: Ints, line: int) -> None:
        """Times that go up: by a bar's length at least, or not down for ticks."""
        if not len(times):
            return
        steps = np.diff(
            times, prepend=times[0] - self._period if self._last is None else self._last
        )
        if int(steps.min()) < self._period:
            self._refuse(steps, times, line)
        if self._period:
            self.regular += int(np.count_nonzero(steps == self._period))
        self._last = int(times[-1])

    def _refuse(self, steps: Ints, times: Ints, line: int) -> None:
        if self._period:
            wrong = steps == 0
            if wrong.any():
                when = iso(int(times[np.argmax(wrong)]))
                self.fail(
                    wrong, line, f"time {when} is the time of the line before again (a duplicate)"
                )
        wrong = steps < 0
        if wrong.any():
            when = iso(int(times[np.argmax(wrong)]))
            self.fail(wrong, line, f"time {when} is earlier than the line before (not sorted)")
        wrong = steps < self._period
        found = float(steps[np.argmax(wrong)]) / NS
        name = spelled(self._period // NS)
        self.fail(wrong, line, f"only {found:g} s after the line before; a {name} bar is longer")
