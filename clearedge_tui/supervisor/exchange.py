"""The sums of accounts of one portfolio, brought to each of their gateways twice a second.

A portfolio is all accounts of one currency, practice and real money each by itself. What one
gateway uses of a limit the others do not see before the next exchange; so each has its own share
of what is left (`engine/portfolio.py`), and one that comes up waits until no other can still take
itself for alone.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.limits_exposure import Leg, sums
from clearedge_tui.core.model import Book
from clearedge_tui.core.risk_messages import (
    Others,
)
from clearedge_tui.settings import Account
from clearedge_tui.supervisor.runtime import AccountRun, InstanceRun
from clearedge_tui.supervisor.slots import Held, Slots

EXCHANGE_S = 0.5
_ALONE_S = 3.5  # a little longer than a gateway counts on being alone
_NEVER_S = 1e9
_NONE: Mapping[str, int] = {}


class _Part(msgspec.Struct, frozen=True):
    """One account's part in its portfolio."""

    place: AccountRun | None  # with its gateway up
    age_s: float
    equity: Decimal | None
    legs: tuple[Leg, ...] = ()
    orders: int = 0
    seq: int = 0
    at_s: float | None = None  # when its gateway made its report


class Exchange:
    def __init__(self, runs: Mapping[str, InstanceRun]) -> None:
        self._runs = runs
        self._begun_s = monotonic()
        self._alone: dict[tuple[str, bool], tuple[str, float]] = {}
        self._slots: dict[tuple[str, bool], Slots] = {}

    def go(
        self,
        accounts: Mapping[str, Account],
        places: Mapping[str, AccountRun],
        currencies: Collection[str],
        positions: Mapping[str, int] = _NONE,
    ) -> None:
        """Send every gateway the others' sums, in the currencies for which a limit holds.

        `positions`: how many may be open, in the currencies for which that is limited.
        """
        groups: dict[tuple[str, bool], list[Account]] = {}
        for account in accounts.values():
            if account.currency in currencies:
                groups.setdefault((account.currency, account.live), []).append(account)
        for group, members in groups.items():
            parts = {one.name: self._part(one, places.get(one.name)) for one in members}
            most = positions.get(group[0])
            self._tell(group, parts, self._lend(group, parts, most) if most is not None else {})

    def _lend(
        self, group: tuple[str, bool], parts: dict[str, _Part], most: int
    ) -> Mapping[str, int]:
        slots = self._slots.setdefault(group, Slots(self._begun_s))
        held = {name: Held(sums(one.legs).positions, one.at_s) for name, one in parts.items()}
        return slots.give(most, held, monotonic())

    def _tell(
        self, group: tuple[str, bool], parts: dict[str, _Part], lent: Mapping[str, int]
    ) -> None:
        up = {name: part for name, part in parts.items() if part.place is not None}
        if len(up) == 1:
            self._alone[group] = (next(iter(up)), monotonic())
        alone, at_s = self._alone.get(group, ("", self._begun_s))
        for name, part in up.items():
            if len(up) > 1 and name != alone and monotonic() - at_s < _ALONE_S:
                continue
            others = {other: one for other, one in parts.items() if other != name}
            said = Others(
                part.seq,
                len(up),
                max((one.age_s for one in others.values()), default=0.0),
                {other: one.equity for other, one in others.items()},
                tuple(leg for one in others.values() for leg in one.legs),
                sum(one.orders for one in others.values()),
                lent.get(name),
            )
            if part.place is not None and part.place.gateway.link is not None:
                part.place.gateway.link.send(said)

    def _part(self, account: Account, place: AccountRun | None) -> _Part:
        if place is not None and place.gateway.up:
            said = place.sums
            if said is None:
                return _Part(place, _NEVER_S, None)
            age = monotonic() - place.sums_s
            return _Part(place, age, said.equity, said.legs, said.orders, said.seq, said.at_s)
        return self._at_rest(account)

    def _at_rest(self, account: Account) -> _Part:
        """Nobody trades there now: what it holds stays what it is, unless orders are in doubt."""
        legs, equity, doubt = [], account.balance, False
        book = Book.LIVE if account.live else Book.PAPER
        for run in self._runs.values():
            row = run.ledgers.get(book)
            if run.instance.account != account.name or row is None:
                continue
            equity += row.total
            doubt = doubt or (account.live and bool(row.open_orders or row.position.size))
            if row.position.size:
                price = row.position.avg_price if row.price is None else row.price
                name = f"{account.name}/{run.instance.id}"
                legs.append(Leg(name, run.instance.market, row.position.size * price))
        return _Part(None, _NEVER_S if doubt else 0.0, equity, tuple(legs))
