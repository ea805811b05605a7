"""The balance of a derivatives account against what it should be, and what was last agreed on."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from clearedge_tui.core.model import Fill, Position
from clearedge_tui.core.reconcile import Difference
from clearedge_tui.core.venue_state import RawFill, VenueState, Wallet
from clearedge_tui.core.venues import venue
from clearedge_tui.core.wallet import Agreed, Expected, Traded, agree, expected, made
from clearedge_tui.engine.desk import Desk
from clearedge_tui.settings import Account

KIND = "balance"
_META = "agreed"
_RENEW_NS = 60_000_000_000  # how long what was agreed on lasts before it is moved on
_MANY = 500


class WalletCheck:
    """`text` says what is known of the balance, or why nothing is; empty where there is none."""

    def __init__(self, account: Account, desk: Desk) -> None:
        self._account, self._desk = account, desk
        self._concerns = not venue(account.venue).spot(account.options)
        kept = desk.record.meta(_META)
        self._agreed = msgspec.json.decode(kept, type=Agreed) if kept else None
        self._next: Agreed | None = None  # to be agreed on, if it still holds at a later look
        self._seen: tuple[Wallet, dict[str, Position], Expected | None] | None = None
        self.coins: set[str] = set()  # that the last comparison said something of
        self.text = ""
        self.renewed = False  # the auditor is to read its log from another moment on

    @property
    def since_ns(self) -> int:
        """Return from when on the venue's log is of interest; 0 is not at all."""
        return self._agreed.at_ns if self._agreed and self._concerns else 0

    def compare(
        self, state: VenueState, others: Iterable[RawFill], differ: bool
    ) -> list[Difference] | None:
        """Return the coins that differ; None is not looked at, and what differed does so still.

        `others`: fills of nobody here. `differ`: a position does, so a balance would for that alone.
        """
        seen = state.wallet
        if seen is None or not self._concerns:
            return None
        coins = {seat.market.id: seat.market.quote for seat in self._desk.seats.values()}
        why = self._unknown(seen, differ)
        if why or not coins:
            self.text = f"balance UNKNOWN: {why or 'nobody trades here'}"
            return None
        held = _held(state)
        if self._agreed is None:
            self._seen, self.coins = (seen, held, None), set(coins.values())
            self._keep(made(seen, None, held, "the first look"))
            self.text = "balance agreed: the first look"
            return []
        fills = self._fills(others, coins, self._agreed.at_ns)
        due = expected(self._agreed, fills, seen.log, coins)
        self.coins = set(due.balances) - set(due.doubts)
        self._seen = seen, held, due
        found = self._differences(due, seen)
        self.text = self._told(due, found)
        if not found and not due.doubts:
            if any(due.net(market) != _size(held, market) for market in coins):
                self._keep(made(seen, due, held, "a position was settled"))
            else:
                self._move_on(seen, held, due, fills, coins)
        return found

    def _unknown(self, seen: Wallet, differ: bool) -> str:
        if seen.error:
            return seen.error
        if self._agreed and seen.since_ns > self._agreed.at_ns:
            return "the venue's log was not read far enough back yet"
        if differ:
            return "a position differs"
        if self._desk.record.retry():
            return self._desk.record.error
        return ""

    def _differences(self, due: Expected, seen: Wallet) -> list[Difference]:
        found = []
        for coin, ours in due.balances.items():
            theirs = seen.balances.get(coin, Decimal(0))
            if coin not in due.doubts and not agree(ours, theirs, self._account.balance_tolerance):
                found.append(Difference(coin, KIND, coin, _plain(ours), _plain(theirs)))
        return found

    def _told(self, due: Expected, found: list[Difference]) -> str:
        if due.doubts:
            coin, why = next(iter(due.doubts.items()))
            return f"balance UNKNOWN: {coin}: {why}"
        return "balance differs" if found else "balance agreed"

    def _move_on(
        self,
        seen: Wallet,
        held: dict[str, Position],
        due: Expected,
        fills: list[Traded],
        coins: dict[str, str],
    ) -> None:
        """Agree on a later moment, so that little has to be read; only once it has proved itself.

        A log may be late. What is taken up at one look must lead to the same at a look a while later.
        """
        if self._next is not None and seen.at_ns - self._next.at_ns < _RENEW_NS:
            return
        if self._next is not None:
            again = expected(self._next, fills, seen.log, coins)
            if not again.doubts and not self._differences(again, seen):
                self._keep(self._next)
        self._next = made(seen, due, held, "both sides")

    def _fills(
        self, others: Iterable[RawFill], coins: dict[str, str], since_ns: int
    ) -> list[Traded]:
        """Return everybody's fills since a moment. What was adopted is no fill of the venue.

        A venue may list a fill of an order that ended without our name for it: ours are known by
        their number.
        """
        own = [fill for fill in self._own(since_ns) if fill.market in coins]
        known = {fill.id.rpartition("/")[2] for fill in own}
        found = [
            Traded(f.market, coins[f.market], f.side, f.size, f.price, f.fee, f.at_ns)
            for f in own
            if not f.id.endswith("/adopted")
        ]
        return found + [
            Traded(f.market, coins[f.market], f.side, f.size, f.price, f.fee, f.at_ns)
            for f in others
            if f.market in coins and f.trade not in known
        ]

    def _own(self, since_ns: int) -> list[Fill]:
        many = _MANY
        while True:
            fills = self._desk.record.newest_fills(many)
            if len(fills) < many or fills[0].at_ns <= since_ns:
                return fills
            many *= 4

    def adopt(self, coin: str, reason: str) -> str:
        """Take the venue's balance of a coin as agreed; return why not, or nothing."""
        if self._seen is None or self._agreed is None:
            return "the venue's balance is not known yet"
        seen, held, due = self._seen
        agreed = made(seen, due, held, reason)
        there = {coin: seen.balances.get(coin, Decimal(0))}
        self._keep(msgspec.structs.replace(agreed, balances=agreed.balances | there))
        return ""

    def _keep(self, agreed: Agreed) -> None:
        self._agreed, self._next, self.renewed = agreed, None, True
        self._desk.record.set_meta(_META, msgspec.json.encode(agreed).decode())


def _held(state: VenueState) -> dict[str, Position]:
    return {one.market: Position(one.size, one.avg_price) for one in state.positions}


def _size(held: dict[str, Position], market: str) -> Decimal:
    return held[market].size if market in held else Decimal(0)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"
