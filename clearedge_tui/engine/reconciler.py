"""The gateway's comparison of its ledger with the venue's own word, and what follows from it.

What is ours by its key is taken over by itself: a fill that never came, an order that the venue
still has. What is not, blocks entries on its market until a person has said what it is.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from clearedge_tui.core.audit_messages import CancelRaw, CloseRaw
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.gate import Denied
from clearedge_tui.core.kept import Entry
from clearedge_tui.core.messages import BookEvent, Compared, Resolve
from clearedge_tui.core.model import Order, OrderStatus
from clearedge_tui.core.reconcile import FILLED, Difference, OurOrder, Ours, compare, newly, still
from clearedge_tui.core.venue_state import RawFill, RawOrder, VenueState
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.desk import Desk
from clearedge_tui.engine.seat import Seat
from clearedge_tui.engine.wallet_check import KIND, WalletCheck
from clearedge_tui.settings import Account

_NS = 1_000_000_000
_SETTLE_NS = 2 * _NS  # an order younger than that may still be on its way
_LOOKS = 2  # how often the venue must say that it does not have an order
_OLD_LOOKS = 6


class External(msgspec.Struct):
    """What a person has marked as not ours."""

    positions: dict[str, Decimal] = {}
    orders: set[str] = set()


class Reconciler:
    def __init__(
        self,
        account: Account,
        desk: Desk,
        tell: Callable[[msgspec.Struct], object],
        hands: Callable[[CancelRaw | CloseRaw], object],
    ) -> None:
        self._account = account
        self._coins = venue(account.venue).spot(account.options)
        self._desk = desk
        self._tell = tell
        self._hands = hands
        self._seen_ns: dict[str, int] = {}  # market -> when it last was compared
        self._missed: dict[str, int] = {}  # order -> looks in which the venue did not have it
        self.differences: list[Difference] = []
        kept = desk.record.meta("external")
        self._external = msgspec.json.decode(kept, type=External) if kept else External()
        self.wallet = WalletCheck(account, desk)
        desk.bars.append(self.bar)

    def bar(self, seat: Seat) -> Denied | None:
        """Return why nothing is entered on a market: it differs, or nobody has looked lately."""
        market = seat.market.id
        for one in self.differences:
            if one.market == market or (one.kind == KIND and one.market == seat.market.quote):
                return Denied("reconciliation", one.text)
        last = self._seen_ns.get(market)
        if last is None:
            return Denied("reconciliation", "the ledger was not compared with the venue yet")
        limit = max(60.0, _OLD_LOOKS * self._account.audit_s)
        age = (now_ns() - last) / _NS
        if age > limit:
            return Denied(
                "reconciliation",
                f"the ledger was last compared with the venue {age:.0f} s ago; at most {limit:.0f} s",
            )
        return None

    def known(self, market: str) -> bool:
        """Whether the ledger's position was compared with the venue's, and is the same."""
        differs = any(d.market == market and d.kind == "position" for d in self.differences)
        return market in self._seen_ns and not differs

    def since_ns(self) -> int:
        """Return from when on fills are of interest: a minute before the oldest open order.

        Or before the balance was last agreed on: what strangers traded since then moves it too.
        """
        sent = [e.sent_ns for e in self._desk.known_entries() if e.sent_ns]
        agreed = [self.wallet.since_ns] if self.wallet.since_ns else []
        return min([*sent, *agreed, now_ns()]) - 60 * _NS

    # ---- what the venue says ------------------------------------------------------------------
    def take(self, state: VenueState) -> None:
        """Take over what is ours, and compare the rest."""
        others: list[RawFill] = []
        if not state.error:
            for raw in state.orders:
                self._reopen(raw)
            others = [fill for fill in state.fills if not self._fill(fill)]
            self._settle_orders(state)
        ours = [self._ours(market) for market in self._markets(state)]
        quiet = still(ours, state)
        if not state.error:
            now = compare(ours, state)
            differ = any(one.kind != "order" for one in now)
            looked = self.wallet.compare(state, others, differ) if len(quiet) == len(ours) else None
            if looked is not None:
                quiet |= self.wallet.coins
                now += looked
            waiting = [d for d in self.differences if d.market not in quiet]
            self.differences = [*newly(self.differences, now, state.answered_ns), *waiting]
            for market in quiet:
                self._seen_ns[market] = state.answered_ns
        self._report(state, quiet)

    def _report(self, state: VenueState, quiet: set[str]) -> None:
        self._tell(
            Compared(
                state.answered_ns,
                tuple(sorted(quiet)),
                tuple(self.differences),
                state.balances,
                state.skew_ms,
                state.latency_ms,
                state.rights,
                state.error,
                self.wallet.text,
            )
        )

    def _markets(self, state: VenueState) -> list[str]:
        own = {seat.market.id for seat in self._desk.seats.values()}
        there = {p.market for p in state.positions} | {o.market for o in state.orders}
        return sorted(own | there)

    def _reopen(self, raw: RawOrder) -> None:
        """Take an order back that was taken for rejected, and that the venue has all the same."""
        entry = self._desk.record.order_keyed(raw.key) if raw.key else None
        seat = self._desk.seats.get(entry.order.instance) if entry else None
        if entry is not None and seat is not None and entry.order.status is OrderStatus.REJECTED:
            seat.entries.setdefault(entry.order.id, entry)  # it may have ended long ago
            if entry.order.id not in seat.orders:
                seat.put(entry.order)
            self._say(entry.order, "accepted", venue_id=raw.venue_id)

    def _fill(self, fill: RawFill) -> bool:
        """Count a fill of ours that the engine has not told; say whether it is ours."""
        entry = self._desk.record.order_keyed(fill.key) if fill.key else None
        if entry is None:
            entry = next(
                (e for e in self._desk.known_entries() if e.venue_id and e.venue_id == fill.venue_id),
                None,
            )  # fmt: skip
        if entry is None:
            return False
        order = entry.order
        event = BookEvent(
            order.instance,
            order.id,
            "filled",
            fill.size,
            fill.price,
            fill.fee,
            fill.trade,
            venue_id=fill.venue_id,
            base_fee=fill.base_fee,
            at_ns=fill.at_ns,
        )
        self._desk.heard(self._desk.own, event)
        return True

    def _settle_orders(self, state: VenueState) -> None:
        """Say of each order in doubt what the venue says: it has it, or has it no more."""
        there = {order.key: order for order in state.orders if order.key}
        for entry in self._desk.known_entries():
            order = entry.order
            seat = self._desk.seats[order.instance]
            order = seat.orders.get(order.id, order)
            if (
                order.status is not OrderStatus.UNKNOWN
                or entry.sent_ns + _SETTLE_NS > state.asked_ns
            ):
                self._missed.pop(order.id, None)
                continue
            if entry.key in there:
                self._say(order, "accepted", venue_id=there[entry.key].venue_id)
                continue
            self._missed[order.id] = self._missed.get(order.id, 0) + 1
            if self._missed[order.id] >= _LOOKS:
                self._missed.pop(order.id)
                self._say(order, "cancelled", reason="asked twice, the venue does not have it open")

    def _say(self, order: Order, kind: str, **fields: str) -> None:
        self._desk.heard(
            self._desk.own,
            msgspec.structs.replace(BookEvent(order.instance, order.id, kind), **fields),
        )

    def _ours(self, market: str) -> Ours:
        desk = self._desk
        seats = [seat for seat in desk.seats.values() if seat.market.id == market]
        spot = next((s.market for s in seats if self._coins), None)
        orders = []
        for seat in seats:
            for order in seat.working(desk.own):
                entry = seat.entries.get(order.id)
                if entry is not None:
                    orders.append(OurOrder(order, entry.key, entry.sent_ns))
        return Ours(
            market,
            sum((s.book(desk.own).position.size for s in seats), Decimal(0)),
            self._external.positions.get(market, Decimal(0)),
            spot.base if spot else "",
            sum((s.base_fees for s in seats), Decimal(0)),
            spot.step if spot else Decimal(0),
            desk.touched_ns.get(market, 0),
            tuple(orders),
            frozenset(self._external.orders),
        )

    # ---- what a person decides ----------------------------------------------------------------
    def resolve(self, ask: Resolve) -> str:
        """Do what a person decided of a difference; return why not, or nothing."""
        found = next(
            (d for d in self.differences if d.key == (ask.market, ask.kind, ask.subject)), None
        )
        if found is None:
            return f"there is no such difference any more: {ask.kind} {ask.subject}"
        if found.kind == KIND:
            wrong = self._balance(found, ask)
        elif found.kind == "position":
            wrong = self._position(found, ask)
        else:
            wrong = self._order(found, ask)
        if not wrong:
            self.differences.remove(found)
            self._desk.touched_ns[found.market] = now_ns()
        return wrong

    def _balance(self, found: Difference, ask: Resolve) -> str:
        if ask.how != "adopt":
            return "a balance can be adopted: the venue's is taken as agreed"
        return self.wallet.adopt(found.subject, ask.reason)

    def _position(self, found: Difference, ask: Resolve) -> str:
        left = Decimal(found.theirs) - Decimal(found.ours)
        if ask.how == "external":
            held = self._external.positions.get(found.market, Decimal(0))
            self._external.positions[found.market] = held + left
            self._keep()
        elif ask.how == "flatten":
            self._hands(CloseRaw(found.market, left))
        elif ask.how == "adopt":
            seat = self._desk.seats.get(ask.instance)
            if seat is None or seat.market.id != found.market:
                return f"instance `{ask.instance}` does not trade {found.market} here"
            price = self._desk.prices.get(found.market) or seat.book(self._desk.own).row.price
            if price is None:
                return f"{found.market} has no price yet: adopt it when there is one"
            self._desk.adopt(ask.instance, left, price)
        else:
            return f"`{ask.how}`; wanted adopt, external or flatten"
        return ""

    def _order(self, found: Difference, ask: Resolve) -> str:
        if found.ours == "unknown":  # somebody else's
            if ask.how == "external":
                self._external.orders.add(found.subject)
                self._keep()
            elif ask.how == "flatten":
                self._hands(CancelRaw("", found.market, found.subject))
            else:
                return "an order of somebody else can be marked external, or cancelled (flatten)"
            return ""
        entry = self._desk.record.order_named(found.subject)
        if entry is None:
            return f"order {found.subject} is not known here"
        if found.ours.startswith(FILLED):
            return self._refill(entry, Decimal(found.theirs.removeprefix(FILLED)), ask.how)
        self._say(entry.order, "cancelled", reason="a person took the venue's word for it")
        return ""

    def _refill(self, entry: Entry, there: Decimal, how: str) -> str:
        """Let an order be filled as far as the venue says, and a position that differs with it."""
        if how != "adopt":
            return (
                "an order that is filled otherwise at the venue can be adopted: its number is taken"
            )
        order = self._desk.seats[entry.order.instance].orders.get(entry.order.id, entry.order)
        more = (there - order.filled) * (1 if order.side == "buy" else -1)
        if any(d.kind == "position" and d.market == order.market for d in self.differences):
            self._desk.adopt(order.instance, more, order.avg_price or Decimal(0))
        self._desk.refilled(order, there)
        return ""

    def _keep(self) -> None:
        self._desk.record.set_meta("external", msgspec.json.encode(self._external).decode())
