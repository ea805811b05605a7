"""Records of Databento's encoding as columns of ours, some hundred thousand at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from clearedge_tui.core.errors import BadData
from clearedge_tui.market.columns import Bars, Ints
from clearedge_tui.market.layout import Kind
from clearedge_tui.market.sources.model import Ask, Page

_BATCH = 200_000
_NANO = 9  # prices are whole billionths
_NONE = np.iinfo(np.int64).max  # a price that is not there
_DECIMAL = pa.decimal128(38, 16)
_TIME = pa.timestamp("ns", tz="UTC")
_SIDES = ("NO_AGGRESSOR", "BUY", "SELL")  # as NautilusTrader writes them


def pages(store: Any, ask: Ask, start_ns: int, end_ns: int, precision: int) -> Iterator[Page]:
    """Yield a downloaded answer as pages that end between two moments, the last at `end_ns`."""
    at, kept = start_ns, None
    for found in store.to_ndarray(count=_BATCH):
        records = found if kept is None else np.concatenate([kept, found])
        times = _times(records, ask)
        cut = int(np.searchsorted(times, times[-1], "left")) if len(times) else 0
        kept = records[cut:]
        if cut:
            through = int(times[cut])
            yield Page(_rows(records[:cut], ask, precision), at, through)
            at = through
    rest = kept if kept is not None else np.empty(0, np.dtype(_dtype(store)))
    yield Page(_rows(rest, ask, precision), at, end_ns)


def _dtype(store: Any) -> Any:
    return store._schema_struct_map[store.schema]._dtypes


def _times(records: Any, ask: Ask) -> Ints:
    """Return the moments by which the source sorts and cuts: ticks go by receipt."""
    name = "ts_event" if ask.kind is Kind.BARS else "ts_recv"
    times: Ints = records[name].astype(np.int64)
    return times


def _rows(records: Any, ask: Ask, precision: int) -> Any:
    if len(np.unique(records["publisher_id"])) > 1:
        raise BadData(
            f"databento: {ask.symbol}: rows of several venues for the same moments; "
            "ask a dataset of one venue, like XNAS.ITCH or EQUS.MINI"
        )
    if ask.kind is Kind.BARS:
        return _bars(records, ask.period_ns, precision)
    return _trades(records) if ask.kind is Kind.TRADES else _quotes(records)


def _bars(records: Any, period_ns: int, precision: int) -> Bars:
    names = ("open", "high", "low", "close")
    unit = 10 ** (_NANO - precision)
    if any((records[name] % unit).any() for name in names):
        raise BadData(
            f"databento: prices have more than {precision} decimals; "
            "write price_precision under [databento] in config/sources.toml"
        )
    prices = (records[name] / 10**_NANO for name in names)
    closes = records["ts_event"].astype(np.int64) + period_ns
    return Bars.of([closes, *prices, records["volume"].astype(np.float64)])


def _trades(records: Any) -> pa.RecordBatch:
    records = records[records["price"] != _NONE]
    codes = np.where(records["side"] == b"B", 1, np.where(records["side"] == b"A", 2, 0))
    sides = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(_SIDES))
    columns = {
        "price": _exact(records["price"], _NANO),
        "size": _exact(records["size"], 0),
        "aggressor_side": sides,
        "trade_id": pa.array(records["sequence"]).cast(pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns | _moments(records))


def _quotes(records: Any) -> pa.RecordBatch:
    there = (records["bid_px_00"] != _NONE) & (records["ask_px_00"] != _NONE)
    records = records[there]
    columns = {
        "bid_price": _exact(records["bid_px_00"], _NANO),
        "ask_price": _exact(records["ask_px_00"], _NANO),
        "bid_size": _exact(records["bid_sz_00"], 0),
        "ask_size": _exact(records["ask_sz_00"], 0),
    }
    return pa.RecordBatch.from_pydict(columns | _moments(records))


def _moments(records: Any) -> dict[str, pa.Array]:
    fields = {"ts_event": "ts_event", "ts_init": "ts_recv"}
    return {
        name: pa.array(records[theirs].astype(np.int64)).cast(_TIME)
        for name, theirs in fields.items()
    }


def _exact(values: Any, scale: int) -> pa.Array:
    """Return whole units of 10^-scale as decimals, without a float between."""
    halves = np.empty((len(values), 2), np.int64)  # little-endian 128-bit: low word, then sign
    halves[:, 0] = values
    halves[:, 1] = halves[:, 0] >> 63
    exact = pa.Array.from_buffers(
        pa.decimal128(38, scale), len(values), [None, pa.py_buffer(halves)]
    )
    return exact.cast(_DECIMAL)
