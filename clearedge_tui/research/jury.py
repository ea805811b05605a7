"""Several markets before the same gates: what each kind can show of them, kept as a run.

Figures are of the excess over the benchmark: all parts in equal weights; cash for a pair and for a book. Nothing is
searched for: the settings are judged as they are. Neighbours and alternatives are what the walk-forward
chooses from on each window's past, what overfitting is measured on, and what says how figures spread.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import UsageError
from clearedge_tui.market.columns import Floats
from clearedge_tui.research import finding, kinds, ledger, periods, reach, screening
from clearedge_tui.research.evidence import measured
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.gates import THRESHOLDS, Evidence, Gate, State, ladder
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.readiness import Readiness, readiness
from clearedge_tui.research.screening import Screened
from clearedge_tui.research.several import Asked, Several
from clearedge_tui.research.stats import bootstrap, monte_carlo, pbo, reality, sharpe, wf
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.stats.moments import moments
from clearedge_tui.runs.model import Curve

WINDOWS = 6
_POINTS = 160


class Judged(msgspec.Struct, frozen=True):
    """What several markets showed. `holds` is what is held after the last bar, as shares of equity."""

    gates: tuple[Gate, ...]
    readiness: Readiness
    settings: dict[str, Any]
    names: tuple[str, ...]
    figures: dict[str, float | None]  # of the training part
    held_out: dict[str, float | None]
    holds: dict[str, float]
    holds_at_ns: int
    correlation: tuple[tuple[float | None, ...], ...] = ()
    diversification: float | None = None
    variants: int = 0
    looks: int = 0
    asked: Asked | None = None  # None: of an older version
    twins: int = kinds.TWINS
    seed: int = 1


def judge(
    several: Several, kind: str, values: dict[str, object], twins: int = kinds.TWINS, seed: int = 1,
    told: Callable[[str], None] = lambda _text: None,
) -> Finding:  # fmt: skip
    """Judge a kind with its settings and keep it as a run; what is known is not done again."""
    if kind == "pairs" and len(several.names) != 2:
        raise UsageError(f"a pair has two markets, not {len(several.names)}; give the two")
    if kind == kinds.SCREEN:
        return screening.screen(several)
    made = kinds.settings(kind, values, several)
    config = kinds.plain(made)
    key = finding.key_of(kind, several, config, twins=twins, seed=seed)
    known = finding.known(several.home, key)
    if known is not None:
        return known
    began = now_ns()
    jury = Jury(several, kind, made, twins, seed, told)
    jury.note(config)
    judged = jury.judged(config)
    figures = {"readiness": float(judged.readiness.score), **judged.figures}
    return finding.keep(
        several, kind, key, config, began, str(judged.readiness), judged, figures, jury.curve
    )


class Jury:
    """One kind with its settings over several markets."""

    def __init__(
        self, several: Several, kind: str, made: Any, twins: int, seed: int,
        told: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._several, self._kind, self._made = several, kind, made
        self._twins, self._seed, self._told = twins, seed, told
        self._rows = several.at + 1
        self._a_year = several.a_year(several.period_ns)
        self.evidence: dict[str, Evidence] = {}
        self.curve = Curve()

    def note(self, config: dict[str, object]) -> None:
        one = self._several
        ledger.note(
            one.home, ledger.STUDY, self._kind, one.spec.market, one.spec.timeframe,
            one.code_sha256, [config],
        )  # fmt: skip

    def judged(self, config: dict[str, object], then: Judged | None = None) -> Judged:
        """Judge; by as many variants and looks as there were `then`, when it is judged again."""
        several, made = self._several, self._made
        self._told(f"{self._kind}: the training part")
        train = kinds.run(self._kind, several, self._rows, made, self._seed, self._twins)
        excess, _ = self._periods(train, train.start)
        self._rule(train)
        around, near = self._around(train)
        lines = ledger.read(several.home)
        variants = then.variants if then else ledger.variants(lines, self._kind)
        self._alone(train, excess, around, near, variants)
        market = self._market(train)
        self._walk(train, around, market)
        self.evidence["regimes"] = reach.regimes_with_a_gain(excess, market, self._a_year)
        self.evidence["breadth"] = reach.markets_that_add(self._kind, several, train, made.cost)
        self.evidence["permutation"] = reach.order(self._kind, several, made, train, self._seed)
        for name, why in kinds.IDLE.get(self._kind, {}).items():
            self.evidence[name] = Evidence("", why=why, idle=True)
        self._told(f"{self._kind}: the held-out part")
        whole, held = self._held_out(config)
        looks = then.looks if then else ledger.looks(
            ledger.read(several.home), self._kind, several.spec.market, several.spec.timeframe,
            several.split_ns, several.end_ns,
        )  # fmt: skip
        gates = ladder(self.evidence, thresholds=THRESHOLDS, looks=looks)
        joint = kinds.together(self._kind, several, self._rows, made)
        return Judged(
            gates, readiness(gates), dict(config), several.names,
            {**train.stats, "changes": float(train.changes)}, held, kinds.held(several, whole),
            several.end_ns, _table(joint.correlation) if joint else (),
            joint.diversification if joint else None, variants, looks, several.asked, self._twins,
            self._seed,
        )  # fmt: skip

    def _periods(self, result: Result, first: int) -> tuple[Floats, Floats]:
        """Return the excess and what was earned, per period, from a place in the returns on."""
        ts = self._several.bars[1 : len(result.returns) + 1][first:]
        made = []
        for one in (result.returns, result.benchmark):
            grown = np.cumprod(1.0 + one[first:])
            made.append(periods.returns(ts, grown, 1.0, self._several.period_ns))
        return made[0] - made[1], made[0]

    def _rule(self, train: Result) -> None:
        found = kinds.test(
            self._kind, self._several, self._rows, self._made, train, self._seed, self._twins
        )
        if found is not None:
            value = None if found.verdict == "insufficient" else found.p
            self.evidence["rule"] = Evidence("", value, found.why)

    def _around(self, train: Result) -> tuple[Floats, int]:
        """Return the excess of the settings, of neighbours and of alternatives, periods x variants;
        and how many of them are neighbours."""
        columns, near = [self._periods(train, train.start)[0]], 0
        for ways in (kinds.neighbours, kinds.alternatives):
            for one in ways(self._kind, self._made):
                try:
                    other = kinds.run(self._kind, self._several, self._rows, one)
                except Insufficient:
                    continue
                # one that starts later is flat until then
                columns.append(self._periods(other, train.start)[0])
            near = near or len(columns) - 1
        return np.column_stack(columns), near

    def _alone(
        self, train: Result, excess: Floats, around: Floats, near: int, variants: int
    ) -> None:
        a_year, seed = self._a_year, self._seed
        traded, what = train.changes, "positions opened"
        if self._kind in kinds.OF_RUNS:  # all parts are held all the time
            traded, what = int((train.turnover > 0).sum()), "times put right"
        self.evidence["trades"] = Evidence("", float(traded), what)
        self._put("dsr", lambda: _dsr(excess, around, variants), f"{variants} variants tried")
        # ranks among settings that are all good are chance: behind the benchmark is what counts
        self._put(
            "pbo",
            lambda: pbo.cscv(around, sample=2000, seed=seed).probability_of_loss,
            f"the best of {around.shape[1]} ways on one half is behind the benchmark on the other",
        )
        cash = np.zeros(len(around))  # `around` is over the benchmark
        self._put(
            "spa",
            lambda: reality.superior(cash, around, seed=seed, paths=500).consistent,
            f"the best of {around.shape[1]} ways against the benchmark",
        )
        self._put("bootstrap", lambda: _low(excess, a_year, seed))
        self._put(
            "monte_carlo", lambda: monte_carlo.of_periods(excess, 1.0, seed=seed).final.p5 - 1.0
        )
        real = periods.sharpe(excess, a_year)
        scores = [periods.sharpe(column, a_year) or 0.0 for column in around.T[1 : near + 1]]
        kept = float(np.median(scores)) / real if real and real > 0 and scores else None
        why = f"{len(scores)} neighbours" if kept is not None else "its excess is not above 0"
        self.evidence["jitter"] = Evidence("", kept, why)
        dear = kinds.run(self._kind, self._several, self._rows, kinds.dearer(self._made))
        ahead = float(np.prod(1.0 + dear.returns) / np.prod(1.0 + dear.benchmark) - 1.0)
        self.evidence["cost"] = Evidence("", ahead if train.changes else None, "over the benchmark")

    def _market(self, train: Result) -> Floats:
        """Return what holding all in equal parts gave each period of the training part."""
        ts = self._several.bars[1 : self._rows][train.start :]
        held = kinds.market_returns(self._several.prices[: self._rows])[train.start :]
        return periods.returns(ts, np.cumprod(1.0 + held), 1.0, self._several.period_ns)

    def _walk(self, train: Result, around: Floats, market: Floats) -> None:
        """Choose among all ways to set it on each window's past; trade the window after it."""
        own = self._periods(train, train.start)
        base = own[1] - own[0]
        try:
            cut = wf.by_count(0, len(around), WINDOWS)
        except Insufficient as error:
            self.evidence["walk_forward"] = Evidence("", None, str(error))
            return
        outs, markets, bases = [], [], []
        for one in cut:
            past = around[one.train_start : one.train_end]
            spread = past.std(axis=0, ddof=1)
            ratios = np.where(
                spread > 1e-12, past.mean(axis=0) / np.maximum(spread, 1e-12), -np.inf
            )
            test = slice(one.test_start, one.test_end)
            outs.append(around[test, int(np.argmax(ratios))])
            markets.append(market[test])
            bases.append(base[test])
        stitched = np.concatenate(outs)
        ours = periods.sharpe(stitched, self._a_year)
        why = f"{sum(float(o.sum()) > 0 for o in outs)} of {len(cut)} windows ahead"
        self.evidence["walk_forward"] = Evidence("", ours, why)
        earned = periods.sharpe(stitched + np.concatenate(bases), self._a_year)
        holding = periods.sharpe(np.concatenate(markets), self._a_year)
        over = None if earned is None or holding is None else earned - holding
        said = "" if holding is None else f"holding all gave {holding:.2f} in the same windows"
        self.evidence["buy_hold"] = Evidence("", over, said)

    def _held_out(self, config: dict[str, object]) -> tuple[Result, dict[str, float | None]]:
        """Look at the held-out part, and write the look down before it is shown."""
        one = self._several
        ledger.note(
            one.home, ledger.LOOK, self._kind, one.spec.market, one.spec.timeframe,
            one.code_sha256, [config], start_ns=one.split_ns, end_ns=one.end_ns,
        )  # fmt: skip
        whole = kinds.run(self._kind, one, len(one.bars), self._made)
        excess, earned = self._periods(whole, one.at)
        traded = bool(np.abs(whole.weights[one.at :]).sum() > 0)
        ratio = periods.sharpe(excess, self._a_year) if traded else None
        self.evidence["held_out"] = Evidence("", ratio, "" if traded else "nothing was held there")
        grown = np.cumprod(1.0 + whole.returns)
        at = np.unique(np.linspace(0, len(grown) - 1, min(_POINTS, len(grown))).astype(np.int64))
        self.curve = Curve(tuple(one.bars[at + 1].tolist()), tuple(np.round(grown[at], 6).tolist()))
        return whole, {
            "sharpe_of_excess": ratio,
            "sharpe": periods.sharpe(earned, self._a_year),
            "total_return": float(np.prod(1.0 + whole.returns[one.at :]) - 1.0),
            "benchmark_total_return": float(np.prod(1.0 + whole.benchmark[one.at :]) - 1.0),
        }

    def _put(self, name: str, figure: Callable[[], float | None], why: str = "") -> None:
        self.evidence[name] = measured("", figure, why)


def _dsr(excess: Floats, around: Floats, variants: int) -> float:
    """Deflate by all variants ever tried, whose ratios spread as those around it, or as chance's."""
    found = moments(excess)
    spread = around.std(axis=0, ddof=1)
    ratios = around.mean(axis=0)[spread > 1e-12] / spread[spread > 1e-12]
    variance = max(float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0, 1.0 / len(excess))
    return sharpe.deflated(found, max(2, variants), variance).dsr


def _low(excess: Floats, a_year: float, seed: int) -> float | None:
    ratio = bootstrap.intervals(excess, a_year, seed=seed).get("sharpe")
    return ratio.low if ratio else None


def _table(found: Floats) -> tuple[tuple[float | None, ...], ...]:
    return tuple(tuple(_or_none(one) for one in row) for row in found.tolist())


def _or_none(value: float) -> float | None:
    return round(value, 4) if value == value else None


def of(one: Finding) -> Judged | Screened:
    """Return what a kept finding says; its own run is the evidence of each gate that was measured."""
    if one.kind == kinds.SCREEN:
        return msgspec.convert(one.result, Screened)
    made = msgspec.convert(one.result, Judged)
    gates = tuple(
        gate if gate.state is State.NOT_RUN else msgspec.structs.replace(gate, evidence=one.run_id)
        for gate in made.gates
    )
    return msgspec.structs.replace(made, gates=gates)
