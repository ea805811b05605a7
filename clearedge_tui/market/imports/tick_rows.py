"""Quotes, trades and order books."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.market.imports.numbers import numbers, where_there
from clearedge_tui.market.imports.opening import Form
from clearedge_tui.market.imports.raw_file import RawBatch
from clearedge_tui.market.imports.rows import Pass, moments
from clearedge_tui.market.layout import Kind

NO_SIZE = 1_000_000.0  # what NautilusTrader takes for a quote without a size
_SIDES = ("NO_AGGRESSOR", "BUY", "SELL")
_SIDE_WORDS = {
    **dict.fromkeys(("buy", "b", "buyer", "bid", "1", "+1", "long"), 1),
    **dict.fromkeys(("sell", "s", "seller", "ask", "a", "-1", "2", "short"), 2),
    **dict.fromkeys(("", "n", "none", "no_aggressor", "unknown", "0"), 0),
}
_MAKER_WORDS = {"true": 2, "false": 1, "1": 2, "0": 1, "t": 2, "f": 1}  # the maker buys: a sale

_Maker = Callable[[Pass, RawBatch, Ints], list[Any]]


def rows(one: Pass, plain: bool) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (line of the first row, rows)."""
    makers: dict[Kind, _Maker] = {Kind.QUOTES: _quotes, Kind.TRADES: _Trades(), Kind.DEPTH: _depth}
    make = makers[one.raw.kind]
    for batch in one.raw.batches(plain):
        for part in _two_sided(one, batch):
            event, seen = _moments(one, part)
            arrays = [*make(one, part, seen), moments(event), moments(seen)]
            yield part.line, pa.RecordBatch.from_arrays(arrays, schema=one.layout)


def _moments(one: Pass, batch: RawBatch) -> tuple[Ints, Ints]:
    """When it happened and when it was received, by which rows are sorted."""
    event = one.times(batch)
    seen = one.times(batch, "received") if "received" in batch.fields else event
    wrong = seen < event
    if wrong.any() and one.raw.form is not Form.DBN:  # clocks of exchanges may run ahead
        at = int(np.argmax(wrong))
        when = iso(int(seen[at]))
        one.gate.fail(
            wrong, batch.line, f"received {when}, before it happened ({iso(int(event[at]))})"
        )
    one.gate.order(seen, batch.line)
    return event, seen


def _two_sided(one: Pass, batch: RawBatch) -> Iterator[RawBatch]:
    """Databento writes a book that has one side only; such a moment is no quote and left out."""
    names = [n for n in ("bid", "ask", "bid_price_0", "ask_price_0", "price") if n in batch.fields]
    if one.raw.form is not Form.DBN or one.raw.kind is Kind.BARS:
        yield batch
        return
    gone = np.zeros(len(batch.fields["time"]), np.bool_)
    for name in names:
        gone |= np.isnan(batch.fields[name].to_numpy())
    if not gone.any():
        yield batch
        return
    one.dropped += int(gone.sum())
    keep = pa.array(~gone)
    yield RawBatch(batch.line, {name: c.filter(keep) for name, c in batch.fields.items()})


def _quotes(one: Pass, batch: RawBatch, seen: Ints) -> list[Any]:
    bid, ask = (numbers(one.raw, batch, name) for name in ("bid", "ask"))
    found = [one.prices("bid", bid, batch.line), one.prices("ask", ask, batch.line)]
    one.gate.below(bid, ask, batch.line, ("crossed quote: bid", "ask"))
    for name in ("bid_size", "ask_size"):
        there = name in batch.fields
        sizes = numbers(one.raw, batch, name) if there else np.full(len(seen), NO_SIZE)
        found.append(one.sizes(name, sizes, batch.line))
    return found


class _Trades:
    """Trades without an id are numbered within their moment, so that they are found again."""

    def __init__(self) -> None:
        self._last = -1
        self._count = 0

    def __call__(self, one: Pass, batch: RawBatch, seen: Ints) -> list[Any]:
        price, size = (numbers(one.raw, batch, name) for name in ("price", "size"))
        sides = pa.DictionaryArray.from_arrays(
            pa.array(_side_codes(one, batch), pa.int8()), pa.array(_SIDES)
        )
        return [
            one.prices("price", price, batch.line),
            one.sizes("size", size, batch.line, zero=False),
            sides,
            self._ids(one, batch, seen),
        ]

    def _ids(self, one: Pass, batch: RawBatch, seen: Ints) -> pa.Array:
        if "trade_id" in batch.fields:
            return _own_ids(one, batch)
        places = np.arange(len(seen))
        fresh = np.diff(seen, prepend=self._last) != 0
        starts = np.maximum.accumulate(np.where(fresh, places, -self._count))
        within = places - starts
        if len(seen):
            self._last, self._count = int(seen[-1]), int(within[-1]) + 1
        return pc.binary_join_element_wise(
            pa.array(seen).cast(pa.string()), pa.array(within).cast(pa.string()), "-"
        )


def _own_ids(one: Pass, batch: RawBatch) -> pa.Array:
    column = batch.fields["trade_id"]
    if pa.types.is_floating(column.type):
        column = column.cast(pa.int64(), safe=False)
    ids = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
    sizes = pc.binary_length(ids).to_numpy(zero_copy_only=False)
    wrong = (sizes < 1) | (sizes > 36)
    if wrong.any():
        text = clean_text(ids[int(np.argmax(wrong))].as_py(), 60)
        one.gate.fail(wrong, batch.line, f"trade_id is `{text}`; wanted 1 to 36 letters")
    return ids


def _side_codes(one: Pass, batch: RawBatch) -> Any:
    name = next((n for n in ("side", "buyer_maker") if n in batch.fields), "")
    if not name:
        return np.zeros(len(batch.fields["time"]), np.int8)
    words = _SIDE_WORDS if name == "side" else _MAKER_WORDS
    text = pc.utf8_lower(pc.utf8_trim_whitespace(batch.fields[name].cast(pa.string())))
    coded = text.dictionary_encode()
    known = [words.get(str(word), -1) for word in coded.dictionary.to_pylist()]
    codes = np.array([*known, -1], np.int8)[
        coded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    ]
    if (codes < 0).any():
        found = clean_text(text[int(np.argmax(codes < 0))].as_py(), 40)
        wanted = "buy or sell" if name == "side" else "true or false"
        one.gate.fail(codes < 0, batch.line, f"{name} is `{found}`; wanted {wanted}")
    return codes


def _depth(one: Pass, batch: RawBatch, seen: Ints) -> list[Any]:
    flags = pa.array(np.zeros(len(seen), np.uint8))
    if "sequence" in batch.fields:
        sequence = pa.array(numbers(one.raw, batch, "sequence").astype(np.uint64))
    else:
        sequence = pa.array(np.zeros(len(seen), np.uint64))
    if "bids" in batch.fields:
        return [*(_listed(one, batch, side) for side in ("bids", "asks")), flags, sequence]
    best = [numbers(one.raw, batch, f"{side}_price_0") for side in ("bid", "ask")]
    one.gate.below(best[0], best[1], batch.line, ("crossed book: bid", "ask"))
    return [*(_levels(one, batch, side) for side in ("bid", "ask")), flags, sequence]


def _levels(one: Pass, batch: RawBatch, side: str) -> pa.Array:
    """Return one list of levels a row; levels without a price are left out."""
    count = sum(name.startswith(f"{side}_price_") for name in batch.fields)
    total = len(batch.fields["time"])

    def grid(what: str) -> Floats:
        each = [
            where_there(one.raw, batch, name)
            if (name := f"{side}_{what}_{n}") in batch.fields
            else np.zeros(total)
            for n in range(count)
        ]
        return np.stack(each, axis=1) if each else np.zeros((total, 0))

    prices, sizes, counts = grid("price"), grid("size"), grid("count")
    there = np.isfinite(prices) & (prices != 0) & (sizes != 0)
    return _list_array(one, batch.line, side, there, (prices, sizes, counts))


def _list_array(
    one: Pass, line: int, side: str, there: Any, grids: tuple[Floats, Floats, Floats]
) -> pa.Array:
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    prices, sizes, counts = (grid[there] for grid in grids)
    for n in range(there.shape[1]):  # one level at a time: a fault is then known by its line
        kept = there[:, n]
        one.gate.values(f"{side}_price_{n}", np.where(kept, grids[0][:, n], 1.0), line)
        one.gate.values(f"{side}_size_{n}", np.where(kept, grids[1][:, n], 1.0), line)
    kind = one.layout.field(f"{side}s").type
    orders = np.zeros(len(prices), np.uint64)
    each = [
        one.prices(f"{side} price", prices, line),
        one.sizes(f"{side} size", sizes, line),
        pa.array(np.maximum(counts, 1).astype(np.uint32)),
        pa.array(orders),
    ]
    items = pa.StructArray.from_arrays(each, fields=list(kind.value_type))
    return pa.ListArray.from_arrays(pa.array(ends), items, type=kind)


def _listed(one: Pass, batch: RawBatch, side: str) -> pa.Array:
    """Books that are lists already, as NautilusTrader writes them."""
    kind = one.layout.field(side).type
    try:
        whole = batch.fields[side].cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise BadData(
            f"{one.raw.place(batch.line)} or later: {side} is no list of price, size, count and "
            f"order_id ({clean_text(error, 120)})"
        ) from None
    levels = whole.flatten()
    for name, size in (("price", False), ("size", True)):
        values = levels.field(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
        one.gate.values(f"{side} {name}", values, batch.line, zero=size)
        one.decimals.see(values, size=size)
    return whole
