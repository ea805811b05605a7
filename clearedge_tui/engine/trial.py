"""Runs one ask of a study in this process, by the engine, by the light loop, or by both."""

import hashlib
import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import ClearEdgeError, StrategyFault
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.engine import backtest, light, prober
from clearedge_tui.engine.backtest_context import BacktestContext
from clearedge_tui.engine.hosted import Hosted
from clearedge_tui.engine.light import NeedsEngine
from clearedge_tui.engine.loading import Loaded, load
from clearedge_tui.engine.twins import Entries
from clearedge_tui.market import timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.research import periods
from clearedge_tui.research.stats.permutation import permuted
from clearedge_tui.research.stress import stressed
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.runs import equity, metrics
from clearedge_tui.runs.carry import with_cash
from clearedge_tui.runs.fill_columns import columns_of
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import FillRow, Outcome
from clearedge_tui.runs.trades import round_trips

_Run = Callable[[backtest.Plan], Outcome]
_Dress = Callable[[Hosted, BacktestContext], None]


class Bench:
    """The bars and the market of a setup, ready for asks."""

    def __init__(self, setup: Setup, market: MarketInfo, bars: Bars, folder: Path) -> None:
        self.setup = setup
        self.market = market
        self.bars = bars
        self.folder = folder
        self.path = Path(setup.root) / "strategies" / f"{setup.spec.strategy}.py"
        self.witness: _Dress | None = None  # a probe's
        self._loaded: Loaded | None = None  # by the trial before

    def run(self, ask: Ask) -> Trial:
        """Run an ask. What the strategy does wrong is a trial that failed, with the reason."""
        began = monotonic()
        try:
            if ask.probe is not None:
                trial = prober.probed(self, ask, ask.probe)
            else:
                trial = self._both(ask) if ask.path == "both" else self._one(ask)
        except (StrategyFault, ClearEdgeError) as error:
            trial = Trial("failed", ask.path, error=str(error))
        return msgspec.structs.replace(trial, took_s=monotonic() - began)

    def _one(self, ask: Ask) -> Trial:
        if ask.path == "light":
            try:
                return self._by("light", light.run, ask)
            except NeedsEngine as why:
                found = self._by("engine", _by_engine, ask)
                return msgspec.structs.replace(found, why=f"{why}: only the engine can say")
        return self._by("engine", _by_engine, ask)

    def _both(self, ask: Ask) -> Trial:
        """Run both ways; the trial is the engine's, and says whether the other was the same."""
        found = self._by("engine", _by_engine, ask)
        try:
            quick = self._by("light", light.run, ask)
        except NeedsEngine as why:
            return msgspec.structs.replace(found, why=str(why))
        told = _difference(found, quick)
        return msgspec.structs.replace(found, agreed=not told, difference=told)

    def _by(self, path: str, run: _Run, ask: Ask) -> Trial:
        # chance is part of what was asked: the same draws on either path, whatever ran before
        random.seed(self.setup.spec.seed)
        np.random.seed(self.setup.spec.seed % 2**32)
        # anew: what a trial leaves behind is gone
        loaded = self._loaded = load(self.path, self.setup.code_sha256, self._loaded)
        bars, known = self._window(ask)
        spec = stressed(_asked(self.setup.spec, ask), Decimal(ask.cost))
        entries = Entries(ask.twin)

        def dress(hosted: Hosted, context: BacktestContext) -> None:
            entries.dress(loaded, hosted, context)
            if self.witness is not None:
                self.witness(hosted, context)

        plan = backtest.Plan(
            spec, self.market, bars, loaded, self.folder, _unheard, known, dress, pictured=False
        )
        if not len(bars):
            return Trial("failed", path, error="no bars in the window")
        began = monotonic()
        outcome = run(plan)
        ran_s = monotonic() - began
        if outcome.status != "done":
            return Trial("failed", path, error=outcome.error, bars=outcome.seen)
        trial = self._measured(path, spec, outcome, entries, ask)
        return msgspec.structs.replace(trial, ran_s=ran_s)

    def _window(self, ask: Ask) -> tuple[Bars, Bars]:
        """Return the bars asked for, and them with the earlier ones that history() may show."""
        bars = self.bars
        start, end = (
            int(np.searchsorted(bars.ts_ns, at, "right")) if at else edge
            for at, edge in ((ask.start_ns, 0), (ask.end_ns, len(bars)))
        )
        first = max(0, start - ask.warm)
        known = bars.slice(first, end)
        if ask.permuted:
            known = self._shuffled(known, ask.permuted, start - first)
        return known.slice(start - first, len(known)), known

    def _shuffled(self, bars: Bars, seed: int, first: int) -> Bars:
        made = permuted(*bars.columns()[1:], seed=seed, first=first)
        scale = 10.0**self.market.price_precision
        prices = (made.open, made.high, made.low, made.close)
        rounded = [np.maximum(np.rint(one * scale), 1.0) / scale for one in prices]
        return Bars.of([bars.ts_ns, *rounded, made.volume])

    def _measured(
        self, path: str, spec: BacktestSpec, outcome: Outcome, entries: Entries, ask: Ask
    ) -> Trial:
        bars, balance = outcome.bars.slice(0, outcome.seen), float(spec.balance)
        fills = columns_of(outcome.fills)
        account = with_cash(equity.account(bars, fills, balance), outcome.cash)
        start_ns = timeframes.opened_ns(spec.timeframe, int(bars.ts_ns[0]))
        sheet = metrics.sheet(
            account, balance, float(bars.open[0]), start_ns, self.market.asset_class,
            round_trips(fills, bars.ts_ns), fills, len(outcome.orders),
        )  # fmt: skip
        period = self.setup.period_ns
        returns = periods.returns(account.ts_ns, account.equity, balance, period)
        ends = periods.ends(account.ts_ns, period)
        figures = metrics.figures(sheet)
        figures["sharpe"] = periods.sharpe(
            returns, periods.a_year(self.market.asset_class, period, bars.ts_ns)
        )
        hashed, whole = ask.detail != "curve", ask.detail is True
        return Trial(
            "done",
            path,
            error=outcome.error,
            metrics=figures,
            returns=np.ascontiguousarray(returns, "<f8").tobytes(),
            ends_ns=(int(account.ts_ns[ends[0]]), int(account.ts_ns[ends[-1]])),
            entries=entries.entries,
            eligible=entries.eligible,
            longs=entries.longs,
            asked_entry=entries.eligible > 0,
            bars=outcome.seen,
            fills_sha256=_fills_sha256(outcome.fills) if hashed else "",
            equity_sha256=hashlib.sha256(account.equity.tobytes()).hexdigest() if hashed else "",
            fills=_told(outcome.fills) if whole else (),
            times=account.ts_ns[ends][: len(returns)].astype("<i8").tobytes()
            if ask.detail
            else b"",
            pnls=np.ascontiguousarray(sheet.pnls, "<f8").tobytes() if whole else b"",
        )


def _by_engine(plan: backtest.Plan) -> Outcome:
    return backtest.execute(plan, lambda _progress: None)


def _unheard(_ts_ns: int, _level: str, _text: str) -> None:
    """A trial keeps no log."""


def _asked(spec: BacktestSpec, ask: Ask) -> BacktestSpec:
    return msgspec.structs.replace(
        spec,
        config={**spec.config, **ask.config},
        start_ns=ask.start_ns or spec.start_ns,
        end_ns=ask.end_ns or spec.end_ns,
    )


def _fills_sha256(fills: Iterable[FillRow]) -> str:
    digest = hashlib.sha256()
    for fill in fills:
        row = f"{fill.ts_ns} {fill.side} {fill.size.normalize():f} {fill.price.normalize():f} "
        digest.update(f"{row}{fill.fee.normalize():f} {fill.tag}\n".encode())
    return digest.hexdigest()


def _told(fills: Iterable[FillRow]) -> tuple[tuple[int, str, str, str], ...]:
    return tuple((f.ts_ns, f.side, f"{f.size:f}", f"{f.price:f}") for f in fills)


def _difference(engine: Trial, quick: Trial) -> str:
    """Return in which way the light loop was not the engine; empty when it was."""
    if engine.status != quick.status:
        return f"status {engine.status}, light {quick.status}: {quick.error or engine.error}"
    if engine.fills_sha256 != quick.fills_sha256:
        counts = engine.figure("fills"), quick.figure("fills")
        return f"fills differ ({counts[0]:g} and {counts[1]:g} of them)"
    if engine.equity_sha256 != quick.equity_sha256:
        return "the same fills, another equity"
    return ""
