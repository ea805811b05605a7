"""The account bar by bar, computed afterwards from fills and closes: the engine is not asked."""

from dataclasses import dataclass

import numpy as np

from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.runs.fill_columns import FillColumns

DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """At each bar's close: what the account is worth and holds."""

    ts_ns: Ints
    close: Floats
    equity: Floats
    position: Floats  # signed, base units


def account(bars: Bars, fills: FillColumns, balance: float) -> Account:
    """Mark the account at every close. A fill belongs to the bar it happened in or at the end of."""
    count = len(bars)
    if not len(fills) or not count:
        return Account(bars.ts_ns, bars.close, np.full(count, balance), np.zeros(count))
    at = np.minimum(np.searchsorted(bars.ts_ns, fills.ts_ns), count - 1)
    lengths = np.diff(np.concatenate([[0], at, [count]]))
    signed = np.where(fills.buys, fills.size, -fills.size)
    cash = balance - np.cumsum(signed * fills.price + fills.fee)
    position = np.repeat(np.concatenate([[0.0], fills.held]), lengths)
    equity = position * bars.close
    equity += np.repeat(np.concatenate([[balance], cash]), lengths)
    return Account(bars.ts_ns, bars.close, equity, position)


def drawdown(equity: Floats, balance: float) -> Floats:
    """Return how far below its highest value so far the account is, as a share of that; 0 or less."""
    peak = np.maximum.accumulate(equity).astype(np.float64, copy=False)
    np.maximum(peak, balance, out=peak)
    result: Floats = np.divide(equity, peak, out=peak)  # new memory costs more than the division
    result -= 1.0
    result[result > -1e-12] = 0.0  # back at the peak but for the dust of floats
    return result


def episodes(falls: Floats) -> tuple[Ints, Ints]:
    """Return the stretches below a peak: the bar of the peak (-1: the start) and the last bar below."""
    edges = np.concatenate([[-1], np.flatnonzero(falls >= 0.0), [len(falls)]])
    below = np.diff(edges) > 1
    return edges[:-1][below], edges[1:][below] - 1


def thinned(most: int, *series: Floats) -> Ints:
    """Return at most about `most` indices that keep first and last, and highs and lows throughout."""
    count = len(series[0])
    if count <= most:
        return np.arange(count)
    buckets = max(1, (most - 2) // (2 * len(series)))
    size = -(-count // buckets)
    whole = count // size * size
    starts, kept = np.arange(0, whole, size), [np.array([0, count - 1])]
    for values in series:
        rows = values[:whole].reshape(-1, size)
        kept += [starts + rows.argmax(axis=1), starts + rows.argmin(axis=1)]
        if whole < count:
            rest = values[whole:]
            kept.append(whole + np.array([int(rest.argmax()), int(rest.argmin())]))
    return np.unique(np.concatenate(kept))


def day_ends(ts_ns: Ints) -> Ints:
    """Return the last bar of each UTC day that has bars; midnight belongs to the day that ends."""
    if not len(ts_ns):
        return np.empty(0, np.int64)
    first, last = ((int(ts_ns[n]) - 1) // DAY_NS for n in (0, -1))
    midnights = np.arange(first + 1, last + 2, dtype=np.int64) * DAY_NS
    ends: Ints = np.searchsorted(ts_ns, midnights, "right") - 1
    return ends[np.diff(ends, prepend=-1) > 0]


def changes(marks: Floats, balance: float) -> Floats:
    """Return the return of each mark against the one before; it ends with the mark of a ruin."""
    marks = np.concatenate([[balance], marks])
    if (marks <= 0).any():  # ruined: returns after that have no meaning
        marks = marks[: int(np.argmax(marks <= 0)) + 1]
    result: Floats = marks[1:] / marks[:-1] - 1.0
    return result


def by_period(ts_ns: Ints, equity: Floats, balance: float, unit: str) -> dict[str, float]:
    """Return the return of each month (`M`, e.g. `2022-01`) or year (`Y`) by name, of daily marks."""
    if not len(ts_ns):
        return {}
    names = (ts_ns - 1).astype("datetime64[ns]").astype(f"datetime64[{unit}]")
    ends = np.append(np.flatnonzero(np.diff(names.astype(np.int64))), len(names) - 1)
    marks = np.concatenate([[balance], equity[ends]])
    grown = marks[1:] / np.where(marks[:-1] > 0, marks[:-1], np.nan) - 1.0
    return {str(n): float(c) for n, c in zip(names[ends], grown, strict=True) if np.isfinite(c)}
