"""Is a good trial a lucky one? Its own trades, drawn again with replacement, say how often it gains."""

import msgspec

from clearedge_tui.research.stats import monte_carlo
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.study import pnls_of
from clearedge_tui.research.trial import Trial

MOST_LOSING = 0.2  # share of the paths that may end below the start


class Luck(msgspec.Struct, frozen=True):
    """The verdict on one trial: `lucky`, `sound`, or `insufficient` trades to say."""

    number: int
    verdict: str
    why: str
    losing: float | None = None  # share of paths that end below the start
    p5: float | None = None  # of the end, as a share of the start
    p50: float | None = None
    drawdown_p95: float | None = None


def luck(number: int, trial: Trial, balance: float, seed: int) -> Luck:
    """Judge an engine run with detail. More than one path in five that loses money is luck."""
    try:
        paths = monte_carlo.of_trades(
            pnls_of(trial), balance, way=monte_carlo.Way.RESAMPLE, seed=seed
        )
    except Insufficient as error:
        why = f"{error.reason}: found {error.found}, wanted {error.wanted} or more"
        return Luck(number, "insufficient", why)
    lucky = paths.loss > MOST_LOSING
    why = f"{paths.loss:.0%} of {paths.paths:,} draws of its trades end below the start"
    return Luck(
        number, "lucky" if lucky else "sound", why, paths.loss, paths.final.p5 / balance - 1.0,
        paths.final.p50 / balance - 1.0, paths.drawdown.p95,
    )  # fmt: skip
