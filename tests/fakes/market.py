"""A seeded little world of instances, accounts, runs and markets for the console's tests."""

import math
import random
from decimal import Decimal

import msgspec

from clearedge_tui.core.model import (
    AccountKind,
    BarRow,
    Book,
    ConfigVersion,
    EngineState,
    Fill,
    Health,
    Mode,
    Order,
    OrderStatus,
)
from clearedge_tui.supervisor.protocol import (
    AccountRow,
    Detail,
    InstanceRow,
    JobRow,
    LogLine,
)

START_NS = (
    1_643_673_600_000_000_000  # 2022-02-01 00:00 UTC: everything in pictures stands at this time
)
MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000

STRATEGIES = ("ema_cross", "donchian_breakout", "rsi_pullback", "grid_maker")
MARKETS = (
    ("BTC/USDT", "BTCUSDT.LOCAL", False, 38_400.0),
    ("ETH/USDT", "ETHUSDT.LOCAL", False, 2_700.0),
    ("GBP/USD", "GBPUSD.LOCAL", False, 1.35),
    ("SIM-A/USDT", "SIMAUSDT.SIM", True, 100.0),
)
SCHEMA: dict[str, object] = {
    "fast": {
        "type": "int",
        "default": 12,
        "min": 2,
        "max": 200,
        "unit": "bars",
        "help": "fast average",
        "live": True,
    },
    "slow": {
        "type": "int",
        "default": 48,
        "min": 3,
        "max": 500,
        "unit": "bars",
        "help": "slow average",
    },
    "size": {"type": "decimal", "default": "0.1", "min": "0", "unit": "base", "help": "order size"},
    "kind": {
        "type": "enum",
        "default": "market",
        "choices": ["market", "limit"],
        "help": "how to enter",
    },
    "short": {"type": "bool", "default": True, "help": "may go short", "live": True},
    "hold": {
        "type": "duration",
        "default": "4h",
        "min": "1m",
        "help": "longest time in a position",
    },
    "note": {"type": "string", "default": "", "max": 60, "help": "goes to the journal"},
    "$rules": ["fast < slow"],
}
CONFIG: dict[str, object] = {
    "fast": 12, "slow": 48, "size": "0.1", "kind": "market", "short": True, "hold": 14400, "note": "",
}  # fmt: skip


def bars(seed: int, price: float, count: int = 300, end_ns: int = START_NS) -> list[BarRow]:
    """Return a random walk of one-minute bars that ends at `end_ns`."""
    draw = random.Random(seed)
    out, close = [], price * (1 - 0.02 * draw.random())
    for i in range(count):
        open_ = close
        path = [open_ * math.exp(draw.gauss(0, 0.0009) * k) for k in (1, 1, 1)]
        close = path[-1]
        volume = draw.gammavariate(2.0, 12.0) * (1 + 300 * abs(close / open_ - 1))
        stamp = end_ns - (count - 1 - i) * MINUTE_NS
        out.append(BarRow(stamp, open_, max(open_, *path), min(open_, *path), close, volume))
    return out


def ema(values: list[float], length: int) -> list[float]:
    out, value = [], values[0]
    for one in values:
        value += 2 / (length + 1) * (one - value)
        out.append(value)
    return out


def instance_rows(count: int, seed: int, now_ns: int) -> list[InstanceRow]:
    """Return `count` rows that hold every state at least once when there are 24 of them."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        market, market_id, simulated, price = MARKETS[i % 4]
        strategy = STRATEGIES[(i * 3) % 4]
        mode = (Mode.ACTIVE, Mode.OBSERVE, Mode.OFF, Mode.OBSERVE, Mode.ACTIVE)[i % 5]
        walk, spark = 0.0, []
        for _ in range(60):
            walk += draw.gauss(0.4, 9.0)
            spark.append(round(walk, 2))
        off = mode is Mode.OFF
        size = Decimal(draw.choice(["0", "0.1", "-0.1", "0.25"])) if not off else Decimal(0)
        row = InstanceRow(
            id=f"{strategy.split('_')[0]}-{market.split('/')[0].lower()}-{i + 1}", strategy=strategy,
            account="sim" if simulated else "paper", account_kind=AccountKind.PAPER, market=market,
            market_id=market_id, timeframe="1m", simulated=simulated, desired=mode, actual=mode,
            state=EngineState.STOPPED if off else EngineState.RUNNING,
            health=Health.IDLE if off else Health.OK,
            book=None if off else Book.PAPER if mode is Mode.ACTIVE else Book.SHADOW,
            currency="USDT", position=size, avg_price=Decimal(str(price)), price=Decimal(str(price)),
            pnl_today=Decimal(str(spark[-1])) if not off else None,
            pnl_total=Decimal(str(round(spark[-1] * 3.1, 2))), fees=Decimal("12.40"),
            spark=tuple(spark), open_orders=draw.randrange(3), fills=draw.randrange(140),
            last_event=f"bought 0.1 @ {price:,.2f}" if not off else "set to off by desk",
            last_event_ns=now_ns - draw.randrange(600) * SECOND_NS, tick_ns=now_ns,
            heard_ns=now_ns, pid=4000 + i, memory_mb=11.5, cpu_pct=0.4,
        )  # fmt: skip
        rows.append(row)
    return _with_trouble(rows, now_ns)


def _with_trouble(rows: list[InstanceRow], now_ns: int) -> list[InstanceRow]:
    change = msgspec.structs.replace
    bad: dict[int, dict[str, object]] = {
        3: {"state": EngineState.FAULTED, "health": Health.BAD,
            "error": "strategies/grid_maker.py:41: ZeroDivisionError: division by zero"},
        6: {"desired": Mode.OBSERVE, "actual": Mode.ACTIVE, "health": Health.WARN, "last_event": "cancelling 2 orders"},
        8: {"state": EngineState.BACKOFF, "health": Health.WARN, "retry_ns": now_ns + 8 * SECOND_NS, "restarts": 2,
            "actual": None, "last_event": "engine died (signal 9); starts again"},
        10: {"account": "bybit", "account_kind": AccountKind.LIVE, "book": Book.LIVE},
        13: {"heard_ns": now_ns - 42 * SECOND_NS, "health": Health.WARN},
        15: {"state": EngineState.FAILED, "health": Health.BAD, "actual": Mode.OFF,
             "error": "3 restarts in 5 minutes; c clears it"},
        18: {"state": EngineState.STALLED, "health": Health.WARN, "last_event": "on_tick has not returned for 6 s"},
    }  # fmt: skip
    return [change(row, **bad.get(i, {})) for i, row in enumerate(rows)]


def account_rows(now_ns: int) -> list[AccountRow]:
    return [
        AccountRow("paper", AccountKind.PAPER, "replay", EngineState.RUNNING, "USDT", Decimal("100962.32"),
                   Decimal("101204.11"), speed=60.0, data_ns=now_ns, done=0.43, heard_ns=now_ns),
        AccountRow("sim", AccountKind.PAPER, "simulated", EngineState.RUNNING, "USDT", Decimal("99870.05"),
                   Decimal("99811.40"), speed=1.0, data_ns=now_ns, heard_ns=now_ns),
    ]  # fmt: skip


def detail(row: InstanceRow, now_ns: int) -> Detail:
    """Return everything of one instance: widgets of every type, orders, fills, log, schema."""
    seed = int(row.id.rsplit("-", 1)[-1])
    price = next(m[3] for m in MARKETS if m[1] == row.market_id)
    series = bars(seed, price)
    closes = [bar.close for bar in series]
    fast, slow = ema(closes, 12), ema(closes, 48)
    crosses = [i for i in range(50, 300) if (fast[i] > slow[i]) != (fast[i - 1] > slow[i - 1])]
    fills = tuple(
        Fill(f"f{i}", f"o{i}", row.id, row.book or Book.SHADOW, row.market_id,
             "buy" if fast[i] > slow[i] else "sell", Decimal("0.1"), Decimal(str(round(closes[i], 4))),
             Decimal("0.19"), series[i].ts_ns, Decimal("4.20"))
        for i in reversed(crosses)
    )  # fmt: skip
    orders = (
        Order("o-open-1", row.id, row.book or Book.SHADOW, row.market_id, "buy", "limit", Decimal("0.1"),
              Decimal(str(round(price * 0.99, 4))), status=OrderStatus.OPEN, at_ns=now_ns - 90 * SECOND_NS),
        Order("o-denied-1", row.id, row.book or Book.SHADOW, row.market_id, "buy", "market", Decimal("50"),
              status=OrderStatus.DENIED, reason="size 50 is above the limit of 10", at_ns=now_ns - 400 * SECOND_NS),
        *(Order(f.order, row.id, f.book, row.market_id, f.side, "market", f.size, None, f.size, f.price,
                OrderStatus.FILLED, at_ns=f.at_ns) for f in fills),
    )  # fmt: skip
    log = tuple(
        LogLine(now_ns - (40 - i) * 7 * SECOND_NS, ("info", "info", "info", "warning", "debug")[i % 5],
                ("strategy", "engine", "gateway")[i % 3], f"bar {i}: fast {fast[i]:.2f} slow {slow[i]:.2f}")
        for i in range(40)
    )  # fmt: skip
    versions = (
        ConfigVersion(2, now_ns - 3600 * SECOND_NS, "desk", "fast 10 -> 12", CONFIG),
        ConfigVersion(1, now_ns - 86_400 * SECOND_NS, "desk", "first", {**CONFIG, "fast": 10}),
    )
    return Detail(row.id, now_ns, widgets(fast, slow), now_ns, tuple(series), orders, fills, log, SCHEMA, CONFIG,
                  versions)  # fmt: skip


def widgets(fast: list[float], slow: list[float]) -> tuple[dict[str, object], ...]:
    spread = [a - b for a, b in zip(fast, slow, strict=True)]
    return (
        {"type": "candles", "title": "", "overlays": {"fast": fast, "slow": slow}, "markers": []},
        {"type": "line_chart", "title": "spread", "series": {"spread": spread}},
        {"type": "metric", "label": "Signal", "value": "long", "unit": "", "good": True},
        {"type": "metric", "label": "Spread", "value": round(spread[-1], 3), "unit": "USDT", "good": None},
        {"type": "metric", "label": "Drawdown", "value": -3.1, "unit": "%", "good": False},
        {"type": "gauge", "label": "RSI", "value": 61.0, "low": 0, "high": 100, "unit": ""},
        {"type": "sparkline", "label": "Spread", "values": spread[-40:]},
        {"type": "table", "title": "Levels", "columns": ["level", "price", "size"],
         "rows": [["high", round(max(fast), 2), 0.1], ["low", round(min(fast), 2), 0.1]]},
        {"type": "bars", "title": "PnL by hour", "values": {"08": 12.0, "09": -4.5, "10": 7.25, "11": 1.0}},
        {"type": "heatmap", "title": "Sharpe", "rows": [[0.1, 0.4, 0.9], [0.3, 1.2, 0.8], [-0.2, 0.6, 0.5]]},
        {"type": "text", "text": "waits for the next cross"},
        {"type": "log", "title": "Notes", "lines": ["crossed up at 12:04", "size kept"]},
    )  # fmt: skip


def job_rows(now_ns: int) -> list[JobRow]:
    curve = tuple(100_000 + 40 * i + 300 * math.sin(i / 4) for i in range(60))
    return [
        JobRow("job-1", "backtest", "ema_cross BTC/USDT 1m", "running", 0.63, 4.0, "29,031 of 46,081 bars",
               started_ns=now_ns - 7 * SECOND_NS, equity=curve)
    ]  # fmt: skip
