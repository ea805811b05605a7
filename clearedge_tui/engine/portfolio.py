"""What a gateway knows of its portfolio: the sums of its other accounts, and its own share of room.

Each account has its own gateway, and none asks another before an order. So of what a limit leaves,
a gateway uses half of its equal share until the sums have been exchanged again. Half: an exchange
may have been heard by one gateway and not yet by another, and what two of them use then must still
fit. A share ends after a time, long before the sums count as not known.

Open positions are whole and few: the supervisor lends them place by place (`supervisor/slots.py`).
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_exposure import Leg, View, sums
from clearedge_tui.core.limits_rules import FIGURES, Scene, allowed
from clearedge_tui.core.limits_values import plain
from clearedge_tui.core.risk_messages import (
    LEASE_S,
    Others,
    RiskSums,
)

KNOWN_S = 5.0  # sums older than that are not known
_SHARE_S = 1.0  # so one exchange at most lies between what two gateways go by
_ALONE_S = 3.0  # who comes up meanwhile waits longer than that for its first share
_KEPT = 16
_LEAST = Decimal("1e-8")
_SIZES = ("position_notional", "gross_exposure", "net_exposure", "leverage")


class Portfolio:
    def __init__(self) -> None:
        self._others: Others | None = None
        self._heard_s = 0.0
        self._reports: dict[int, RiskSums] = {}
        self._seq = 0

    def take(self, others: Others) -> None:
        self._others, self._heard_s = others, monotonic()

    def report(self, view: View, orders: int, account: str) -> RiskSums:
        """Return this account's own sums, numbered: what others are told is measured from them."""
        self._seq += 1
        legs = tuple(
            msgspec.structs.replace(leg, instance=f"{account}/{leg.instance}") for leg in view.legs
        )
        made = RiskSums(self._seq, view.currency, view.equity, legs, orders, monotonic())
        self._reports[self._seq] = made
        self._reports.pop(self._seq - _KEPT, None)
        return made

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self._others.equities) if self._others else ()

    def equities(self) -> dict[str, Decimal] | None:
        """Return what the others are worth; None when that is not known of each of them."""
        if self._others is None or self.age_s() > KNOWN_S:
            return None
        found = {n: e for n, e in self._others.equities.items() if e is not None}
        return found if len(found) == len(self._others.equities) else None

    def legs(self) -> tuple[Leg, ...]:
        return self._others.legs if self._others else ()

    def age_s(self) -> float:
        """Return how old the oldest of the others' sums are."""
        if self._others is None:
            return float("inf")
        return self._others.age_s + monotonic() - self._heard_s

    def unknown(self) -> str:
        """Return why nothing may be entered while a limit holds for the whole portfolio."""
        age = self.age_s()
        if age <= KNOWN_S:
            return ""
        if self._others is None:
            return "the sums of the portfolio's other accounts are not known yet"
        return (
            f"the sums of the portfolio's other accounts are {age:.0f} s old; "
            f"at most {KNOWN_S:.0f} s are allowed"
        )

    def shared(
        self, limits: Iterable[Limit], now: View, now_ns: int, market: str
    ) -> tuple[Limit, ...]:
        """Return limits with those of the portfolio cut to what this gateway may use by itself."""
        others = self._others
        if others is None:
            return tuple(limits)
        found = []
        for limit in limits:
            if limit.scope is Scope.PORTFOLIO and limit.name == "open_positions":
                limit = self._lent(limit, now, others)
            elif limit.scope is Scope.PORTFOLIO and limit.name in (*_SIZES, "orders_per_minute"):
                limit = self._cut(limit, now, others, now_ns, market)
            found.append(limit)
        return tuple(found)

    def _cut(self, limit: Limit, now: View, others: Others, now_ns: int, market: str) -> Limit:
        base = self._reports.get(others.seq)
        most = allowed(limit)
        if limit.name == "orders_per_minute":
            own = Decimal(base.orders if base else now.state.orders(now_ns))
            figure: Decimal | None = own + others.orders
        else:
            own, figure = Decimal(0), self._figure(limit, now, base, now_ns, market)
        if figure is None or figure >= most:
            room, figure = Decimal(0), min(figure or most, most)
        else:
            room = most - figure
        alone = others.gateways == 1
        if base is None or monotonic() - self._heard_s > (_ALONE_S if alone else _SHARE_S):
            room = Decimal(0)
        elif not alone:
            room /= 2 * others.gateways
        cap = figure + room if limit.name != "orders_per_minute" else own + room
        whole = limit.name == "orders_per_minute"
        cap = max(cap.quantize(Decimal(1) if whole else _LEAST, rounding=ROUND_DOWN), Decimal(0))
        cap = cap or (cap if whole else _LEAST)
        return limit if cap == most else msgspec.structs.replace(limit, value=plain(cap))

    def _lent(self, limit: Limit, now: View, others: Others) -> Limit:
        """Return the limit with the places that are lent to this account, or those it has taken."""
        base, elsewhere = self._reports.get(others.seq), sums(others.legs).positions
        own = sums(now.legs).positions - elsewhere
        if base is not None and others.slots is not None and monotonic() - base.at_s < LEASE_S:
            own = others.slots
        cap = min(Decimal(own + elsewhere), allowed(limit))
        return msgspec.structs.replace(limit, value=plain(cap))

    def _figure(
        self, limit: Limit, now: View, base: RiskSums | None, now_ns: int, market: str
    ) -> Decimal | None:
        """Return the portfolio's figure as it was when the sums were exchanged."""
        legs = (*base.legs, *self.legs()) if base else now.legs
        view = msgspec.structs.replace(now, legs=legs)
        return FIGURES[limit.name](Scene(view, sums(legs), now_ns, market), limit.parsed)
