"""Does it earn in one kind of market only? The periods cut by trend, by volatility and by calendar.

Labels of a period come from prices before it began (a trailing average, a trailing volatility), so
that a label could have been known. The thirds of volatility are those of the whole sample: the split
describes, it must not be traded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.curve_figures import max_drawdown, total_return
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.moments import moments
from clearedge_tui.research.stats.series import Bools, Floats, usable

LEAST = 20  # periods of a regime


@dataclass(frozen=True, slots=True)
class Regime:
    """One part. Figures are None when it has under 20 periods or the Sharpe is not defined."""

    name: str
    periods: int
    sharpe: float | None  # a year
    total_return: float | None
    max_drawdown: float | None
    share_of_gain: float | None  # of the sum of all log returns; None when that is not above 0


@dataclass(frozen=True, slots=True)
class Split:
    """All parts; `spread` is the highest Sharpe less the lowest, `gaining` the share that gains."""

    regimes: tuple[Regime, ...]
    spread: float | None
    worst: float | None
    gaining: float | None  # of the regimes with figures


def by_trend(closes: npt.ArrayLike, window: int = 100, step: int = 10) -> dict[str, Bools]:
    """Return masks of the periods `up` and `down`: did the average of `window` closes rise over the
    last `step`, as known before the period. Closes and periods are one to one; the first
    window + step are in neither."""
    found = usable(closes, window + step + 2, "closes")
    summed = np.concatenate([[0.0], np.cumsum(found)])
    average = (summed[window:] - summed[:-window]) / window  # at close window - 1, window, …
    rising = average[step:] > average[:-step]
    up, known = np.zeros(len(found), np.bool_), np.zeros(len(found), np.bool_)
    begins = window + step  # the period after the first slope
    up[begins:], known[begins:] = rising[: len(found) - begins], True
    return {"up": up, "down": known & ~up}


def by_volatility(returns: npt.ArrayLike, window: int = 20) -> dict[str, Bools]:
    """Return masks `calm`, `usual` and `wild`: thirds of the market's volatility over the `window`
    periods before; the first `window` are in none."""
    found = usable(returns, 3 * window, "returns of the market")
    views = np.lib.stride_tricks.sliding_window_view(found, window)
    before = views.std(axis=1)[:-1]  # of the windows that end before periods window, window + 1, …
    low, high = np.percentile(before, (100 / 3, 200 / 3))
    masks = {"calm": before <= low, "wild": before > high}
    masks["usual"] = ~(masks["calm"] | masks["wild"])
    none = np.zeros(window, np.bool_)
    return {name: np.concatenate([none, masks[name]]) for name in ("calm", "usual", "wild")}


def by_halves(periods: int) -> dict[str, Bools]:
    """Return masks of the first and the second half."""
    first = np.arange(periods) < periods // 2
    return {"first half": first, "second half": ~first}


def by_year(ts_ns: npt.ArrayLike) -> dict[str, Bools]:
    """Return a mask a UTC calendar year; a close at midnight belongs to the day that ends."""
    times = np.asarray(ts_ns, dtype=np.int64) - 1
    years = times.astype("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    return {str(year): years == year for year in np.unique(years).tolist()}


def split(returns: npt.ArrayLike, masks: Mapping[str, Bools], periods_a_year: float) -> Split:
    """Return the figures of the strategy's returns in each part and how far they are apart."""
    found = usable(returns, 2 * LEAST)
    for name, mask in masks.items():
        if len(mask) != len(found):
            raise Insufficient(f"periods labelled for {name!r}", len(mask), len(found))
    logs = np.log1p(np.maximum(found, -0.999999))
    whole = float(logs.sum())
    parts = tuple(
        _regime(name, found[mask], float(logs[mask].sum()), whole, periods_a_year)
        for name, mask in masks.items()
    )
    ratios = [part.sharpe for part in parts if part.sharpe is not None]
    gains = [part.total_return > 0 for part in parts if part.total_return is not None]
    return Split(
        regimes=parts,
        spread=max(ratios) - min(ratios) if len(ratios) > 1 else None,
        worst=min(ratios) if ratios else None,
        gaining=sum(gains) / len(gains) if gains else None,
    )


def _regime(name: str, part: Floats, gain: float, whole: float, periods_a_year: float) -> Regime:
    if len(part) < LEAST:
        return Regime(name, len(part), None, None, None, None)
    try:
        sharpe = moments(part).sharpe * sqrt(periods_a_year)
    except Insufficient:
        sharpe = None  # it did not trade here
    return Regime(
        name=name,
        periods=len(part),
        sharpe=sharpe,
        total_return=float(total_return(part[None, :])[0]),
        max_drawdown=float(max_drawdown(part[None, :])[0]),
        share_of_gain=gain / whole if whole > 0 else None,
    )


def by_market(returns: npt.ArrayLike, market: npt.ArrayLike, periods_a_year: float) -> Split:
    """Split a strategy's returns by the trend and the volatility of its market, and in halves."""
    moves = np.asarray(market, dtype=np.float64)
    if len(np.asarray(returns)) != len(moves):
        raise Insufficient("periods up to the end", len(np.asarray(returns)), len(moves))
    masks = {
        **by_trend(np.cumprod(1.0 + moves)),
        **by_volatility(moves),
        **by_halves(len(moves)),
    }
    return split(returns, masks, periods_a_year)
