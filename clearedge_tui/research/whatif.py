"""What if a setting were another: a run's equity with other settings, while somebody waits.

The bars stay in memory in a process that forks; the strategy runs by the light loop where that made
the engine's fills on the run's own settings. Every question is a variant, and the ledger counts it.
"""

import hashlib
from collections.abc import Mapping

import msgspec
import numpy as np

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.market import markets
from clearedge_tui.research import ledger, periods
from clearedge_tui.research.gauntlet import schema_of
from clearedge_tui.research.one_worker import OneWorker
from clearedge_tui.research.study import Study, Told, nobody, returns_of
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.runs import data_used
from clearedge_tui.runs.model import BacktestSpec, Curve
from clearedge_tui.settings import Home

_PERIODS = 400  # points of a curve, about
_BY = {"light": "light loop", "engine": "engine"}


class Answer(msgspec.Struct, frozen=True):
    """What other settings would have done over the same bars; `equity` is the account's value."""

    config: dict[str, object]
    equity: Curve
    metrics: dict[str, float | None]
    path: str
    took_s: float  # from the question on
    told: str  # how it was answered, in words: so many seconds by what


class WhatIf:
    """Questions about one run. `ask` may be called from a thread; `close` ends its processes."""

    def __init__(self, home: Home, spec: BacktestSpec, told: Told = nobody) -> None:
        """Read the bars. Raises what a person can act on: other data, a strategy that is gone."""
        self._home = home
        self._schema = schema_of(home, spec.strategy)
        self._market = markets.resolve(home, spec.market)
        plain = msgspec.structs.replace(spec, config={}, market=self._market.market_id, fetch=False)
        used = data_used.prepare(home, self._market, plain, lambda _text: None)
        span = used.last_ns - used.first_ns
        period = min(periods.PERIODS, key=lambda one: abs(span / one - _PERIODS))
        code = (home.strategies / f"{spec.strategy}.py").read_bytes()
        setup = Setup(str(home.root), plain, used.sha256, hashlib.sha256(code).hexdigest(), period)
        self._base = {**self._schema.defaults(), **self._schema.known(spec.config)}
        folder = home.state / "research" / "whatif"
        self._study = Study(setup, folder, told, pool=OneWorker)

    def ask(self, changed: Mapping[str, object]) -> Answer:
        """Return what these settings would have done. Raises UsageError for settings that cannot be."""
        began = monotonic()
        config = self._schema.validate({**self._base, **changed})
        setup = self._study.setup
        path = self._study.path(self._base)
        ledger.note(
            self._home, ledger.STUDY, setup.spec.strategy, self._market.market_id,
            setup.spec.timeframe, setup.code_sha256, [config],
        )  # fmt: skip
        trial = self._study.do("what if", [Ask(config=config, path=path, detail="curve")])[0]
        if trial.status != "done":
            raise StrategyFault(trial.error)
        equity = _curve(trial, float(setup.spec.balance))
        took_s = monotonic() - began
        told = f"{took_s:.2f} s by the {_BY[trial.path]}"
        return Answer(config, equity, trial.metrics, trial.path, took_s, told)

    def close(self) -> None:
        self._study.close()


def _curve(trial: Trial, balance: float) -> Curve:
    times = np.frombuffer(trial.times, "<i8")
    grown = balance * np.cumprod(1.0 + returns_of(trial))
    return Curve(tuple(times.tolist()), tuple(grown.tolist()))
