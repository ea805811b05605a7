"""What a screen says of the kills that are on, from their files and the accounts' receipts. Pure.

Kills of one scope and name are one row: a flatten said after a cancel is the same stop, made stronger.
"""

from collections.abc import Iterable

import msgspec

from clearedge_tui.core.kill import Action, Kill, Scope
from clearedge_tui.core.receipt import Receipt

_EARLIER_NS = 1_000_000_000  # an account may have taken a kill up before its words were written


class KillRow(msgspec.Struct, frozen=True):
    """One stop that is on, and how much of it the accounts have confirmed."""

    scope: Scope
    key: str
    action: Action  # the strongest that was asked for
    names: tuple[str, ...]  # of its files
    reason: str = ""
    who: str = ""
    at_ns: int = 0
    lines: int = 0  # what was open, as the receipts tell it
    confirmed: int = 0
    answered: tuple[str, ...] = ()  # accounts whose receipt is here
    awaited: tuple[str, ...] = ()  # accounts that run and have not answered

    @property
    def what(self) -> str:
        return "everything" if self.scope is Scope.GLOBAL else f"{self.scope} {self.key}"

    @property
    def unconfirmed(self) -> int:
        return self.lines - self.confirmed

    @property
    def proven(self) -> bool:
        """Whether every account that runs has answered, and every line is confirmed."""
        return not self.unconfirmed and not self.awaited


def summary(
    held: Iterable[Kill], receipts: Iterable[Receipt], running: Iterable[str]
) -> tuple[KillRow, ...]:
    """Return one row a scope and name, the widest first. `running`: accounts with a gateway."""
    told, alive = tuple(receipts), tuple(running)
    groups: dict[tuple[Scope, str], list[Kill]] = {}
    for kill in held:
        groups.setdefault((kill.scope, kill.key), []).append(kill)
    order = list(Scope)
    return tuple(
        _row(groups[key], told, alive)
        for key in sorted(groups, key=lambda k: (order.index(k[0]), k[1]))
    )


def newest(kill: Kill, receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    """Return the last receipt of each account for a kill that is on."""
    found: dict[str, Receipt] = {}
    for one in receipts:
        if one.kill != kill.name or one.seen_ns < kill.at_ns - _EARLIER_NS:
            continue
        before = found.get(one.account)
        if before is None or before.seen_ns < one.seen_ns:
            found[one.account] = one
    return found


def _row(kills: list[Kill], receipts: tuple[Receipt, ...], running: tuple[str, ...]) -> KillRow:
    strongest = max(kills, key=lambda k: k.action.rank)
    answers = [newest(kill, receipts) for kill in kills]
    answered = {name for found in answers for name in found}
    awaited = {name for found in answers for name in running if name not in found}
    # a line of the weaker kill is told again by the stronger one: each thing counts once
    lines: dict[tuple[str, str, str], bool] = {}
    for found in answers:
        for receipt in found.values():
            for line in receipt.lines:
                key = (receipt.account, line.what, line.subject)
                lines[key] = lines.get(key, False) or line.confirmed
    return KillRow(
        strongest.scope,
        strongest.key,
        strongest.action,
        tuple(kill.name for kill in kills),
        next((kill.reason for kill in kills if kill.reason), ""),
        next((kill.who for kill in kills if kill.who), ""),
        min((kill.at_ns for kill in kills if kill.at_ns), default=0),
        len(lines),
        sum(lines.values()),
        tuple(sorted(answered)),
        tuple(sorted(awaited)),
    )
