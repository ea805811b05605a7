"""Bars with their patterns shuffled away: the same moves in another order.

Masters (2018), "Testing and Tuning Market Trading Systems", bar permutation. Logs of the gaps from
close to open are shuffled by themselves; the moves inside a bar (high, low and close against open)
are shuffled as whole bars with their volume, and the bars are put together again. First open and last
close stay, so the trend of the whole stays; what a strategy finds in it should not.
Give a strategy that was searched for the whole search on every permutation, not its final parameters.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.rank import p_value as p_value  # one home, named here for callers
from clearedge_tui.research.stats.series import Floats, usable

LEAST = 10  # bars to shuffle


@dataclass(frozen=True, slots=True)
class Columns:
    """Prices and volumes of bars, oldest first. Times stay those of the real bars."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def permuted(
    open_: npt.ArrayLike,
    high: npt.ArrayLike,
    low: npt.ArrayLike,
    close: npt.ArrayLike,
    volume: npt.ArrayLike,
    *,
    seed: int,
    first: int = 0,
) -> Columns:
    """Return the bars shuffled; those before `first` stay as they are (warm-up, training).

    Markets of one length given the same seed are shuffled alike, so what they have to do with each
    other stays. Prices are not rounded to a tick. Insufficient under ten bars to shuffle.
    """
    given = [usable(column, 1, "bars") for column in (open_, high, low, close, volume)]
    bars = len(given[0])
    if any(len(column) != bars for column in given):
        raise UsageError("columns of bars must have one length; give all of the same bars")
    if not 0 <= first <= bars - LEAST:
        raise Insufficient("bars to shuffle", max(0, bars - first), LEAST)
    if min(float(column.min()) for column in given[:4]) <= 0:
        raise BadData("prices at or below 0 have no logarithm: this market cannot be shuffled")
    return _shuffled(given, first, np.random.default_rng(seed))


def _shuffled(given: list[Floats], first: int, random: np.random.Generator) -> Columns:
    opens, highs, lows, closes = (np.log(column[first:]) for column in given[:4])
    volumes, count = given[4][first:], len(opens)
    gaps = random.permutation(opens[1:] - closes[:-1])  # the first bar has none: its open stays
    moved = random.permutation(count)
    body = (closes - opens)[moved]
    starts = opens[0] + np.concatenate([[0.0], np.cumsum(body[:-1] + gaps)])
    made = [starts, starts + (highs - opens)[moved], starts + (lows - opens)[moved], starts + body]
    prices = [np.exp(column) for column in made]
    prices[1] = np.maximum.reduce([prices[1], prices[0], prices[3]])  # the dust of floats
    prices[2] = np.minimum.reduce([prices[2], prices[0], prices[3]])
    parts = [*prices, volumes[moved]]
    return Columns(
        *(np.concatenate([column[:first], part]) for column, part in zip(given, parts, strict=True))
    )
