"""Our ledger against what the venue says: pure, with both numbers of every difference.

A market on which something of ours moved while the venue was asked is left to the next look: the two
sides speak of different moments there.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from clearedge_tui.core.model import Order, OrderStatus
from clearedge_tui.core.venue_state import VenueState

FILLED = "filled "  # of an order that is filled otherwise, before each number


class Difference(msgspec.Struct, frozen=True):
    """One thing that the venue and we say differently. It blocks entries on its market."""

    market: str
    kind: str  # position | order | fill
    subject: str  # what it is about: the market, an order, a trade
    ours: str
    theirs: str
    since_ns: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.market, self.kind, self.subject

    @property
    def text(self) -> str:
        return f"{self.kind} {self.subject}: ours {self.ours}, the venue's {self.theirs}"


class OurOrder(msgspec.Struct, frozen=True):
    order: Order
    key: str
    sent_ns: int = 0


class Ours(msgspec.Struct, frozen=True):
    """What we hold true of one market: the sum of all ledgers, and what is known not to be ours."""

    market: str
    position: Decimal
    external: Decimal = Decimal(0)  # marked as somebody else's by a person
    base: str = ""  # of a spot market: its position is a balance of this currency
    kept_fees: Decimal = Decimal(0)  # of the base currency, taken from what was bought
    step: Decimal = Decimal(0)
    touched_ns: int = 0  # when something of ours last moved there
    orders: tuple[OurOrder, ...] = ()
    external_orders: frozenset[str] = frozenset()  # venue ids marked as somebody else's


def compare(ours: Iterable[Ours], theirs: VenueState) -> list[Difference]:
    """Return every difference on the markets that stood still. Without an answer there is none."""
    if theirs.error:
        return []
    found: list[Difference] = []
    for one in ours:
        if one.touched_ns < theirs.asked_ns:
            found += [*_position(one, theirs), *_orders(one, theirs)]
    return found


def still(ours: Iterable[Ours], theirs: VenueState) -> set[str]:
    """Return the markets of which a comparison says something."""
    if theirs.error:
        return set()
    return {one.market for one in ours if one.touched_ns < theirs.asked_ns}


def _position(one: Ours, theirs: VenueState) -> list[Difference]:
    if one.base:
        wanted = one.position + one.external - one.kept_fees
        there = theirs.balances.get(one.base, Decimal(0))
    else:
        wanted = one.position + one.external
        there = theirs.position(one.market)
    if abs(wanted - there) < (one.step / 2 if one.base and one.step else Decimal("1e-12")):
        return []
    return [
        Difference(one.market, "position", one.base or one.market, _plain(wanted), _plain(there))
    ]


def _orders(one: Ours, theirs: VenueState) -> list[Difference]:
    found = []
    there = {
        order.key: order for order in theirs.orders if order.market == one.market and order.key
    }
    mine = {our.key: our for our in one.orders}
    for key, our in mine.items():
        order = our.order
        seen = there.get(key)
        if order.status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
            continue  # in doubt already, which blocks by itself
        if seen is None:
            found.append(Difference(one.market, "order", order.id, str(order.status), "not open"))
        elif seen.filled != order.filled:
            found.append(
                Difference(one.market, "order", order.id, f"{FILLED}{order.filled}", f"{FILLED}{seen.filled}")
            )  # fmt: skip
    for raw in theirs.orders:
        if raw.market != one.market or raw.key in mine or raw.venue_id in one.external_orders:
            continue
        price = f" @ {_plain(raw.price)}" if raw.price else ""
        what = f"{raw.side} {_plain(raw.size - raw.filled)}{price}"
        found.append(Difference(one.market, "order", raw.venue_id, "unknown", what))
    return found


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def newly(before: Iterable[Difference], now: Iterable[Difference], at_ns: int) -> list[Difference]:
    """Return the differences of now, each with the moment it was first seen."""
    known = {one.key: one.since_ns for one in before}
    return [msgspec.structs.replace(one, since_ns=known.get(one.key, at_ns)) for one in now]
