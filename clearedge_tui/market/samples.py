"""Data that come with the product, so that it works without a network.

Real daily bars of two indices lie inside the `arch` package (1999 to 2018, as published by Yahoo
Finance); its files are read, the package itself is never imported. The intraday market is
simulated and says so.
"""

import csv
import gzip
import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from clearedge_tui.core.errors import UsageError
from clearedge_tui.market import catalog, simulated
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.ingest import Imported
from clearedge_tui.market.markets import Market, describe, save_market
from clearedge_tui.market.timeframes import NS
from clearedge_tui.settings import Home

SEED = 7
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
INDICES = {"SP500": "sp500", "NASDAQ": "nasdaq"}


def write_samples(home: Home, days: int = 60) -> list[Imported]:
    """Put the sample series into the catalog; only bars that are missing are added.

    Raises BadData where a series of that name holds other bars.
    """
    done = []
    with catalog.locked(home):
        for symbol, name in INDICES.items():
            market = describe(
                symbol, asset_class="index", source=f"daily bars in the arch package ({name})"
            )
            done.append(_write(home, market, "1d", index_bars(name)))
        first = int(FIRST_DAY.timestamp()) // 60
        done.append(
            _write(home, simulated.market(), "1m", simulated.bars(SEED, first, days * 1440))
        )
    return done


def _write(home: Home, market: Market, timeframe: str, bars: Bars) -> Imported:
    added = catalog.write_bars(home, market, timeframe, [bars])
    save_market(home, market)
    return Imported(
        market=market.symbol,
        market_id=market.market_id,
        timeframe=timeframe,
        rows=len(bars),
        added=added,
        already=len(bars) - added,
        first_ns=int(bars.ts_ns[0]),
        last_ns=int(bars.ts_ns[-1]),
        gaps=int((np.diff(bars.ts_ns) > (bars.ts_ns[1] - bars.ts_ns[0])).sum()),
    )


def _archive(name: str) -> Path:
    spec = importlib.util.find_spec("arch")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        path = Path(place) / "data" / name / f"{name}.csv.gz"
        if path.is_file():
            return path
    raise UsageError(
        f"the sample data of `{name}` are missing; install them with: pip install arch"
    )


def index_bars(name: str) -> Bars:
    """Return the daily bars of one index, prices to the cent, each day closing at UTC midnight."""
    with gzip.open(_archive(name), "rt", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    days = [datetime.strptime(row["Date"], "%m/%d/%Y").replace(tzinfo=UTC) for row in rows]
    closes = np.array([int((d + timedelta(days=1)).timestamp()) for d in days], np.int64) * NS
    prices = [
        np.round(np.array([float(r[c]) for r in rows]), 2) for c in ("Open", "High", "Low", "Close")
    ]
    return Bars.of([closes, *prices, np.array([float(r["Volume"]) for r in rows])])
