"""The position after each fill: what it is, at what average price, and what it has earned so far."""

from dataclasses import dataclass

import numpy as np

from clearedge_tui.market.columns import Floats
from clearedge_tui.runs.fill_columns import FillColumns


@dataclass(frozen=True, slots=True)
class Positions:
    """One row a fill. `held` is signed; money in the quote currency, `realised` before fees."""

    held: Floats
    avg_price: Floats  # 0 when flat
    realised: Floats
    fees: Floats


def positions(fills: FillColumns) -> Positions:
    """Follow the position at average cost: an exit leaves the price, an entry weighs it anew."""
    held, average, earned = 0.0, 0.0, 0.0
    averages, realised = [], []
    signed = np.where(fills.buys, fills.size, -fills.size)
    for size, price, after in zip(
        signed.tolist(), fills.price.tolist(), fills.held.tolist(), strict=True
    ):
        if held * size >= 0:
            average = (held * average + size * price) / after if after else 0.0
        else:
            closed = -size if abs(size) <= abs(held) else held
            earned += closed * (price - average)
            if after == 0:
                average = 0.0
            elif held * after < 0:  # through flat to the other side
                average = price
        held = after
        averages.append(average)
        realised.append(earned)
    return Positions(fills.held, np.array(averages), np.array(realised), np.cumsum(fills.fee))
