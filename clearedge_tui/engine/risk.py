"""The limits of one account, asked before each order of its own book, and acted on when broken.

It sees what the desk sees and keeps what limits must remember. Shadow books are not limited.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.gate import Denied, Standing
from clearedge_tui.core.kill import Kill
from clearedge_tui.core.limits import Limit, Scope, with_defaults, zones
from clearedge_tui.core.limits_actions import due
from clearedge_tui.core.limits_check import Refusal, Watched, refuse, watch
from clearedge_tui.core.limits_exposure import View, Wish
from clearedge_tui.core.limits_state import (
    RiskState,
    Sent,
    answered,
    left,
    marked,
    slipped,
    traded,
)
from clearedge_tui.core.messages import (
    BookEvent,
    Submit,
)
from clearedge_tui.core.model import Order, OrderStatus, Position
from clearedge_tui.core.risk_messages import (
    ClearLimit,
    Others,
    RiskRow,
    RiskRows,
    RiskSums,
)
from clearedge_tui.engine.portfolio import Portfolio
from clearedge_tui.engine.risk_acts import RiskActs
from clearedge_tui.engine.risk_book import RiskBook
from clearedge_tui.engine.risk_views import RiskViews

if TYPE_CHECKING:
    from clearedge_tui.engine.desk import Desk
    from clearedge_tui.engine.seat import Seat

_SECOND_NS: Final = 1_000_000_000
LOOK_S: Final = 0.5
_COUNTED: Final = frozenset({"orders_per_minute", "duplicate_order"})


class Risk:
    def __init__(self, desk: "Desk", tell: Callable[[msgspec.Struct], object]) -> None:
        self._desk = desk
        self._tell = tell
        self.book = RiskBook(desk.record)
        self.acts = RiskActs(desk, tell)
        self.portfolio = Portfolio()
        self.views = RiskViews(desk, self.book, self.portfolio)
        self.limits: tuple[Limit, ...] = ()
        self._names: frozenset[str] = frozenset()
        self._zones: frozenset[str] = frozenset()
        self._seen: dict[str, Decimal] = {}  # order -> the price seen when it was decided
        self._second = 0  # of a replay's own time, when it was looked at last
        self._rows: tuple[RiskRow, ...] = ()
        self._told_rows: tuple[RiskRow, ...] | None = None
        self._looked_s = self._told_s = 0.0
        self.take(())

    def begin(
        self,
        declared: Iterable[Limit],
        anew: bool,
        write_kill: Callable[[Kill], object],
        ready: Callable[[], bool],
    ) -> None:
        """Say what a gateway knows at its start. `anew`: its replay begins at its beginning."""
        self.take(declared)
        self.acts.write_kill, self.acts.ready = write_kill, ready
        if anew:
            self.book.begin_anew()

    def take(self, declared: Iterable[Limit]) -> None:
        """Hear which limits there are; they hold from the next order on."""
        limits = with_defaults(declared)
        if limits == self.limits:
            return
        self.limits = limits
        self._names = frozenset(one.name for one in limits)
        self._zones = zones(limits)
        self.views.whole = any(
            one.applies_to(Scope.PORTFOLIO, self._desk.account.currency) for one in limits
        )
        self._looked_s = 0.0
        self._second = 0

    def take_others(self, others: Others) -> None:
        """Hear the sums of the portfolio's other accounts."""
        self.portfolio.take(others)
        equities = self.portfolio.equities()
        if equities is not None:
            self.book.others(equities)

    # ---- before an order ----------------------------------------------------------------------
    def refuse(
        self, seat: "Seat", ask: Submit, price: Decimal, now: Standing
    ) -> tuple[Denied, Refusal | None] | None:
        """Return why an order that passed the gate may not leave, with the numbers."""
        market = seat.market.id
        wish = Wish(
            self._desk.account.name, seat.instance.id, market, ask.side, ask.size, price,
            self._desk.prices.get(market), ask.kind, now.position, now.working,
        )  # fmt: skip
        if wish.only_reduces or ask.reduce_only:
            return None
        moment = self.views.clock()
        limits = self.limits
        views = self.views.asked(seat, limits)
        if self.views.whole:
            unknown = self.portfolio.unknown()
            if unknown:
                return Denied("portfolio", f"{unknown}; orders that only reduce pass"), None
            limits = self.portfolio.shared(limits, views[-1], moment, market)
        found = refuse(wish, limits, views, moment)
        return (Denied(found.rule, found.text + self._shared(found)), found) if found else None

    def _shared(self, found: Refusal) -> str:
        """Say that it was a gateway's share of a limit, and not all of it, that was full."""
        if not found.where.startswith(Scope.PORTFOLIO):
            return ""
        whole = [one.value for one in self.limits
                 if one.scope is Scope.PORTFOLIO and one.name == found.rule]  # fmt: skip
        if not whole or found.limit in whole:
            return ""
        return f"; of {whole[0]} this account has its share until the next exchange"

    def leaving(self, seat: "Seat", order: Order) -> dict[str, str]:
        """Note an order that is about to leave; return what is to be written down with it."""
        if order.kind != "limit":
            price = order.trigger or self._desk.prices.get(order.market)
            if price is not None:
                self._seen[order.id] = price
        if self._names & _COUNTED:
            price = order.price or order.trigger
            sent = Sent(self.views.clock(), order.market, order.side, order.size, price)
            self._each(seat, lambda state: left(state, sent))
        return self.book.texts()

    # ---- what became of it --------------------------------------------------------------------
    def heard(self, seat: "Seat", before: Order, after: Order, event: BookEvent) -> None:
        """Note what a venue said of an order of the account's own book."""
        first = before.status in (OrderStatus.SENT, OrderStatus.UNKNOWN)
        if first and event.kind in ("accepted", "filled", "rejected"):
            rejected = event.kind == "rejected"
            if "reject_rate" in self._names:
                self._each(seat, lambda state: answered(state, rejected, self.views.clock()))
        if before.status.is_open and not after.status.is_open:
            seen = self._seen.pop(after.id, None)
            if seen is not None and after.avg_price is not None:
                side, paid = after.side, after.avg_price
                self._each(seat, lambda state: slipped(state, side, seen, paid, self.views.clock()))

    def filled(self, seat: "Seat", before: Position, after: Position) -> dict[str, str]:
        """Note a fill; return what is to be written down with it."""
        made = self.book.trade(seat.instance.id, before, after)
        if made is not None:
            self._each(seat, lambda state: traded(state, made))
        return self.book.texts()

    def marked(self, market: str) -> None:
        """A price came. A replay is looked at by its own clock, so that it always does the same."""
        self.views.moved(market)
        if not self._desk.account.stored:
            return
        second = self.views.clock() // _SECOND_NS
        if second > self._second and len(self.limits) > 1:
            self._second = second
            self._look()

    def forget(self, seat: "Seat") -> None:
        made = seat.book(self._desk.own).total(self._desk.prices.get(seat.market.id))
        self.book.forget(seat.instance.id, made, self._desk.account.name)
        self.views.stale(seat)

    # ---- looking ------------------------------------------------------------------------------
    def pulse(self) -> None:
        """Look at everything now and then, act, and tell: called a few times a second."""
        if monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = monotonic()
        if self.views.clock():
            if not self._desk.account.stored:
                self._look()
            elif len(self.limits) == 1:
                self._rows = self._told(self._watched(self.views.account_view()))
            self.book.flush()
        if self.views.whole:
            self._tell(self.sums())
        if self._rows != self._told_rows and monotonic() - self._told_s >= 2 * LOOK_S - 0.1:
            self._told_rows, self._told_s = self._rows, monotonic()
            self._tell(RiskRows(self._rows))

    def tell_again(self) -> None:
        """A new supervisor knows nothing yet, and the one before may have missed a mode's fall."""
        self._told_rows = None
        for view in self.views.all(self.limits):
            self.acts.lower_again(view)

    def _look(self) -> None:
        now = self.views.clock()
        self.book.balance(self._desk.account.name, self._desk.account.balance)
        rows: list[RiskRow] = []
        todo = []
        for view in self.views.all(self.limits):
            state = view.state
            if view.equity is not None:
                state = marked(state, view.equity, now, self._zones)
            view = msgspec.structs.replace(view, state=state)
            seen = watch(self.limits, view, now)
            begun, over, state = due(seen, state, now)
            self.book.put(view.scope, view.key, state)
            rows += self._told(seen if not begun else watch(self.limits, view, now))
            todo.append((view, begun, over))
        if any(begun or over for _, begun, over in todo):
            self.book.flush()  # before anything is done: it is not done again after a crash
        for view, begun, over in todo:
            self.acts.do(view, begun, over, self.portfolio.accounts)
        self.acts.enforce([msgspec.structs.replace(v, state=self.book.state(v.scope, v.key))
                           for v, _, _ in todo], now)  # fmt: skip
        self._rows = tuple(rows)

    def _watched(self, view: View) -> tuple[Watched, ...]:
        return watch(self.limits, view, self.views.clock())

    def _told(self, seen: Iterable[Watched]) -> tuple[RiskRow, ...]:
        name = self._desk.account.name
        return tuple(
            RiskRow(
                name, one.limit.scope, one.key, one.limit.name, one.limit.value, one.state,
                one.text, one.now, one.allowed, one.headroom, one.used, one.limit.warn,
                one.limit.action, one.limit.resume, one.held,
            )
            for one in seen
        )  # fmt: skip

    def clear(self, ask: ClearLimit) -> str:
        """End what a limit did; its count begins anew. Return why not."""
        wrong = self.book.clear(ask.scope, ask.key, ask.name)
        self._looked_s = self._looked_s if wrong else 0.0
        return wrong

    def sums(self) -> RiskSums:
        view = self.views.account_view()
        return self.portfolio.report(view, view.state.orders(self.views.clock()), view.key)

    def _each(self, seat: "Seat", change: Callable[[RiskState], RiskState]) -> None:
        account = self._desk.account
        for scope, key in (
            (Scope.INSTANCE, seat.instance.id),
            (Scope.ACCOUNT, account.name),
            (Scope.PORTFOLIO, account.currency),
        ):
            self.book.put(scope, key, change(self.book.state(scope, key)))
