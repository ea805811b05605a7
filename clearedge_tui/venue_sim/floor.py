"""The venue behind its protocols: serves each request once, with its faults, and tells what follows."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from clearedge_tui.core import clock
from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.candles import Candles
from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.faults import ACTS, Fault, Plan, What
from clearedge_tui.venue_sim.limiter import Limiter
from clearedge_tui.venue_sim.listener import Stream
from clearedge_tui.venue_sim.model import (
    Balance,
    Denial,
    Denied,
    Fill,
    Market,
    NewOrder,
    Order,
    Position,
    Told,
)
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.rulings import deny, refuse, rule_of, wait_for
from clearedge_tui.venue_sim.sockets import Hub

# what a request of wrong types and missing words runs into, whatever it asked for
_NONSENSE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError)
LOG = 200_000  # requests remembered in full
VERB_OF = {
    Order: "push.order",
    Fill: "push.fill",
    Position: "push.position",
    Balance: "push.balance",
}


class Reply(msgspec.Struct, frozen=True):
    """An answer in the venue's words."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


class Front(Protocol):
    """A venue's protocol: what it says of a refusal and of a change."""

    @property
    def stream(self) -> Stream | None:
        """What holds a connection, for a venue that does not speak HTTP."""
        ...

    def refusal(self, request: Request, denied: Denied) -> Reply: ...

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        """Return topic and message of everything an account's stream says of a change."""
        ...

    def publish(self) -> None:
        """Say to the public sockets what they listen to."""
        ...

    def routes(self) -> list[web.RouteDef]: ...

    def urls(self, http: str, ws: str) -> dict[str, str]:
        """Return the addresses a client is to be given, by the names its settings have."""
        ...

    def options(self, http: str, ws: str) -> list[dict[str, str]]:
        """Return the options of an account, for each product of the venue."""
        ...


class Floor:
    """Exchange, sockets, rules and log of one venue."""

    def __init__(
        self,
        markets: Sequence[Market],
        accounts: Sequence[Account],
        seed: int,
        faults: Iterable[Fault],
        check_keys: bool,
        *,
        numbered: bool = False,
    ) -> None:
        self.seed, self.check_keys = seed, check_keys
        self.accounts = {account.name: account for account in accounts}
        self.exchange = Exchange(
            markets, accounts, seed, clock.now_ns, self._told, numbered=numbered
        )
        self.candles = Candles(self.exchange, clock.now_ns())
        self.hub, self.limiter = Hub(), Limiter()
        self.plan = Plan(faults, seed)
        self.log: deque[Request] = deque(maxlen=LOG)
        self.counts: Counter[str] = Counter()  # requests by verb, of all time
        self.revoked: set[str] = set()
        self.skew_s = 0.0
        self.started_s, self.started_ns = clock.monotonic(), clock.now_ns()
        self.closing: asyncio.Future[None]
        self.beats = 0
        self.front: Front | None = None
        self.act: Callable[[Fault], None] = lambda fault: None
        self._outbox: list[Told] = []
        self._held: list[Told] = []  # for the next one to pass
        self._later: set[asyncio.Task[None]] = set()

    # time

    def now_s(self) -> float:
        return clock.monotonic() - self.started_s

    def time_ns(self) -> int:
        """Return the venue's own time, which may be skewed."""
        return clock.now_ns() + int(self.skew_s * 1_000_000_000)

    def time_ms(self) -> int:
        return self.time_ns() // 1_000_000

    # who asks

    def account_of(self, key: str) -> Account:
        """Return the account of a key; without checks every unknown key is the first account's."""
        for account in self.accounts.values():
            if account.key == key and account.name not in self.revoked:
                return account
        first = next(iter(self.accounts.values()))
        if self.check_keys or first.name in self.revoked or not key:
            raise Denied(Denial.KEY)
        return first

    # requests

    def request(self, verb: str, via: str, path: str, body: str = "") -> Request:
        """Write a request down."""
        made = Request(
            number=self.counts.total() + 1, at_s=clock.monotonic(), at_ns=clock.now_ns(), verb=verb,
            via=via, path=path, body=body,
        )  # fmt: skip
        self.log.append(made)
        self.counts[verb] += 1
        return made

    async def serve(
        self,
        request: Request,
        work: Callable[[Sequence[Fault]], Reply],
        send: Callable[[Reply], Awaitable[None]],
    ) -> What | None:
        """Do a request and answer it. Return what keeps it from being answered, if anything does."""
        rules = self.plan.matching(request.verb, self.now_s(), request.body)
        if request.via in self.hub.silent:
            request.outcome = What.SILENCE
            return What.SILENCE
        if rule_of(rules, What.LOSE_REQUEST):
            request.outcome = "lost"
            return What.LOSE_REQUEST
        await wait_for(rule_of(rules, What.DELAY_REQUEST))
        self._act(rules, first=True)
        reply = self._done(request, work, rules)
        kept = await self._answer(request, reply, rules, send)
        self.flush()
        self._act(rules, first=False)
        return kept

    def _act(self, rules: Iterable[Fault], *, first: bool) -> None:
        for rule in rules:
            if rule.what in ACTS and rule.first is first:
                self.act(rule)

    def _done(
        self, request: Request, work: Callable[[Sequence[Fault]], Reply], rules: Sequence[Fault]
    ) -> Reply:
        assert self.front is not None  # noqa: S101  # set before it listens
        try:
            refuse(rules)
            if request.verb.startswith("order."):
                self.limiter.take(request.at_s)
            reply = work(rules)
            deny(rules)
        except Denied as denied:
            request.outcome = str(denied.denial)
            return self.front.refusal(request, denied)
        except _NONSENSE:
            request.outcome = str(Denial.PARAMS)
            return self.front.refusal(request, Denied(Denial.PARAMS))
        request.outcome = "ok"
        return reply

    async def _answer(
        self,
        request: Request,
        reply: Reply,
        rules: Sequence[Fault],
        send: Callable[[Reply], Awaitable[None]],
    ) -> What | None:
        for what in (What.LOSE_ACK, What.CUT_ACK):
            if rule_of(rules, what):
                return what
        late = rule_of(rules, What.DELAY_ACK)
        if late is not None or rule_of(rules, What.LATE_ACK):
            self.flush()
        await wait_for(late)
        for _ in range(2 if rule_of(rules, What.DOUBLE_ACK) else 1):
            await send(reply)
        request.answered = True
        return None

    # what is told

    def _told(self, told: Told) -> None:
        self._outbox.append(told)

    def flush(self) -> None:
        """Tell the accounts what happened since the last time."""
        told, self._outbox = self._outbox, []
        for one in told:
            self._tell(one)

    def _tell(self, told: Told) -> None:
        rules = {rule.what: rule for rule in self.plan.matching(VERB_OF[type(told)], self.now_s())}
        if What.DROP_PUSH in rules:
            return
        if What.SWAP_PUSH in rules:
            self._held.append(told)
            return
        if What.DELAY_PUSH in rules:
            self.later(rules[What.DELAY_PUSH].delay_s, lambda: self._push(told))
            return
        self._push(told)
        if What.DOUBLE_PUSH in rules:
            self._push(told)
        if What.SECOND_ID in rules and isinstance(told, Fill):
            self._push(msgspec.structs.replace(told, id=self.exchange.new_id()))
        self.release()
        self._act(rules.values(), first=False)

    def release(self) -> None:
        """Tell what was held for the next one to pass."""
        held, self._held = self._held, []
        for one in held:
            self._push(one)

    def _push(self, told: Told) -> None:
        if self.front is None or not self.hub.open:
            return
        for topic, message in self.front.private(told):
            for socket in self.hub.of("private", told.account):
                if topic in socket.topics:
                    socket.put(message)

    def later(self, delay_s: float, do: Callable[[], object]) -> None:
        """Do something after a while, in a task that `close` ends."""

        async def wait() -> None:
            await asyncio.sleep(delay_s)
            done = do()
            if isinstance(done, Awaitable):
                await done

        task = asyncio.get_running_loop().create_task(wait())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def open(self) -> None:
        self.started_s, self.started_ns = clock.monotonic(), clock.now_ns()
        self.closing = asyncio.get_running_loop().create_future()

    def close(self) -> None:
        """End what waits: requests that are held, and what was to come later."""
        if not self.closing.done():
            self.closing.set_result(None)
        for task in self._later:
            task.cancel()

    def partial(self, asked: NewOrder, rules: Sequence[Fault]) -> NewOrder:
        """Return an order that gets only a share, where a rule says so."""
        rule = rule_of(rules, What.PARTIAL)
        if rule is None:
            return asked
        step = self.exchange.markets[asked.market].size_step
        return msgspec.structs.replace(asked, fill_at_most=asked.size * rule.share // step * step)
