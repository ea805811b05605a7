"""Interactive Brokers' TWS, or its gateway, as its clients see it: one TCP connection each."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

import msgspec
from aiohttp import web

from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.ib import rows
from clearedge_tui.venue_sim.ib.calls import Calls, Words
from clearedge_tui.venue_sim.ib.codec import decode
from clearedge_tui.venue_sim.ib.line import Line, told
from clearedge_tui.venue_sim.ib.names import Names
from clearedge_tui.venue_sim.ib.prices import publish
from clearedge_tui.venue_sim.ib.shapes import REQUESTS
from clearedge_tui.venue_sim.model import Denial, Denied, Fill, Order, Status, Told
from clearedge_tui.venue_sim.request_log import Request

_CODES = {
    Denial.MARKET: (200, "No security definition has been found for the request"),
    Denial.LINK: (103, "Duplicate order id"),
    Denial.ORDER: (10147, "OrderId that needs to be cancelled is not found."),
    Denial.PRICE: (110, "The price does not conform to the minimum price variation."),
    Denial.RATE: (100, "Max rate of messages per second has been exceeded"),
    Denial.PARAMS: (321, "Error validating request."),
}
_REJECTED = (201, "Order rejected - reason:")
_CANCELLED = (202, "Order Canceled - reason:")


class IbFront:
    def __init__(self, floor: Floor) -> None:
        self._floor, self._names = floor, Names()
        self._calls = Calls(floor, self._names)

    def routes(self) -> list[web.RouteDef]:
        return []

    def urls(self, http: str, ws: str) -> dict[str, str]:
        host, _, port = http.removeprefix("http://").rpartition(":")
        return {"host": host, "port": port}

    def options(self, http: str, ws: str) -> list[dict[str, str]]:
        account = next(iter(self._floor.accounts))
        return [{**self.urls(http, ws), "account_id": account}]

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one client's connection until either side ends it."""
        line = Line(reader, writer)
        writing = None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            await line.greet(rows.when(self._floor.time_ns()))
            self._floor.hub.join(line)
            writing = asyncio.get_running_loop().create_task(line.write())
            while True:
                await self._hear(line, *await line.hear())
        self._floor.hub.leave(line)
        line.abort()
        if writing is not None:
            writing.cancel()

    async def _hear(self, line: Line, number: int, raw: bytes) -> None:
        shape, verb = REQUESTS.get(number, ("Asked", f"unknown.{number}"))
        said = decode(shape, raw)
        request = self._floor.request(
            verb, "private", str(number), msgspec.json.encode(said).decode()
        )
        request.account = line.account

        def work(rules: Sequence[Fault]) -> Reply:
            if number not in REQUESTS:
                raise Denied(Denial.PARAMS, f"request {number} is not served here")
            return Reply(self._calls.done(verb, line, said, rules))

        async def send(reply: Reply) -> None:
            for message in reply.body:
                line.put(message)

        if await self._floor.serve(request, work, send) is What.CUT_ACK:
            line.abort()

    def refusal(self, request: Request, denied: Denied) -> Reply:
        words: Words = msgspec.json.decode(request.body)
        about: int = words.get("order_id") or words.get("req_id") or -1
        code, text = _CODES.get(denied.denial, _REJECTED)
        if (
            denied.denial in (Denial.PRICE, Denial.LINK, Denial.PARAMS)
            and request.verb == "order.create"
        ):
            code, text = _REJECTED[0], f"{_REJECTED[1]} {text}"
        said = f"{denied.text or text} {'' if denied.text else denied.denial}".strip()
        return Reply([self._error(about, denied.code or code, said)])

    def _error(self, about: int, code: int, text: str) -> bytes:
        return told("Error", id=about, time=self._floor.time_ms(), code=code, text=text)

    def private(self, told_: Told) -> Iterable[tuple[str, bytes]]:
        """Tell of orders and fills. Positions and balances are told when they are asked for."""
        for message in self._messages(told_):
            yield "orders", message

    def _messages(self, told_: Told) -> Iterable[bytes]:
        exchange = self._floor.exchange
        if isinstance(told_, Fill) and self._names.placed(told_.order_id):
            yield from rows.execution(exchange, told_, self._names.of(told_.order_id))
        if not isinstance(told_, Order) or not self._names.placed(told_.id):
            return
        named = self._names.of(told_.id)
        yield rows.open_order(exchange, told_, named)
        yield rows.order_status(told_, named)
        if told_.status is Status.CANCELLED:
            yield self._error(named[1], *_CANCELLED)

    def publish(self) -> None:
        for line in self._floor.hub.of("private"):
            if isinstance(line, Line):
                publish(self._floor, line)
