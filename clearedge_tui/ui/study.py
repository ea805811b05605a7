"""What the console knows of a study: the finding as it is answered, read as what its kind says. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

NAMES: Final = {
    "rule_test": "rule test", "optimize": "search", "walk_forward": "walk-forward",
    "wfo": "walk-forward with a search in each window", "robust": "robustness",
    "held_out": "held-out look", "ladder": "ladder", "probe": "look-ahead probe",
    "cross_sectional": "cross-sectional", "pairs": "pairs", "pair_screen": "pair screen",
    "portfolio": "portfolio", "book": "book", "intraday_relval": "intraday relative value",
}  # fmt: skip
Figure = float | None


class Study(msgspec.Struct, frozen=True):
    """One finding. `result` is what its kind found."""

    kind: str
    run_id: str
    strategy: str = ""
    market: str = ""
    timeframe: str = ""
    config: dict[str, Any] = {}
    start_ns: int = 0
    end_ns: int = 0
    created_ns: int = 0
    took_s: float = 0.0
    verdict: str = ""
    result: dict[str, Any] = {}


class Shown(msgspec.Struct, frozen=True):
    """The answer of `research.show`: the finding, the ladder it is evidence of, and what it is against."""

    finding: Study
    beside: Study | None = None  # the robustness of the same settings on the data before
    ladder: str = ""  # its key
    looks: int = 0
    split_ns: int = 0


class Rule(msgspec.Struct, frozen=True):
    verdict: str = ""
    why: str = ""
    real: Figure = None
    p: Figure = None
    percentile: Figure = None
    p95: Figure = None
    twins: int = 0
    dropped: int = 0
    trades: int = 0
    entries: int = 0
    eligible: int = 0
    odds: float = 0.0
    sharpes: tuple[float, ...] = ()
    curve: tuple[float, ...] = ()
    cloud: tuple[tuple[float, ...], ...] = ()
    paths: dict[str, int] = {}
    why_engine: str = ""


class Tried(msgspec.Struct, frozen=True):
    number: int
    params: dict[str, Any] = {}
    state: str = ""
    values: tuple[float, ...] = ()
    sharpe: Figure = None
    total_return: Figure = None
    max_drawdown: Figure = None
    trades: Figure = None
    path: str = ""
    why: str = ""
    plateau: bool = False

    @property
    def score(self) -> Figure:
        return self.values[0] if self.state == "scored" and self.values else None


class Search(msgspec.Struct, frozen=True):
    wanted: dict[str, Any] = {}
    trials: tuple[Tried, ...] = ()
    chosen: dict[str, Any] | None = None
    why: str = ""
    best: dict[str, Any] | None = None
    top: tuple[int, ...] = ()
    pbo: Figure = None
    pbo_why: str = ""
    spa_p: Figure = None
    spa_why: str = ""
    importance: dict[str, float] = {}
    invalid: int = 0
    paths: dict[str, int] = {}
    curves: dict[str, tuple[float, ...]] = {}
    why_engine: str = ""

    def names(self) -> list[str]:
        """Return the parameters that were searched, the most important first."""
        seen = dict.fromkeys(name for one in self.trials for name in one.params)
        return sorted(seen, key=lambda name: -self.importance.get(name, 0.0))

    def leaders(self) -> list[Tried]:
        """Return all trials, the best score first, those without one last."""
        return sorted(self.trials, key=lambda t: (t.score is None, -(t.score or 0.0), t.number))


class Part(msgspec.Struct, frozen=True):
    train_start_ns: int
    train_end_ns: int
    test_start_ns: int
    test_end_ns: int
    params: dict[str, Any] = {}
    inside: Figure = None
    outside: Figure = None
    outside_return: Figure = None
    trades: Figure = None
    why: str = ""


class Walk(msgspec.Struct, frozen=True):
    optimised: bool = False
    anchored: bool = False
    parts: tuple[Part, ...] = ()
    sharpe: Figure = None
    ratio: Figure = None
    winning: int = 0
    why: str = ""
    drift: tuple[float, ...] = ()
    curve: tuple[float, ...] = ()
    paths: dict[str, int] = {}


class Interval(msgspec.Struct, frozen=True):
    value: Figure = None
    low: Figure = None
    high: Figure = None


class Regime(msgspec.Struct, frozen=True):
    name: str
    periods: int = 0
    sharpe: Figure = None
    total_return: Figure = None
    max_drawdown: Figure = None
    share_of_gain: Figure = None


class Regimes(msgspec.Struct, frozen=True):
    regimes: tuple[Regime, ...] = ()
    gaining: Figure = None


class Paths(msgspec.Struct, frozen=True):
    way: str = ""
    paths: int = 0
    at: tuple[float, ...] = ()
    bands: dict[str, tuple[float, ...]] = {}
    final: dict[str, float] = {}
    drawdown: dict[str, float] = {}
    loss: Figure = None
    ruin: Figure = None


class Checked(msgspec.Struct, frozen=True):
    intervals: dict[str, Interval] = {}
    paths: Paths = Paths()
    regimes: Regimes = Regimes()


class Stress(msgspec.Struct, frozen=True):
    returns: dict[str, Figure] = {}
    sharpes: dict[str, Figure] = {}


class Jitter(msgspec.Struct, frozen=True):
    tried: tuple[tuple[str, Any, Figure], ...] = ()
    real: Figure = None
    kept: Figure = None
    why: str = ""


class Robust(msgspec.Struct, frozen=True):
    figures: dict[str, Figure] = {}
    why: dict[str, str] = {}
    checked: Checked = Checked()
    stress: Stress = Stress()
    jitter: Jitter = Jitter()
    market_sharpe: Figure = None
    variants: int = 0
    metrics: dict[str, Figure] = {}
    curve: tuple[float, ...] = ()


class Held(msgspec.Struct, frozen=True):
    figures: dict[str, Figure] = {}
    metrics: dict[str, Figure] = {}
    error: str = ""
    market_sharpe: Figure = None
    curve: tuple[float, ...] = ()
    periods: int = 0


Result = Rule | Search | Walk | Robust | Held
_KINDS: Final[dict[str, Any]] = {
    "rule_test": Rule, "optimize": Search, "walk_forward": Walk, "wfo": Walk, "robust": Robust,
    "held_out": Held,
}  # fmt: skip
PANES: Final[dict[str, Sequence[str]]] = {"optimize": ("overview", "leaders", "map", "parallel")}


def read(study: Study) -> Result | None:
    """Return what a study found as its kind has it; None for kinds that are shown as they are."""
    kind = _KINDS.get(study.kind)
    if kind is None:
        return None
    try:
        found: Result = msgspec.convert(study.result, kind, strict=False)
    except msgspec.ValidationError:
        return None
    return found
