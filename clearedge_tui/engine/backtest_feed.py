"""Columns of bars as the engine's own objects, and the opening quotes that make the next open real.

The bare engine fills an order sent on a bar's close at that same close. With an opening quote one
nanosecond into every bar and an order latency of one nanosecond, it meets the next open instead.
"""

from itertools import chain, repeat
from typing import Any

import numpy as np
import pyarrow as pa
from nautilus_trader.model import Bar, BarType, InstrumentId, Price, Quantity, QuoteTick
from nautilus_trader.persistence import BarDataWrangler, QuoteTickDataWrangler

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.market import columns, timeframes
from clearedge_tui.market.columns import Bars, Floats, Ints

DEEP = (
    1e9  # size of opening quotes and, for contract strategies, of bars: depth never limits a fill
)
_TIME = pa.timestamp("ns", tz="UTC")


class _Begins:
    """When each bar of consecutive slices began: after the bar before, where a short one ends a day."""

    def __init__(self, timeframe: str) -> None:
        self._grid = timeframes.grid(timeframe)
        self._last_ns: int | None = None

    def of(self, bars: Bars) -> Ints:
        if self._grid.by_days:
            begins = columns.opens(bars.ts_ns, self._grid)
        else:
            begins = bars.ts_ns - self._grid.seconds * timeframes.NS
        if len(bars):
            before = begins[0] if self._last_ns is None else self._last_ns
            begins = np.maximum(begins, np.concatenate([[before], bars.ts_ns[:-1]]))
            self._last_ns = int(bars.ts_ns[-1])
        return begins


def opened(bars: Bars, timeframe: str) -> Ints:
    """Return when each bar began, UTC ns."""
    return _Begins(timeframe).of(bars)


def _series(market: MarketInfo, timeframe: str, named: bool) -> str:
    """Return the engine's name of the bars. UsageError when it has to be right and there is none.

    A name without a length aborts the matching engine. Where it alone sees the bars, and goes by
    their prices and times, an odd length passes there under the name of its unit.
    """
    try:
        return timeframes.engine_bar_type(market.id, timeframe)
    except UsageError:
        if named:
            raise
        return timeframes.engine_bar_type(market.id, f"1{timeframes.canonical(timeframe)[-1]}")


class Feed:
    """Makes engine data of slices of bars. `deep` replaces the volume the matching engine sees."""

    def __init__(self, market: MarketInfo, timeframe: str, next_open: bool, deep: bool) -> None:
        self.series = _series(market, timeframe, named=not deep)
        self._market = market
        self._begins = _Begins(timeframe)
        self._next_open = next_open
        self._deep = deep
        prices, sizes = market.price_precision, market.size_precision
        self._layout = columns.schema(self.series, prices, sizes, identifier=True)
        self._bars = BarDataWrangler(self.series, prices, sizes)
        self._quotes = QuoteTickDataWrangler(market.id, prices, sizes)

    def data(self, bars: Bars) -> list[Any]:
        """Return the engine's objects for the next slice; slices come in order."""
        volume = bars.volume
        if self._deep or not volume.any():
            volume = volume * 0 + DEEP
        shown = Bars.of([*bars.columns()[:5], volume])
        made: list[Any] = self._bars.process_record_batch_bytes(
            _ipc(columns.encode(shown, self._layout))
        )
        if self._next_open:
            made += self._quotes.process_record_batch_bytes(_ipc(self._openings(bars)))
        return made

    def _openings(self, bars: Bars) -> pa.RecordBatch:
        """Quote each open one nanosecond after the bar began (after the bar before, over gaps too)."""
        sizes = columns.decimals(bars.volume * 0 + DEEP, self._market.size_precision)
        opens = columns.decimals(bars.open, self._market.price_precision)
        times = pa.array(self._begins.of(bars) + 1, pa.int64()).cast(_TIME)
        ids = pa.array([self._market.id], pa.string()).take(pa.array([0] * len(bars)))
        fields = [
            pa.field(n, opens.type, False)
            for n in ("bid_price", "ask_price", "bid_size", "ask_size")
        ]
        fields += [pa.field(n, _TIME, False) for n in ("ts_event", "ts_init")]
        fields.append(pa.field("identifier", pa.string()))
        meta = {
            "instrument_id": self._market.id,
            "price_precision": str(self._market.price_precision),
            "size_precision": str(self._market.size_precision),
            "type_name": "QuoteTick",
        }
        arrays = [opens, opens, sizes, sizes, times, times, ids]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, metadata=meta))


class Pieces:
    """Makes engine data of a few bars at a time, deep: through Arrow a call costs half a millisecond.

    `twice` quotes each open again, a nanosecond later: what a strategy orders when it hears of a
    fill at the open (a stop for what was bought) is at the market before the bar goes on.
    """

    def __init__(
        self, market: MarketInfo, timeframe: str, next_open: bool, twice: bool = False
    ) -> None:
        self.series = _series(market, timeframe, named=False)
        self._twice = twice
        self._type = BarType.from_str(self.series)
        self._market = InstrumentId.from_str(market.id)
        self._begins = _Begins(timeframe)
        self._quoted_ns: Ints = np.empty(0, np.int64)
        self._next_open = next_open
        self._digits = market.price_precision
        self._scale = 10.0**market.price_precision
        self._size = Quantity(DEEP, market.size_precision)
        self._wrangler = Feed(market, timeframe, next_open, deep=True)
        self._bars = columns.empty()
        self._prices: tuple[Floats, ...] = ()

    def load(self, bars: Bars) -> None:
        """Take the bars that `make` is asked for."""
        self._bars = bars
        self._quoted_ns = self._begins.of(bars) + 1
        prices = (bars.open, bars.high, bars.low, bars.close)
        # rounded here to what the wrangler would make of them
        self._prices = tuple(np.rint(values * self._scale) / self._scale for values in prices)

    def make(self, start: int, stop: int) -> list[Any]:
        """Return the engine's objects for these of the loaded bars, in the order of time."""
        try:
            return self._made(start, stop)
        except ValueError:  # a bar that cannot be: the wrangler, as for a native strategy, takes it
            return self._wrangler.data(self._bars.slice(start, stop))

    def _made(self, start: int, stop: int) -> list[Any]:
        digits, size = repeat(self._digits), repeat(self._size)
        closed_ns = self._bars.ts_ns[start:stop]
        o, h, low, c = (
            list(map(Price, values[start:stop].tolist(), digits)) for values in self._prices
        )
        times = closed_ns.tolist()
        bars = map(Bar, repeat(self._type), o, h, low, c, size, times, times)
        if not self._next_open:
            return list(bars)
        times = self._quoted_ns[start:stop].tolist()
        quotes = map(QuoteTick, repeat(self._market), o, o, size, size, times, times)
        if not self._twice:
            return list(chain.from_iterable(zip(quotes, bars, strict=True)))
        later = [ts_ns + 1 for ts_ns in times]
        again = map(QuoteTick, repeat(self._market), o, o, size, size, later, later)
        return list(chain.from_iterable(zip(quotes, again, bars, strict=True)))


def _ipc(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    body: bytes = sink.getvalue().to_pybytes()
    return body
