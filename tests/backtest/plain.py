"""The analysis of a run once more, in plain Python from the formulas of the manual: no shared code."""

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.outcome import FillRow, OrderRow

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
STEP = 4 * HOUR
BALANCE = 10_000
YEAR = 365


@dataclass
class World:
    """Bars of four hours, and fills at opens, at closes and within bars."""

    bars: Bars
    fills: list[FillRow]
    orders: list[OrderRow]

    @property
    def first_open(self) -> float:
        return float(self.bars.open[0])

    @property
    def start_ns(self) -> int:
        return int(self.bars.ts_ns[0]) - STEP


def world(seed: int, count: int = 480, often: float = 0.15) -> World:
    """Return a world of `count` bars; about that share of them has a fill."""
    draw = random.Random(seed)
    price, rows = 100.0, []
    for n in range(count):
        opened = price + draw.choice((0.0, 0.0, draw.uniform(-1, 1)))
        closed = opened + draw.uniform(-3, 3)
        low, high = min(opened, closed) - draw.random(), max(opened, closed) + draw.random()
        values = [round(max(v, 5.0), 2) for v in (opened, high, low, closed)]
        rows.append([(n + 1) * STEP + 400 * DAY, *values, 1.0])
        price = values[3]
    columns = list(zip(*rows, strict=True))
    bars = Bars(np.array(columns[0], np.int64), *(np.array(c) for c in columns[1:]))
    made = World(bars, [], [])
    for n in range(1, count):
        if draw.random() < often:
            _fill(made, draw, n, draw.choice(("open", "close", "within")))
            if draw.random() < 0.2:
                _fill(made, draw, n, draw.choice(("close", "within")))
    return made


def _fill(made: World, draw: random.Random, n: int, how: str) -> None:
    bars, name = made.bars, f"o{len(made.fills)}"
    closed = int(bars.ts_ns[n])
    ts_ns = closed - STEP + 1 if how == "open" else closed
    low, high = float(bars.low[n]), float(bars.high[n])
    price = {"open": float(bars.open[n]), "close": float(bars.close[n])}.get(
        how, round(draw.uniform(low, high), 2)
    )
    held = sum((f.size if f.side == "buy" else -f.size for f in made.fills), Decimal(0))
    size = Decimal(draw.choice(("0.5", "1", "1.5", "3")))
    side = draw.choice(("buy", "sell"))
    if held and draw.random() < 0.7:  # most go back to flat, or over it
        side = "sell" if held > 0 else "buy"
        size = draw.choice((size, abs(held), 2 * abs(held)))
    fee, tag = Decimal(draw.randrange(-2, 30)) / 100, draw.choice(("", "stop", "target"))
    maker = how == "within"
    decided = int(bars.ts_ns[n - 1])
    if made.fills and ts_ns < made.fills[-1].ts_ns:
        return
    made.fills.append(FillRow(ts_ns, name, side, size, Decimal(repr(price)), fee, maker, tag))
    made.orders.append(OrderRow(name, decided, side, "market", size, None, size, "filled", "", tag))


@dataclass
class Trip:
    long: bool
    first: int
    entry_ns: int
    cash: Fraction = Fraction(0)
    held: Fraction = Fraction(0)
    top: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)
    entries: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    exits: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    running: list[Fraction] = field(default_factory=list)
    last: int = -1
    exit_ns: int = 0

    @property
    def pnl(self) -> float:
        return float(self.cash)

    @property
    def entry(self) -> Fraction:
        return _average(self.entries)

    @property
    def exit(self) -> Fraction:
        return _average(self.exits)

    def take(self, size: Fraction, price: Fraction, fee: Fraction) -> None:
        """Add a signed size."""
        opens = not self.held or (self.held > 0) == (size > 0)
        (self.entries if opens else self.exits).append((abs(size), price))
        self.held += size
        self.cash -= size * price + fee
        self.fees += fee
        self.top = max(self.top, abs(self.held))
        self.running.append(self.cash + self.held * price)


def _average(taken: list[tuple[Fraction, Fraction]]) -> Fraction:
    worth = sum((size * price for size, price in taken), Fraction(0))
    return worth / sum((size for size, _ in taken), Fraction(0))


def trips(made: World) -> list[Trip]:
    """Return the closed trades with every PnL they ran through."""
    done: list[Trip] = []
    now: Trip | None = None
    before: FillRow | None = None
    for row, fill in enumerate(made.fills):
        size = Fraction(fill.size) * (1 if fill.side == "buy" else -1)
        price, fee = Fraction(fill.price), Fraction(fill.fee)
        if now is not None and before is not None:
            marks = [price, *_between(made.bars, before, fill)]
            now.running += [now.cash + now.held * mark for mark in marks]
        part = size
        if now is not None and (now.held > 0) != (size > 0):
            part = max(size, -now.held) if size < 0 else min(size, -now.held)
        if now is None:
            now = Trip(size > 0, row, fill.ts_ns)
        now.take(part, price, fee * part / size)
        if not now.held:
            now.last, now.exit_ns = row, fill.ts_ns
            done.append(now)
            now = None
            if part != size:
                now = Trip(size > 0, row, fill.ts_ns)
                now.take(size - part, price, fee * (size - part) / size)
        before = fill
    return done


def _between(bars: Bars, one: FillRow, two: FillRow) -> list[Fraction]:
    """Return the prices of bars that a position surely met between two fills."""
    marks: list[float] = []
    for closed, high, low, close in zip(
        bars.ts_ns.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), strict=True
    ):
        if closed < one.ts_ns or closed - STEP >= two.ts_ns:
            continue
        left_at_close = two.ts_ns == closed and float(two.price) == close
        if one.ts_ns < closed and (two.ts_ns > closed or left_at_close):
            marks += [high, low]
        if two.ts_ns > closed:
            marks.append(close)
    return [Fraction(repr(mark)) for mark in marks]


def equity(made: World) -> list[float]:
    """Return what the account is worth at each close."""
    cash, held, at, marks = Fraction(BALANCE), Fraction(0), 0, []
    for closed, close in zip(made.bars.ts_ns.tolist(), made.bars.close.tolist(), strict=True):
        while at < len(made.fills) and made.fills[at].ts_ns <= closed:
            fill = made.fills[at]
            size = Fraction(fill.size) * (1 if fill.side == "buy" else -1)
            cash, held, at = (
                cash - size * Fraction(fill.price) - Fraction(fill.fee),
                held + size,
                at + 1,
            )
        marks.append(float(cash + held * Fraction(repr(close))))
    return marks


def by_day(times: Sequence[int], marks: Sequence[float], first: float) -> list[float]:
    """Return the return of each day."""
    ends: dict[int, float] = {}
    for ts_ns, mark in zip(times, marks, strict=True):
        ends[(ts_ns - 1) // DAY] = mark
    levels = [first, *ends.values()]
    return [b / a - 1 for a, b in pairwise(levels)]


def quantile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest."""
    ranked = sorted(values)
    place = (len(ranked) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)


def trade_figures(done: Sequence[Trip]) -> dict[str, Any]:
    """Return the figures of some trades."""
    pnls = [trip.pnl for trip in done]
    won, lost = [p for p in pnls if p > 0], [-p for p in pnls if p < 0]
    mae = [min(0.0, *map(float, trip.running)) for trip in done]
    mfe = [max(0.0, *map(float, trip.running)) for trip in done]
    lasted = [(trip.exit_ns - trip.entry_ns) / 1e9 for trip in done]
    both, mean = bool(won and lost), statistics.fmean
    some = bool(pnls)
    return {
        "trades": len(done),
        "win_rate": len(won) / len(pnls) if some else None,
        "profit_factor": sum(won) / sum(lost) if lost else None,
        "avg_win_loss_ratio": mean(won) / mean(lost) if both else None,
        "avg_trade": mean(pnls) if some else None,
        "best_trade": max(pnls, default=None),
        "worst_trade": min(pnls, default=None),
        "closed_pnl": sum(pnls),
        "gross_profit": sum(won),
        "gross_loss": sum(lost),
        "avg_win": mean(won) if won else None,
        "avg_loss": mean(lost) if lost else None,
        "median_trade": statistics.median(pnls) if some else None,
        "win_loss_ratio": len(won) / len(lost) if lost else None,
        "expectancy": mean(pnls) / mean(lost) if lost else None,
        "sqn": math.sqrt(len(pnls)) * mean(pnls) / statistics.stdev(pnls) if len(pnls) > 1 else None,
        "kelly": len(won) / len(pnls) - (1 - len(won) / len(pnls)) / (mean(won) / mean(lost)) if both else None,
        "wins_in_a_row": _streak([p > 0 for p in pnls]),
        "losses_in_a_row": _streak([p < 0 for p in pnls]),
        "avg_trade_return": mean(t.pnl / float(t.top * t.entry) for t in done) if some else None,
        "avg_duration_s": mean(lasted) if some else None,
        "median_duration_s": statistics.median(lasted) if some else None,
        "longest_duration_s": max(lasted, default=None),
        "avg_mae": mean(mae) if some else None,
        "worst_mae": min(mae, default=None),
        "avg_mfe": mean(mfe) if some else None,
        "best_mfe": max(mfe, default=None),
        "avg_given_back": mean(f - p for f, p in zip(mfe, pnls, strict=True)) if some else None,
        "edge_ratio": mean(mfe) / -mean(mae) if any(mae) else None,
    }  # fmt: skip


def _streak(flags: Sequence[bool]) -> int:
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def return_figures(made: World) -> dict[str, Any]:
    """Return the figures of the account's and the market's daily returns."""
    times, marks = made.bars.ts_ns.tolist(), equity(made)
    r = by_day(times, marks, BALANCE)
    m = by_day(times, made.bars.close.tolist(), made.first_open)
    mean, n = statistics.fmean, len(r)
    off = [x - mean(r) for x in r]
    var = mean(x * x for x in off)
    worst = sorted(r)[: math.floor(0.05 * (n - 1)) + 1]
    market_off = [x - mean(m) for x in m]
    beta = sum(a * b for a, b in zip(off, market_off, strict=True)) / sum(x * x for x in market_off)
    gap = [a - b for a, b in zip(r, m, strict=True)]
    falls, stays = _falls(times, marks, made.start_ns)
    peak, levels, day_falls = float(BALANCE), [float(BALANCE)], []
    for x in r:
        levels.append(levels[-1] * (1 + x))
        peak = max(peak, levels[-1])
        day_falls.append(levels[-1] / peak - 1)
    months = months_of(times, marks)
    total, held = marks[-1] / BALANCE - 1, made.bars.close[-1] / made.first_open - 1
    return {
        "skew": mean(x**3 for x in off) / var**1.5,
        "kurtosis": mean(x**4 for x in off) / var**2,
        "var_95": -quantile(r, 0.05),
        "cvar_95": -mean(worst),
        "omega": sum(x for x in r if x > 0) / -sum(x for x in r if x < 0),
        "tail_ratio": abs(quantile(r, 0.95)) / abs(quantile(r, 0.05)),
        "best_day": max(r),
        "worst_day": min(r),
        "positive_days": sum(x > 0 for x in r) / n,
        "best_month": max(months.values()),
        "worst_month": min(months.values()),
        "positive_months": sum(x > 0 for x in months.values()) / len(months),
        "ulcer_index": math.sqrt(mean(x * x for x in day_falls)),
        "recovery_factor": total / -min(falls),
        "time_under_water": sum(x < 0 for x in falls) / len(falls),
        "avg_drawdown_days": mean(stays),
        "excess_return": total - held,
        "beta": beta,
        "alpha": (mean(r) - beta * mean(m)) * YEAR,
        "correlation": statistics.correlation(r, m),
        "information_ratio": mean(gap) / statistics.stdev(gap) * math.sqrt(YEAR),
        "max_drawdown": -min(falls),
        "max_drawdown_days": max(stays),
        "sharpe": mean(r) / statistics.stdev(r) * math.sqrt(YEAR),
        "sortino": mean(r) / math.sqrt(mean(min(x, 0) ** 2 for x in r)) * math.sqrt(YEAR),
        "volatility": statistics.stdev(r) * math.sqrt(YEAR),
        "total_return": total,
        "net_profit": marks[-1] - BALANCE,
        "buy_hold_return": held,
        "cagr": (1 + total) ** (365.25 * DAY / (times[-1] - made.start_ns)) - 1,
        "calmar": ((1 + total) ** (365.25 * DAY / (times[-1] - made.start_ns)) - 1) / -min(falls),
    }


def _falls(times: list[int], marks: list[float], start: int) -> tuple[list[float], list[float]]:
    """Return the fall at each bar, and how long each stay below a peak lasted, in days."""
    peak, since, falls, stays, below = float(BALANCE), start, [], [], 0.0
    for ts_ns, mark in zip(times, marks, strict=True):
        if mark >= peak:
            if below:
                stays.append(below)
            peak, since, below = mark, ts_ns, 0.0
        else:
            below = (ts_ns - since) / DAY
        falls.append(mark / peak - 1)
    return falls, [*stays, *([below] if below else [])]


def months_of(times: list[int], marks: list[float]) -> dict[str, float]:
    """Return the return of each calendar month."""
    from datetime import UTC, datetime

    ends: dict[str, float] = {}
    for ts_ns, mark in zip(times, marks, strict=True):
        ends[f"{datetime.fromtimestamp((ts_ns - 1) // 10**9, UTC):%Y-%m}"] = mark
    levels = [float(BALANCE), *ends.values()]
    return {k: levels[n + 1] / levels[n] - 1 for n, k in enumerate(ends)}


def cost_figures(made: World) -> dict[str, Any]:
    """Return what trading cost."""
    closes = dict(zip(made.bars.ts_ns.tolist(), made.bars.close.tolist(), strict=True))
    decided = {order.id: closes[order.ts_ns] for order in made.orders}
    takers = [f for f in made.fills if not f.maker]
    cost = sum(
        float(f.size) * (float(f.price) - decided[f.order]) * (1 if f.side == "buy" else -1)
        for f in takers
    )
    worth = sum(float(f.size) * decided[f.order] for f in takers)
    notional = float(sum(f.size * f.price for f in made.fills))
    fees = float(sum(f.fee for f in made.fills))
    held, bars = Fraction(0), []
    for closed in made.bars.ts_ns.tolist():
        held = sum(
            (Fraction(f.size) * (1 if f.side == "buy" else -1) for f in made.fills if f.ts_ns <= closed),
            Fraction(0),
        )  # fmt: skip
        bars.append(held != 0)
    return {
        "slippage": cost,
        "slippage_bps": cost / worth * 1e4 if worth else None,
        "fees_bps": fees / notional * 1e4,
        "open_pnl": equity(made)[-1] - BALANCE - sum(trip.pnl for trip in trips(made)),
        "fees": fees,
        "turnover": notional / BALANCE,
        "exposure": sum(bars) / len(bars),
        "orders": len(made.orders),
        "fills": len(made.fills),
        "starting_balance": BALANCE,
        "final_equity": equity(made)[-1],
    }
