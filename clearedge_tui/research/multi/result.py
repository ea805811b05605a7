"""What every engine of many markets gives back."""

from dataclasses import dataclass

import numpy as np

from clearedge_tui.research.stats import rule
from clearedge_tui.research.stats.curve_figures import headline, sharpe
from clearedge_tui.research.stats.rule import RuleTest
from clearedge_tui.research.stats.series import Floats


@dataclass(frozen=True, slots=True)
class Result:
    """Returns per bar after costs; the first of them is that of the second bar."""

    returns: Floats  # bars - 1
    benchmark: Floats  # bars - 1
    turnover: Floats  # bars - 1, traded at the close before each
    weights: Floats  # bars x markets, after the trades at each close
    start: int  # the first return that could have been other than 0: figures begin here
    changes: int  # positions opened
    stats: dict[str, float | None]  # headline figures, those of the benchmark and of the excess
    test: RuleTest | None  # against random twins, when they were asked for

    @property
    def excess(self) -> Floats:
        return self.returns - self.benchmark


def figures(
    returns: Floats, benchmark: Floats, turnover: Floats, start: int, bars_a_year: float
) -> dict[str, float | None]:
    """Return headline figures from `start` on; None where one is not defined."""
    found: dict[str, float | None] = {}
    root = float(np.sqrt(bars_a_year))
    for name, figure in headline(bars_a_year).items():
        found[name] = _one(figure(returns[None, start:]))
        found[f"benchmark_{name}"] = _one(figure(benchmark[None, start:]))
    ratio = _one(sharpe((returns - benchmark)[None, start:]))
    found["information_ratio"] = None if ratio is None else ratio * root
    found["turnover_a_year"] = float(turnover[start:].mean() * bars_a_year)
    return found


def tested(
    real: Floats, twins: Floats, benchmark: Floats, start: int, changes: int, least_twins: int
) -> RuleTest:
    """Rank the Sharpe ratio of the excess over the benchmark among those of the twins."""
    own = _one(sharpe((real - benchmark)[None, start:]))
    others = sharpe((twins - benchmark)[:, start:])
    return rule.judge(own, others, changes, least_twins=least_twins)


def _one(values: Floats) -> float | None:
    value = float(values[0])
    return value if np.isfinite(value) else None
