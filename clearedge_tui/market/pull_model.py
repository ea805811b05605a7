"""What a pull is asked, what it says on its way, and what it did."""

from collections.abc import Callable

import msgspec

from clearedge_tui.market.layout import Kind
from clearedge_tui.market.sources.model import Page
from clearedge_tui.market.spans import Spans


class Wanted(msgspec.Struct, frozen=True):
    """Data somebody wants: [start, end) by the moment bars open; an end of 0 is now."""

    symbol: str
    timeframe: str
    start_ns: int
    end_ns: int = 0
    kind: Kind = Kind.BARS


class Progress(msgspec.Struct, frozen=True):
    """How far a pull is, over all its markets."""

    done: float  # 0 to 1, by time spoken about
    rows: int
    rows_per_s: float
    eta_s: float | None
    market: str  # the one that just moved


class Pulled(msgspec.Struct, frozen=True):
    """What became of one market."""

    symbol: str
    timeframe: str
    kind: Kind = Kind.BARS
    market: str = ""
    market_id: str = ""
    start_ns: int = 0  # with padding
    end_ns: int = 0
    had: Spans = ()
    fetched: Spans = ()
    missing: Spans = ()
    rows: int = 0
    error: str = ""
    exit_code: int = 0


class Meter:
    """Counts what a pull has come to and tells it."""

    def __init__(self, monotonic: Callable[[], float], told: Callable[[Progress], None]) -> None:
        self._monotonic = monotonic
        self._told = told
        self._begun_s = monotonic()
        self._whole_ns = self._spoken_ns = self._rows = 0

    def begin(self, whole_ns: int) -> None:
        self._begun_s = self._monotonic()
        self._whole_ns = whole_ns

    def moved(self, market: str, page: Page, rows: int) -> None:
        self._spoken_ns += page.through_ns - page.start_ns
        self._rows += rows
        self._say(market)

    def end(self) -> None:
        """Say the last word: nothing is under way any more."""
        self._whole_ns = self._spoken_ns
        self._say("")

    def _say(self, market: str) -> None:
        took = self._monotonic() - self._begun_s
        done = min(1.0, self._spoken_ns / self._whole_ns) if self._whole_ns else 1.0
        rate = self._rows / took if took > 0 else 0.0
        eta = took * (1 - done) / done if done > 0 and took > 0 else None
        self._told(Progress(done, self._rows, rate, eta, market))
