"""The position after each fill: what it is, at what average price, and what it has earned so far."""

from dataclasses import dataclass

import numpy as np

from clearedge_tui.market.columns import Floats
from clearedge_tui.runs.fill_columns import Bools, FillColumns


@dataclass(frozen=True, slots=True)
class Positions:
    """One row a fill. `held` is signed; money in the quote currency, `realised` before fees."""

    held: Floats
    avg_price: Floats  # 0 when flat
    realised: Floats
    fees: Floats


def positions(fills: FillColumns) -> Positions:
    """Follow the position at average cost: an exit leaves the price, an entry weighs it anew."""
    signed = np.where(fills.buys, fills.size, -fills.size)
    before = np.concatenate([[0.0], fills.held[:-1]]) if len(signed) else signed
    out = np.where(before * signed >= 0, 0.0, np.minimum(np.abs(signed), np.abs(before)))
    into = np.abs(signed) - out
    into[into < 1e-12] = 0.0  # a fill that closes exactly, but for the dust of floats
    begins = (into > 0) & ((before == 0) | (out > 0))
    average = _averages(fills, into, out, begins)
    if average is None:
        average = _one_by_one(fills, signed)
    entered = np.concatenate([[0.0], average[:-1]]) if len(average) else average
    earned = np.cumsum(out * (fills.price - entered) * np.sign(before))
    return Positions(fills.held, average, earned, np.cumsum(fills.fee))


def _averages(fills: FillColumns, into: Floats, out: Floats, begins: Bools) -> Floats | None:
    """Return the average price after each fill; None when some trip is entered again after an exit."""
    starts = np.flatnonzero(begins)
    if not len(starts):
        return np.zeros(len(into))
    trip = np.cumsum(begins) - 1
    exits = np.cumsum((out > 0) & ~begins)
    again = (into > 0) & ~begins & (exits > exits[starts[trip]])
    if again.any():
        return None
    size, worth = np.cumsum(into), np.cumsum(into * fills.price)
    size_before, worth_before = size - into, worth - into * fills.price
    first = starts[trip]
    held = size - size_before[first]
    average: Floats = (worth - worth_before[first]) / np.where(held > 0, held, 1.0)
    average[fills.held == 0] = 0.0
    return average


def _one_by_one(fills: FillColumns, signed: Floats) -> Floats:
    held, average, found = 0.0, 0.0, []
    for size, price, after in zip(
        signed.tolist(), fills.price.tolist(), fills.held.tolist(), strict=True
    ):
        if held * size >= 0:
            average = (held * average + size * price) / after if after else 0.0
        elif after == 0:
            average = 0.0
        elif held * after < 0:  # through flat to the other side
            average = price
        held = after
        found.append(average)
    return np.array(found)
