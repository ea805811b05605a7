"""The rule test: does the entry rule beat entering at random, all else equal?

The strategy runs once as written, then N times with its entries replaced by random ones of the same
frequency; exits, sizing, fees and data stay. The p value is (1 + twins as good) / (N + 1); passing
is p < 0.05, which implies that the real Sharpe ratio is above the 95th percentile of its twins.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.rank import level, p_value, percentile

LEAST_TWINS = 200
LEAST_TRADES = 30
ALPHA = 0.05


class Verdict(StrEnum):
    """What a test said."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One rule test; p, percentile and p95 are None when they are insufficient."""

    verdict: Verdict
    why: str
    real: float | None
    p: float | None
    percentile: float | None
    p95: float | None
    twins: int  # that have a figure
    dropped: int  # that never traded or have none
    trades: int


def entry_odds(entries: int, eligible: int) -> float:
    """Return the chance a twin enters on a flat bar on which the strategy could have entered.

    `entries` are the real run's, `eligible` its flat bars after warm-up. Insufficient without both.
    """
    if entries < 1:
        raise Insufficient("entries of the real run", entries, 1)
    if eligible < entries:
        raise Insufficient("flat bars to enter on", eligible, entries)
    return entries / eligible


def twin_seed(run: str, index: int) -> int:
    """Return the seed of one twin: the same for the same run and index on any machine."""
    digest = blake2b(f"{run}\0{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1  # fits a signed 64-bit column


def judge(
    real: float | None,
    twins: npt.ArrayLike,
    trades: int,
    alpha: float = ALPHA,
    least_trades: int = LEAST_TRADES,
    least_twins: int = LEAST_TWINS,
) -> RuleTest:
    """Judge one rule test by its Sharpe ratios (any figure where more is better).

    A twin without a figure (NaN: it never traded) is left out and counted. Never raises: too few
    trades or twins is the verdict INSUFFICIENT, whatever p says.
    """
    all_twins = np.asarray(twins, dtype=np.float64)
    found = all_twins[np.isfinite(all_twins)]
    dropped = len(all_twins) - len(found)
    if real is None or not np.isfinite(real) or not len(found):
        why = "the run or all of its twins have no figure"
        return RuleTest(
            Verdict.INSUFFICIENT, why, None, None, None, None, len(found), dropped, trades
        )
    p, p95 = p_value(real, found), level(found, 95.0)
    if trades < least_trades:
        verdict, why = Verdict.INSUFFICIENT, f"{trades} trades, wanted {least_trades}"
    elif len(found) < least_twins:
        verdict, why = Verdict.INSUFFICIENT, f"{len(found)} twins, wanted {least_twins}"
    elif p < alpha:
        verdict, why = Verdict.PASS, f"p {p:.4f} is below {alpha:g}"
    else:
        verdict, why = Verdict.FAIL, f"p {p:.4f} is not below {alpha:g}: random entries do as well"
    return RuleTest(
        verdict, why, real, p, percentile(real, found), p95, len(found), dropped, trades
    )
