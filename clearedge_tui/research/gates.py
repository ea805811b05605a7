"""The gates of the ladder: what a strategy must show before anything is traded with it.

Sharpe ratios are annual. The one over buy and hold is that of the walk-forward's test windows, less
that of the market over the same windows: luck in choosing is not in it, and unlike a drawdown it does
not get better by hardly being invested.

A gate is judged from one number that some run measured. What was not run, is out of date or has too
little data is never a pass and never a zero: it has a state of its own. Hard gates must all pass
for a strategy to be ready; scored ones add to its readiness (`readiness`).
"""

from collections.abc import Mapping
from enum import StrEnum
from math import isfinite
from typing import Final

import msgspec

from clearedge_tui.core.errors import NotFound


class State(StrEnum):
    """Where a gate stands."""

    PASS = "pass"  # noqa: S105  # a state, not a password
    FAIL = "fail"
    NOT_RUN = "not_run"
    INSUFFICIENT = "insufficient"  # run, but the data cannot carry the figure
    STALE = "stale"  # measured on other code, parameters or data than now


class Direction(StrEnum):
    """Which side of the threshold passes."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"


class Spec(msgspec.Struct, frozen=True):
    """What a gate asks; thresholds themselves are in `THRESHOLDS`, so that they can be raised."""

    name: str
    title: str
    hard: bool
    points: int  # of readiness, when passed
    threshold: float
    direction: Direction
    protects: str  # against what
    action: str  # what to do when it was not run or is stale


class Evidence(msgspec.Struct, frozen=True):
    """What a run says about one gate. Without a value it is insufficient, and `why` says of what.

    An `idle` gate has no meaning for what was judged, and `why` says why: it counts as not run.
    """

    run: str
    value: float | None = None
    why: str = ""
    stale: bool = False
    idle: bool = False


class Gate(msgspec.Struct, frozen=True):
    """One gate, judged."""

    name: str
    title: str
    hard: bool
    state: State
    value: float | None
    threshold: float
    direction: Direction
    margin: float | None  # how far on the passing side; below 0 on the failing one
    points: int
    earned: int
    evidence: str  # the run that measured it; empty when none did
    why: str
    action: str  # the next step; empty when passed


_UP, _LEAST, _DOWN = Direction.ABOVE, Direction.AT_LEAST, Direction.BELOW

SPECS: Final[tuple[Spec, ...]] = (
    Spec("rule", "Rule test p", True, 12, 0.05, _DOWN,
         "entries that do no better than random ones", "run the rule test"),
    Spec("held_out", "Held-out Sharpe", True, 12, 0.5, _UP,
         "parameters that fit only the data they were chosen on", "optimise with a held-out window"),
    Spec("walk_forward", "Walk-forward Sharpe", True, 12, 0.5, _UP,
         "an edge that was there only once", "run a walk-forward"),
    Spec("dsr", "Deflated Sharpe", True, 10, 0.95, _UP,
         "the best of many tries that is best by luck", "optimise, so that trials are counted"),
    Spec("pbo", "Overfitting (PBO)", True, 8, 0.3, _DOWN,
         "choosing what then lands in the worse half", "optimise, so that variants can be ranked"),
    Spec("cost", "Return at 2x cost", True, 8, 0.0, _UP,
         "an edge thinner than what trading may cost", "run the cost stress"),
    Spec("trades", "Trades", True, 4, 30.0, _LEAST,
         "figures of a handful of trades", "run over more data or a shorter timeframe"),
    Spec("buy_hold", "Sharpe over buy and hold", True, 4, 0.0, _UP,
         "work and cost for less than holding the market pays", "run a walk-forward"),
    Spec("breadth", "Markets that pass", False, 6, 0.5, _UP,
         "a rule that fits one market's history", "sweep over more markets"),
    Spec("monte_carlo", "5th percentile of the end", False, 4, 0.0, _UP,
         "a good end that hangs on the order of the trades", "run Monte Carlo"),
    Spec("jitter", "Score kept by neighbours", False, 5, 0.5, _LEAST,
         "parameters that work only exactly so", "optimise or jitter the parameters"),
    Spec("regimes", "Regimes with a gain", False, 4, 0.6, _LEAST,
         "an edge of one kind of market", "run the regime split"),
    Spec("permutation", "Permutation p", False, 4, 0.05, _DOWN,
         "patterns that shuffled bars show as well", "run the permutation test"),
    Spec("spa", "Superior ability p", False, 3, 0.05, _DOWN,
         "the best of a study that the benchmark matches", "optimise and compare with the benchmark"),
    Spec("bootstrap", "Sharpe, lower bound", False, 4, 0.0, _UP,
         "a Sharpe ratio that could as well be nothing", "run a backtest"),
)  # fmt: skip
# Each look at the held-out window raises its threshold by this much: what was looked at is no longer
# unseen.
PER_LOOK: Final = "held_out_per_look"
THRESHOLDS: Final[Mapping[str, float]] = {spec.name: spec.threshold for spec in SPECS} | {
    PER_LOOK: 0.1
}
_BY_NAME: Final = {spec.name: spec for spec in SPECS}


def held_out_threshold(looks: int, thresholds: Mapping[str, float] = THRESHOLDS) -> float:
    """Return the Sharpe ratio to beat: the base + 0.1 * (looks - 1); the first look is free."""
    return thresholds["held_out"] + thresholds[PER_LOOK] * max(0, looks - 1)


def judge(
    name: str,
    evidence: Evidence | None,
    *,
    thresholds: Mapping[str, float] = THRESHOLDS,
    looks: int = 1,
) -> Gate:
    """Judge one gate. `looks` counts how often the held-out window was shown, this time included."""
    spec = _BY_NAME.get(name)
    if spec is None:
        msg = f"no gate is called {name!r}; there are {', '.join(_BY_NAME)}"
        raise NotFound(msg)
    used = {**THRESHOLDS, **thresholds}
    threshold = held_out_threshold(looks, used) if name == "held_out" else used[name]
    state, margin, why, action = _judged(spec, evidence, threshold)
    if name == "held_out" and looks > 1:
        why += f" (raised: the window was looked at {looks} times)"
    return Gate(
        name=name,
        title=spec.title,
        hard=spec.hard,
        state=state,
        value=evidence.value if evidence and margin is not None else None,
        threshold=threshold,
        direction=spec.direction,
        margin=margin,
        points=spec.points,
        earned=spec.points if state is State.PASS else 0,
        evidence=evidence.run if evidence else "",
        why=why,
        action=action,
    )


def _judged(
    spec: Spec, evidence: Evidence | None, threshold: float
) -> tuple[State, float | None, str, str]:
    if evidence is None:
        return State.NOT_RUN, None, f"not run; it protects against {spec.protects}", spec.action
    if evidence.idle:
        return State.NOT_RUN, None, evidence.why, ""
    if evidence.value is None or not isfinite(evidence.value):
        why = evidence.why or "the figure is not defined on this data"
        return State.INSUFFICIENT, None, why, "give it more data, and run it again"
    value = evidence.value
    margin = threshold - value if spec.direction is _DOWN else value - threshold
    if evidence.stale:
        why = evidence.why or "measured on other code, parameters or data than now"
        return State.STALE, margin, why, f"{spec.action} again"
    passed = margin >= 0 if spec.direction is _LEAST else margin > 0
    sign = {_UP: ">", _LEAST: ">=", _DOWN: "<"}[spec.direction]
    said = f"{value:.4g}, wanted {sign} {threshold:.4g}"
    why = f"{evidence.why}; {said}" if evidence.why else said
    if passed:
        return State.PASS, margin, why, ""
    why = f"{why}; it protects against {spec.protects}"
    if not spec.hard:
        return (
            State.FAIL,
            margin,
            why,
            f"it would add {spec.points} points; not in the way of ready",
        )
    return State.FAIL, margin, why, "do not trade it; change the idea, not the threshold"


def ladder(
    evidence: Mapping[str, Evidence],
    *,
    thresholds: Mapping[str, float] = THRESHOLDS,
    looks: int = 1,
) -> tuple[Gate, ...]:
    """Judge every gate, in the order of the ladder; gates without evidence are not run."""
    unknown = sorted(set(evidence) - set(_BY_NAME))
    if unknown:
        msg = f"no gate is called {', '.join(unknown)}; there are {', '.join(_BY_NAME)}"
        raise NotFound(msg)
    return tuple(
        judge(name, evidence.get(name), thresholds=thresholds, looks=looks) for name in _BY_NAME
    )
