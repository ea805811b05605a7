"""Is the best of many better than the benchmark, or only the luckiest of many?

White (2000), "A Reality Check for Data Snooping", and Hansen (2005), "A Test for Superior Predictive
Ability", with the stationary bootstrap, by arch. The null: no variant has a higher mean return than
the benchmark. Small p: at least one has.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.resample import simple_block
from clearedge_tui.research.stats.series import Floats, table, usable

LEAST = 30
_ALIVE = 1e-12


@dataclass(frozen=True, slots=True)
class Superior:
    """p values of the whole family; `consistent` is Hansen's, the one to read."""

    consistent: float
    lower: float  # bounds of Hansen's p
    upper: float
    reality_check: float  # White's, not studentised: spoilt by useless variants, hence the larger
    best: int  # column of the highest mean return over the benchmark
    variants: int
    left_out: int  # that never differ from the benchmark
    paths: int
    block: float


def superior(
    benchmark: npt.ArrayLike,
    variants: npt.ArrayLike,
    *,
    seed: int,
    paths: int = 1000,
    block: float | None = None,
) -> Superior:
    """Test returns per period x variants against those of the benchmark (zeros: against cash).

    Variants that equal the benchmark in every period are left out. Insufficient under 30 periods.
    Costs the import of arch (about two seconds) once a process.
    """
    found = table(variants, LEAST, 1)
    base = usable(benchmark, LEAST)
    if len(base) != len(found):
        raise Insufficient("periods of the benchmark", len(base), len(found))
    excess = found - base[:, None]
    alive = np.flatnonzero(excess.std(axis=0) > _ALIVE)
    if not len(alive):
        raise Insufficient("variants unlike the benchmark", 0, 1)
    size = simple_block(len(base)) if block is None else block
    studentised = _p(base, found[:, alive], seed, paths, size, True)
    plain = _p(base, found[:, alive], seed, paths, size, False)
    return Superior(
        consistent=studentised["consistent"],
        lower=studentised["lower"],
        upper=studentised["upper"],
        reality_check=plain["upper"],
        best=int(alive[excess[:, alive].mean(axis=0).argmax()]),
        variants=found.shape[1],
        left_out=found.shape[1] - len(alive),
        paths=paths,
        block=size,
    )


def _p(
    base: Floats, variants: Floats, seed: int, paths: int, block: float, studentised: bool
) -> dict[str, float]:
    from arch.bootstrap import SPA

    test = SPA(  # it takes losses
        -base, -variants, block_size=max(1, round(block)), reps=paths, seed=seed,
        studentize=studentised,
    )  # fmt: skip
    test.compute()
    drawn = {str(name): float(p) for name, p in test.pvalues.items()}
    return {name: (p * paths + 1) / (paths + 1) for name, p in drawn.items()}  # never 0
