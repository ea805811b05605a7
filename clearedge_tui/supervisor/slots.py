"""A portfolio's limit on open positions, given out as whole places that no two gateways share.

A place is lent for a while, by the clock of the gateway that got it and from the report on which the
loan was made, so it ends there however late it is heard. It is lent to another only when a report
that was made after that end shows it free. What cannot be divided goes round in turns.
"""

from collections.abc import Mapping

import msgspec

from clearedge_tui.core.risk_messages import LEASE_S

_TURN_S = 6.0  # of what cannot be divided; long against the wait until a loan has ended
_OLD_S = 3.5  # for so long a former supervisor's loans may hold


class Held(msgspec.Struct, frozen=True):
    """What an account has open, as its gateway last reported; without one, as its ledger says."""

    count: int
    at_s: float | None = None  # of the report, by its gateway's clock; None is no gateway


class _Loan(msgspec.Struct, frozen=True):
    slots: int
    until_s: float  # by the gateway's clock
    gone_s: float  # by ours: over for whoever is not there any more


class Slots:
    def __init__(self, now_s: float) -> None:
        self._begun_s = now_s
        self._loans: dict[str, list[_Loan]] = {}

    def give(self, most: int, held: Mapping[str, Held], now_s: float) -> dict[str, int]:
        """Return how many positions each gateway may have open until its loan ends."""
        for name in held.keys() | self._loans.keys():
            self._end(name, most, held.get(name, Held(0)), now_s)
        free = max(0, most - sum(one.count for one in held.values()))
        up = sorted(name for name, one in held.items() if one.at_s is not None)
        given = {}
        for index, name in enumerate(up):
            share, rest = divmod(free, len(up))
            turn = (index - int(now_s / _TURN_S)) % len(up)
            wanted = held[name].count + share + (turn < rest)
            others = sum(self._bound(other, held) for other in self._loans if other != name)
            slots = max(0, min(wanted, most - others))
            ends = (held[name].at_s or 0.0) + LEASE_S
            self._loans[name].append(_Loan(slots, ends, now_s + LEASE_S))
            given[name] = slots
        return given

    def _end(self, name: str, most: int, one: Held, now_s: float) -> None:
        """Forget the loans of which a report shows what became of them."""
        if name not in self._loans:
            self._loans[name] = []
            if one.at_s is not None and now_s - self._begun_s < _OLD_S:
                self._loans[name] = [_Loan(most, one.at_s + LEASE_S, now_s + LEASE_S)]
        at_s = one.at_s
        self._loans[name] = [
            loan
            for loan in self._loans[name]
            if (loan.gone_s > now_s if at_s is None else loan.until_s > at_s)
        ]

    def _bound(self, name: str, held: Mapping[str, Held]) -> int:
        """Return how many an account may have open now, whatever we have heard of it."""
        count = held[name].count if name in held else 0
        return max([count, *(loan.slots for loan in self._loans[name])])
