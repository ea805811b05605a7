"""OKX's sockets: log-in, channels, orders over the private one, and what is told."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Balance, Denial, Denied, Fill, Order, Status, Told
from clearedge_tui.venue_sim.okx import rows
from clearedge_tui.venue_sim.okx.calls import SOCKET
from clearedge_tui.venue_sim.okx.codes import code_of
from clearedge_tui.venue_sim.okx.public import publish, spoken, topic_of
from clearedge_tui.venue_sim.okx.rest import same_sign
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.sockets import Socket

Words = dict[str, Any]
_VERBS = {"login": "login", "subscribe": "subscribe", "unsubscribe": "unsubscribe"}


class Streams:
    """The sockets of one venue."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def hear(self, socket: Socket, text: str, path: str) -> None:
        """Do what a client says."""
        if text == "ping":
            socket.put(b"pong")
            return
        try:
            said = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            return
        op = str(said.get("op", ""))
        verb = SOCKET[op][0] if op in SOCKET else _VERBS.get(op, "unknown")
        via = "trade" if op in SOCKET else socket.kind
        request = self._floor.request(verb, via, path, text)
        request.account = socket.account

        def work(rules: Sequence[Fault]) -> Reply:
            return Reply(self._done(socket, op, said, rules))

        async def send(reply: Reply) -> None:
            for one in reply.body if isinstance(reply.body, list) else [reply.body]:
                socket.put(msgspec.json.encode(one))

        kept = await self._floor.serve(request, work, send)
        if kept is What.CUT_ACK:
            socket.abort()
        elif op == "subscribe" and kept is None and request.outcome == "ok":
            publish(self._floor, socket, [topic_of(arg) for arg in said["args"]])

    def refusal(self, request: Request, denied: Denied) -> Reply:
        code, words = code_of(denied)
        said = msgspec.json.decode(request.body, type=dict[str, Any])
        op, args = said.get("op"), said.get("args")
        if op not in SOCKET:
            return Reply({"event": "error", "code": code, "msg": words, "connId": "sim"})
        first = args[0] if isinstance(args, list) and args and isinstance(args[0], dict) else {}
        row = {"ordId": "", "clOrdId": first.get("clOrdId", ""), "tag": "", "sCode": code,
               "sMsg": words, "ts": str(self._floor.time_ms())}  # fmt: skip
        return Reply(self._words(said, "1", [row]))

    def _words(self, said: Words, code: str, data: list[Any]) -> Words:
        now = str(self._floor.time_ns() // 1000)
        return {"id": said.get("id", ""), "op": said.get("op"), "code": code, "msg": "",
                "data": data, "inTime": now, "outTime": now}  # fmt: skip

    def _done(self, socket: Socket, op: str, said: Words, rules: Sequence[Fault]) -> Any:
        if not said.get("args"):
            raise Denied(Denial.PARAMS)
        if op == "login":
            return self._login(socket, said)
        if op in ("subscribe", "unsubscribe"):
            return [self._listened(socket, op, arg, said) for arg in said["args"]]
        if op not in SOCKET:
            raise Denied(Denial.PARAMS, f"no such op {op}")
        account = self._floor.accounts.get(socket.account)
        if account is None or account.name in self._floor.revoked:
            raise Denied(Denial.KEY)
        if "trade" not in account.rights:
            raise Denied(Denial.RIGHT)
        many = "batch" in op
        params = {"each": said["args"]} if many else said["args"][0]
        data = SOCKET[op][1](self._floor, account, params, rules)
        well = any(row["sCode"] == "0" for row in data)
        return self._words(said, "0" if well else "1", data)

    def _listened(self, socket: Socket, op: str, arg: Words, said: Words) -> Words:
        topic = topic_of(arg)
        if socket.kind == "public":
            spoken(self._floor, topic)
        elif not socket.account:
            raise Denied(Denial.KEY)
        topics = socket.topics | {topic} if op == "subscribe" else socket.topics - {topic}
        socket.topics = topics
        return {"event": op, "arg": arg, "connId": "sim", "id": said.get("id", "")}

    def _login(self, socket: Socket, said: Words) -> Words:
        given = said["args"][0]
        account = self._floor.account_of(str(given.get("apiKey", "")))
        if self._floor.check_keys:
            stamp = str(given.get("timestamp", ""))
            if abs(float(stamp or 0) * 1000 - self._floor.time_ms()) > 30_000:
                raise Denied(Denial.CLOCK)
            text = f"{stamp}GET/users/self/verify"
            if not same_sign(account.secret, text, str(given.get("sign", ""))):
                raise Denied(Denial.SIGNATURE)
        socket.account, socket.kind = account.name, "private"  # the business socket is both
        return {"event": "login", "code": "0", "msg": "", "connId": "sim"}

    # what is told

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        """Tell of orders and coins; a fill is told as its order."""
        exchange = self._floor.exchange
        if isinstance(told, Fill):
            order = exchange.orders[told.order_id]
            yield "orders:", self._push("orders", rows.order_row(exchange, order, told))
        elif isinstance(told, Order) and _waits(told):
            yield "orders-algo:", self._push("orders-algo", rows.algo_row(exchange, told))
        elif isinstance(told, Order) and told.last != "fill":
            yield "orders:", self._push("orders", rows.order_row(exchange, told))
        elif isinstance(told, Balance):
            held = exchange.holdings[told.account].coins
            coins = [exchange.balance(told.account, coin) for coin in held]
            yield "account:", self._push("account", rows.account_row(coins, self._floor.time_ns()))

    def _push(self, channel: str, row: Words) -> bytes:
        kind = {} if channel == "account" else {"instType": "SPOT"}
        return msgspec.json.encode({"arg": {"channel": channel, **kind}, "data": [row]})


def _waits(order: Order) -> bool:
    """Whether an order is told of as a stop, the last time when its price was seen."""
    return order.trigger is not None and (not order.triggered or order.status is Status.TRIGGERED)
