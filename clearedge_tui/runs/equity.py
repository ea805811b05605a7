"""The account bar by bar, computed afterwards from fills and closes: the engine is not asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.runs.outcome import FillRow


@dataclass(frozen=True, slots=True)
class Account:
    """At each bar's close: what the account is worth and holds."""

    ts_ns: Ints
    close: Floats
    equity: Floats
    position: Floats  # signed, base units
    fees: Floats  # paid so far


def account(bars: Bars, fills: Sequence[FillRow], balance: float) -> Account:
    """Mark the account at every close. A fill belongs to the bar it happened in or at the end of."""
    count = len(bars)
    if not fills or not count:
        flat = np.zeros(count)
        return Account(bars.ts_ns, bars.close, np.full(count, balance), flat, flat)
    made = len(fills)
    at = np.searchsorted(bars.ts_ns, np.fromiter(map(attrgetter("ts_ns"), fills), np.int64, made))
    at = np.minimum(at, count - 1)
    price, fee, sized = (
        np.fromiter(map(float, map(attrgetter(name), fills)), float, made)
        for name in ("price", "fee", "size")
    )
    buys = np.fromiter(map("buy".__eq__, map(attrgetter("side"), fills)), bool, made)
    signed = np.where(buys, sized, -sized)
    position = np.cumsum(np.bincount(at, signed, count))
    position[np.abs(position) < 1e-9] = 0.0  # sums of decimals in floats leave dust
    cash = balance - np.cumsum(np.bincount(at, signed * price + fee, count))
    fees = np.cumsum(np.bincount(at, fee, count))
    return Account(bars.ts_ns, bars.close, cash + position * bars.close, position, fees)


def drawdown(equity: Floats, balance: float) -> Floats:
    """Return how far below its highest value so far the account is, as a share of that; 0 or less."""
    peak = np.maximum(np.maximum.accumulate(equity), balance)
    result: Floats = equity / peak - 1.0
    return result


def thinned(count: int, values: Floats, most: int) -> Ints:
    """Return at most about `most` indices that keep the first, last, highest and lowest value."""
    if count <= most:
        return np.arange(count)
    picks = np.linspace(0, count - 1, most).astype(np.int64)
    extremes = np.array([int(values.argmax()), int(values.argmin())])
    return np.unique(np.concatenate([picks, extremes]))


def daily(ts_ns: Ints, equity: Floats, balance: float) -> Floats:
    """Return the return of each UTC day that has bars, from the last mark of each."""
    if not len(ts_ns):
        return np.empty(0)
    ends = _last_of_each((ts_ns - 1) // 86_400_000_000_000)
    marks = np.concatenate([[balance], equity[ends]])
    if (marks <= 0).any():  # ruined: returns after that have no meaning
        marks = marks[: int(np.argmax(marks <= 0)) + 1]
    result: Floats = marks[1:] / marks[:-1] - 1.0
    return result


def monthly(ts_ns: Ints, equity: Floats, balance: float) -> dict[str, float]:
    """Return the return of each month, by name, e.g. `2022-01`."""
    if not len(ts_ns):
        return {}
    months = (ts_ns - 1).astype("datetime64[ns]").astype("datetime64[M]")
    ends = _last_of_each(months.astype(np.int64))
    marks = np.concatenate([[balance], equity[ends]])
    changes = marks[1:] / np.where(marks[:-1] > 0, marks[:-1], np.nan) - 1.0
    return {str(m): float(c) for m, c in zip(months[ends], changes, strict=True) if np.isfinite(c)}


def _last_of_each(labels: Ints) -> Ints:
    return np.append(np.flatnonzero(np.diff(labels)), len(labels) - 1)
