"""Databento's files as raw columns. The reader is Databento's own, an optional extra."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.imports.names import OHLC
from clearedge_tui.market.layout import Kind

_ROWS = 131_072
_NANO = 1e9  # prices are whole billionths
_NONE = np.iinfo(np.int64).max  # a price that is not there
_LEVELS = 10
_SCHEMAS = {
    "ohlcv-1s": (Kind.BARS, "1s"),
    "ohlcv-1m": (Kind.BARS, "1m"),
    "ohlcv-1h": (Kind.BARS, "1h"),
    "ohlcv-1d": (Kind.BARS, "1d"),
    "trades": (Kind.TRADES, ""),
    "tbbo": (Kind.QUOTES, ""),
    "mbp-1": (Kind.QUOTES, ""),
    "mbp-10": (Kind.DEPTH, ""),
}
_BOOK = {"price": "px", "size": "sz", "count": "ct"}
FIELDS = {
    Kind.BARS: ("time", *OHLC, "volume"),
    Kind.TRADES: ("time", "price", "size", "side", "trade_id", "received"),
    Kind.QUOTES: ("time", "bid", "ask", "bid_size", "ask_size", "received"),
    Kind.DEPTH: (
        *("time", "received", "sequence"),
        *(f"{s}_{w}_{n}" for s in ("bid", "ask") for w in _BOOK for n in range(_LEVELS)),
    ),
}


def _store(path: Path) -> Any:
    try:
        from databento import DBNStore
        from databento.common.error import BentoError
    except ImportError:
        raise UsageError(
            f"{path}: a file of Databento; to read it install: pip install 'clearedge-tui[sources]'"
        ) from None
    try:
        return DBNStore.from_file(path)
    except (BentoError, ValueError, OSError) as error:
        raise _spoilt(path, error) from None


def _spoilt(path: Path, error: BaseException) -> BadData:
    return BadData(f"{path}: not a readable DBN file ({clean_text(error, 160)})")


def kind_of(path: Path, wanted: Kind | None) -> tuple[Kind, str]:
    """Return the kind of a file and the length of its bars."""
    store = _store(path)
    schema = str(store.schema or "")
    kind, timeframe = _SCHEMAS.get(schema, (None, ""))
    if kind is None or wanted not in (None, kind):
        asked = f" and not {wanted}" if kind else ""
        raise BadData(
            f"{path}: the file holds `{clean_text(schema)}`{asked}; wanted one of: {', '.join(_SCHEMAS)}"
        )
    return kind, timeframe


def batches(path: Path, kind: Kind) -> Iterator[tuple[dict[str, pa.Array], int]]:
    """Yield columns by field and how many records they are made of."""
    store, seen = _store(path), None
    names: Any
    from databento.common.error import BentoError

    try:
        for records in store.to_ndarray(count=_ROWS):
            names = np.unique(records[["instrument_id", "publisher_id"]]) if len(records) else []
            if len(names) > 1 or (seen is not None and len(names) and names[0] != seen):
                raise BadData(
                    f"{path}: rows of several symbols or venues in one file; split it first, "
                    "for instance with Databento's `split_symbols`"
                )
            seen = names[0] if len(names) else seen
            yield _fields(records, kind), len(records)
    except (BentoError, ValueError, OSError, EOFError) as error:
        raise _spoilt(path, error) from None


def _fields(records: Any, kind: Kind) -> dict[str, pa.Array]:
    found = {"time": pa.array(records["ts_event"].astype(np.int64))}
    if kind is Kind.BARS:
        found |= {name: _price(records[name]) for name in OHLC}
        return found | {"volume": pa.array(records["volume"].astype(np.float64))}
    found["received"] = pa.array(records["ts_recv"].astype(np.int64))
    if kind is Kind.TRADES:
        sides = np.where(
            records["side"] == b"B", "buy", np.where(records["side"] == b"A", "sell", "")
        )
        return found | {
            "price": _price(records["price"]),
            "size": pa.array(records["size"].astype(np.float64)),
            "side": pa.array(sides),
            "trade_id": pa.array(records["sequence"]),
        }
    if kind is Kind.QUOTES:
        for side in ("bid", "ask"):
            found[side] = _price(records[f"{side}_px_00"])
            found[f"{side}_size"] = pa.array(records[f"{side}_sz_00"].astype(np.float64))
        return found
    found["sequence"] = pa.array(records["sequence"])
    for side in ("bid", "ask"):
        for n in range(_LEVELS):
            found[f"{side}_price_{n}"] = _price(records[f"{side}_px_{n:02d}"])
            for what in ("size", "count"):
                theirs = records[f"{side}_{_BOOK[what]}_{n:02d}"]
                found[f"{side}_{what}_{n}"] = pa.array(theirs.astype(np.float64))
    return found


def _price(values: Any) -> pa.Array:
    """Return prices as floats; a price that is not there is NaN."""
    return pa.array(np.where(values == _NONE, np.nan, values / _NANO))
