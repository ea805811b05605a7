"""How much of a result stands when its costs, settings, order of trades or market are others."""

import math
from dataclasses import asdict
from typing import Any

import msgspec
import numpy as np

from clearedge_tui.contract.field import NUMBERS, FieldType, plain
from clearedge_tui.contract.schema import Schema
from clearedge_tui.market.columns import Floats
from clearedge_tui.research.stats import bootstrap, monte_carlo, permutation, regimes, sharpe
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.moments import moments
from clearedge_tui.research.study import Study, pnls_of, returns_of
from clearedge_tui.research.trial import Ask, Trial

COSTS = ("1", "2", "3")
SHARES = (-0.25, -0.10, 0.10, 0.25)
PERMUTATIONS = 100


class Stressed(msgspec.Struct, frozen=True):
    """Figures by how many times the costs were taken."""

    returns: dict[str, float | None]
    sharpes: dict[str, float | None]


class Jittered(msgspec.Struct, frozen=True):
    """Neighbours of a config: each setting moved by itself. `kept` is the median share of its Sharpe."""

    tried: tuple[tuple[str, Any, float | None], ...]  # setting, value, Sharpe
    real: float | None
    kept: float | None
    why: str


class Checked(msgspec.Struct, frozen=True):
    """The statistics of one engine run; None, and why, where the data cannot carry a figure."""

    figures: dict[str, float | None]
    why: dict[str, str]
    intervals: dict[str, Any]
    paths: dict[str, Any]  # Monte Carlo of trades and of periods
    regimes: dict[str, Any]


def stress(study: Study, config: dict[str, object]) -> Stressed:
    """Run with costs once, twice and three times as dear, on the engine."""
    found = study.do("dearer costs", [Ask(config=config, cost=one) for one in COSTS])
    return Stressed(
        {f"{cost}x": t.figure("total_return") for cost, t in zip(COSTS, found, strict=True)},
        {f"{cost}x": t.figure("sharpe") for cost, t in zip(COSTS, found, strict=True)},
    )


def jitter(study: Study, config: dict[str, object], schema: Schema) -> Jittered:
    """Move each number of the config by 10 and 25 % either way, alone."""
    base = {**schema.defaults(), **config}
    moved = list(_moved(base, schema))
    path = study.path(base)
    asks = [Ask(config={**base, name: value}, path=path) for name, value in moved]
    found = study.do("neighbours", asks)
    real = study.do("the strategy itself", [Ask(config=base, path=path)])[0].figure("sharpe")
    tried = tuple((n, v, t.figure("sharpe")) for (n, v), t in zip(moved, found, strict=True))
    scores = [0.0 if score is None else score for _, _, score in tried]
    if real is None or real <= 0 or not scores:
        return Jittered(tried, real, None, "its own Sharpe ratio is not above 0: nothing to keep")
    return Jittered(tried, real, float(np.median(scores)) / real, f"{len(scores)} neighbours")


def _moved(base: dict[str, Any], schema: Schema) -> Any:
    """Yield (setting, value) of each neighbour that is valid and another."""
    for name, field in schema.fields.items():
        if field.type not in NUMBERS or field.search is None:
            continue  # what nobody would search (a size) says nothing about the rule
        seen = {base[name]}
        for share in SHARES:
            value = field.read(base[name])
            new = value * (
                1 + (field.read(str(share)) if field.type is FieldType.DECIMAL else share)
            )
            if field.type in (FieldType.INT, FieldType.DURATION):
                new = round(new) if round(new) != value else value + (1 if share > 0 else -1)
            new = plain(new)
            if new not in seen and not schema.check({**base, name: new})[1]:
                seen.add(new)
                yield name, new


def permutations(
    study: Study, config: dict[str, object], count: int = PERMUTATIONS
) -> tuple[float | None, str]:
    """Return the p value of the strategy's Sharpe ratio against those on shuffled bars, and why."""
    path = study.path(config)
    real = study.do("the strategy itself", [Ask(config=config)])[0].figure("sharpe")
    found = study.do(
        "shuffled bars", [Ask(config=config, permuted=n + 1, path=path) for n in range(count)]
    )
    scores = [s for t in found if (s := t.figure("sharpe")) is not None]
    if real is None or len(scores) < count // 2:
        return None, f"{len(scores)} of {count} permutations have a figure"
    return permutation.p_value(real, np.array(scores)), f"{len(scores)} permutations of the bars"


def check(
    trial: Trial, market: Floats, a_year: float, balance: float, variants: int,
    variance: float | None, seed: int,
) -> Checked:  # fmt: skip
    """Judge one engine run (with detail) by itself: deflated Sharpe, intervals, paths, regimes."""
    made = _Maker()
    returns = returns_of(trial)
    made.figure("psr", lambda: _psr(returns))
    made.figure("min_track_record", lambda: _track(returns))
    made.figure("dsr", lambda: _dsr(returns, variants, variance))
    made.figure("over_market", lambda: _over(returns, market, a_year))
    made.figure("autocorrelation", lambda: sharpe.autocorrelation_factor(returns, round(a_year)))
    intervals = made.part("bootstrap", lambda: bootstrap.intervals(returns, a_year, seed=seed))
    if intervals:
        ratio = intervals.get("sharpe")
        made.figures["bootstrap"] = ratio.low if ratio else None
    paths = made.part(
        "monte_carlo",
        lambda: monte_carlo.of_trades(
            pnls_of(trial), balance, way=monte_carlo.Way.RESAMPLE, seed=seed
        ),
    )
    made.figures["monte_carlo"] = paths.final.p5 / balance - 1.0 if paths else None
    periods = made.part("paths", lambda: monte_carlo.of_periods(returns, balance, seed=seed))
    split = made.part("regimes", lambda: regimes.by_market(returns, market, a_year))
    made.figures["regimes"] = split.gaining if split else None
    return Checked(
        made.figures,
        made.why,
        {n: asdict(i) for n, i in (intervals or {}).items() if i is not None},
        {n: asdict(p) for n, p in (("trades", paths), ("periods", periods)) if p},
        asdict(split) if split else {},
    )


class _Maker:
    """Figures, or why there are none."""

    def __init__(self) -> None:
        self.figures: dict[str, float | None] = {}
        self.why: dict[str, str] = {}

    def figure(self, name: str, make: Any) -> None:
        self.figures[name] = self.part(name, make)

    def part(self, name: str, make: Any) -> Any:
        try:
            return make()
        except Insufficient as error:
            self.why[name] = f"{error.reason}: found {error.found}, wanted {error.wanted} or more"
            return None


def _psr(returns: Floats) -> float:
    found = moments(returns)
    return sharpe.psr(found.sharpe, found.periods, found.skew, found.kurtosis)


def _track(returns: Floats) -> float | None:
    found = moments(returns)
    return sharpe.minimum_track_record(found.sharpe, 0.0, found.skew, found.kurtosis)


def _dsr(returns: Floats, variants: int, variance: float | None) -> float:
    if variance is None:
        raise Insufficient("variants with a Sharpe ratio", 0, 2)
    return sharpe.deflated(moments(returns), max(2, variants), variance).dsr


def _over(returns: Floats, market: Floats, a_year: float) -> float:
    return (moments(returns).sharpe - moments(market).sharpe) * math.sqrt(a_year)
