"""Stored series and sources as plain data, the way the supervisor answers them."""

import math
from typing import Any

from clearedge_tui.core.errors import UsageError
from clearedge_tui.supervisor.protocol import JobRow
from tests.fakes.market import MINUTE_NS, START_NS

HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
TODAY = START_NS // DAY_NS
BROKEN = "2021-01-04_2021-12-31.parquet: it is cut off, its footer is missing"
COST = "this costs about 1.26 USD for 57,600 rows; nothing was fetched yet"


def _row(
    market: str, market_id: str, timeframe: str, rows: int, days: int, **more: Any
) -> dict[str, Any]:
    base = {
        "market": market, "market_id": market_id, "kind": "bars", "timeframe": timeframe, "rows": rows,
        "first_ns": START_NS - days * DAY_NS, "last_ns": START_NS, "gaps": 0, "missing": 0, "bytes": rows * 27,
        "files": 1, "simulated": False, "source": "", "error": "", "verdict": "unknown", "checked_ns": 0,
        "syncs_from": "", "series": f"{market_id} {timeframe or more.get('kind')}", "counted": True,
    }  # fmt: skip
    return base | more


def rows() -> list[dict[str, Any]]:
    """Return one series of every state there is."""
    soon = START_NS - 2 * HOUR_NS
    return [
        _row("BTC/USDT", "BTCUSDT.LOCAL", "1m", 46_081, 32, source="btc-perp.csv", verdict="clean", checked_ns=soon),
        _row("GBP/USD", "GBPUSD.LOCAL", "1m", 372_000, 700, gaps=52, missing=1_932, source="gbpusd.csv",
             verdict="bad", checked_ns=START_NS - 3 * DAY_NS, last_ns=START_NS - 5 * DAY_NS),
        _row("SIM-A/USDT", "SIMAUSDT.SIM", "1m", 100_000, 70, simulated=True, source="seed 7"),
        _row("ETH/USDT", "ETHUSDT.BINANCE", "1h", 35_064, 1461, source="binance", syncs_from="binance",
             verdict="changed", checked_ns=START_NS - 40 * DAY_NS, last_ns=START_NS - HOUR_NS),
        _row("ETH/USDT", "ETHUSDT.BINANCE", "", 812_334_020, 400, kind="trades", gaps=None, missing=None,
             source="binance", syncs_from="binance", verdict="warn", checked_ns=soon, last_ns=START_NS - 9 * DAY_NS),
        _row("SPY", "SPY.XNAS", "1d", 0, 0, gaps=None, missing=None, source="tiingo", error=BROKEN),
        _row("BTC/USDT", "BTCUSDT.BYBIT", "", 5_000_000, 20, kind="quotes", gaps=None, missing=None, counted=False),
    ]  # fmt: skip


def coverage(name: str) -> dict[str, Any]:
    """Return one series in full; of the broken one nothing but its error."""
    row = next((one for one in rows() if one["series"] == name), None)
    if row is None:
        raise UsageError(f"no series `{name}`")
    first, last = row["first_ns"] // DAY_NS, (row["last_ns"] - 1) // DAY_NS
    full = {"1m": 1440, "1h": 24}.get(row["timeframe"], 90_000)
    runs = [] if row["error"] else [(first, last - first + 1, full)]
    holes: list[tuple[int, int, int]] = []
    if row["missing"]:
        lost = last - 40
        runs = [(first, 100, full), (first + 100, 1, full - 32), (first + 101, lost - first - 101, full),
                (lost + 1, 1, full // 3), (lost + 2, last - lost - 1, full)]  # fmt: skip
        holes = [(lost * DAY_NS, lost * DAY_NS + 1900 * MINUTE_NS, 1900),
                 ((first + 100) * DAY_NS, (first + 100) * DAY_NS + 32 * MINUTE_NS, 32)]  # fmt: skip
    return {
        "series": name, "rows": row["rows"], "first_ns": row["first_ns"], "last_ns": row["last_ns"], "days": runs,
        "verdict": row["verdict"], "checked_ns": row["checked_ns"], "timeframe": row["timeframe"],
        "findings": _findings(row, holes), "files": [("2020-01-01_2022-01-31.parquet", row["rows"], row["bytes"])],
        "source": row["source"], "calendar": "24/7" if row["timeframe"] else "",
        "open_days": [(first, last - first + 1, full)] if row["timeframe"] else [], "holes": holes,
        "holes_left_out": 0, "errors": [row["error"]] if row["error"] else [],
    }  # fmt: skip


def _findings(row: dict[str, Any], holes: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    found = []
    if holes:
        found.append(
            {"name": "gaps", "level": "bad", "count": 1932, "first_ns": holes[1][0], "last_ns": holes[0][1],
             "text": "rows missing while the market was open", "examples": [(holes[0][0], "1,900 missing")]}
        )  # fmt: skip
    if row["verdict"] in ("bad", "warn"):
        found.append(
            {"name": "spikes", "level": "warn", "count": 1, "first_ns": START_NS - 20 * DAY_NS, "last_ns": START_NS,
             "text": "one price far away, and back again", "examples": [(START_NS - 20 * DAY_NS, "1.9042")]}
        )  # fmt: skip
    return found


def preview(name: str, count: int) -> dict[str, Any]:
    bars = []
    for i in range(min(count, 300)):
        close = 100 + 8 * math.sin(i / 17) + 2 * math.sin(i / 3)
        bars.append(
            [
                START_NS - (300 - i) * MINUTE_NS,
                close - 0.4,
                close + 1,
                close - 1.2,
                close,
                10.0 + i % 7,
            ]
        )
    return {"series": name, "bars": bars, "step": "" if name.endswith("m") else "5s"}


def sources(reset: str = "") -> list[dict[str, Any]]:
    """Return sources of every light; one that was reset is well again."""
    made: list[dict[str, Any]] = [
        {"source": "binance", "about": "crypto, through ccxt"},
        {"source": "databento", "about": "US exchanges, paid; needs a key", "paid": True},
        {"source": "kraken", "about": "crypto, through ccxt", "light": "open", "until_ns": START_NS + 42_000_000_000,
         "reason": "HTTP 503 service unavailable", "failures": 3},
        {"source": "okx", "about": "crypto, through ccxt", "light": "half-open", "until_ns": START_NS - 1,
         "reason": "no answer in 10 s", "failures": 3},
        {"source": "simulated", "about": "the built-in market, no network"},
        {"source": "tiingo", "about": "US equities daily; needs a key", "needs": "the secret `tiingo`"},
    ]  # fmt: skip
    return [
        {"source": one["source"], "about": one["about"]} if one["source"] == reset else one
        for one in made
    ]


def jobs() -> list[JobRow]:
    """Return work on the catalog: at work, waiting and ended."""
    return [
        JobRow("job-pull-1", "pull", "pull from binance ETH/USDT", "running", 0.63, 42.0, "ETH/USDT 1h",
               started_ns=START_NS - 60_000_000_000, rows=1_240_000, rate=21_000.0),
        JobRow("job-sync-2", "sync", "sync ETHUSDT.BINANCE", "queued", started_ns=START_NS - 30_000_000_000),
        JobRow("job-check-3", "check", "check GBPUSD.LOCAL 1m", "done", 1.0, None, "1 series checked: 1 bad",
               started_ns=START_NS - 900_000_000_000),
        JobRow("job-pull-4", "pull", "pull from kraken BTC/EUR", "failed", 0.2, None, "BTC/EUR: HTTP 503",
               started_ns=START_NS - 1_800_000_000_000),
    ]  # fmt: skip
