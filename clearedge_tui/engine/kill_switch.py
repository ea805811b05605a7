"""The gateway's half of the kill switch: refuse, cancel, close, and say what was confirmed.

It needs no database, no disk, no strategy and no supervisor: a file that exists, or a signal. The
independent half, for a gateway that does not answer, is the auditor.
"""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.kill import SIGNALLED, Action, Kill, Scope
from clearedge_tui.core.model import Order, OrderStatus
from clearedge_tui.core.receipt import Receipt, ReceiptLine
from clearedge_tui.engine.desk import Desk
from clearedge_tui.engine.seat import Seat
from clearedge_tui.kills import KillFiles, keep_receipt, write
from clearedge_tui.settings import Home

LOOK_S = 0.04
_AGAIN_NS = 1_000_000_000  # an unconfirmed cancel is sent again after that
_FIRST_NS = 1_000_000_000  # cancels get so long before positions are closed


class KillSwitch:
    def __init__(
        self,
        home: Home,
        desk: Desk,
        tell: Callable[[msgspec.Struct], object],
        cancel_all: Callable[[str], None],
    ) -> None:
        """`cancel_all` cancels whatever rests on a market, whose ever it is."""
        # whether a market's positions are known to be what the ledger says: a gateway that starts
        # in a kill must not close what somebody else has closed meanwhile
        self.known: Callable[[str], bool] = lambda _market: True
        self._home = home
        self._desk = desk
        self._tell = tell
        self._cancel_all = cancel_all
        self._files = KillFiles(home)
        self._signalled: Kill | None = None
        self._acts: dict[str, _Act] = {}
        self.ready = False  # the book trades: before that there is nothing to cancel with

    def signal(self) -> None:
        """A signal kills all of this account; the disk is told when it can be."""
        self._signalled = Kill(Scope.GLOBAL, action=Action.CANCEL, reason=SIGNALLED, at_ns=now_ns())
        self.look()

    def unsignal(self) -> None:
        self._signalled = None

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Take up what is on now; go on with what is under way."""
        kills = self._files.look()
        if self._signalled is not None and not any(k.scope is Scope.GLOBAL for k in kills):
            kills = (self._signalled, *kills)
            self._write_down(self._signalled)
        elif self._signalled is not None:
            self._signalled = None  # the file says it now
        self._desk.kills = kills
        on = {kill.name: kill for kill in kills}
        for name, kill in on.items():
            if name not in self._acts:
                self._acts[name] = _Act(kill, self._desk, self._cancel_all, self.known)
        if not self.ready:
            return
        for name, act in list(self._acts.items()):
            if act.go_on():
                self._report(act)
            if name not in on:
                del self._acts[name]

    def receipts(self) -> list[Receipt]:
        return [act.receipt for act in self._acts.values()]

    def _write_down(self, kill: Kill) -> None:
        with contextlib.suppress(OSError):  # a full disk: it holds in memory, and is tried again
            write(self._home, kill)

    def _report(self, act: "_Act") -> None:
        written = keep_receipt(self._home, act.receipt)
        act.receipt = msgspec.structs.replace(act.receipt, written=written)
        self._tell(act.receipt)


class _Act:
    """One kill on this account, from its first moment until every line is confirmed."""

    def __init__(
        self,
        kill: Kill,
        desk: Desk,
        cancel_all: Callable[[str], None],
        known: Callable[[str], bool],
    ) -> None:
        self._kill = kill
        self._known = known
        self._desk = desk
        self._cancel_all = cancel_all
        self._lines: dict[tuple[str, str], ReceiptLine] = {}
        self._sent_ns: dict[str, int] = {}
        self._exits: dict[str, str] = {}  # instance -> the order that closes it
        self._begun = False
        self.receipt = Receipt(
            kill.name, desk.account.name, kill.action, kill.reason, kill.who, now_ns()
        )

    def go_on(self) -> bool:
        """Do what is to be done now; say whether the receipt changed."""
        before = self.receipt
        first = not self._begun
        self._begun = True
        if first and self._kill.action is Action.FLATTEN:
            self._list_positions()
        if self._kill.action is not Action.BLOCK:
            self._cancel()
        late = now_ns() - self.receipt.seen_ns > _FIRST_NS
        if self._kill.action is Action.FLATTEN and (late or not self._waiting("order")):
            self._flatten()
        self._confirm()
        lines = tuple(self._lines.values())
        self.receipt = msgspec.structs.replace(
            self.receipt,
            reason=self._kill.reason,
            lines=lines,
            cancels_sent_ns=self.receipt.cancels_sent_ns or now_ns(),
            flat_ns=self.receipt.flat_ns or (now_ns() if self._flat() else 0),
        )
        return first or self.receipt != before

    def _hit(self) -> list[Seat]:
        account = self._desk.account
        return [
            seat
            for seat in self._desk.seats.values()
            if self._kill.hits(account.name, account.venue, seat.instance)
        ]

    def _waiting(self, what: str) -> bool:
        return any(one.what == what and not one.confirmed for one in self._lines.values())

    def _cancel(self) -> None:
        """Cancel every open order of whom it concerns, at once; again while one is unconfirmed."""
        now = now_ns()
        for seat in self._hit():
            for order in seat.working(self._desk.own):
                if order.id in self._exits.values():
                    continue
                key = ("order", order.id)
                if key not in self._lines:
                    self._lines[key] = ReceiptLine(
                        "order", order.id, order.market, _words(order), sent_ns=now
                    )
                if now - self._sent_ns.get(order.id, 0) > _AGAIN_NS:
                    self._sent_ns[order.id] = now
                    self._desk.cancel(seat.instance.id, order.id)
        account = self._desk.account
        if self._kill.whole(account.name, account.venue) and not self._sent_ns.get("*"):
            self._sent_ns["*"] = now
            for market in {seat.market.id for seat in self._desk.seats.values()}:
                self._cancel_all(market)

    def _list_positions(self) -> None:
        for seat in self._hit():
            name, size = seat.instance.id, seat.book(self._desk.own).position.size
            if size and ("position", name) not in self._lines:
                line = ReceiptLine("position", name, seat.market.id, f"{size:f}")
                self._lines["position", name] = line

    def _flatten(self) -> None:
        self._list_positions()  # an order may have filled while it was cancelled
        for seat in self._hit():
            name = seat.instance.id
            if not seat.book(self._desk.own).position.size:
                continue
            if not self._known(seat.market.id):
                continue  # unconfirmed until the ledger and the venue say the same
            key = ("position", name)
            exit_id = self._exits.get(name)
            working = seat.orders.get(exit_id) if exit_id else None
            if working is not None and working.status.is_open:
                continue
            if seat.market.id not in self._desk.prices and not self._desk.account.live:
                continue  # a simulated venue fills nothing before its first price
            if now_ns() - self._sent_ns.get(name, 0) > _AGAIN_NS:
                self._sent_ns[name] = now_ns()
                self._exits[name] = self._desk.flatten(name, "kill")
                self._lines[key] = msgspec.structs.replace(self._lines[key], sent_ns=now_ns())

    def _confirm(self) -> None:
        now = now_ns()
        for key, line in self._lines.items():
            if line.confirmed:
                continue
            seat = self._seat_of(line)
            if line.what == "order":
                order = seat.orders.get(line.subject) if seat else None
                if order is not None and not order.status.is_open:
                    note = "" if order.status is OrderStatus.CANCELLED else f"{order.status} first"
                    self._lines[key] = _confirmed(line, now, note)
            elif seat is None or not seat.book(self._desk.own).position.size:
                self._lines[key] = _confirmed(line, now, "")

    def _seat_of(self, line: ReceiptLine) -> Seat | None:
        if line.what == "position":
            return self._desk.seats.get(line.subject)
        return next((s for s in self._desk.seats.values() if line.subject in s.orders), None)

    def _flat(self) -> bool:
        if self._kill.action is not Action.FLATTEN:
            return False
        return all(not seat.book(self._desk.own).position.size for seat in self._hit())


def _confirmed(line: ReceiptLine, now: int, note: str) -> ReceiptLine:
    return msgspec.structs.replace(line, confirmed_ns=now, note=note)


def _words(order: Order) -> str:
    price = order.price or order.trigger
    return f"{order.side} {order.size - order.filled:f}" + (f" @ {price:f}" if price else "")
