"""Optuna and the bare engine in a process pool: `python -m benchmarks.research_bare BARS.npy TRIALS`.

What a person writes without a console: each task makes an engine, feeds it all bars and runs the same
EMA cross. Prints wall seconds for all trials after every worker was warm.
"""

import json
import multiprocessing
import sys
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.race import WARM, _bare

_bars: Any = None


def _begin(path: str) -> None:
    global _bars
    from clearedge_tui.market.columns import Bars

    rows = np.load(path)
    _bars = Bars(rows[0].astype(np.int64), *rows[1:])
    _bare(_bars.slice(0, WARM), WARM)


def _trial(lengths: tuple[int, int]) -> int:
    return _bare(_bars, 5_000, *lengths)[1]


def main(path: str, trials: int) -> None:
    """Draw, run two at a time, tell, as Optuna's own examples do."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    with multiprocessing.get_context("spawn").Pool(2, _begin, (path,)) as pool:
        pool.map(_trial, [(3, 5)] * 0)
        pool.map(_len, [0] * 8)
        began = perf_counter()
        for at in range(0, trials, 2):
            asked = [study.ask() for _ in range(min(2, trials - at))]
            drawn = [(t.suggest_int("fast", 3, 42), t.suggest_int("slow", 50, 194)) for t in asked]
            for trial, fills in zip(asked, pool.map(_trial, drawn, 1), strict=True):
                study.tell(trial, float(fills))
        print(json.dumps({"seconds": perf_counter() - began}))


def _len(_: int) -> int:
    return len(_bars)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
