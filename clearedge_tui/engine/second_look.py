"""A live gateway's side of the second look: its auditor's line, and the comparison that follows.

A paper account has none of it: its simulated venue is part of its gateway.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.audit_messages import CancelRaw, Look, Pulse
from clearedge_tui.core.messages import Done, Resolve
from clearedge_tui.core.venue_state import VenueState
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.audit.auditor import auditor_socket
from clearedge_tui.engine.audit_link import AuditLink
from clearedge_tui.engine.reconciler import Reconciler

if TYPE_CHECKING:
    from clearedge_tui.engine.desk import Desk
    from clearedge_tui.engine.kill_switch import KillSwitch
    from clearedge_tui.engine.venue_book import VenueBook
    from clearedge_tui.settings import Account, Home


class SecondLook:
    def __init__(
        self,
        home: "Home",
        account: "Account",
        desk: "Desk",
        kill: "KillSwitch",
        tell: Callable[[msgspec.Struct], object],
    ) -> None:
        self._desk = desk
        self._kill = kill
        self._tell = tell
        self.ready = False  # the book trades, so there is something to compare
        path = auditor_socket(home, account.name)
        self._link = AuditLink(path, account.name, self._heard)
        self._reconciler = Reconciler(account, desk, tell, self._link.send)
        kill.known = self._reconciler.known

    def begin(self, book: "VenueBook") -> None:
        """The book trades: look, and lend it a hand for what its engine cannot cancel."""
        self.ready = True
        book.hand = lambda key, market: self._link.send(CancelRaw(key, market))
        self.look()

    def start(self) -> asyncio.Task[None]:
        return asyncio.create_task(self._link.run())

    def _heard(self, state: VenueState) -> None:
        if not self.ready:
            return
        self._reconciler.take(state)
        if self._reconciler.wallet.renewed:
            self._reconciler.wallet.renewed = False
            self.look()

    def pulse(self) -> None:
        """Show the auditor that this loop turns, and which kills it has taken up."""
        receipts = self._kill.receipts()
        unconfirmed = any(receipt.open for receipt in receipts)
        self._link.send(Pulse(tuple(receipt.kill for receipt in receipts), unconfirmed))

    def look(self) -> None:
        """Have the venue asked now: after the start, and when an order is in doubt."""
        markets = tuple(sorted({seat.market.id for seat in self._desk.seats.values()}))
        log_ns = self._reconciler.wallet.since_ns
        self._link.send(Look(self._reconciler.since_ns(), markets, log_ns))

    def resolve(self, ask: Resolve) -> None:
        self._tell(Done(ask.command, self._reconciler.resolve(ask)))
        self.look()


def ask_doubtful(desk: "Desk", book: "VenueBook", second: SecondLook | None) -> None:
    """Ask the venue for orders that have no answer: by the engine, and by the second look."""
    doubtful = desk.doubt()
    for order in doubtful:
        book.ask_order(order)
    if doubtful and second is not None:
        second.look()


def second_look(
    home: "Home",
    account: "Account",
    desk: "Desk",
    kill: "KillSwitch",
    tell: Callable[[msgspec.Struct], object],
) -> SecondLook | None:
    """Return the second look at an account, where its venue can be looked at."""
    if not account.live or not venue(account.venue).audited:
        return None
    return SecondLook(home, account, desk, kill, tell)
