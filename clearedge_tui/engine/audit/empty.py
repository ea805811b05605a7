"""Emptying an account at its venue by hand: the kill of last resort, with a receipt of its own."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.kept import Entry, SeatKept
from clearedge_tui.core.kill import Action, Kill
from clearedge_tui.core.receipt import Receipt, ReceiptLine
from clearedge_tui.core.venue_state import RawOrder
from clearedge_tui.engine.audit.raw import RawVenue
from clearedge_tui.kills import keep_receipt
from clearedge_tui.settings import Account, Home
from clearedge_tui.store.account_file import read_account_file

_AGAIN_S = 3.0


class Emptying:
    """One kill, done over the venue's HTTP until the venue itself says that nothing is left.

    A kill of all of an account takes what is not ours too. One of an instance cancels its orders;
    its position is closed by the gateway that starts anew, because only the ledger knows its size.
    """

    def __init__(self, home: Home, account: Account, kill: Kill) -> None:
        self._home = home
        self._account = account
        self._kill = kill
        self._whole = kill.whole(account.name, account.venue)
        self._lines: dict[tuple[str, str], ReceiptLine] = {}
        self._closing: dict[str, float] = {}  # market -> when its close was last sent
        self.done = False
        self.receipt = Receipt(
            kill.name, account.name, kill.action, kill.reason, kill.who, now_ns(), by="auditor"
        )

    async def go_on(self, raw: RawVenue, hung: bool) -> None:
        """Look, cancel, close, and note what the venue says. Errors leave lines unconfirmed."""
        note = ""
        try:
            orders = await self._cancel(raw)
            flat = True
            if self._whole and hung and self._kill.action is Action.FLATTEN and not raw.spot:
                flat = await self._close(raw)
            self.done = not orders and flat
        except ClearEdgeError as error:
            note = str(error)
        lines = tuple(
            line if line.confirmed or not note else msgspec.structs.replace(line, note=note)
            for line in self._lines.values()
        )
        self.receipt = msgspec.structs.replace(
            self.receipt,
            lines=lines,
            cancels_sent_ns=self.receipt.cancels_sent_ns or now_ns(),
            flat_ns=now_ns() if self.done and self._kill.action is Action.FLATTEN else 0,
        )
        written = keep_receipt(self._home, self.receipt)
        self.receipt = msgspec.structs.replace(self.receipt, written=written)

    async def _cancel(self, raw: RawVenue) -> list[RawOrder]:
        found = [order for order in await raw.orders() if self._concerns(order)]
        open_now = {order.venue_id for order in found}
        for order in found:
            key = ("order", order.venue_id)
            if key not in self._lines:
                price = f" @ {order.price:f}" if order.price else ""
                text = f"{order.side} {order.size - order.filled:f}{price}"
                self._lines[key] = ReceiptLine(
                    "order", order.venue_id, order.market, text, sent_ns=now_ns()
                )
            await raw.cancel(order)
        for key, line in self._lines.items():
            if line.what == "order" and not line.confirmed and line.subject not in open_now:
                self._lines[key] = msgspec.structs.replace(line, confirmed_ns=now_ns(), note="")
        return found

    def _concerns(self, order: RawOrder) -> bool:
        if self._whole:
            return True
        return order.key in {entry.key for entry in self._entries()}

    def _entries(self) -> list[Entry]:
        """Return the open orders of whom the kill concerns, from the account's file."""
        seats, orders = read_account_file(self._home.account_file(self._account.name))
        hit = {seat.instance.id for seat in seats if self._hits(seat)}
        return [entry for entry in orders if entry.order.instance in hit]

    def _hits(self, seat: SeatKept) -> bool:
        return self._kill.hits(self._account.name, self._account.venue, seat.instance)

    async def _close(self, raw: RawVenue) -> bool:
        left: dict[str, Decimal] = {}
        for held in await raw.positions():
            left[held.market] = left.get(held.market, Decimal(0)) + held.size
        for market, size in left.items():
            key = ("position", market)
            if key not in self._lines:
                line = ReceiptLine("position", market, market, f"{size:f}", sent_ns=now_ns())
                self._lines[key] = line
            if monotonic() - self._closing.get(market, -_AGAIN_S) >= _AGAIN_S:
                self._closing[market] = monotonic()  # it only reduces: sent twice does no harm
                await raw.close_out(market, size)
        for key, line in self._lines.items():
            if line.what == "position" and not line.confirmed and not left.get(line.market):
                self._lines[key] = msgspec.structs.replace(line, confirmed_ns=now_ns(), note="")
        return not any(left.values())
