"""The matching core: pure and deterministic. The same calls at the same times give the same story."""

import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import count
from random import Random

from msgspec.structs import replace

from clearedge_tui.venue_sim.account import Account, Holdings
from clearedge_tui.venue_sim.book import Book, Level
from clearedge_tui.venue_sim.checks import check_amended, check_money, check_new
from clearedge_tui.venue_sim.model import (
    ZERO,
    Balance,
    Denial,
    Denied,
    Fill,
    Kind,
    Market,
    Move,
    NewOrder,
    Order,
    Position,
    Product,
    Side,
    Status,
    Tif,
    Told,
)
from clearedge_tui.venue_sim.orders import Orders


class Exchange:
    """Accounts, books and orders. `now` gives UTC nanoseconds; `tell` gets every change in order."""

    def __init__(
        self,
        markets: Iterable[Market],
        accounts: Iterable[Account],
        seed: int,
        now: Callable[[], int],
        tell: Callable[[Told], None],
        *,
        numbered: bool = False,
    ) -> None:
        self.markets = {market.id: market for market in markets}
        self.books = {market.id: Book(market) for market in self.markets.values()}
        self.holdings = {account.name: Holdings(account) for account in accounts}
        self._book = Orders()
        self.orders, self.live, self.find = self._book.all, self._book.live, self._book.find
        self.fills: list[Fill] = []
        self.moves: list[Move] = []  # of balances, past any trade
        self._random = Random(seed)
        self._now, self._tell = now, tell
        self._numbers = count(1_000_000_000 + seed % 1000 * 1_000_000) if numbered else None

    # what others ask

    def price(self, market: str) -> Decimal:
        return self.books[market].price

    def balance(self, account: str, coin: str) -> Balance:
        prices = {market: book.price for market, book in self.books.items()}
        return self.holdings[account].balance(coin, self.markets, prices, self.live(account))

    def new_id(self) -> str:
        """Return a number that grows, or a UUID, whichever the venue uses."""
        if self._numbers is not None:
            return str(next(self._numbers))
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    # what accounts do

    def submit(self, account: str, asked: NewOrder, *, external: bool = False) -> Order:
        """Take an order in; raise `Denied` when the venue would refuse it at once."""
        market = self.markets.get(asked.market)
        if market is None:
            raise Denied(Denial.MARKET)
        if self._book.linked(account, asked.link):
            raise Denied(Denial.LINK)
        check_new(self, account, market, asked)
        at_ns = self._now()
        order = Order(
            id=self.new_id(), account=account, asked=asked, size=asked.size, price=asked.price,
            trigger=asked.trigger, created_ns=at_ns, updated_ns=at_ns, external=external,
            status=Status.WAITING if asked.trigger is not None else Status.OPEN,
            price_then=self.price(market.id),
        )  # fmt: skip
        self._book.keep(order)
        if order.status is Status.WAITING:
            self._tell(order)
        else:
            self._activate(order)
        return self.orders[order.id]

    def amend(
        self,
        order: Order,
        size: Decimal | None = None,
        price: Decimal | None = None,
        trigger: Decimal | None = None,
    ) -> Order:
        """Change a live order; a new price may trade at once."""
        order = self._book.still_live(order)
        changed = replace(
            order, size=size or order.size, price=price or order.price,
            trigger=trigger or order.trigger, updated_ns=self._now(), last="amended",
        )  # fmt: skip
        check_amended(self, self.markets[order.asked.market], order, changed)
        self._book.keep(changed)
        if changed.status is Status.OPEN and changed.leaves <= 0:
            self._end(changed, Status.FILLED)
        elif changed.status is Status.OPEN:
            self._activate(changed)
        else:
            self._tell(changed)
        return self.orders[order.id]

    def cancel(self, order: Order, reason: str = "user") -> Order:
        return self._end(self._book.still_live(order), Status.CANCELLED, reason)

    # what the market does

    def move(self, market: str, price: Decimal) -> None:
        """Set a market's price: its book is whole again, stops wake, resting orders may trade."""
        self.books[market].move(price)
        self.settle(market)

    def settle(self, market: str) -> None:
        """Wake the stops whose price is here, then trade the resting orders the book reaches."""
        price = self.price(market)
        for order in self.live(market=market):
            trigger = order.trigger
            if order.status is Status.WAITING and trigger is not None:
                rose = order.asked.rising
                if price >= trigger if rose else price <= trigger:
                    self._wake(order)
        for order in self.live(market=market):
            if order.status is Status.OPEN:
                self._trade_resting(order)

    def fill(self, order: Order, size: Decimal | None = None, price: Decimal | None = None) -> Fill:
        """Trade a live order against nobody's book, as a test or a fault wants it."""
        order = self._book.still_live(order)
        book = self.books[order.asked.market]
        at = price or order.price or book.best(order.asked.side.other)
        if order.status is Status.WAITING:
            order = self._book.keep(replace(order, status=Status.OPEN, triggered=True, last="new"))
        return self._fill(order, at, min(size or order.leaves, order.leaves), maker=True)

    def fund(self, market: str, rate: Decimal) -> None:
        """Let the longs of a perpetual pay the shorts, as its venue does every eight hours."""
        at = self.markets[market]
        for name, held in self.holdings.items():
            size = held.position(market).size
            if size:
                paid = -size * self.price(market) * rate
                self._log(name, "funding", at.quote, paid, market)
                self._move(name, at.quote, paid)

    def deposit(self, account: str, coin: str, amount: Decimal, *, logged: bool = True) -> None:
        if logged:
            self._log(account, "transfer", coin, amount)
        self._move(account, coin, amount)

    # inside

    def _log(self, account: str, kind: str, coin: str, amount: Decimal, market: str = "") -> None:
        self.moves.append(
            Move(id=self.new_id(), account=account, kind=kind, coin=coin, amount=amount,
                 at_ns=self._now(), market=market)
        )  # fmt: skip

    def _move(self, account: str, coin: str, amount: Decimal) -> None:
        self.holdings[account].add(coin, amount)
        self._tell(self.balance(account, coin))

    def _end(self, order: Order, status: Status, reason: str = "") -> Order:
        ended = replace(order, status=status, reason=reason, updated_ns=self._now())
        done = self._book.keep(replace(ended, last="cancelled"))
        self._tell(done)
        self._tell_locks(done)
        return done

    def _offer(self, order: Order) -> list[Level]:
        """Return what the book gives this order now."""
        market, book = self.markets[order.asked.market], self.books[order.asked.market]
        if order.asked.by_value:
            return book.offer_for(order.asked.side, order.leaves, market.size_step)
        given = book.offer(order.asked.side, self._allowed(order), order.price)
        most = order.asked.fill_at_most
        if most is None:
            return given
        return [
            (price, min(size, most - order.filled))
            for price, size in given[:1]
            if order.filled < most
        ]

    def _allowed(self, order: Order) -> Decimal:
        """Return how much of an order may trade: a reducing one no more than there is to close."""
        if not order.asked.reduce_only:
            return order.leaves
        held = self.holdings[order.account].position(order.asked.market).size
        return min(order.leaves, abs(held)) if held * order.asked.side.sign < 0 else ZERO

    def _activate(self, order: Order) -> None:
        """Trade an order that comes, wakes or moves, and let the rest of it rest or end."""
        tif = order.asked.tif
        given = self._offer(order)
        if tif is Tif.POST_ONLY and given:
            self._end(order, Status.CANCELLED, Denial.POST_ONLY)
            return
        if tif is Tif.FOK and sum(size for _, size in given) < order.leaves:
            self._end(order, Status.CANCELLED, Tif.FOK)
            return
        for price, size in given:
            self.books[order.asked.market].take(order.asked.side, price, size)
            self._fill(self.orders[order.id], price, size, maker=False)
        self._rest(self.orders[order.id], bool(given))

    def _rest(self, order: Order, traded: bool) -> None:
        """Let what did not trade rest in the book, or end it when it may not."""
        if not order.live:
            return
        if order.asked.reduce_only and self._allowed(order) <= 0:
            self._end(order, Status.CANCELLED, Denial.REDUCE_ONLY)
        elif order.asked.by_value and order.filled:
            self._end(order, Status.FILLED)
        elif order.asked.kind is Kind.MARKET or order.asked.tif in (Tif.IOC, Tif.FOK):
            self._end(order, Status.CANCELLED, Tif.IOC)
        elif not traded:
            self._tell(order)
            self._tell_locks(order)

    def _wake(self, order: Order) -> None:
        """Let a stop whose price was seen trade, if the account can pay for it by now."""
        try:
            if not order.asked.reduce_only:
                check_money(self, order.account, self.markets[order.asked.market], order.asked)
        except Denied as error:
            self._end(order, Status.CANCELLED, error.denial)
            return
        awake = replace(order, triggered=True, updated_ns=self._now(), last="triggered")
        self._tell(replace(awake, status=Status.TRIGGERED))
        self._activate(self._book.keep(replace(awake, status=Status.OPEN, last="new")))

    def _trade_resting(self, order: Order) -> None:
        """Trade an order that rests, at its own price, with as much as came to it."""
        for price, size in self._offer(order):
            if not self.orders[order.id].live:
                return
            self.books[order.asked.market].take(order.asked.side, price, size)
            self._fill(self.orders[order.id], order.price or price, size, maker=True)

    def _fill(self, order: Order, price: Decimal, size: Decimal, *, maker: bool) -> Fill:
        """Book one trade of an order and tell fill, order, position and balances, in this order."""
        market = self.markets[order.asked.market]
        rate = market.maker_fee if maker else market.taker_fee
        in_base = market.product is Product.SPOT and order.asked.side is Side.BUY
        fee, coin = size * rate, market.base if in_base else market.quote
        fee = fee if in_base else fee * price
        at_ns = self._now()
        fill = Fill(
            id=self.new_id(), order_id=order.id, link=order.asked.link, account=order.account,
            market=market.id, side=order.asked.side, price=price, size=size, fee=fee, fee_coin=coin,
            maker=maker, at_ns=at_ns, number=len(self.fills) + 1,
            order_filled=order.filled + size, order_value=order.value + size * price,
        )  # fmt: skip
        holdings = self.holdings[order.account]
        fill = holdings.apply(market, fill)
        self.fills.append(fill)
        after = replace(
            order, filled=order.filled + size, value=order.value + size * price,
            fee=order.fee + fee, fee_coin=coin, updated_ns=at_ns, last="fill",
        )  # fmt: skip
        after = replace(after, status=Status.FILLED if after.leaves <= 0 else Status.OPEN)
        self._book.keep(after)
        self._tell(fill)
        self._tell(after)
        if market.product is Product.LINEAR:
            self._tell(holdings.position(market.id))
        coins = [market.quote] if market.product is Product.LINEAR else [market.base, market.quote]
        for one in coins:
            self._tell(self.balance(order.account, one))
        self._end_reducing(order.account, market.id)
        return fill

    def _end_reducing(self, account: str, market: str) -> None:
        """Cancel reducing orders that rest with nothing left to close."""
        if self.holdings[account].position(market).size:
            return
        for order in self.live(account, market):
            if order.asked.reduce_only and (order.filled or order.triggered or order.price):
                self._end(order, Status.CANCELLED, Denial.REDUCE_ONLY)

    def _tell_locks(self, order: Order) -> None:
        """Tell the balance that an order's coming or going changed."""
        market = self.markets[order.asked.market]
        coin = market.quote
        if market.product is Product.SPOT and order.asked.side is Side.SELL:
            coin = market.base
        self._tell(self.balance(order.account, coin))

    def positions(self, account: str | None = None) -> list[Position]:
        """Return the open positions."""
        return [
            position
            for name, held in self.holdings.items()
            if account in (None, name)
            for position in held.positions.values()
            if position.size
        ]
