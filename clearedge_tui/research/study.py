"""One setup's trials: asked once each, kept, and run by whoever there is to run them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.leader import Leader
from clearedge_tui.market.columns import Floats
from clearedge_tui.research.pool import Local, Pool
from clearedge_tui.research.record import Record
from clearedge_tui.research.trial import Ask, Path_, Setup, Trial, key

Told = Callable[["Step"], None]


class Cancelled(ClearEdgeError):
    """Somebody stopped the study; what was done is kept."""

    exit_code = 130


class Step(msgspec.Struct, frozen=True):
    """How far a study is: of what it is at, so many of so many asks."""

    what: str
    done: int
    total: int
    took_s: float
    leaders: tuple[Leader, ...] = ()  # of a search, best first

    @property
    def best(self) -> float | None:
        return self.leaders[0].score if self.leaders else None


def nobody(_step: Step) -> None:
    """Hear nothing."""


class Study:
    """Asks go through `do`. Screening says by which path, and why not by the quick one."""

    def __init__(
        self,
        setup: Setup,
        folder: Path,
        told: Told = nobody,
        stop: Callable[[], bool] = lambda: False,
        pool: Callable[[Setup], Pool] = Local,
        quick: bool = True,
    ) -> None:
        self.setup = setup
        self.told = told
        self.stop = stop
        self._made = pool
        self._pool: Pool | None = None
        self._record = Record(folder / f"{_name(setup)}.trials")
        self._quick: bool | None = None if quick else False
        self.why_engine = "" if quick else "asked for"
        self.asked = self.ran = 0
        self.ran_s = 0.0  # of workers' time

    def do(self, what: str, asks: Sequence[Ask]) -> list[Trial]:
        """Return the trials of some asks, in their order. Raises Cancelled; what is done is kept."""
        keys = [key(self.setup, ask) for ask in asks]
        missing = {
            name: ask
            for name, ask in zip(keys, asks, strict=True)
            if self._record.get(name) is None
        }
        self.asked += len(asks)
        if missing:
            self._run(what, missing, len(asks))
        return [self._known(name) for name in keys]

    def _known(self, name: str) -> Trial:
        found = self._record.get(name)
        if found is None:
            raise Cancelled("cancelled; what was done is kept, the same command goes on from there")
        return found

    def _run(self, what: str, missing: dict[str, Ask], total: int) -> None:
        if self._pool is None:
            self._pool = self._made(self.setup)
        names, began = list(missing), monotonic()
        done = total - len(missing)
        for at, trial in self._pool.run(list(missing.values()), self.stop):
            self._record.put(names[at], trial)
            done += 1
            self.ran += 1
            self.ran_s += trial.took_s
            self.told(Step(what, done, total, monotonic() - began))

    # ---- screening ------------------------------------------------------------------------------
    def path(self, config: dict[str, object]) -> Path_:
        """Return the path of mass trials: the light one once it made the engine's fills on a sample.

        The sample is the strategy with this config over the whole window.
        """
        if self._quick is None:
            trial = self.do("comparing the light loop", [Ask(config=config, path="both")])[0]
            self._quick = trial.agreed is True
            self.why_engine = "" if self._quick else trial.why or trial.difference or trial.error
        return "light" if self._quick else "engine"

    def distrust(self, why: str) -> None:
        """Use the engine alone from now on: the light loop was seen to differ."""
        self._quick, self.why_engine = False, f"the light loop differed: {why}"

    def confirm(self, what: str, asks: Sequence[Ask]) -> tuple[list[Trial], str]:
        """Run asks on the engine; return its trials, and in what the light loop differed, if it did."""
        plain = [msgspec.structs.replace(ask, path="engine") for ask in asks]
        found = self.do(what, plain)
        for ask, trial in zip(asks, found, strict=True):
            if ask.path == "light":
                quick = self.do(what, [msgspec.structs.replace(ask, detail=False)])[0]
                if (quick.fills_sha256, quick.equity_sha256) != (
                    trial.fills_sha256,
                    trial.equity_sha256,
                ):
                    return found, f"config {ask.config}: fills or equity are others"
        return found, ""

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
        self._record.close()


def _name(setup: Setup) -> str:
    return key(setup, Ask())


def returns_of(trial: Trial) -> Floats:
    """Return a trial's returns per period."""
    return np.frombuffer(trial.returns, "<f8")


def pnls_of(trial: Trial) -> Floats:
    """Return the PnL of a trial's closed trades, if its ask wanted detail."""
    return np.frombuffer(trial.pnls, "<f8")
