"""What peers run over: bars in memory, and the averages they cross."""

from dataclasses import dataclass
from typing import Any

FAST, SLOW, WARM = 12, 48, 2_000
FEE = 0.0005
Result = tuple[float, int]  # processor seconds, and fills or trials


@dataclass
class Bars:
    """Columns of one length; times are UTC ns of the close."""

    ts_ns: Any
    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any

    def first(self, count: int) -> "Bars":
        return Bars(*(column[:count] for column in vars(self).values()))


def frame_of(bars: Bars) -> Any:
    import pandas as pd

    names = ("Open", "High", "Low", "Close", "Volume")
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    index = pd.to_datetime(bars.ts_ns, unit="ns")
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=index)
