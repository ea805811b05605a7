"""The rule test: the strategy against twins that enter at random, everything else as it is."""

import msgspec
import numpy as np

from clearedge_tui.research.stats import rule
from clearedge_tui.research.study import Study, returns_of
from clearedge_tui.research.trial import Ask, Trial, Twin

_CONFIRMED = 5  # twins that the engine runs as well, when they were screened
_CLOUD = 60  # curves that are drawn
_POINTS = 80


class RuleResult(msgspec.Struct, frozen=True):
    """What a rule test found. Figures are the annual Sharpe ratio of the study's periods."""

    verdict: str
    why: str
    real: float | None
    p: float | None
    percentile: float | None
    p95: float | None
    twins: int
    dropped: int
    trades: int
    entries: int
    eligible: int
    odds: float
    sharpes: tuple[float, ...]
    curve: tuple[float, ...]  # growth of 1
    cloud: tuple[tuple[float, ...], ...]
    paths: dict[str, int]  # how many trials each path made
    why_engine: str = ""


def rule_test(study: Study, config: dict[str, object], twins: int = rule.LEAST_TWINS) -> RuleResult:
    """Run it over the study's whole window. Insufficient results say so; nothing is raised for them."""
    path = study.path(config)
    real = study.do("the strategy itself", [Ask(config=config)])[0]
    trades = int(real.figure("trades") or 0)
    if real.status != "done":
        return _none(real, f"the strategy failed: {real.error}")
    if not real.asked_entry:
        return _none(real, "its entries do not go through should_enter, so none can be drawn")
    if not real.entries:
        return _none(real, "it never entered from flat")
    odds = rule.entry_odds(real.entries, real.eligible)
    name = f"{study.setup.code_sha256}{study.setup.data_sha256}{sorted(config.items())}"
    asks = [
        Ask(
            config=config,
            path=path,
            twin=Twin(n, rule.twin_seed(name, n), odds, real.longs / real.entries),
        )
        for n in range(twins)
    ]
    found = study.do("twins that enter at random", asks)
    if path == "light":
        _, differs = study.confirm("confirming twins", asks[:_CONFIRMED])
        if differs:
            study.distrust(differs)
            return rule_test(study, config, twins)
    figures = [np.nan if (one := t.figure("sharpe")) is None else one for t in found]
    judged = rule.judge(real.figure("sharpe"), figures, trades)
    return RuleResult(
        judged.verdict, judged.why, judged.real, judged.p, judged.percentile, judged.p95,
        judged.twins, judged.dropped, trades, real.entries, real.eligible, odds,
        tuple(round(float(f), 6) for f in figures if np.isfinite(f)),
        growth(real), tuple(growth(t) for t in found[:_CLOUD] if t.status == "done"),
        counted([real, *found]), study.why_engine,
    )  # fmt: skip


def _none(real: Trial, why: str) -> RuleResult:
    trades = int(real.figure("trades") or 0)
    return RuleResult(
        "insufficient", why, real.figure("sharpe"), None, None, None, 0, 0, trades, real.entries,
        real.eligible, 0.0, (), growth(real), (), counted([real]),
    )  # fmt: skip


def growth(trial: Trial, points: int = _POINTS) -> tuple[float, ...]:
    """Return the growth of 1 over a trial, as so many points as a small chart has."""
    returns = returns_of(trial)
    if not len(returns):
        return ()
    grown = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    at = np.unique(np.linspace(0, len(grown) - 1, min(points, len(grown))).astype(np.int64))
    return tuple(np.round(grown[at], 6).tolist())


def counted(trials: list[Trial]) -> dict[str, int]:
    """Count trials by the path that made them."""
    paths = [trial.path for trial in trials]
    return {path: paths.count(path) for path in dict.fromkeys(paths)}
