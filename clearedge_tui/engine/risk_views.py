"""What limits are asked about: an account's instances, itself and its portfolio, as they are now."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_exposure import Leg, View, leg_of
from clearedge_tui.core.model import Book
from clearedge_tui.engine.portfolio import Portfolio
from clearedge_tui.engine.risk_book import RiskBook

if TYPE_CHECKING:
    from clearedge_tui.engine.desk import Desk
    from clearedge_tui.engine.seat import Seat


class RiskViews:
    def __init__(self, desk: "Desk", book: RiskBook, portfolio: Portfolio) -> None:
        self._desk = desk
        self._book = book
        self._portfolio = portfolio
        self.whole = False  # a limit holds for the whole portfolio
        # by market and instance, until the price or something of the instance is another
        self._legs: dict[str, dict[str, Leg]] = {}

    def clock(self) -> int:
        """Return the time that limits count in: of the data where these are played, else ours."""
        if self._desk.own is Book.LIVE or self._desk.account.feed == "venue":
            return now_ns()
        return max(self._desk.clocks.values(), default=0)

    def all(self, limits: Iterable[Limit]) -> list[View]:
        own = self.account_view()
        found = [own, self.portfolio_view(own)]
        if any(one.scope is Scope.INSTANCE for one in limits):
            found += [self.instance_view(seat) for seat in self._desk.seats.values()]
        return found

    def asked(self, seat: "Seat", limits: Iterable[Limit]) -> tuple[View, View, View]:
        """Return what an order of a seat counts in: its instance, its account, its portfolio.

        Of what no limit holds for only its state is asked, so that nothing else is summed.
        """
        scopes = {one.scope for one in limits}
        own = self.account_view()
        return (
            self.instance_view(seat)
            if Scope.INSTANCE in scopes
            else self._bare(Scope.INSTANCE, seat.instance.id),
            own,
            self.portfolio_view(own)
            if self.whole
            else self._bare(Scope.PORTFOLIO, self._desk.account.currency),
        )

    def _bare(self, scope: Scope, key: str) -> View:
        return View(scope, key, self._desk.account.currency, state=self._book.state(scope, key))

    def leg(self, seat: "Seat") -> Leg:
        name, known = seat.instance.id, self._legs.setdefault(seat.market.id, {})
        if name not in known:
            own = self._desk.own
            orders = [(one, one.id in seat.only_reduce) for one in seat.working(own)]
            price = self._desk.prices.get(seat.market.id)
            position = seat.book(own).position
            known[name] = leg_of(name, seat.market.id, position, price, orders)
        return known[name]

    def moved(self, market: str) -> None:
        """A market has another price."""
        self._legs.pop(market, None)

    def stale(self, seat: "Seat") -> None:
        """Something of an instance's position or orders is another now."""
        self._legs.get(seat.market.id, {}).pop(seat.instance.id, None)

    def made(self, seat: "Seat") -> Decimal:
        return seat.book(self._desk.own).total(self._desk.prices.get(seat.market.id))

    def instance_view(self, seat: "Seat") -> View:
        return View(
            Scope.INSTANCE,
            seat.instance.id,
            self._desk.account.currency,
            (self.leg(seat),),
            self._desk.account.balance + self.made(seat),
            self._book.state(Scope.INSTANCE, seat.instance.id),
            self.ages([seat]),
        )

    def account_view(self) -> View:
        account, seats = self._desk.account, list(self._desk.seats.values())
        return View(
            Scope.ACCOUNT,
            account.name,
            account.currency,
            tuple(self.leg(seat) for seat in seats),
            account.balance + sum((self.made(seat) for seat in seats), Decimal(0)),
            self._book.state(Scope.ACCOUNT, account.name),
            self.ages(seats),
        )

    def portfolio_view(self, own: View) -> View:
        """Return the view of an account's portfolio."""
        others = self._portfolio.equities() if self.whole else {}
        equity = own.equity
        if others is None or equity is None:
            equity = None
        else:
            equity += sum(others.values(), Decimal(0))
        return msgspec.structs.replace(
            own,
            scope=Scope.PORTFOLIO,
            key=own.currency,
            legs=(*own.legs, *self._portfolio.legs()),
            equity=equity,
            state=self._book.state(Scope.PORTFOLIO, own.currency),
        )

    def ages(self, seats: Iterable["Seat"]) -> dict[str, float]:
        desk, now = self._desk, monotonic()
        markets = {s.market.id for s in seats if s.pid or self.leg(s).worst}
        if desk.account.stored:
            return dict.fromkeys(markets, 0.0)
        return {m: now - desk.spoke_s[m] for m in markets if m in desk.spoke_s}
