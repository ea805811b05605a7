"""What the tests of imports share: files of a few rows, and what the catalog has of them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from clearedge_tui.market import catalog, ingest
from clearedge_tui.market.ingest import Imported, Request
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.settings import Home

T0 = 1_704_067_200_000_000_000  # 2024-01-01


def load(home: Home, path: Path, market: str = "BTC/USDT", **asked: Any) -> Imported:
    return ingest.run(home, ingest.plan(home, Request(path, market, **asked)))


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


def rows_of(home: Home, kind: Kind, market_id: str = "BTCUSDT.LOCAL") -> list[dict[str, Any]]:
    found = catalog.table(home, Key(market_id, kind))
    return [] if found is None else found.to_pylist()


def column(home: Home, kind: Kind, name: str, market_id: str = "BTCUSDT.LOCAL") -> list[Any]:
    return [row[name] for row in rows_of(home, kind, market_id)]


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def times(home: Home, kind: Kind, market_id: str = "BTCUSDT.LOCAL") -> list[int]:
    found = catalog.table(home, Key(market_id, kind))
    return [] if found is None else np.asarray(found.column("ts_init").cast("int64")).tolist()


def tree(home: Home) -> dict[str, bytes]:
    """Return every file of the catalog but its lock and its index, by name."""
    files = home.catalog.rglob("*") if home.catalog.exists() else ()
    return {
        str(p): p.read_bytes()
        for p in files
        if p.is_file() and p.name != ".lock" and p.parent.name != ".index"
    }
