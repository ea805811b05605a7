"""Binance's sockets: streams, orders over the trading socket, and the user's own stream."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from clearedge_tui.venue_sim.binance import rows
from clearedge_tui.venue_sim.binance.calls import SOCKET
from clearedge_tui.venue_sim.binance.codes import code_of, status_of
from clearedge_tui.venue_sim.binance.public import publish, spoken
from clearedge_tui.venue_sim.binance.rest import check_sign, check_time
from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import (
    ZERO,
    Balance,
    Denial,
    Denied,
    Fill,
    Order,
    Position,
    Status,
    Told,
)
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.sockets import Socket
from clearedge_tui.venue_sim.words import plain, stepped

Words = dict[str, Any]
_VERBS = {"SUBSCRIBE": "subscribe", "UNSUBSCRIBE": "unsubscribe"}


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
        method = str(said.get("method", ""))
        verb = SOCKET[method][0] if method in SOCKET else _VERBS.get(method, "unknown")
        request = self._floor.request(verb, socket.kind, path, text)

        def work(rules: Sequence[Fault]) -> Reply:
            return Reply(self._done(socket, request, said, rules))

        async def send(reply: Reply) -> None:
            socket.put(msgspec.json.encode(reply.body))

        kept = await self._floor.serve(request, work, send)
        if kept is What.CUT_ACK:
            socket.abort()
        elif method == "SUBSCRIBE" and kept is None and request.outcome == "ok":
            publish(self._floor, socket, [str(one) for one in said["params"]])

    def refusal(self, request: Request, denied: Denied) -> Reply:
        code, words = code_of(denied)
        said = msgspec.json.decode(request.body, type=dict[str, Any])
        error = {"code": code, "msg": words}
        return Reply({"id": said.get("id"), "status": status_of(denied), "error": error})

    def _done(self, socket: Socket, request: Request, said: Words, rules: Sequence[Fault]) -> Words:
        method, number = str(said.get("method", "")), said.get("id")
        if method in _VERBS:
            streams = {str(one) for one in said["params"]}
            for stream in streams:
                spoken(self._floor, socket.about, stream)
            socket.topics = (
                socket.topics | streams if method == "SUBSCRIBE" else socket.topics - streams
            )
            return {"result": None, "id": number}
        if method not in SOCKET:
            raise Denied(Denial.PARAMS, f"no such method {method}")
        params = {name: _text(value) for name, value in dict(said.get("params", {})).items()}
        account = self._floor.account_of(params.get("apiKey", ""))
        request.account = socket.account = account.name
        if self._floor.check_keys:
            check_time(self._floor, params)
            signed = sorted((name, value) for name, value in params.items() if name != "signature")
            check_sign(
                account, "&".join(f"{n}={v}" for n, v in signed), params.get("signature", "")
            )
        if "trade" not in account.rights:
            raise Denied(Denial.RIGHT)
        result = SOCKET[method][1](self._floor, account, params, rules)
        return {"id": number, "status": 200, "result": result, "rateLimits": []}

    # what is told

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        for name, words in self._words(told):
            now = self._floor.time_ms()
            yield "user", msgspec.json.encode({"e": name, "E": now, "T": now, **words})

    def _words(self, told: Told) -> Iterable[tuple[str, Words]]:
        if isinstance(told, Order):
            yield from self._of_order(told)
        elif isinstance(told, Fill):
            order = self._floor.exchange.orders[told.order_id]
            yield "ORDER_TRADE_UPDATE", {"o": self._order(order, "TRADE", told)}
        elif isinstance(told, Balance):
            yield "ACCOUNT_UPDATE", {"a": {"m": "ORDER", "B": [_balance(told)], "P": []}}
        else:
            yield "ACCOUNT_UPDATE", {"a": {"m": "ORDER", "B": [], "P": [self._position(told)]}}

    def _of_order(self, order: Order) -> Iterable[tuple[str, Words]]:
        """A stop is told as an algo order until it wakes; a fill is told by the fill itself."""
        stop = order.trigger is not None
        if stop and (order.status in (Status.WAITING, Status.TRIGGERED) or not order.live):
            yield "ALGO_UPDATE", {"o": self._algo(order)}
        if order.status in (Status.WAITING, Status.TRIGGERED) or (stop and not order.triggered):
            return
        if order.last in ("new", "amended"):
            what = "NEW" if order.last == "new" else "AMENDMENT"
            yield "ORDER_TRADE_UPDATE", {"o": self._order(order, what)}
        elif order.last == "cancelled":
            what = "EXPIRED" if rows.status(order) == "EXPIRED" else "CANCELED"
            yield "ORDER_TRADE_UPDATE", {"o": self._order(order, what)}

    def _order(self, order: Order, what: str, fill: Fill | None = None) -> Words:
        exchange = self._floor.exchange
        row, market = rows.order_row(exchange, order), exchange.markets[order.asked.market]
        filled, value = (order.filled, order.value)
        if fill is not None:
            filled, value = fill.order_filled, fill.order_value
        return {
            "s": row["symbol"], "c": row["clientOrderId"], "S": row["side"], "o": row["type"],
            "f": row["timeInForce"], "q": row["origQty"], "p": row["price"],
            "ap": plain(value / filled) if filled else "0", "sp": "0", "x": what,
            "X": rows.status(order, None if fill is None else filled), "i": row["orderId"],
            "l": plain(fill.size) if fill else "0", "z": plain(filled),
            "L": stepped(fill.price, market.price_step) if fill else "0", "N": market.quote,
            "n": plain(fill.fee) if fill else "0", "T": row["updateTime"],
            "t": int(fill.id) if fill else 0, "b": "0", "a": "0",
            "m": fill.maker if fill else False, "R": row["reduceOnly"], "wt": "CONTRACT_PRICE",
            "ot": row["type"],  # codespell:ignore ot
            "ps": "BOTH", "cp": False, "pP": False, "si": 0, "ss": 0,
            "rp": plain(fill.realised) if fill else "0", "V": "NONE", "pm": "NONE", "gtd": 0,
        }  # fmt: skip

    def _algo(self, order: Order) -> Words:
        row = rows.algo_row(self._floor.exchange, order)
        return {
            "caid": row["clientAlgoId"], "aid": row["algoId"], "at": row["algoType"],
            "o": row["orderType"], "s": row["symbol"], "S": row["side"], "ps": "BOTH",
            "f": row["timeInForce"], "q": row["quantity"], "X": row["algoStatus"],
            "ai": row["actualOrderId"], "ap": row["actualPrice"], "aq": row["actualQty"],
            "act": "0", "tp": row["triggerPrice"], "p": row["price"], "V": "NONE",
            "wt": row["workingType"], "pm": "NONE", "cp": False, "pP": False,
            "R": row["reduceOnly"], "tt": row["triggerTime"], "gtd": 0,
        }  # fmt: skip

    def _position(self, position: Position) -> Words:
        row = rows.position_row(self._floor.exchange, position)
        return {
            "s": row["symbol"], "pa": row["positionAmt"], "ep": row["entryPrice"],
            "bep": row["breakEvenPrice"], "cr": plain(position.realised),
            "up": row["unRealizedProfit"], "mt": "cross", "iw": "0", "ps": "BOTH",
        }  # fmt: skip


def _balance(balance: Balance) -> Words:
    total = plain(balance.total)
    return {"a": balance.coin, "wb": total, "cw": total, "bc": plain(ZERO)}


def _text(value: object) -> str:
    """Return a parameter as it is signed."""
    return str(value).lower() if isinstance(value, bool) else str(value)
