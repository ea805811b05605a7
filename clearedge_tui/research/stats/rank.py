"""Where the real figure stands among figures of chance."""

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.series import usable

_TIE = 1e-12


def p_value(real: float, draws: npt.ArrayLike) -> float:
    """Return (1 + how many draws are as good or better) / (draws + 1): never 0.

    Ties count against the real one (Phipson & Smyth 2010). Bigger is better.
    """
    found = usable(draws, 1, "draws")
    as_good = int((found >= real - _TIE * max(1.0, abs(real))).sum())
    return (1 + as_good) / (len(found) + 1)


def percentile(real: float, draws: npt.ArrayLike) -> float:
    """Return the share of draws below the real one, half of the ties, in per cent."""
    found = usable(draws, 1, "draws")
    below = float((found < real).mean())
    return 100.0 * (below + 0.5 * float((found == real).mean()))


def level(draws: npt.ArrayLike, q: float) -> float:
    """Return the q-th percentile of the draws."""
    return float(np.percentile(usable(draws, 1, "draws"), q))
