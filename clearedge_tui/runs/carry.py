"""What a position pays or gets with time: funding of perpetuals, borrowing of shorts.

A payment falls due at a moment of the clock (UTC). It is of the position after all fills up to
that moment, at the last close known then, and is booked at the first bar that closes at or after
it: a strategy sees it there, before it sees the bar.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from clearedge_tui.runs.costs import DAY_NS, YEAR_DAYS, Funding, borrow, funding

if TYPE_CHECKING:
    from clearedge_tui.runs.equity import Account

_UNIT = Decimal("1e-8")


class CashRow(NamedTuple):
    """One payment. `amount` is what the account gets: below zero it paid."""

    ts_ns: int
    kind: str  # funding | borrow
    position: Decimal
    price: Decimal
    amount: Decimal


class Carry:
    """The payments of one run, in the order of time."""

    def __init__(self, asked: Funding | None, yearly: Decimal | None) -> None:
        self._funding = asked
        self._yearly = yearly
        self._step_ns = gcd(asked.every_ns if asked else DAY_NS, DAY_NS if yearly else 0)
        self.due_ns = 0  # nothing is paid up to the first bar, which opens nothing

    def over(
        self,
        before: tuple[int, Decimal],
        now: tuple[int, Decimal],
        held: Callable[[int], Decimal],
    ) -> list[CashRow]:
        """Return what falls due up to a bar's close; each bar is (UTC ns, close).

        `held` says the position at a moment.
        """
        rows: list[CashRow] = []
        until, step = now[0], self._step_ns
        first = (before[0] // step + 1) * step
        for at_ns in range(first, until + 1, step):
            size = held(at_ns)
            if size:
                rows += self._at(at_ns, size, now[1] if at_ns == until else before[1])
        self.due_ns = (until // step + 1) * step
        return rows

    def _at(self, at_ns: int, size: Decimal, price: Decimal) -> list[CashRow]:
        rows, worth = [], size * price
        if self._funding is not None and not at_ns % self._funding.every_ns:
            rows.append(CashRow(at_ns, "funding", size, price, _money(-worth * self._funding.rate)))
        if self._yearly and size < 0 and not at_ns % DAY_NS:
            rows.append(
                CashRow(at_ns, "borrow", size, price, _money(worth * self._yearly / YEAR_DAYS))
            )
        return rows


def carry_of(funding_model: str, borrow_model: str) -> Carry | None:
    """Return the payments that two models ask for; None when there are none."""
    asked, yearly = funding(funding_model), borrow(borrow_model)
    return Carry(asked, yearly) if asked is not None or yearly else None


def _money(value: Decimal) -> Decimal:
    return value.quantize(_UNIT, ROUND_HALF_EVEN)


def with_cash(account: "Account", rows: Sequence[CashRow]) -> "Account":
    """Return an account with its payments, each from the first bar on that closes at or after it."""
    if not rows:
        return account
    import numpy as np

    at = np.searchsorted(account.ts_ns, [row.ts_ns for row in rows])
    paid = np.zeros(len(account.ts_ns))
    np.add.at(paid, at, [float(row.amount) for row in rows])
    return replace(account, equity=account.equity + np.cumsum(paid))


def told(rows: Sequence[CashRow], currency: str) -> str:
    """Return a line for the report: how often was paid, and what it came to."""
    total = sum((row.amount for row in rows), Decimal(0))
    word = "paid" if total < 0 else "got"
    return (
        f"carry: {len(rows):,} payments of funding and borrowing; the account {word} "
        f"{abs(total):,.2f} {currency} in all"
    )
