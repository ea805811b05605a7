"""Bars: of one file, of bids and asks side by side, or of two files."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData
from clearedge_tui.market import columns
from clearedge_tui.market.columns import PRICES, Bars, Floats
from clearedge_tui.market.imports.gates import Flags
from clearedge_tui.market.imports.names import OHLC
from clearedge_tui.market.imports.numbers import numbers
from clearedge_tui.market.imports.raw_file import RawBatch, RawFile
from clearedge_tui.market.imports.rows import Pass
from clearedge_tui.market.imports.times import times

_LEAST_CROSS = 0.001  # of the price: a bid this far above the ask is wrong in any file
_MOST_CROSSED = 0.25  # of all bars


def rows(one: Pass, plain: bool) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (line of the first row, rows)."""
    if one.other is None:
        for batch in one.raw.batches(plain):
            yield batch.line, _encoded(one, _of_one(one, batch), batch.line)
        return
    for bid, ask in _paired(one.raw, one.other[0], plain):
        yield bid.line, _encoded(one, _of_two(one, bid, ask), bid.line)


def _encoded(one: Pass, bars: Bars, line: int) -> pa.RecordBatch:
    one.gate.bars(bars, line)
    if one.adjusted or one.other or "bid_open" in one.raw.mapping:
        bars = _rounded(bars, one.decimals.price)
    for name in PRICES:
        values = getattr(bars, name)
        one.decimals.see(values)
        one.gate.writable(name, values, line, one.decimals.price)
    one.gate.writable("volume", bars.volume, line, one.decimals.size, zero=True)
    shifted = Bars.of([bars.ts_ns + one.shift_ns, *bars.columns()[1:]])
    return columns.encode(shifted, one.layout)


def _rounded(bars: Bars, digits: int) -> Bars:
    scale = 10.0**digits
    prices = [np.rint(getattr(bars, name) * scale) / scale for name in PRICES]
    return Bars.of([bars.ts_ns, *prices, bars.volume])


def _of_one(one: Pass, batch: RawBatch) -> Bars:
    if "bid_open" in batch.fields:
        bid = [numbers(one.raw, batch, f"bid_{name}") for name in OHLC]
        ask = [numbers(one.raw, batch, f"ask_{name}") for name in OHLC]
        return Bars.of([one.times(batch), *_middle(one, bid, ask, batch.line), _volume(one, batch)])
    prices = [numbers(one.raw, batch, name) for name in PRICES]
    if one.adjusted:
        close = prices[PRICES.index("close")]
        adjusted = numbers(one.raw, batch, "adj_close")
        one.gate.values("close", close, batch.line)
        one.gate.values("adj_close", adjusted, batch.line)
        prices = [values * (adjusted / close) for values in prices]
    return Bars.of([one.times(batch), *prices, _volume(one, batch)])


def _volume(one: Pass, batch: RawBatch) -> Floats:
    if "volume" in batch.fields:
        return numbers(one.raw, batch, "volume")
    return np.zeros(len(batch.fields["time"]))


def _of_two(one: Pass, bid: RawBatch, ask: RawBatch) -> Bars:
    if one.other is None:
        raise AssertionError("two batches without a second file")
    other, style = one.other
    when, there = one.times(bid), times(other, ask, style)
    if (when != there).any():
        at = int(np.argmax(when != there))
        raise BadData(
            f"{other.place(ask.line_of(at))}: the ask of {iso(int(there[at]))}, and the bid there is of "
            f"{iso(int(when[at]))} ({one.raw.place(bid.line_of(at))}); both files need the same bars"
        )
    bids = [numbers(one.raw, bid, name) for name in OHLC]
    asks = [numbers(other, ask, name) for name in OHLC]
    return Bars.of([when, *_middle(one, bids, asks, bid.line), _volume(one, bid)])


def _middle(one: Pass, bids: list[Floats], asks: list[Floats], line: int) -> list[Floats]:
    crossed = np.zeros(len(bids[0]), np.bool_)
    for name, bid, ask in zip(OHLC, bids, asks, strict=True):
        one.gate.values(f"bid {name}", bid, line)
        one.gate.values(f"ask {name}", ask, line)
        crossed |= bid > ask
        if (bid * (1 - _LEAST_CROSS) > ask).any():
            one.gate.below(bid, ask, line, (f"bid {name}", f"ask {name}"))
    if crossed.any():
        _count_crossed(one, crossed, bids, asks, line)
    one.paired += len(crossed)
    return [(bid + ask) / 2 for bid, ask in zip(bids, asks, strict=True)]


def _count_crossed(
    one: Pass, crossed: Flags, bids: list[Floats], asks: list[Floats], line: int
) -> None:
    """The sides of a bar are made of other ticks: real files have some bars crossed by a little."""
    one.crossed += int(crossed.sum())
    if one.crossed > (one.paired + len(crossed)) * _MOST_CROSSED:
        at = int(np.argmax(crossed))
        name = next(n for n, name in enumerate(OHLC) if bids[n][at] > asks[n][at])
        bid, ask = float(bids[name][at]), float(asks[name][at])
        share = f"{one.crossed:,} of {one.paired + len(crossed):,} bars are so"
        one.gate.fail(
            crossed,
            line,
            f"bid {OHLC[name]} {bid:.15g} is above ask {OHLC[name]} {ask:.15g}, {share} "
            "(are bids and asks swapped?)",
        )


def _paired(bid: RawFile, ask: RawFile, plain: bool) -> Iterator[tuple[RawBatch, RawBatch]]:
    """Yield equally long batches of two files, row for row."""
    left, right = bid.batches(plain), ask.batches(plain)
    one, two = next(left, None), next(right, None)
    while one is not None and two is not None:
        count = min(_len(one), _len(two))
        yield _cut(one, 0, count), _cut(two, 0, count)
        one = _cut(one, count) if count < _len(one) else next(left, None)
        two = _cut(two, count) if count < _len(two) else next(right, None)
    for raw, rest in ((bid, one), (ask, two)):
        if rest is not None and _len(rest):
            raise BadData(
                f"{raw.place(rest.line)}: the other file has no row for this one; both need the same bars"
            )


def _len(batch: RawBatch) -> int:
    return len(batch.fields["time"])


def _cut(batch: RawBatch, start: int, count: int | None = None) -> RawBatch:
    return RawBatch(
        batch.line_of(start),
        {k: v.slice(start, count) for k, v in batch.fields.items()},
        batch.step,
    )
