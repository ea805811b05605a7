"""A whole venue on this machine: start it, trade against it, and make it misbehave."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from clearedge_tui.venue_sim.account import Account, Holdings
from clearedge_tui.venue_sim.acts import act
from clearedge_tui.venue_sim.control import control_routes
from clearedge_tui.venue_sim.faults import ACTS, Fault
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.listener import LOOPBACK, Listener
from clearedge_tui.venue_sim.model import (
    Balance,
    Fill,
    Kind,
    Market,
    NewOrder,
    Order,
    Position,
    Side,
)
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.venues import VENUES
from clearedge_tui.venue_sim.walk import Walk


class VenueSim:
    """One venue on loopback. `http_url` and `ws_url` hold from `start` on, and after a restart.

    `walk` is how many price steps a market moves at most in one beat; 0 holds prices still, which
    then move by `price` alone. Every beat fills the books up and publishes them.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        venue: str = "bybit",
        port: int = 0,
        markets: Sequence[Market] = (),
        accounts: Sequence[Account] = (),
        faults: Iterable[Fault] = (),
        beat_s: float = 0.1,
        walk: int = 0,
        check_keys: bool = False,
    ) -> None:
        known = VENUES[venue]
        self.venue, self.seed, self.beat_s = venue, seed, beat_s
        self.floor = Floor(
            markets or known.markets,
            accounts or known.accounts,
            seed,
            faults,
            check_keys,
            numbered=known.numbered,
        )
        self.floor.front = known.front(self.floor)
        self.floor.act = lambda fault: act(self, fault)
        self._listener = Listener(port)
        self._walk = Walk(self.floor.exchange, seed, walk)
        self._tasks: list[asyncio.Task[None]] = []

    # life

    @property
    def http_url(self) -> str:
        return f"http://{LOOPBACK}:{self._listener.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{LOOPBACK}:{self._listener.port}"

    @property
    def control_url(self) -> str:
        """Where `/_sim/…` answers although the venue itself refuses connections."""
        return f"http://{LOOPBACK}:{self._listener.control_port}"

    @property
    def urls(self) -> dict[str, str]:
        """The addresses a client is to be given, by the names its settings have."""
        front = self.floor.front
        return {} if front is None else front.urls(self.http_url, self.ws_url)

    async def start(self) -> str:
        """Listen, begin to beat, and return the base address."""
        self.floor.open()
        front = self.floor.front
        spoken = [] if front is None else front.routes()
        stream = None if front is None else front.stream
        await self._listener.open(spoken, control_routes(self), stream)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._beat())]
        for fault in self.floor.plan.timed:
            self.floor.later(max(0.0, fault.at_s or 0), partial(self.floor.act, fault))
        return self.http_url

    async def stop(self) -> None:
        """Close everything; what happened can still be read, and `start` goes on from there."""
        self.floor.close()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for socket in list(self.floor.hub.open):
            socket.abort()
        await self._listener.close()

    @property
    def listening(self) -> bool:
        return self._listener.listening

    async def _beat(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(self.beat_s)

    def beat(self) -> None:
        """Walk the prices, fill the books up, trade what they reach, publish."""
        floor = self.floor
        floor.beats += 1
        self._walk.step()
        floor.release()
        for market, book in floor.exchange.books.items():
            book.refresh()
            floor.exchange.settle(market)
            floor.candles.note(market, floor.time_ns(), floor.exchange.markets[market].min_size)
        floor.flush()
        floor.candles.turn(floor.time_ns())
        if floor.front is not None:
            floor.front.publish()
        floor.candles.told()

    @property
    def options(self) -> list[dict[str, str]]:
        """The options of an account that trades here, for each product."""
        front = self.floor.front
        return [] if front is None else front.options(self.http_url, self.ws_url)

    # what happens

    def orders(self, account: str | None = None) -> list[Order]:
        """Return every order there was, the oldest first."""
        return [o for o in self.floor.exchange.orders.values() if account in (None, o.account)]

    def open_orders(self, account: str | None = None) -> list[Order]:
        return self.floor.exchange.live(account)

    def fills(self, account: str | None = None) -> list[Fill]:
        return [fill for fill in self.floor.exchange.fills if account in (None, fill.account)]

    def positions(self, account: str | None = None) -> list[Position]:
        """Return the open positions."""
        return self.floor.exchange.positions(account)

    def balances(self, account: str | None = None) -> list[Balance]:
        exchange = self.floor.exchange
        return [
            exchange.balance(name, coin)
            for name, held in exchange.holdings.items()
            if account in (None, name)
            for coin in held.coins
        ]

    def requests(self, verb: str | None = None) -> list[Request]:
        """Return the newest 200,000 requests in the order of their coming; `order.create` is a verb."""
        return [request for request in self.floor.log if verb in (None, request.verb)]

    def count(self, verb: str) -> int:
        """Return how many requests of a verb came in all."""
        return self.floor.counts[verb]

    # what one does to it

    def price(self, market: str, px: Decimal | str | float) -> None:
        """Set the price of a market, or of every market with this symbol."""
        for one in self.markets(market):
            step = one.price_step
            price = (Decimal(str(px)) / step).quantize(Decimal(1)) * step
            self.floor.exchange.move(one.id, price)
            self.floor.candles.note(one.id, self.floor.time_ns())
        self.floor.flush()
        if self.floor.front is not None:
            self.floor.front.publish()

    def depth(self, market: str, sizes: Sequence[Decimal | str]) -> None:
        """Set what rests on each side of a market's book, from the best price on."""
        for one in self.markets(market):
            self.floor.exchange.books[one.id].set_depth([Decimal(size) for size in sizes])

    def external(
        self,
        market: str,
        side: str,
        size: Decimal | str,
        price: Decimal | str | None = None,
        account: str | None = None,
    ) -> Order:
        """Place an order as another person with the same account would."""
        asked = NewOrder(
            market=self.markets(market)[0].id, side=Side(side), size=Decimal(size),
            kind=Kind.MARKET if price is None else Kind.LIMIT,
            price=None if price is None else Decimal(price),
        )  # fmt: skip
        order = self.floor.exchange.submit(account or self._first(), asked, external=True)
        self.floor.flush()
        return order

    def fill(
        self, order: str = "", size: Decimal | str | None = None, price: Decimal | str | None = None
    ) -> Fill:
        """Trade an open order, by its own or its client's id; without one the oldest."""
        found = self._open(order)
        done = self.floor.exchange.fill(
            found,
            None if size is None else Decimal(size),
            None if price is None else Decimal(price),
        )
        self.floor.flush()
        return done

    def cancel(self, order: str = "") -> Order:
        """Cancel an open order as the venue itself does."""
        found = self._open(order)
        done = self.floor.exchange.cancel(found, "venue")
        self.floor.flush()
        return done

    def fault(self, fault: Fault | None = None, **words: Any) -> None:
        """Add a rule; one that acts (`disconnect`, `fill` …) and counts no request acts now."""
        rule = fault or Fault(**words)
        if rule.what in ACTS and rule.on == "*" and rule.at_s is None:
            self.floor.act(rule)
        elif rule.what in ACTS and rule.at_s is not None:
            wait = rule.at_s - self.floor.now_s()
            self.floor.later(max(0.0, wait), lambda: self.floor.act(rule))
        else:
            self.floor.plan.add(rule)

    def clear_faults(self) -> None:
        """Forget every rule; silence, skew and revoked keys end too."""
        self.floor.plan.clear()
        self.floor.hub.silence("all", on=False)
        self.floor.revoked.clear()
        self.floor.skew_s = 0

    def disconnect(self, where: str = "all") -> int:
        """Cut the sockets of a kind (public, private, trade, all) and return how many."""
        sockets = self.floor.hub.of(where)
        for socket in sockets:
            socket.abort()
        return len(sockets)

    def silence(self, where: str = "all", *, on: bool = True) -> None:
        """Let the sockets of a kind stay open and say nothing; `http` is a kind."""
        self.floor.hub.silence(where, on=on)

    def revoke(self, account: str | None = None, *, on: bool = True) -> None:
        """Let an account's key no longer be valid; its sockets are cut."""
        name = account or self._first()
        (self.floor.revoked.add if on else self.floor.revoked.discard)(name)
        for socket in self.floor.hub.of("all", name) if on else []:
            socket.abort()

    def account(
        self,
        name: str = "main",
        rights: Sequence[str] | None = None,
        key: str | None = None,
        secret: str | None = None,
        coins: dict[str, Decimal | str] | None = None,
    ) -> None:
        """Add an account, or change what one may do and how it logs in; `withdraw` is a right."""
        before = self.floor.accounts.get(name) or Account(name=name)
        given = {
            "rights": None if rights is None else tuple(rights), "key": key, "secret": secret,
            "coins": None if coins is None else {c: Decimal(n) for c, n in coins.items()},
        }  # fmt: skip
        changed = {word: value for word, value in given.items() if value is not None}
        self.floor.accounts[name] = msgspec.structs.replace(before, **changed)
        self.floor.exchange.holdings.setdefault(name, Holdings(self.floor.accounts[name]))

    def deposit(
        self, coin: str, amount: Decimal | str, account: str | None = None, *, logged: bool = True
    ) -> None:
        """Bring coins in, or take them out when the amount is below zero.

        What is not `logged` stands in no log of the venue: a balance that lies.
        """
        name = account or self._first()
        self.floor.exchange.deposit(name, coin, Decimal(amount), logged=logged)
        self.floor.flush()

    def limit(self, per_second: int) -> None:
        """Take so many order requests in a second and refuse the rest; 0 takes all."""
        self.floor.limiter.most = per_second

    def skew(self, seconds: float) -> None:
        """Let the venue's clock be ahead of the real one."""
        self.floor.skew_s = seconds

    def reachable(self, *, on: bool = True) -> None:
        """Take connections, or refuse them; what is open stays open."""
        self.floor.later(0, self._listener.listen if on else self._listener.unlisten)

    def fund(self, market: str, rate: Decimal | str) -> None:
        """Let the longs of a market pay the shorts."""
        for one in self.markets(market):
            self.floor.exchange.fund(one.id, Decimal(rate))
        self.floor.flush()

    def topics(self) -> list[str]:
        """Return what the open sockets listen to."""
        return sorted({topic for socket in self.floor.hub.open for topic in socket.topics})

    # inside

    def _first(self) -> str:
        return next(iter(self.floor.accounts))

    def _open(self, order: str) -> Order:
        for found in self.open_orders():
            if order in ("", found.id, found.asked.link):
                return found
        raise LookupError(f"no open order {order}".strip())

    def markets(self, name: str) -> list[Market]:
        markets = self.floor.exchange.markets
        found = [m for m in markets.values() if name in (m.id, m.symbol)]
        if not found:
            raise LookupError(f"no market {name}; known: {', '.join(markets)}")
        return found
