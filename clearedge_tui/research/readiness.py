"""Readiness, 0 to 100: the sum of the points of the gates that pass, and nothing else.

    readiness = sum(points of gates that pass)      hard gates 70, scored gates 30
    possible  = 100 - sum(points of gates not run or stale)

A gate that was not run earns nothing, but it is shown as missing and not as failed: "48 of 62
possible". Ready means that every hard gate passes, whatever the number is; 100 means that all do.
"""

from collections.abc import Sequence

import msgspec

from clearedge_tui.research.gates import Gate, State

FULL = 100
_MISSING = frozenset((State.NOT_RUN, State.STALE))


class Contribution(msgspec.Struct, frozen=True):
    """What one gate gives."""

    name: str
    state: State
    earned: int
    points: int


class Readiness(msgspec.Struct, frozen=True):
    """The sum and what it is made of."""

    score: int
    possible: int
    ready: bool  # all hard gates pass
    hard_passed: int
    hard: int
    missing: tuple[str, ...]
    contributions: tuple[Contribution, ...]
    next_gate: str  # the first hard gate that does not pass and could, else scored; empty when none
    next_action: str

    def __str__(self) -> str:
        ready = "ready" if self.ready else f"{self.hard_passed} of {self.hard} hard gates"
        return f"{self.score} of {self.possible} possible, {ready}"


def readiness(gates: Sequence[Gate]) -> Readiness:
    """Add up a ladder (`gates.ladder`)."""
    hard = [gate for gate in gates if gate.hard]
    passed = sum(gate.state is State.PASS for gate in hard)
    missing = [gate for gate in gates if gate.state in _MISSING]
    rest = [gate for gate in gates if gate.state is not State.PASS and gate.action]
    following = next((gate for gate in rest if gate.hard), rest[0] if rest else None)
    return Readiness(
        score=sum(gate.earned for gate in gates),
        possible=FULL - sum(gate.points for gate in missing),
        ready=bool(hard) and passed == len(hard),
        hard_passed=passed,
        hard=len(hard),
        missing=tuple(gate.name for gate in missing),
        contributions=tuple(
            Contribution(gate.name, gate.state, gate.earned, gate.points) for gate in gates
        ),
        next_gate=following.name if following else "",
        next_action=following.action if following else "",
    )
