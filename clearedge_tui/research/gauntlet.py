"""The whole ladder for one strategy on one market: every study in turn, each with a run as evidence.

What was found before about the same code, settings, data and costs is taken as it is, so a ladder
that was interrupted goes on where it was, and one that is complete answers at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from clearedge_tui.contract.info import StrategyInfo
from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import Refused, StrategyFault, UsageError
from clearedge_tui.research import (
    finding,
    ledger,
    optimise,
    periods,
    probe,
    robust,
    rule_test,
    walk,
)
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.gates import THRESHOLDS, Evidence, Gate, ladder
from clearedge_tui.research.ground import HELD_OUT, Ground
from clearedge_tui.research.optimise import Optimised, Wanted
from clearedge_tui.research.pool import Local
from clearedge_tui.research.readiness import Readiness, readiness
from clearedge_tui.research.search import PRESETS, Space
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.study import Study, Told, nobody, returns_of
from clearedge_tui.research.trial import Ask, Setup
from clearedge_tui.settings import Home

STEPS = {
    "rule": ("rule_test",),
    "search": ("optimize",),
    "walk": ("walk_forward", "wfo"),
    "robust": ("robust",),
}


class Options(msgspec.Struct, frozen=True):
    """How much of it. `as_is` judges the given settings; else those a search recommends."""

    trials: int = PRESETS["standard"]
    sampler: str = "tpe"
    objective: str = "sharpe"
    twins: int = 200
    windows: int = walk.WINDOWS
    wfo_trials: int = 24
    permutations: int = robust.PERMUTATIONS
    anchored: bool = False
    as_is: bool = False
    top_held_out: bool = False  # the best of the search see the held-out part too: a look each
    quick: bool = True  # use the light loop where it was seen to equal the engine
    seed: int = 1


class Ladder(msgspec.Struct, frozen=True):
    """Where a strategy stands on one market and timeframe."""

    strategy: str
    market: str
    venue: str
    timeframe: str
    code_sha256: str
    data_sha256: str
    config: dict[str, Any]  # that was judged
    given: dict[str, Any]
    gates: tuple[Gate, ...]
    readiness: Readiness
    variants: int
    revisions: int
    looks: int
    split_ns: int
    start_ns: int
    end_ns: int
    period_ns: int
    why_config: str
    why_engine: str
    runs: dict[str, str]
    simulated: bool
    evidence: dict[str, Evidence]
    at_ns: int
    probed: str = ""  # what the look-ahead probe found
    options: Options | None = None  # it was made with; None: of an older version
    held_out: float = HELD_OUT
    asked_ns: tuple[int, int] = (0, 0)  # window as it was asked for; 0 is the edge of the data


class Gauntlet:
    """One strategy, one market. `run` does what is missing and returns the ladder."""

    def __init__(
        self, ground: Ground, schema: Schema, config: Mapping[str, object], options: Options,
        told: Told = nobody, stop: Callable[[], bool] = lambda: False,
        pool: Callable[[Setup], Any] | None = None, thresholds: Mapping[str, float] = THRESHOLDS,
    ) -> None:  # fmt: skip
        self.ground, self.schema, self.options = ground, schema, options
        self.given = {**schema.defaults(), **schema.validate(dict(config))}
        self._told, self._stop, self._thresholds = told, stop, thresholds
        self._more = {} if pool is None else {"pool": pool}
        self._study: Study | None = None
        self.evidence: dict[str, Evidence] = {}
        self.runs: dict[str, str] = {}
        self.why_engine = ""
        self.probed: probe.Found | None = None

    @property
    def study(self) -> Study:
        if self._study is None:
            self._study = self._new(self.ground.train())
        return self._study

    def _new(self, setup: Setup) -> Study:
        folder = self.ground.home.state / "research" / "trials"
        return Study(setup, folder, self._told, self._stop, quick=self.options.quick, **self._more)

    def run(self) -> Ladder:
        """Do all steps. Raises Cancelled, and errors a person can act on; what is done is kept."""
        try:
            self._probe()
            self._rule()
            found = self._search()
            config = self._config(found)
            self._walk(config)
            self._robust(config, found)  # last: it is deflated by all that was tried before
            looks = self._held_out(config, found) if self._honest() else self._looks()
            return self._ladder(config, found, looks)
        finally:
            if self._study is not None:
                self._study.close()

    def only(self, step: str) -> list[Finding]:
        """Do one of STEPS, and what it stands on; return what it found. Refused after an alarm."""
        try:
            self._probe()
            self._refuse_leaks()
            if step == "rule":
                self._rule()
            elif step == "search":
                self._search()
            else:
                found = None if step == "walk" and self.options.as_is else self._search()
                config = self._config(found)
                if step == "walk":
                    self._walk(config)
                else:
                    self._robust(config, found)
        finally:
            if self._study is not None:
                self._study.close()
        kinds = STEPS[step]
        loaded = [finding.load(self.ground.home, self.runs[k]) for k in kinds if k in self.runs]
        return [one for one in loaded if one is not None]

    # ---- the steps ------------------------------------------------------------------------------
    def _step(
        self, kind: str, config: Mapping[str, object],
        make: Callable[[], tuple[str, object, dict[str, float | None]]], **args: object,
    ) -> Finding:  # fmt: skip
        """Return what is known of a step, or find it out and keep it."""
        key = finding.key_of(kind, self.ground, config, **args)
        found = finding.known(self.ground.home, key)
        if found is None:
            began = now_ns()
            verdict, result, figures = make()
            found = finding.keep(self.ground, kind, key, config, began, verdict, result, figures)
        self.runs[kind] = found.run_id
        return found

    def _probe(self) -> None:
        """Look for look-ahead first, with the settings as given. It forks, so a cluster has no part in it."""
        local = self._more.get("pool") is None or getattr(self._more["pool"], "func", None) is Local
        study = (lambda: self.study) if local else None
        seed = self.options.seed
        one = probe.kept(self.ground, self.given, seed, study, self._told, self._stop)
        self.runs["probe"], self.probed = one.run_id, probe.of(one)

    def _refuse_leaks(self) -> None:
        """Refuse a figure that would be no evidence: a ladder shows its own as stale."""
        found = self.probed
        if found is not None and found.alarm:
            raise Refused(
                f"{self.ground.spec.strategy}: the look-ahead probe says `{found.verdict}`: "
                f"{found.why}; no figure of it would be evidence: mend the strategy, or see the "
                f"whole with: clearedge run show {self.runs['probe']}"
            )

    def _rule(self) -> None:
        def make() -> tuple[str, object, dict[str, float | None]]:
            self._note([self.given])
            found = rule_test.rule_test(self.study, self.given, self.options.twins)
            return f"{found.verdict}: {found.why}", found, {"p": found.p, "sharpe": found.real}

        one = self._step("rule_test", self.given, make, twins=self.options.twins)
        result = one.result
        good = result["verdict"] != "insufficient"
        self.evidence["rule"] = Evidence(one.run_id, result["p"] if good else None, result["why"])
        self.why_engine = result["why_engine"]

    def _search(self) -> Optimised | None:
        if self.options.as_is:
            return None
        try:
            space = Space(self.schema, self.given)
        except UsageError as error:
            self._without(str(error))
            return None
        wanted = Wanted(
            self.options.objective,
            self.options.sampler,
            self.options.trials,
            seed=self.options.seed,
        )

        def make() -> tuple[str, object, dict[str, float | None]]:
            found = optimise.optimise(self.study, space, wanted)
            self._note([{**self.given, **one.params} for one in found.trials])
            scored = [one for one in found.trials if one.state == "scored"]
            figures = {"pbo": found.pbo, "trials": float(len(scored)), "spa_p": found.spa_p}
            return found.why, found, figures

        one = self._step("optimize", self.given, make, wanted=wanted)
        found = msgspec.convert(one.result, Optimised)
        self.evidence["pbo"] = Evidence(one.run_id, found.pbo, found.pbo_why)
        self.evidence["spa"] = Evidence(one.run_id, found.spa_p, found.spa_why)
        return found

    def _without(self, why: str) -> None:
        for name in ("pbo", "spa"):
            self.evidence[name] = Evidence("", None, why)

    def _config(self, found: Optimised | None) -> dict[str, Any]:
        if found is None or found.chosen is None:
            return self.given
        return {**self.given, **found.chosen}

    def _robust(self, config: dict[str, Any], found: Optimised | None) -> None:
        variance = found.sharpe_variance if found else None

        def make() -> tuple[str, object, dict[str, float | None]]:
            return self._robustly(config, variance)

        variants = ledger.variants(ledger.read(self.ground.home), self.ground.spec.strategy)
        one = self._step(
            "robust", config, make, variants=variants, variance=variance,
            permutations=self.options.permutations,
        )  # fmt: skip
        figures, why = one.result["figures"], one.result["why"]
        names = (
            "dsr", "cost", "trades", "monte_carlo", "jitter", "regimes", "permutation",
            "bootstrap",
        )  # fmt: skip
        for name in names:
            self.evidence[name] = Evidence(one.run_id, figures.get(name), why.get(name, ""))

    def _robustly(
        self, config: dict[str, Any], variance: float | None
    ) -> tuple[str, object, dict[str, float | None]]:
        ground, options = self.ground, self.options
        self._note([config])
        trial = self.study.do("the strategy itself", [Ask(config=config, detail=True)])[0]
        if trial.status != "done":
            raise StrategyFault(trial.error)
        market = ground.market_returns(0, ground.split_ns)
        variants = ledger.variants(ledger.read(ground.home), ground.spec.strategy)
        checked = robust.check(
            trial,
            market,
            ground.a_year,
            float(ground.spec.balance),
            variants,
            variance,
            options.seed,
        )
        dear = robust.stress(self.study, config)
        near = robust.jitter(self.study, config, self.schema)
        p, why = robust.permutations(self.study, config, options.permutations)
        figures = {
            **checked.figures, "cost": dear.returns["2x"], "trades": trial.figure("trades"),
            "jitter": near.kept, "permutation": p, "sharpe": trial.figure("sharpe"),
        }  # fmt: skip
        reasons = {**checked.why, "permutation": why, "jitter": near.why}
        if (trial.figure("trades") or 0) == 0:
            figures["cost"] = None
            reasons["cost"] = "no trade, so no cost"
        result = {
            "figures": figures, "why": reasons, "checked": checked, "stress": dear, "jitter": near,
            "market_sharpe": periods.sharpe(market, ground.a_year), "variants": variants,
            "metrics": trial.metrics, "curve": rule_test.growth(trial, 160),
        }  # fmt: skip
        sharpe = trial.figure("sharpe")
        told = f"Sharpe {'–' if sharpe is None else f'{sharpe:.2f}'} of {variants} variants tried"
        return told, result, figures

    def _walk(self, config: dict[str, Any]) -> None:
        ground, options = self.ground, self.options
        span = ground.start_ns, ground.split_ns

        def fixed() -> tuple[str, object, dict[str, float | None]]:
            found = walk.walk(
                self.study, span, ground.a_year, config, windows=options.windows,
                anchored=options.anchored,
            )  # fmt: skip
            return found.why, found, {"sharpe": found.sharpe, "efficiency": found.ratio}

        def anew() -> tuple[str, object, dict[str, float | None]]:
            wanted = Wanted(
                options.objective, options.sampler, options.wfo_trials, seed=options.seed
            )
            space = Space(self.schema, self.given)
            found = walk.walk(
                self.study, span, ground.a_year, self.given, space=space, wanted=wanted,
                windows=options.windows, anchored=options.anchored,
            )  # fmt: skip
            self._note([{**self.given, **part.params} for part in found.parts])
            return found.why, found, {"sharpe": found.sharpe, "efficiency": found.ratio}

        searched = "pbo" in self.evidence and bool(self.evidence["pbo"].run)
        args = {"windows": options.windows, "anchored": options.anchored}
        try:
            one = self._step("walk_forward", config, fixed, **args)
            if searched:  # the harder of the two: parameters chosen on the past alone
                one = self._step("wfo", self.given, anew, trials=options.wfo_trials, **args)
        except Insufficient as error:
            self.evidence["walk_forward"] = Evidence("", None, str(error))
            return
        why = one.result["why"]
        ours = one.result["sharpe"]
        self.evidence["walk_forward"] = Evidence(one.run_id, ours, why)
        held = self._held(one.result["parts"])
        over = None if ours is None or held is None else ours - held
        said = "" if held is None else f"holding gave {held:.2f} in the same windows"
        self.evidence["buy_hold"] = Evidence(one.run_id, over, said or why)

    def _held(self, parts: list[dict[str, Any]]) -> float | None:
        """Return the Sharpe ratio of holding the market in the windows that no choice saw."""
        ground = self.ground
        returns = [ground.market_returns(one["test_start_ns"], one["test_end_ns"]) for one in parts]
        return periods.sharpe(np.concatenate(returns), ground.a_year) if returns else None

    def _held_out(self, config: dict[str, Any], found: Optimised | None) -> int:
        """Look at the held-out part, and write each look down before it is shown."""
        others = self._others(config, found)
        ground = self.ground
        name, market, timeframe = ground.spec.strategy, ground.market.id, ground.spec.timeframe
        span = ground.split_ns, ground.end_ns

        def make() -> tuple[str, object, dict[str, float | None]]:
            ledger.note(
                ground.home, ledger.LOOK, name, market, timeframe, ground.code_sha256,
                [config, *others], start_ns=span[0], end_ns=span[1],
            )  # fmt: skip
            study = self._new(ground.whole())
            try:
                trial, *rest = study.do(
                    "the held-out part",
                    [Ask(one, ground.split_ns, detail=True) for one in (config, *others)],
                )
            finally:
                study.close()
            held = periods.sharpe(ground.market_returns(*span), ground.a_year)
            figures = {
                n: trial.figure(n) for n in ("sharpe", "total_return", "max_drawdown", "trades")
            }
            result = {
                "figures": figures, "metrics": trial.metrics, "error": trial.error,
                "market_sharpe": held, "curve": rule_test.growth(trial, 160),
                "periods": len(returns_of(trial)),
                "others": [
                    {"config": c, **{n: t.figure(n) for n in figures}}
                    for c, t in zip(others, rest, strict=True)
                ],
            }  # fmt: skip
            told = "failed" if trial.status != "done" else f"{figures['trades'] or 0:g} trades"
            return told, result, figures

        one = self._step("held_out", config, make, **({"others": others} if others else {}))
        self._saw(one)
        return self._looks()

    def _saw(self, one: Finding) -> None:
        """Take the evidence of a look."""
        figures = one.result["figures"]
        traded = (figures["trades"] or 0) > 0
        why = f"{figures['trades'] or 0:g} trades there" if traded else "no trade there"
        value = figures["sharpe"] if traded else None
        self.evidence["held_out"] = Evidence(one.run_id, value, one.result["error"] or why)

    def _others(self, config: dict[str, Any], found: Optimised | None) -> list[dict[str, Any]]:
        """Return the best of the search beside the one that is judged, when they may look too."""
        if found is None or not self.options.top_held_out:
            return []
        top = [{**self.given, **found.trials[number].params} for number in found.top]
        return [one for one in top if one != config]

    def _honest(self) -> bool:
        """Say whether a look may be taken: one by a strategy that knows the future would be wasted."""
        return self.probed is None or not self.probed.alarm

    def _looks(self) -> int:
        ground = self.ground
        return ledger.looks(
            ledger.read(ground.home), ground.spec.strategy, ground.market.id, ground.spec.timeframe,
            ground.split_ns, ground.end_ns,
        )  # fmt: skip

    # ---- the end --------------------------------------------------------------------------------
    def _note(self, configs: list[dict[str, Any]]) -> None:
        spec, ground = self.ground.spec, self.ground
        ledger.note(
            ground.home, ledger.STUDY, spec.strategy, ground.market.id, spec.timeframe,
            ground.code_sha256, configs,
        )  # fmt: skip

    def _ladder(self, config: dict[str, Any], found: Optimised | None, looks: int) -> Ladder:
        ground = self.ground
        lines = ledger.read(ground.home)
        if self.probed is not None and self.probed.alarm:  # nothing it earned is evidence
            why = f"{self.probed.verdict}: {self.probed.why}"
            self.evidence = {
                name: msgspec.structs.replace(one, stale=True, why=why)
                for name, one in self.evidence.items()
            }
        gates = ladder(self.evidence, thresholds=self._thresholds, looks=looks)
        made = Ladder(
            ground.spec.strategy, ground.market.symbol, ground.market.id.rpartition(".")[2],
            ground.spec.timeframe, ground.code_sha256, ground.used.sha256, config, self.given, gates, readiness(gates),
            ledger.variants(lines, ground.spec.strategy),
            ledger.revisions(lines, ground.spec.strategy), looks, ground.split_ns,
            ground.start_ns, ground.end_ns, ground.period_ns,
            found.why if found else "the settings as they were given", self.why_engine,
            dict(self.runs), ground.market.simulated, dict(self.evidence), now_ns(),
            "" if self.probed is None else f"{self.probed.verdict}: {self.probed.why}",
            self.options, ground.held_out, (ground.spec.start_ns, ground.spec.end_ns),
        )  # fmt: skip
        key = finding.key_of("ladder", ground, config, evidence=self.evidence, looks=looks)
        if finding.known(ground.home, key) is None:
            finding.keep(
                ground, "ladder", key, config, made.at_ns, str(made.readiness), made,
                {"readiness": float(made.readiness.score)},
            )  # fmt: skip
        return made


def schema_of(home: Home, strategy: str, limit_s: float = 20.0) -> Schema:
    """Return a strategy's settings, looked up in a process of its own."""
    from clearedge_tui.engine.inspect import inspect_files

    found = inspect_files([home.strategies / f"{strategy}.py"], limit_s)[0]
    if not isinstance(found, StrategyInfo):
        raise StrategyFault(found.error)
    if found.kind == "native":
        raise UsageError(
            f"{strategy} is a native strategy; research needs one of the contract (docs/strategies.md)"
        )
    return Schema.from_plain(found.schema)
