"""Search a strategy's settings on the train part, and judge what was found there by statistics.

Nothing here sees the held-out part: the study's workers have no bar of it. A trial that fails, has
too few trades or no figure has no score; it is counted and shown, and never taken for a zero.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from clearedge_tui.core.errors import UsageError
from clearedge_tui.research.leaders import Leaders
from clearedge_tui.research.luck import Luck, luck
from clearedge_tui.research.objective import Objective
from clearedge_tui.research.rule_test import counted, growth
from clearedge_tui.research.search import PRESETS, Space, sampler
from clearedge_tui.research.stats import importance, pbo, plateau, reality
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.study import Step, Study, returns_of
from clearedge_tui.research.trial import Ask, Trial

if TYPE_CHECKING:
    import optuna

BATCH = 8  # draws before the sampler hears how they did: the same on one core and on a hundred
LEAST_TRADES = 10  # of a trial, for its score to mean anything
TOP = 5
_RUNGS = (0.25, 0.5)  # of the window, for pruning
_STARTUP = 16
_VARIANTS = 200  # that overfitting is measured over
_BLOCKS = 10


class Wanted(msgspec.Struct, frozen=True):
    """How to search. `trials` are valid draws; `warmth` of pruning is off by default."""

    objective: str = "sharpe"
    sampler: str = "tpe"
    trials: int = PRESETS["standard"]
    prune: bool = False
    only: tuple[str, ...] = ()
    least_trades: int = LEAST_TRADES
    seed: int = 1


class Tried(msgspec.Struct, frozen=True):
    """One trial. `state` is scored, failed, insufficient (trades or figures) or pruned."""

    number: int
    params: dict[str, Any]
    state: str
    values: tuple[float, ...] = ()
    sharpe: float | None = None
    total_return: float | None = None
    max_drawdown: float | None = None
    trades: float | None = None
    path: str = ""
    why: str = ""
    plateau: bool = False


class Optimised(msgspec.Struct, frozen=True):
    """What a search found. `chosen` is the recommendation, on a plateau; None when it is refused."""

    wanted: Wanted
    trials: tuple[Tried, ...]
    chosen: dict[str, Any] | None
    why: str
    best: dict[str, Any] | None  # the highest score, which may be a spike
    top: tuple[int, ...]  # numbers of the best trials, confirmed on the engine
    pbo: float | None
    pbo_why: str
    spa_p: float | None
    spa_why: str
    importance: dict[str, float]
    sharpe_variance: float | None  # per period, over the scored trials
    invalid: int  # draws that broke a rule of the settings
    paths: dict[str, int]
    curves: dict[str, tuple[float, ...]]
    why_engine: str = ""
    ranges: dict[str, float] = {}
    luck: tuple[Luck, ...] = ()  # of the best, and of what would be recommended


def optimise(
    study: Study,
    space: Space,
    wanted: Wanted,
    window: tuple[int, int] = (0, 0),
    judged: bool = True,
) -> Optimised:
    """Search over a window of the study's (0: its edges). Raises what a person can act on."""
    if not 1 <= wanted.trials <= 100_000:
        raise UsageError(f"{wanted.trials} trials; wanted 1 to 100,000")
    objective = Objective(wanted.objective)
    path = study.path(space.base)
    search = _Search(study, space, wanted, objective, window, path)
    search.go()
    if path == "light" and search.scored:
        differs = search.confirm()
        if differs:
            study.distrust(differs)
            return optimise(study, space, wanted, window, judged)
    return _judged(search, judged)


class _Search:
    """Draws, trials and scores, in the order of their numbers."""

    def __init__(
        self, study: Study, space: Space, wanted: Wanted, objective: Objective,
        window: tuple[int, int], path: Any,
    ) -> None:  # fmt: skip
        self.study, self.space, self.wanted, self.objective = study, space, wanted, objective
        self.window, self.path = window, path
        self.tried: list[Tried] = []
        self.trials: dict[int, Trial] = {}
        self.invalid = 0
        self.leaders = Leaders()
        self._rungs: dict[float, list[float]] = {share: [] for share in _RUNGS}

    def ask(self, params: Mapping[str, Any], share: float = 1.0, **more: Any) -> Ask:
        start, end = self.window
        if share < 1.0:
            first = start or self.study.setup.spec.start_ns
            last = end or self.study.setup.spec.end_ns
            if not first or not last:
                raise UsageError("pruning needs a window with a beginning and an end; give --from")
            end = first + int((last - first) * share)
        config = {**self.space.base, **params}
        return Ask(config=config, start_ns=start, end_ns=end, path=self.path, **more)

    def go(self) -> None:
        self._tell()  # a search begins: whoever shows the leaders of the one before forgets them
        if self.wanted.sampler == "grid":
            points = self.space.grid()
            for at in range(0, len(points), BATCH * 8):
                self._batch(points[at : at + BATCH * 8])
            return
        import optuna

        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        drawn = optuna.create_study(
            directions=["maximize"] * len(self.objective),
            sampler=sampler(self.wanted.sampler, self.wanted.seed, self.space, len(self.objective)),
        )
        while len(self.tried) < self.wanted.trials:
            self._draw(drawn, min(BATCH, self.wanted.trials - len(self.tried)))

    def _draw(self, drawn: "optuna.Study", count: int) -> None:
        from optuna.trial import TrialState

        asked: list[Any] = []
        points: list[dict[str, Any]] = []
        while len(points) < count:
            trial = drawn.ask()
            params = {axis.name: axis.plain(axis.draw(trial)) for axis in self.space.axes}
            if not self.space.fits(params):
                self.invalid += 1
                drawn.tell(trial, state=TrialState.FAIL)
                if self.invalid > 50 * self.wanted.trials:
                    raise UsageError(
                        "the sampler draws next to nothing valid; narrow the `search` ranges"
                    )
                continue
            asked.append(trial)
            points.append(params)
        for trial, one in zip(asked, self._batch(points), strict=True):
            if one.state == "scored":
                drawn.tell(trial, list(one.values))
            else:
                drawn.tell(trial, state=TrialState.FAIL)

    def _batch(self, points: Sequence[dict[str, Any]]) -> list[Tried]:
        kept = self._pruned(points) if self.wanted.prune else {}
        left = [n for n in range(len(points)) if n not in kept]
        found = self.study.do("trials", [self.ask(points[n]) for n in left])
        done = dict(zip(left, found, strict=True))
        made = []
        for n, params in enumerate(points):
            number = len(self.tried)
            if n in kept:
                one = Tried(number, params, "pruned", why=kept[n], path=self.path)
            else:
                one = self._scored(number, params, done[n])
                self.trials[number] = done[n]
            self.tried.append(one)
            made.append(one)
        self.leaders.take((t, self.trials[t.number]) for t in made if t.state == "scored")
        self._tell()
        return made

    def _tell(self) -> None:
        done, total = len(self.tried), self.wanted.trials
        self.study.told(Step("trials", done, total, 0.0, self.leaders.rows))

    def _pruned(self, points: Sequence[dict[str, Any]]) -> dict[int, str]:
        """Return those that do worse than the median of all before them on a part of the window."""
        out: dict[int, str] = {}
        for share in _RUNGS:
            left = [n for n in range(len(points)) if n not in out]
            found = self.study.do(f"first {share:.0%}", [self.ask(points[n], share) for n in left])
            values = [self.objective.of(trial.metrics) for trial in found]
            known = self._rungs[share]
            middle = float(np.median(known)) if len(known) >= _STARTUP else -math.inf
            for n, value in zip(left, values, strict=True):
                if value is not None:
                    known.append(value[0])
                    if value[0] < middle:
                        out[n] = f"below the median after {share:.0%} of the window"
        return out

    def _scored(self, number: int, params: dict[str, Any], trial: Trial) -> Tried:
        figures = {n: trial.figure(n) for n in ("sharpe", "total_return", "max_drawdown", "trades")}
        state, why, values = "scored", trial.why, self.objective.of(trial.metrics)
        if trial.status != "done" or trial.error:  # done with an error: the account was ruined
            state, why = "failed", trial.error
        elif (figures["trades"] or 0) < self.wanted.least_trades:
            state, why = (
                "insufficient",
                f"{figures['trades'] or 0:g} trades, wanted {self.wanted.least_trades}",
            )
        elif values is None:
            state, why = "insufficient", f"{self.objective.text} is not defined on it"
        return Tried(
            number, params, state, (values or ()) if state == "scored" else (),
            figures["sharpe"], figures["total_return"], figures["max_drawdown"], figures["trades"],
            trial.path, why,
        )  # fmt: skip

    @property
    def scored(self) -> list[Tried]:
        return [one for one in self.tried if one.state == "scored"]

    def top(self) -> list[Tried]:
        """Return the best different trials."""
        seen: dict[str, Tried] = {}
        for one in sorted(self.scored, key=lambda t: (-t.values[0], t.number)):
            seen.setdefault(str(sorted(one.params.items())), one)
        return list(seen.values())[:TOP]

    def confirm(self) -> str:
        """Run the best on the engine as well; return how the light loop differed, if it did."""
        asks = [self.ask(t.params, detail=True) for t in self.top()]
        return self.study.confirm("confirming the best", asks)[1]

    def luck(self, also: int | None) -> tuple[Luck, ...]:
        """Judge the best, and one more, by draws of their own trades, from runs on the engine."""
        numbers = dict.fromkeys(
            [one.number for one in self.top()] + ([] if also is None else [also])
        )
        asks = [
            msgspec.structs.replace(self.ask(self.tried[n].params, detail=True), path="engine")
            for n in numbers
        ]
        found = self.study.do("drawing the trades of the best again", asks)
        balance = float(self.study.setup.spec.balance)
        return tuple(
            luck(n, trial, balance, self.wanted.seed)
            for n, trial in zip(numbers, found, strict=True)
            if trial.status == "done"
        )


def _judged(search: _Search, judged: bool) -> Optimised:
    tried, scored = search.tried, search.scored
    scores = [one.values[0] if one.state == "scored" else math.nan for one in tried]
    advice = plateau.recommend([one.params for one in tried], scores) if tried else None
    chosen = None if advice is None or advice.index is None else tried[advice.index].params
    flat = {n for n, t in enumerate(advice.trials) if t.plateau} if advice else set()
    best = None if advice is None or advice.best is None else tried[advice.best].params
    failed = sum(one.state == "failed" for one in tried)
    why = advice.why if advice else "nothing was tried"
    if failed:
        why += f"; {failed} of {len(tried)} trials failed"
    drawn = search.luck(advice.index if advice else None) if judged and scored else ()
    if advice is not None and chosen is not None:
        lucky = next((o for o in drawn if o.number == advice.index and o.verdict == "lucky"), None)
        if lucky is not None:
            chosen, why = None, f"refused as lucky: {lucky.why} ({why})"
    over, over_why = _measured(lambda: _overfit(search)) if judged else (None, "not asked for")
    spa, spa_why = _measured(lambda: _superior(search)) if judged else (None, "not asked for")
    shares = _or_empty(
        lambda: importance.explained([one.params for one in scored], [o.values[0] for o in scored])
    )
    return Optimised(
        search.wanted,
        tuple(msgspec.structs.replace(one, plateau=n in flat) for n, one in enumerate(tried)),
        chosen, why, best, tuple(one.number for one in search.top()), over, over_why, spa, spa_why,
        shares, _variance(search), search.invalid, counted(list(search.trials.values())),
        {str(one.number): growth(search.trials[one.number]) for one in search.top()},
        search.study.why_engine, {axis.name: axis.width for axis in search.space.axes},
        drawn,
    )  # fmt: skip


def _measured(figure: Callable[[], float]) -> tuple[float | None, str]:
    try:
        return figure(), ""
    except Insufficient as error:
        return None, f"{error.reason}: found {error.found}, wanted {error.wanted} or more"


def _or_empty(figures: Callable[[], dict[str, float]]) -> dict[str, float]:
    try:
        return figures()
    except Insufficient:
        return {}


def _matrix(search: _Search) -> Any:
    """Return periods x variants of the scored trials, each variant once, the latest dropped first."""
    series: dict[str, Any] = {}
    for one in search.scored:
        returns = returns_of(search.trials[one.number])
        series.setdefault(str(sorted(one.params.items())), returns)
    longest = max((len(one) for one in series.values()), default=0)
    whole = [one for one in series.values() if len(one) == longest][:_VARIANTS]
    if len(whole) < 2:
        raise Insufficient("different variants with a score", len(whole), 2)
    return np.column_stack(whole)


def _overfit(search: _Search) -> float:
    return pbo.cscv(_matrix(search), blocks=_BLOCKS, seed=search.wanted.seed).pbo


def _superior(search: _Search) -> float:
    matrix = _matrix(search)
    return reality.superior(
        np.zeros(len(matrix)), matrix, seed=search.wanted.seed, paths=500
    ).consistent


def _variance(search: _Search) -> float | None:
    found = []
    for one in search.scored:
        returns = returns_of(search.trials[one.number])
        spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
        if spread > 1e-12:
            found.append(float(returns.mean()) / spread)
    return float(np.var(found, ddof=1)) if len(found) > 1 else None
