"""What a supervisor answers about one finished run: analysis, trades, bars, its past. Always the same."""

import math
import random
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from clearedge_tui.core.model import BarRow
from clearedge_tui.runs.analysis.model import Analysis, Fall, Histogram, Simulation, Slot
from clearedge_tui.runs.fill_columns import money
from clearedge_tui.runs.model import Curve
from clearedge_tui.runs.report_rows import (
    FileRow,
    FillLine,
    Happened,
    OneTrade,
    OrderLine,
    RunBars,
    RunPast,
    TradeMark,
    TradeRow,
)
from clearedge_tui.runs.trade_look import nearest
from clearedge_tui.runs.trade_pages import Order, TradeTable, table_of
from clearedge_tui.ui import report_figures
from tests.fakes import runs
from tests.fakes.market import MINUTE_NS, START_NS

TRADES = 412
_DAY_NS = 1_440 * MINUTE_NS
_FIRST_NS = START_NS - 30 * _DAY_NS
_TAGS = ("stop", "target", "cross", "end of day")


@lru_cache(maxsize=1)
def table() -> TradeTable:
    """Return 412 trades, one every 100 minutes."""
    draw = random.Random(5)
    entry = [_FIRST_NS + n * 100 * MINUTE_NS for n in range(TRADES)]
    bars = [draw.randint(1, 90) for _ in range(TRADES)]
    prices = [round(40_000 + draw.gauss(0, 900), 2) for _ in range(TRADES)]
    pnl = [round(draw.gauss(4, 60), 2) for _ in range(TRADES)]
    rows = pa.table(
        {
            "number": np.arange(1, TRADES + 1),
            "side": [("long", "short")[n % 3 == 0] for n in range(TRADES)],
            "size": money([Decimal("0.5")] * TRADES),
            "entry_ns": entry,
            "entry_price": money([Decimal(str(p)) for p in prices]),
            "exit_ns": [a + b * MINUTE_NS for a, b in zip(entry, bars, strict=True)],
            "exit_price": money([Decimal(str(round(p + q / 2, 2))) for p, q in zip(prices, pnl, strict=True)]),
            "pnl": money([Decimal(str(v)) for v in pnl]),
            "fees": money([Decimal("3.84")] * TRADES),
            "bars": bars,
            "mae": [min(0.0, v) - abs(draw.gauss(0, 20)) for v in pnl],
            "mfe": [max(0.0, v) + abs(draw.gauss(0, 20)) for v in pnl],
            "pnl_so_far": np.cumsum(pnl),
            "first_fill": np.arange(0, 2 * TRADES, 2),
            "last_fill": np.arange(1, 2 * TRADES, 2),
        }
    )  # fmt: skip
    return table_of(rows, [tag for n in range(TRADES) for tag in ("enter", _TAGS[n % 4])])


def rows() -> list[TradeRow]:
    """Return all trades, oldest first."""
    return table().of(np.arange(TRADES))


def _order(args: dict[str, Any]) -> Order:
    return Order(
        str(args.get("filter", "")), str(args.get("sort", "number")), bool(args.get("down", True))
    )


def trades(args: dict[str, Any]) -> Any:
    return runs.plain(table().page(_order(args), int(args["offset"]), int(args["limit"])))


def trade(args: dict[str, Any]) -> Any:
    at = (int(args["number"]) or nearest(table(), int(args["at_ns"]), int(args["step"]))) - 1
    row = table().of(np.array([at]))[0]
    order = [int(n) for n in table().order(_order(args))]
    place = order.index(at) if at in order else -1
    buys = row.side == "long"
    sides = ("buy", "sell") if buys else ("sell", "buy")
    ends = ((row.entry_ns, row.entry_price, "enter"), (row.exit_ns, row.exit_price, row.exit_tag))
    return runs.plain(
        OneTrade(
            row=row,
            place=place + 1,
            matched=len(order),
            before=order[place - 1] + 1 if place > 0 else 0,
            after=order[place + 1] + 1 if 0 <= place < len(order) - 1 else 0,
            orders=tuple(
                OrderLine(f"O-{n}", ts, side, "market", row.size, None, row.size, "filled", "", tag)
                for n, (side, (ts, _, tag)) in enumerate(zip(sides, ends, strict=True))
            ),
            fills=tuple(
                FillLine(ts, f"O-{n}", side, row.size, price, Decimal("1.92"), False, tag)
                for n, (side, (ts, price, tag)) in enumerate(zip(sides, ends, strict=True))
            ),
            log=("2022-01-01 00:00:00 info    crossed above at 40,012.5",),
        )
    )


def candles(args: dict[str, Any]) -> Any:
    """Return bars on a slow wave; the run has 30 days of minutes."""
    count, every = int(args["count"]), int(args["every"]) or -(-30 * 1_440 // int(args["count"]))
    step = every * MINUTE_NS
    middle = int(args["at_ns"]) or (_FIRST_NS + START_NS) // 2
    first = max(_FIRST_NS, min(middle - count * step // 2, START_NS - count * step)) // step * step
    draw = random.Random(first)
    rows, price = [], 40_000.0
    for n in range(1, count + 1):
        to = 40_000 + 900 * math.sin((first + n * step) / _DAY_NS) + draw.gauss(0, 40)
        spread = abs(draw.gauss(0, 60))
        rows.append(
            BarRow(
                first + n * step,
                price,
                max(price, to) + spread,
                min(price, to) - spread,
                to,
                10 + spread,
            )
        )
        price = to
    values = table().values
    marks = tuple(
        TradeMark(n + 1, values["side"][n] == "long", int(values["in"][n]), float(values["entry"][n]),
                  int(values["out"][n]), float(values["exit"][n]), float(values["pnl"][n]))
        for n in range(TRADES)
        if first < values["in"][n] <= rows[-1].ts_ns
    )  # fmt: skip
    return runs.plain(RunBars(tuple(rows), every, _FIRST_NS, START_NS, marks))


def past(args: dict[str, Any]) -> Any:
    del args
    return runs.plain(
        RunPast(
            (Happened(START_NS, "run_started", "running", "attempt 1"),
             Happened(START_NS + MINUTE_NS, "run_completed", "done", "")),
            (FileRow("report.json", 102_400), FileRow("trades.parquet", 30_094)),
            (("code_sha256", "65b8998adf384259"),), ("first",), "what it is for",
        )
    )  # fmt: skip


def analysis(args: dict[str, Any]) -> Any:
    """Return an analysis with something in every part."""
    report = runs.report(str(args["run_id"]))
    draw = random.Random(3)
    figures: dict[str, float | None] = {
        key: round(draw.uniform(-2, 2), 3) for key in report_figures.BY_KEY
    }
    figures |= {**runs.METRICS, "starting_balance": 100_000.0, "avg_duration_s": 5_400.0}
    side = {one.key: figures[one.key] for one in report_figures.GROUPS["Trades"]}
    stamps, equity = report.equity.ts_ns, report.equity.value
    wide = [math.sqrt(n) * 900 for n in range(0, len(stamps), 8)]
    levels = (("p5", -1.6), ("p25", -0.7), ("p50", 0.0), ("p75", 0.7), ("p95", 1.6))
    bands = {
        name: tuple(100_000 + 40 * n + w * by for n, w in enumerate(wide)) for name, by in levels
    }
    falls = tuple(
        Fall(stamps[n], stamps[n + 9], stamps[n + 30] if n else None, 0.081 / (n / 40 + 1), 2.4 + n, 1.5 if n else None)
        for n in range(0, 200, 40)
    )  # fmt: skip
    roll = tuple(1.4 + math.sin(n / 30) for n in range(300))
    return runs.plain(
        Analysis(
            version=1, currency="USDT", days_a_year=365, figures=figures, long=side, short=side,
            monthly=report.monthly, yearly={"2021": 0.11, "2022": 0.031}, falls=falls,
            hours=tuple(_slot(f"{n:02}", draw) for n in range(24)),
            weekdays=tuple(_slot(name, draw) for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
            exits=tuple(_slot(name, draw) for name in ("stop", "target", "", "end of day")),
            daily_returns=_bell(draw, 0.002), trade_returns=_bell(draw, 0.005), window_days=30,
            rolling_sharpe=Curve(stamps[100:], roll), rolling_volatility=Curve(stamps[100:], roll),
            exposure=Curve(stamps, tuple(0.4 * (n // 20 % 3 - 1) for n in range(len(equity)))),
            simulation=Simulation(1_000, 4.0, 1, stamps[::8], bands, {n: b[-1] for n, b in bands.items()},
                                  Histogram(80_000, 5_000, (1, 4, 11, 30, 60, 44, 20, 6, 2)), 0.23, 0.09, 0.19),
        )
    )  # fmt: skip


def _slot(name: str, draw: random.Random) -> Slot:
    trades_ = draw.randint(0, 40)
    won = round(draw.random(), 2) if trades_ else None
    return Slot(name, trades_, round(draw.gauss(0, 300), 2) if trades_ else 0.0, won)


def _bell(draw: random.Random, width: float) -> Histogram:
    counts = [0] * 21
    for _ in range(300):
        counts[max(0, min(20, round(draw.gauss(10.4, 3))))] += 1
    return Histogram(-10 * width, width, tuple(counts))
