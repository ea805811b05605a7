"""Finished runs, markets and a journal, as plain data, the way the supervisor answers."""

import math
import random
from decimal import Decimal
from typing import Any

import msgspec

from clearedge_tui.runs.compare import Comparison, Line, best_of
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.labels import Labels
from clearedge_tui.runs.model import BacktestSpec, Curve, RunReport, RunSummary, Trade
from tests.fakes.market import MINUTE_NS, SECOND_NS, START_NS

HOUR_NS = 60 * MINUTE_NS
METRICS = {
    "trades": 412.0, "total_return": 0.314, "sharpe": 1.42, "max_drawdown": -0.081, "fees": 1204.5,
    "win_rate": 0.47, "profit_factor": 1.31, "sortino": 2.05, "exposure": 0.62, "pnl": 31_400.0,
}  # fmt: skip
ODD_COLUMNS = {
    "columns": ["Zeit", "Erster, bez.", "Hoch", "Tief", "Close", "Bemerkung"],
    "rows": [["2024-01-01 00:00", "1.5", "2.5", "1.0", "2.0", "x"]] * 4,
    "kind": "bars",
    "found": {"close": "Close"},
    "wanted": {
        "bars": {
            "needed": ["time", "open", "high", "low", "close"],
            "more": ["volume"],
            "missing": ["time", "open", "high", "low"],
        },
        "quotes": {"needed": ["time", "bid", "ask"], "more": [], "missing": ["bid", "ask"]},
        "depth": {"needed": ["time"], "more": [], "missing": []},
    },
}
READING = (  # how an import is told before anything is written
    "file      /home/desk/btc.csv (csv)",
    "columns   time=timestamp, open=open, high=high, low=low, close=close",
    "market    BTC/USDT at LOCAL (BTCUSDT.LOCAL, crypto), 1 price decimals, 6 size decimals",
    "bars      3 of 1m, closing 2022-01-01 00:01:00 to 2022-01-01 00:03:00 UTC",
    "gaps      0 (0 bars missing)",
    "note      the file has no volume; it is stored as 0",
)


def summaries() -> list[RunSummary]:
    def run(number: int, **more: Any) -> RunSummary:
        base: dict[str, Any] = {
            "run_id": f"bt-{number:04d}", "kind": "backtest", "status": "done", "strategy": "ema_cross",
            "market": "BTC/USDT", "timeframe": "1m", "start_ns": START_NS - 32 * 24 * HOUR_NS,
            "end_ns": START_NS, "created_ns": START_NS - number * HOUR_NS, "duration_s": 1.8,
            "simulated": False, "metrics": METRICS,
        }  # fmt: skip
        return RunSummary(**(base | more))

    return [
        run(7),
        run(6, strategy="grid_maker", market="SIM-A/USDT", simulated=True,
            metrics={**METRICS, "total_return": -0.042, "sharpe": -0.31, "max_drawdown": -0.12}),
        run(5, strategy="broken", status="failed", metrics={}, error="strategies/broken.py:7: NameError: x"),
        run(4, strategy="rsi_pullback", metrics={**METRICS, "total_return": 0.05, "sharpe": 0.6},
            stamps=("zero fees", "same close")),
        run(3, strategy="ema_cross", status="interrupted", metrics={}),
    ]  # fmt: skip


def index(gone: set[str], labels: dict[str, Labels]) -> Index:
    """Return what an index would hold of these runs, with what was written on them."""
    names = tuple(METRICS)
    rows = []
    for one in summaries():
        if one.run_id in gone:
            continue
        plain = {n: getattr(one, n) for n in RunRow.__struct_fields__ if hasattr(one, n)}
        said = labels.get(one.run_id, Labels())
        rows.append(
            RunRow(
                **plain,
                figures=tuple(one.metrics.get(name) for name in names),
                tags=said.tags,
                note=said.note,
                star=said.star,
                size_bytes=48_000_000,
                changed_ns=0,
            )
        )
    return Index(names=names, rows=rows)


def comparison(run_ids: list[str]) -> Comparison:
    """Return runs side by side: other settings, other code, other spans of time."""
    known = {one.run_id for one in summaries()}
    reports = [report(run_id if run_id in known else "bt-0007") for run_id in run_ids]
    figures = tuple(
        line(name, *(one.summary.metrics.get(name) for one in reports)) for name in METRICS
    )
    curves = []
    for number, one in enumerate(reports):
        draw = random.Random(11 + number)
        value, values = 1.0, []
        for _ in range(400):
            values.append(value)
            value *= math.exp(draw.gauss(0.0006 - number * 0.0005, 0.004))
        curves.append(
            Curve(tuple(t + number * 72 * HOUR_NS for t in one.equity.ts_ns), tuple(values))
        )
    n = len(run_ids)
    diff = ("--- bt-0007", "+++ bt-0006", "@@ -12,5 +12,6 @@", " def on_bar(ctx, bar):",
            "-    if ctx.fast > ctx.slow:", "+    if ctx.fast > ctx.slow and not ctx.position:",
            "+        ctx.log('in')", "         ctx.buy(ctx.size)")  # fmt: skip
    return Comparison(
        run_ids=tuple(run_ids),
        titles=tuple(f"{r.summary.strategy} {r.summary.market} {r.summary.timeframe}" for r in reports),
        equity=tuple(curves),
        figures=figures,
        settings=(line("strategy", *(r.summary.strategy for r in reports)), line("fill_at", *["next_open"] * n),
                  line("config.fast", *(str(12 - k) for k in range(n))), line("config.slow", *["48"] * n)),
        data=(line("rows", *(46_081.0 - k for k in range(n))), line("sha256", *[f"9f3c{k}1aa07" for k in range(n)])),
        inputs=(line("code_sha256", *[f"71be{k}0a2d9" for k in range(n)]), line("engine_version", *["2.0.0rc7"] * n)),
        code=((), *(diff if k % 2 == 0 else () for k in range(n - 1))),
        notes=("they cover different spans of time", "a simulated market is among them"),
    )  # fmt: skip


def line(name: str, *values: str | float | None) -> Line:
    made = Line(name, values, any(value != values[0] for value in values))
    return msgspec.structs.replace(made, best=best_of(made))


def report(run_id: str) -> RunReport:
    summary = next(s for s in summaries() if s.run_id == run_id)
    draw = random.Random(11)
    equity, hold, value, price = [], [], 100_000.0, 100_000.0
    for _ in range(400):
        value *= math.exp(draw.gauss(0.0007, 0.004))
        price *= math.exp(draw.gauss(0.0001, 0.006))
        equity.append(value)
        hold.append(price)
    stamps = tuple(summary.start_ns + i * 115 * MINUTE_NS for i in range(400))
    peak, drawdown = equity[0], []
    for one in equity:
        peak = max(peak, one)
        drawdown.append(one / peak - 1)
    trades = tuple(
        Trade("long" if i % 3 else "short", Decimal("0.1"), stamps[390 - i * 9], Decimal("38400.5"),
              stamps[396 - i * 9], Decimal("38460.25"),
              Decimal(str(round(draw.gauss(6, 40), 2))), Decimal("3.84"), 42 + i)
        for i in range(40)
    )  # fmt: skip
    spec = BacktestSpec("ema_cross", "BTCUSDT.LOCAL", "1m", config={"fast": 12, "slow": 48})
    monthly = {f"2021-{m:02d}": draw.gauss(0.01, 0.04) for m in range(3, 13)} | {"2022-01": 0.031}
    return RunReport(summary, spec, 46_081, "USDT", Curve(stamps, tuple(equity)), Curve(stamps, tuple(hold)),
                     Curve(stamps, tuple(drawdown)), monthly, trades, 412,
                     ("fills at the next open", "taker fee 0.05 %"), {"equity": "equity.parquet"})  # fmt: skip


def plain(value: object) -> Any:
    return msgspec.to_builtins(value)


def journal() -> list[dict[str, object]]:
    events = (
        ("mode", "ema-btc-1", "desk", "observe -> active: looks right"), ("config", "ema-btc-1", "desk", "fast 10 -> 12"),
        ("restart", "rsi-btc-9", "supervisor", "died by signal 9; starts again in 2 s"),
        ("fault", "grid-sim-a-4", "engine", "strategies/grid_maker.py:41: ZeroDivisionError"),
    )  # fmt: skip
    return [
        {
            "at_ns": START_NS - i * 97 * SECOND_NS,
            "event": e[0],
            "subject": e[1],
            "who": e[2],
            "text": e[3],
        }
        for i, e in ((i, events[i % 4]) for i in range(30))
    ]
