"""Thresholds of the gates: raised freely, eased only with a reason that is kept."""

from collections.abc import Mapping
from math import isfinite

import msgspec

from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.research.gates import SPECS, THRESHOLDS, Direction

_LEAST_REASON = 10
_DOWN = frozenset(spec.name for spec in SPECS if spec.direction is Direction.BELOW)


class Change(msgspec.Struct, frozen=True):
    """One threshold that was moved, for the record."""

    name: str
    before: float
    after: float
    eased: bool
    reason: str


def changes(
    wanted: Mapping[str, float],
    reasons: Mapping[str, str],
    before: Mapping[str, float] = THRESHOLDS,
) -> tuple[Change, ...]:
    """Return what moves from `before`; the caller records it and then uses `applied`.

    Refused when a gate becomes easier without a reason of ten letters or more in `reasons`.
    """
    found = []
    for name, value in wanted.items():
        if name not in THRESHOLDS:
            msg = f"no threshold is called {name!r}; there are {', '.join(THRESHOLDS)}"
            raise NotFound(msg)
        if not isfinite(value):
            msg = f"the threshold {name} must be a number, not {value}"
            raise UsageError(msg)
        now = before.get(name, THRESHOLDS[name])
        if value == now:
            continue
        eased = value > now if name in _DOWN else value < now
        reason = clean_text(reasons.get(name, "")).strip()
        if eased and len(reason) < _LEAST_REASON:
            msg = (
                f"the gate {name} would become easier: {value:g} instead of {now:g};"
                f" give a reason of {_LEAST_REASON} letters or more, which is recorded"
            )
            raise Refused(msg)
        found.append(Change(name, now, value, eased, reason))
    return tuple(found)


def applied(made: tuple[Change, ...], before: Mapping[str, float] = THRESHOLDS) -> dict[str, float]:
    """Return the thresholds after the changes."""
    return dict(THRESHOLDS) | dict(before) | {change.name: change.after for change in made}


def demand(name: str, value: float, recorded: float | None, where: str) -> None:
    """Refuse a threshold in a file that is easier than the built-in one without a recorded reason."""
    easiest = [THRESHOLDS[name]] + ([] if recorded is None else [recorded])
    allowed = max(easiest) if name in _DOWN else min(easiest)
    if (value > allowed) if name in _DOWN else (value < allowed):
        msg = (
            f"{where}: {name} = {value:g} is easier than {allowed:g}, and no reason is recorded; "
            f"use: clearedge research threshold {name} {value:g} --reason TEXT"
        )
        raise Refused(msg)
