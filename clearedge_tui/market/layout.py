"""Names in the catalog: what a series is, which folder holds it, and what a file's name says.

The layout is NautilusTrader's own, so that any of its programs reads what we write.
"""

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from clearedge_tui.core.errors import BadData
from clearedge_tui.market import timeframes

DATA = "data"
_STAMP = "%Y-%m-%dT%H-%M-%S"


class Kind(StrEnum):
    BARS = "bars"
    QUOTES = "quotes"
    TRADES = "trades"
    DEPTH = "depth"


_FOLDERS = {
    Kind.BARS: "bars",
    Kind.QUOTES: "quotes",
    Kind.TRADES: "trades",
    Kind.DEPTH: "order_book_depths",
}
_KINDS = {folder: kind for kind, folder in _FOLDERS.items()}


class Key(msgspec.Struct, frozen=True, order=True):
    """One stored series. `timeframe` is empty for everything but bars."""

    market_id: str
    kind: Kind = Kind.BARS
    timeframe: str = ""

    @property
    def folder(self) -> str:
        """Return the series' folder, relative to the catalog."""
        name = (
            timeframes.bar_type(self.market_id, self.timeframe)
            if self.kind is Kind.BARS
            else self.market_id
        )
        return f"{DATA}/{_FOLDERS[self.kind]}/{name}"

    @property
    def step_ns(self) -> int:
        """Return how far a row reaches back from its time: a bar its length, a tick one ns."""
        return timeframes.period_ns(self.timeframe) if self.timeframe else 1

    def __str__(self) -> str:
        return f"{self.market_id} {self.timeframe or self.kind}"


def bars_key(market_id: str, timeframe: str) -> Key:
    return Key(market_id, Kind.BARS, timeframe)


def key_of(path: str) -> Key | None:
    """Return the series whose file or folder this is; None for what is none of ours."""
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != DATA or parts[1] not in _KINDS:
        return None
    if len(parts) == 3 and parts[2].endswith(".parquet"):
        return None  # a file beside the series' folders
    kind = _KINDS[parts[1]]
    if kind is not Kind.BARS:
        return Key(parts[2], kind)
    named = timeframes.from_bar_type(parts[2])
    return bars_key(*named) if named else None


def _stamp(ts_ns: int) -> str:
    seconds, rest = divmod(ts_ns, timeframes.NS)
    return f"{datetime.fromtimestamp(seconds, UTC).strftime(_STAMP)}-{rest:09d}Z"


def _unstamp(text: str) -> int:
    day, _, clock = text.removesuffix("Z").partition("T")  # a tenth of what strptime takes
    year, month, date = map(int, day.split("-"))
    hour, minute, second, rest = map(int, clock.split("-"))
    whole = datetime(year, month, date, hour, minute, second, tzinfo=UTC)
    return int(whole.timestamp()) * timeframes.NS + rest


def file_name(first_ns: int, last_ns: int) -> str:
    """Return the name of a file whose rows lie in [first_ns, last_ns]."""
    return f"{_stamp(first_ns)}_{_stamp(last_ns)}.parquet"


def interval(path: str) -> tuple[int, int]:
    """Return the interval a file's name speaks for. Raises BadData when it is no such name."""
    name = path.rpartition("/")[2].removesuffix(".parquet")
    first, _, last = name.partition("_")
    try:
        return _unstamp(first), _unstamp(last)
    except ValueError:
        raise BadData(
            f"{path}: the name is not <first>_<last> of a data file; move it away"
        ) from None
