"""What the console knows of ladders: where each strategy stands, as the supervisor answers it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from clearedge_tui.research.gates import SPECS, Gate, State
from clearedge_tui.research.readiness import Readiness
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui.asked import Asked

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

KIND: Final = "research"  # of the jobs that judge
PROTECTS: Final = {spec.name: spec.protects for spec in SPECS}
_SEP: Final = "\t"


class Standing(msgspec.Struct, frozen=True):
    """One strategy on one market and timeframe. Without gates it was never judged."""

    strategy: str
    market: str = ""
    venue: str = ""
    timeframe: str = ""
    gates: tuple[Gate, ...] = ()
    readiness: Readiness | None = None
    config: dict[str, Any] = {}  # that was judged
    given: dict[str, Any] = {}
    variants: int = 0
    revisions: int = 0
    looks: int = 0
    split_ns: int = 0
    start_ns: int = 0
    end_ns: int = 0
    why_config: str = ""
    why_engine: str = ""
    probed: str = ""  # what the look-ahead probe found
    options: dict[str, Any] | None = None  # it was made with; None: of an older version
    held_out: float = 0.25
    asked_ns: tuple[int, int] = (0, 0)  # window as it was asked for; 0 is the edge of the data
    simulated: bool = False
    at_ns: int = 0

    @property
    def key(self) -> str:
        return _SEP.join((self.strategy, self.market, self.venue, self.timeframe))

    @property
    def title(self) -> str:
        """Return what a job that judges it is called."""
        return f"{self.strategy} {self.market} {self.timeframe}"

    @property
    def stale(self) -> bool:
        return any(gate.state is State.STALE for gate in self.gates)

    @property
    def hard(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if gate.hard)

    @property
    def scored(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if not gate.hard)


class Board(msgspec.Struct, frozen=True):
    """The answer of `research.list`; `same`: nothing changed since the version that was told."""

    version: str
    same: bool = False
    ladders: tuple[Standing, ...] = ()
    missing: tuple[tuple[str, str, str, str], ...] = ()
    thresholds: dict[str, float] = {}

    def all(self) -> list[Standing]:
        """Return what was judged and what was not."""
        return [*self.ladders, *(Standing(*one) for one in self.missing)]


@dataclass(slots=True)
class Ladders:
    """The newest list; asked again it is sent only when it changed."""

    then: Callable[[], None]
    board: Board | None = None
    asked: Asked[Board] = field(default_factory=lambda: Asked(Board))

    def __post_init__(self) -> None:
        self.asked.then.append(self._take)

    def ask(self, ui: "Console") -> None:
        known = {"version": self.board.version} if self.board else {}
        self.asked.ask(ui, "research.list", dict(known))

    def _take(self) -> None:
        found = self.asked.value
        if found is not None and not found.same and not self.asked.problem:
            self.board = found
        self.then()

    def all(self) -> list[Standing]:
        return self.board.all() if self.board else []

    def find(self, key: str) -> Standing | None:
        return next((one for one in self.all() if one.key == key), None)

    def why_empty(self) -> str:
        if self.asked.problem:
            return self.asked.problem
        if self.board is None:
            return "asking…"
        return "no strategy file yet: tab shows the files, N writes one there"


def judging(jobs: Iterable[JobRow]) -> list[JobRow]:
    """Return the jobs that judge, at work or waiting."""
    return [job for job in jobs if job.kind == KIND and job.state in ("running", "queued")]


# ---- order ------------------------------------------------------------------------------------
Order = Callable[[Standing], tuple[object, ...]]


def _name(one: Standing) -> tuple[object, ...]:
    return (one.strategy, one.market, one.timeframe, one.venue)


def _best(one: Standing) -> tuple[object, ...]:
    found = one.readiness
    if found is None:
        return (2, 0, 0, *_name(one))
    return (0 if found.ready else 1, -found.score, -found.hard_passed, *_name(one))


SORTS: Final[dict[str, Order]] = {
    "readiness": _best,
    "hard": lambda one: (-(one.readiness.hard_passed if one.readiness else -1), *_best(one)),
    "age": lambda one: (-one.at_ns, *_name(one)),
    "strategy": _name,
    "market": lambda one: (one.market, *_name(one)),
}


def ordered(found: Iterable[Standing], sort: str, turned: bool) -> list[Standing]:
    """Return standings in an order; best first unless another one is asked for."""
    return sorted(found, key=SORTS[sort], reverse=turned)


# ---- words ------------------------------------------------------------------------------------
SIGNS: Final = {"above": ">", "at_least": ">=", "below": "<"}


def value_text(gate: Gate) -> str:
    return "–" if gate.value is None else f"{gate.value:z,.4g}"


def wanted_text(gate: Gate) -> str:
    return f"{SIGNS[gate.direction]} {gate.threshold:.4g}"


def standing_text(one: Standing) -> str:
    """Return `READY`, `3 of 8 hard`, or why there is neither."""
    found = one.readiness
    if found is None:
        return "not run"
    if one.stale:
        return "out of date"
    return "READY" if found.ready else f"{found.hard_passed} of {found.hard} hard"


def sum_text(found: Readiness, gates: Sequence[Gate], room: int) -> tuple[str, str]:
    """Return how the points come about, and how those that were possible do, in a line each."""
    titles = {gate.name: gate.title for gate in gates}
    long = _sums(found, titles)
    if max(map(len, long)) <= room:
        return long
    return _sums(found, {name: name.replace("_", " ") for name in titles})


def _sums(found: Readiness, said: Mapping[str, str]) -> tuple[str, str]:
    points = {one.name: one for one in found.contributions}
    parts = [f"{one.earned} {said.get(name, name)}" for name, one in points.items() if one.earned]
    gone = [f" − {points[name].points} {said.get(name, name)}" for name in found.missing]
    told = " (not run or out of date)" if gone else ""
    possible = f"{found.possible} possible = 100{''.join(gone)}{told}"
    return f"{found.score} points = {' + '.join(parts) or '0'}", possible


def plainly(gate: Gate) -> str:
    """Return why a gate stands as it does, without what it protects against, told elsewhere."""
    return gate.why.replace(f"; it protects against {PROTECTS.get(gate.name, '')}", "")
