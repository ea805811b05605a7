"""Bybit's sockets: log-in, topics, orders over the trade socket, and what is told."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from clearedge_tui.venue_sim.bybit import rows
from clearedge_tui.venue_sim.bybit.codes import code_of
from clearedge_tui.venue_sim.bybit.public import publish, spoken
from clearedge_tui.venue_sim.bybit.rest import limits, same_sign
from clearedge_tui.venue_sim.bybit.writes import WRITES
from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Balance, Denial, Denied, Fill, Order, Told
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.sockets import Socket

Words = dict[str, Any]
TRADE = {path.removeprefix("/v5/").replace("/", "."): one for path, one in WRITES.items()}
_VERBS = {"auth": "login", "subscribe": "subscribe", "unsubscribe": "unsubscribe", "ping": "ping"}


def verb_of(op: str) -> str:
    return TRADE[op][0] if op in TRADE else _VERBS.get(op, "unknown")


class Streams:
    """The sockets of one venue."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def hear(self, socket: Socket, text: str, path: str) -> None:
        """Do what a client says."""
        try:
            said = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            return
        op = str(said.get("op", ""))
        request = self._floor.request(verb_of(op), socket.kind, path, text)
        request.account = socket.account

        def work(rules: Sequence[Fault]) -> Reply:
            return Reply(self._done(socket, op, said, rules))

        async def send(reply: Reply) -> None:
            socket.put(msgspec.json.encode(reply.body))

        kept = await self._floor.serve(request, work, send)
        if kept is What.CUT_ACK:
            socket.abort()
        elif op == "subscribe" and kept is None and request.outcome == "ok":
            publish(self._floor, socket, [str(topic) for topic in said["args"]])

    def refusal(self, request: Request, denied: Denied) -> Reply:
        """Return a refusal in the words of the socket it came over."""
        said = msgspec.json.decode(request.body, type=dict[str, Any])
        code, words = code_of(denied, spot=_category(said) == "spot")
        return Reply(self._trade_words(said, code, words, {}) if request.via == "trade" else {
            "op": said.get("op"), "success": False, "ret_msg": words, "conn_id": "sim",
            "req_id": said.get("req_id", ""), "retCode": code, "retMsg": words,
        })  # fmt: skip

    def _done(self, socket: Socket, op: str, said: Words, rules: Sequence[Fault]) -> Words:
        if op == "auth":
            return self._login(socket, said)
        if op == "ping":
            return self._pong(socket, said)
        if op in ("subscribe", "unsubscribe"):
            topics = {str(topic) for topic in said["args"]}
            if socket.kind == "private" and not socket.account:
                raise Denied(Denial.KEY)
            if op == "subscribe":
                for topic in topics:
                    spoken(self._floor, socket.about, topic)
                socket.topics |= topics
            else:
                socket.topics -= topics
            return {
                "success": True, "ret_msg": "", "conn_id": "sim", "req_id": said.get("req_id", ""),
                "op": op,
            }  # fmt: skip
        return self._trade(socket, op, said, rules)

    def _login(self, socket: Socket, said: Words) -> Words:
        key, expires, sign = (*said.get("args", []), "", "", "")[:3]
        account = self._floor.account_of(str(key))
        if self._floor.check_keys:
            if int(expires or 0) < self._floor.time_ms():
                raise Denied(Denial.CLOCK)
            if not same_sign(account.secret, f"GET/realtime{expires}", str(sign)):
                raise Denied(Denial.SIGNATURE)
        socket.account = account.name
        return {
            "op": "auth", "success": True, "retCode": 0, "retMsg": "OK", "ret_msg": "",
            "connId": "sim", "conn_id": "sim", "req_id": said.get("req_id", ""),
        }  # fmt: skip

    def _pong(self, socket: Socket, said: Words) -> Words:
        if socket.kind == "public":
            return {
                "success": True, "ret_msg": "pong", "conn_id": "sim", "op": "ping",
                "req_id": said.get("req_id", ""),
            }  # fmt: skip
        words = {"op": "pong", "args": [str(self._floor.time_ms())], "conn_id": "sim"}
        return words | ({"retCode": 0, "retMsg": "OK"} if socket.kind == "trade" else {})

    def _trade(self, socket: Socket, op: str, said: Words, rules: Sequence[Fault]) -> Words:
        account = self._floor.accounts.get(socket.account)
        if account is None or account.name in self._floor.revoked:
            raise Denied(Denial.KEY)
        if "trade" not in account.rights:
            raise Denied(Denial.RIGHT)
        if op not in TRADE or not said.get("args"):
            raise Denied(Denial.PARAMS)
        done = TRADE[op][1](self._floor, account, said["args"][0], rules)
        return self._trade_words(said, 0, "OK", done)

    def _trade_words(self, said: Words, code: int, words: str, done: Words) -> Words:
        codes = done.pop("_codes", None)
        return {
            "reqId": said.get("reqId", ""), "retCode": code, "retMsg": words, "op": said.get("op"),
            "data": done, "retExtInfo": {} if codes is None else {"list": codes}, "connId": "sim",
            "header": {"Timenow": str(self._floor.time_ms()), **limits(self._floor)},
        }  # fmt: skip

    # what is told

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        exchange = self._floor.exchange
        if isinstance(told, Balance):
            row, topic = rows.wallet_row(exchange, told.account), "wallet"
        elif isinstance(told, Order):
            row, topic = rows.order_row(exchange, told), "order"
        elif isinstance(told, Fill):
            row, topic = rows.fill_row(exchange, told), "execution"
        else:
            row, topic = rows.position_row(exchange, told), "position"
        words = {
            "id": f"{len(exchange.fills)}-{self._floor.time_ns()}", "topic": topic,
            "creationTime": self._floor.time_ms(), "data": [row],
        }  # fmt: skip
        yield topic, msgspec.json.encode(words)


def _category(said: Words) -> str:
    args = said.get("args")
    first = args[0] if isinstance(args, list) and args else None
    return str(first.get("category", "")) if isinstance(first, dict) else ""
