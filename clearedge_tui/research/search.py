"""Where an optimiser looks: the `search` ranges of a strategy's settings, and who draws from them.

Draws are told back in the order they were asked for, in batches of one size: the same seed gives the
same search on any number of cores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from clearedge_tui.contract.field import NUMBERS, Field, FieldType, plain
from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text

if TYPE_CHECKING:
    import optuna

PRESETS = {"quick": 50, "standard": 200, "production": 1000}  # trials
SAMPLERS = ("tpe", "random", "grid", "cmaes", "nsga2")
MOST_GRID = 20_000
_STEPS = 10  # of a grid over a range without a step
_PROBES = 200
_LEAST_GOOD = 0.02


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter. `values` are all it can be, where they are few enough to be listed."""

    name: str
    kind: FieldType
    low: Any = None
    high: Any = None
    step: Any = None
    choices: tuple[Any, ...] = ()

    def draw(self, trial: "optuna.trial.Trial") -> Any:
        if self.choices:
            return trial.suggest_categorical(self.name, list(self.choices))
        if self.kind in (FieldType.INT, FieldType.DURATION):
            return trial.suggest_int(self.name, self.low, self.high, step=self.step or 1)
        if self.step:
            return trial.suggest_float(
                self.name, float(self.low), float(self.high), step=float(self.step)
            )
        return trial.suggest_float(self.name, float(self.low), float(self.high))

    def points(self) -> int:
        """Return how many values a grid has here, without making them: they may be billions."""
        if self.choices:
            return len(self.choices)
        low, step = self._from()
        return int((Decimal(str(self.high)) - low) / step) + 1 if step else 1

    def at(self, n: int) -> Any:
        """Return the value of a grid's point."""
        if self.choices:
            return self.choices[n]
        low, step = self._from()
        whole = self.kind in (FieldType.INT, FieldType.DURATION)
        return int(low + step * n) if whole else float(low + step * n)

    def grid(self) -> list[Any]:
        return [self.at(n) for n in range(self.points())]

    def _from(self) -> tuple[Decimal, Decimal]:
        """Return where a grid begins and how far its points are apart; a tenth when it is not said."""
        low, high = Decimal(str(self.low)), Decimal(str(self.high))
        if self.step:
            return low, Decimal(str(self.step))
        tenth = (high - low) / _STEPS
        whole = self.kind in (FieldType.INT, FieldType.DURATION)
        return low, Decimal(max(1, int(tenth))) if whole else tenth

    def plain(self, value: Any) -> Any:
        """Return a drawn value as a config holds it."""
        if self.kind is FieldType.DECIMAL and not self.choices:
            digits = 1 - min(0, Decimal(str(self.high)).adjusted() - 6)
            return plain(round(Decimal(str(value)), digits))
        if self.kind is FieldType.FLOAT and not self.choices:
            return float(f"{value:.6g}")
        return value

    @property
    def width(self) -> float:
        return 1.0 if self.choices else float(self.high) - float(self.low)


class Space:
    """All axes of a strategy, and the rules between its settings."""

    def __init__(
        self, schema: Schema, base: Mapping[str, object], only: tuple[str, ...] = ()
    ) -> None:
        self.schema = schema
        self.base = {**schema.defaults(), **base}
        found = [_axis(n, f) for n, f in schema.fields.items() if f.search is not None]
        for name in only:
            if name not in {axis.name for axis in found}:
                names = ", ".join(axis.name for axis in found) or "none"
                raise UsageError(
                    f"`{clean_text(name, 40)}` has no `search` range; those that have: {names}"
                )
        self.axes = tuple(axis for axis in found if not only or axis.name in only)
        if not self.axes:
            raise UsageError(
                "nothing to search: no setting of CONFIG_SCHEMA has a `search` range; give one, e.g. "
                '"search": [5, 50]'
            )
        self._prove()

    def fits(self, params: Mapping[str, object]) -> bool:
        """Say whether the settings with these are valid: limits and rules hold."""
        return not self.schema.check({**self.base, **params})[1]

    def size(self) -> int:
        return prod(axis.points() for axis in self.axes)

    def grid(self) -> list[dict[str, Any]]:
        """Return every point that is valid. UsageError when there are too many to try."""
        if self.size() > MOST_GRID:
            raise UsageError(
                f"a grid of {self.size():,} points; at most {MOST_GRID:,}: give `search` a wider step, "
                "or use another sampler"
            )
        points = product(*(axis.grid() for axis in self.axes))
        made = [{a.name: a.plain(v) for a, v in zip(self.axes, p, strict=True)} for p in points]
        return [one for one in made if self.fits(one)]

    def _prove(self) -> None:
        """Refuse a space in which (nearly) nothing is valid."""
        import random

        dice = random.Random(1)  # the same draws each time
        good = sum(
            self.fits({a.name: a.plain(_somewhere(a, dice)) for a in self.axes})
            for _ in range(_PROBES)
        )
        if good < _LEAST_GOOD * _PROBES:
            rules = (
                "; ".join(rule.text for rule in self.schema.rules) or "the limits of the settings"
            )
            raise UsageError(
                f"the `search` ranges contradict {rules}: {good} of {_PROBES} draws were valid; widen "
                "or move them"
            )


def _somewhere(axis: Axis, dice: Any) -> Any:
    return axis.at(dice.randrange(axis.points()))


def _axis(name: str, field: Field) -> Axis:
    kind, given = field.value_type, field.search
    if not isinstance(given, list | tuple):
        raise UsageError(f"`{name}`: `search` is no list")
    values = [Field(type=kind).read(one) for one in given]
    if kind not in NUMBERS:
        return Axis(name, kind, choices=tuple(plain(one) for one in values))
    low, high, *step = values
    return Axis(name, kind, low, high, step[0] if step else None)


def sampler(name: str, seed: int, space: Space, objectives: int) -> "optuna.samplers.BaseSampler":
    """Return Optuna's sampler of a name. Raises UsageError for one that does not fit."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if name not in SAMPLERS:
        raise UsageError(f"sampler `{clean_text(name, 40)}`; wanted one of: {', '.join(SAMPLERS)}")
    if objectives > 1 and name not in ("nsga2", "random"):
        raise UsageError(f"sampler {name} has one objective; for {objectives} use nsga2 or random")
    if name == "cmaes":
        if any(axis.choices for axis in space.axes):
            raise UsageError(
                "cmaes searches numbers; a setting with choices needs tpe, random or grid"
            )
        return optuna.samplers.CmaEsSampler(seed=seed)
    if name == "nsga2":
        return optuna.samplers.NSGAIISampler(seed=seed)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, multivariate=len(space.axes) > 1)
